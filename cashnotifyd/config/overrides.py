"""Single values from the environment and from systemd's credentials: ``CASHNOTIFYD_ACCOUNTS__SHOP__API_KEY``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cashnotifyd.config import values
from cashnotifyd.config.files import read_small_file
from cashnotifyd.config.findings import Finding, KeyPath, Refused, did_you_mean, dotted, shown
from cashnotifyd.config.written import has_keys, is_known, known_keys

CONFIG_VARIABLE = "CASHNOTIFYD_CONFIG"
"""Names the configuration file itself, so it is no value in it."""

_PREFIX = "cashnotifyd_"
_SECTIONS = ("accounts", "channels")
_PLAIN = known_keys(()) - set(_SECTIONS)
_LARGEST_CREDENTIAL = 64 * 1024
_KEY = re.compile(r"[a-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Override:
    """A value from outside the file, and the variable or credential it came in."""

    place: str
    value: str


@dataclass(frozen=True, slots=True)
class Overrides:
    """What was said outside the file, by path, and what could not be understood."""

    by_path: Mapping[KeyPath, Override]
    findings: tuple[Finding, ...]

    def values(self) -> dict[KeyPath, str]:
        """The values alone."""
        return {path: override.value for path, override in self.by_path.items()}


def from_environment(environ: Mapping[str, str], ids: Mapping[str, Iterable[str]]) -> Overrides:
    """The overrides among the variables. ``ids`` are those in the file, by section (accounts, channels)."""
    given = {
        name: value
        for name, value in sorted(environ.items())
        if name.lower().startswith(_PREFIX) and name.upper() != CONFIG_VARIABLE
    }
    return _matched(given, ids, "variable")


def from_credentials(folder: Path | None, ids: Mapping[str, Iterable[str]]) -> Overrides:
    """The overrides among systemd's credentials: files named like the variables in lower case."""
    given: dict[str, str] = {}
    findings: list[Finding] = []
    for path in _listed(folder):
        word = path.name.lower().removeprefix(_PREFIX)
        # Any other may well be a key file that the configuration names itself.
        if word == path.name.lower() or (word not in _PLAIN and "__" not in word):
            continue
        try:
            given[path.name] = read_small_file(path, _LARGEST_CREDENTIAL).data.decode().strip()
        except UnicodeDecodeError:
            findings.append(Finding(_credential(path.name), "", "the credential is not UTF-8 text", "Set it again."))
        except Refused as refused:
            findings.append(Finding(_credential(path.name), "", refused.problem, refused.hint))
    matched = _matched(given, ids, "credential")
    return Overrides(
        {path: Override(_credential(override.place), override.value) for path, override in matched.by_path.items()},
        (*findings, *(Finding(_credential(it.place), it.key, it.problem, it.hint) for it in matched.findings)),
    )


def _listed(folder: Path | None) -> list[Path]:
    try:
        return sorted(folder.iterdir()) if folder is not None else []
    except OSError:
        return []  # systemd makes the folder only where there are credentials


def _credential(name: str) -> str:
    return f"$CREDENTIALS_DIRECTORY/{shown(name)}"


def _matched(given: Mapping[str, str], ids: Mapping[str, Iterable[str]], sort: str) -> Overrides:
    by_path: dict[KeyPath, Override] = {}
    findings: list[Finding] = []
    spelt = {section: _by_fold(ids.get(section, ())) for section in _SECTIONS}
    for name, value in given.items():
        place = shown(name)
        try:
            path = _path_of(name, spelt, sort)
        except Refused as refused:
            findings.append(Finding(place, "", refused.problem, refused.hint))
            continue
        if (earlier := by_path.get(path)) is not None:
            findings.append(
                Finding(
                    place,
                    dotted(path),
                    f"{earlier.place} sets the same value",
                    "Keep one of the two: capitals do not count here, and a hyphen is the same as an underscore.",
                )
            )
        elif not value:
            findings.append(
                Finding(place, dotted(path), f"the {sort} is set but empty", "Give it a value, or unset it.")
            )
        else:
            by_path[path] = Override(place, value)
    parts = {path: whole for path in by_path if (whole := by_path.get(path[:-1])) is not None}
    for path, whole in parts.items():
        problem = f"{whole.place} sets the whole of which this is a part"
        findings.append(Finding(by_path.pop(path).place, dotted(path), problem, "Keep one of the two."))
    return Overrides(by_path, tuple(findings))


def _path_of(name: str, spelt: dict[str, dict[str, list[str]]], sort: str) -> KeyPath:
    """The path that ``name`` means. ``spelt``: the ids that fold alike; a new id is added. Raises Refused."""
    word = name[len(_PREFIX) :].lower()
    if word in _PLAIN:
        return (word,)
    section, *rest = word.split("__")
    if len(rest) == 1 and has_keys((section,)) and _KEY.fullmatch(rest[0]):
        return (section, rest[0])
    # An id may have two underscores itself: the key, or the key and what stands below it, are at the end.
    divided = (("__".join(rest[:-length]), rest[-length:]) for length in (1, 2))
    wanted, below = next(
        ((id_, keys) for id_, keys in divided if id_ and section in _SECTIONS and _is_setting((section, id_, *keys))),
        ("", []),
    )
    if not wanted:
        raise Refused(f"no setting goes by this {sort}", _names(word))
    values.identifier(wanted)
    matching = spelt[section].setdefault(_folded(wanted), [])
    if len(matching) > 1:
        raise Refused(
            f"could mean {' or '.join(map(shown, sorted(matching)))}",
            "Rename one of them so that they differ in more than capitals, - and _.",
        )
    if not matching:
        matching.append(wanted)
    return (section, matching[0], *below)


def _is_setting(path: KeyPath) -> bool:
    """Whether ``path`` leads to a single value of an account or a channel, or to the whole of several."""
    below = path[3:]
    return is_known(path) and (not below or (has_keys(path[:3]) and _KEY.fullmatch(str(below[0])) is not None))


def _by_fold(ids: Iterable[str]) -> dict[str, list[str]]:
    alike: dict[str, list[str]] = {}
    for id_ in ids:
        alike.setdefault(_folded(id_), []).append(id_)
    return alike


def _folded(id_: str) -> str:
    return id_.lower().replace("-", "_")


def _keys_of(section: str) -> Iterator[str]:
    for key in sorted(known_keys((section, ""))):
        yield key
        at = (section, "", key)
        yield from (f"{key}__{part}" for part in sorted(known_keys(at)) or ["…"] if has_keys(at))


def _names(word: str) -> str:
    known = [key.upper() for key in sorted(_PLAIN)]
    nested = [f"{section.upper()}__ID__{key.upper()}" for section in _SECTIONS for key in _keys_of(section)]
    section, *rest = word.split("__")
    # Compare with the names as they would be for the very id that was written, and offer it so.
    ids = {"__".join(rest[:-length]).upper() or "ID" for length in (1, 2)}
    candidates = [*known, *(name.replace("__ID__", f"__{id_}__") for name in nested for id_ in sorted(ids))]
    near = did_you_mean(word.upper(), candidates)
    near = near.replace("Did you mean ", f"Did you mean {_PREFIX.upper()}")
    if section in _SECTIONS:
        keys = ", ".join(name for name in nested if name.startswith(section.upper()))
        return f"{near}Known are: {keys} (each after {_PREFIX.upper()}, ID being the id)."
    return f"{near}Known are: {', '.join(known)}, ACCOUNTS__…, CHANNELS__… (each after {_PREFIX.upper()})."
