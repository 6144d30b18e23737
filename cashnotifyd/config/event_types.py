"""Whether what a channel chooses by can be an event at all: the types that Stripe has stand in a file beside this.

They are those of Stripe's SDK, which config may not import, and a few that only accounts of an older API version have
(``python -m tests.config.test_event_types`` writes the file anew). Stripe adds types without asking, so that a stranger
is worth a word and no more: a channel that names it may be ahead of this version.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache, lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Final

from cashnotifyd.config.findings import nearest
from cashnotifyd.vocabulary import Kind

FILE_NAME: Final = "event_types.txt"

_ALL: Final = "All of them stand at https://docs.stripe.com/api/events/types"


@cache
def known_types() -> frozenset[str]:
    """Every type of event that Stripe is known to have."""
    return frozenset(Path(__file__).with_name(FILE_NAME).read_text("utf-8").split())


@lru_cache(maxsize=1024)
def doubt(pattern: str) -> str | None:
    """Why a kind, a type or a glob over types may be mistyped, in a sentence or two; None where some event fits it.

    The pattern itself is not repeated.
    """
    if pattern in {"*", *Kind} or any(fnmatchcase(type_, pattern) for type_ in known_types()):
        return None
    return (
        "Stripe has no such type of event as far as this version of cashnotifyd knows, and the channel would never be"
        f" told of one. {_meant(pattern)}{_ALL}"
    )


def _meant(pattern: str) -> str:
    """``Did you mean charge.dispute.created? ``, or nothing. The first words of a type are easily forgotten."""
    candidates = _families() if pattern.endswith("*") else known_types() | set(Kind)
    behind = [one for one in sorted(candidates) if one.endswith(f".{pattern}")]
    near = min(behind, key=len, default=None) or nearest(pattern, sorted(candidates))
    return f"Did you mean {near}? " if near else ""


def _families() -> set[str]:
    """``charge.*``, ``charge.dispute.*`` and all others."""
    words = (type_.split(".")[:-1] for type_ in known_types())
    return {f"{family}.*" for some in words for family in accumulate(some, "{}.{}".format)}
