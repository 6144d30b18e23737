"""What a configuration names beside itself, and how a service that may read next to nothing gets it.

A system service runs as a user who owns nothing. Systemd reads for it, as root, what it hands over as credentials: a
folder of files, each readable for the daemon alone, in which the copy of the configuration lies too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_SECTIONS = {"accounts": ("api_key_file", "logo"), "channels": ("url_file",)}


@dataclass(frozen=True, slots=True)
class Named:
    """A file that the configuration names: the key, and the path as it is written."""

    key: str
    written: str

    @property
    def path(self) -> Path:
        """With ``~`` filled in; still relative where it was written so."""
        return Path(os.path.expanduser(self.written))  # noqa: PTH111 (Path.expanduser raises where there is no home)

    @property
    def is_bare(self) -> bool:
        """Whether it is a name without a folder, as credentials have."""
        return len(self.path.parts) == 1 and not self.path.is_absolute()


def named_in(tree: Mapping[str, object]) -> Iterator[Named]:
    """The files that a configuration names, but for those whose name is in a variable."""
    yield from _named("heartbeat_file", tree.get("heartbeat_file"))
    for section, keys in _SECTIONS.items():
        entries = tree.get(section)
        for id_, entry in entries.items() if isinstance(entries, dict) else ():
            for key in keys if isinstance(entry, dict) else ():
                yield from _named(f"{section}.{id_}.{key}", entry.get(key))


def credentials(named: Iterator[Named], folder: Path) -> tuple[tuple[str, Path], ...]:
    """The credentials to hand over, by name: what lies beside the configuration, in ``folder``."""
    return tuple(dict.fromkeys((str(one.path), folder / one.path) for one in named if one.is_bare))


def _named(key: str, value: object) -> Iterator[Named]:
    if isinstance(value, str) and value and "$" not in value:
        yield Named(key, value)
