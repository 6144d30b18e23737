"""What is wrong with a configuration, in words that help and never repeat what somebody wrote as a value.

A value may be a key in the wrong line, so a finding names places, keys and the words that would have been right.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

KeyPath = tuple[str | int, ...]
"""Where a value stands: ``("channels", "phone", "modes", 0)``."""

LOOKS_SECRET = re.compile(
    r"(?:^|_)(?:(?:sk|rk|pk)_(?:live|test|org)_|whsec_)|(?=[a-z]*[0-9])[a-z0-9]{24,}", re.IGNORECASE
)
"""A Stripe key by its prefix (the id sk_shop is none: a shop in Slovakia), or letters and digits in a long run."""

ENOUGH = 100
"""Findings that are told one by one: whoever has more has named another file, or made one mistake in many places."""

_WORD = re.compile(r"[A-Za-z0-9_./<-]{1,128}")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend: where, which key, what is wrong, what to do next."""

    place: str
    key: str
    problem: str
    hint: str

    def __str__(self) -> str:
        where = f"{self.place}: {self.key}" if self.key else self.place
        return f"{where}: {self.problem}\n  {self.hint}"


class ConfigError(Exception):
    """The configuration cannot be used. ``findings`` are what could be seen in one go, in the file's order."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(self.findings)

    def __str__(self) -> str:
        return "\n".join(str(finding) for finding in self.findings)


class Refused(ValueError):  # noqa: N818 (a refusal is an answer, not a mistake of the program)
    """A value that cannot be used, before anybody knows where it stands."""

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint


class Absent(Refused):
    """A value that is not there for this process and user; the daemon, started otherwise, may well have it."""


def shown(word: str) -> str:
    """A key, an id or a variable's name as it may be printed: ``…`` where somebody may have put a secret."""
    return word if _WORD.fullmatch(word) and not LOOKS_SECRET.search(word) else "…"


def dotted(path: KeyPath) -> str:
    """``channels.phone.modes[0]``."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{shown(part)}" for part in path]
    return "".join(parts).removeprefix(".")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``Did you mean sale? `` with its trailing space, or nothing where no known word is near."""
    near = nearest(word, (name for name in known if shown(name) == name))
    return f"Did you mean {near}? " if near else ""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like this one, capitals aside; None where none is."""
    by_folded = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word.casefold(), by_folded, n=1)
    return by_folded[near[0]] if near else None
