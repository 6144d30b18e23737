"""What the rooms of this package speak of: a service, a change to a file, a command, a plan."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Flavour(StrEnum):
    """Who runs the service."""

    USER = "systemd user service"
    SYSTEM = "systemd system service"
    AGENT = "LaunchAgent"


class Standing(StrEnum):
    """What a file that is to be written means for what is there."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "unchanged"
    FOREIGN = "replaces one that this command did not write"


@dataclass(frozen=True, slots=True)
class Change:
    """A file to be written. ``before`` is what is there, None: nothing."""

    path: Path
    text: str
    before: str | None
    standing: Standing


@dataclass(frozen=True, slots=True)
class Step:
    """A command to be run. Where ``essential`` is false, its failing does not matter."""

    words: tuple[str, ...]
    essential: bool = True

    def __str__(self) -> str:
        return shlex.join(self.words)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done, in this order: ``before``, the files, ``after``. ``notes`` are for whoever decides on it."""

    flavour: Flavour
    before: tuple[Step, ...] = ()
    write: tuple[Change, ...] = ()
    remove: tuple[Path, ...] = ()
    after: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Manager:
    """The service manager that was found: where it looks for units, and for whom.

    ``version`` is systemd's, 0 for launchd. ``uid`` is the user's number.
    """

    flavour: Flavour
    folder: Path
    uid: int
    version: int = 0

    @property
    def control(self) -> tuple[str, ...]:
        """The words by which systemd's manager is spoken to."""
        return ("systemctl", "--user") if self.flavour is Flavour.USER else ("systemctl",)

    @property
    def journal(self) -> tuple[str, ...]:
        """The command that shows the service's log."""
        return ("journalctl", "--user-unit" if self.flavour is Flavour.USER else "--unit", "cashnotifyd")


@dataclass(frozen=True, slots=True)
class Daemon:
    """What the service is to run, all paths absolute.

    ``program`` are the words before ``run``. ``credentials`` are the files that a system service hands over beside the
    configuration, by the name they go under. ``environment`` is a file of variables.
    """

    program: tuple[str, ...]
    config: Path
    record: Path
    home: Path
    credentials: tuple[tuple[str, Path], ...] = ()
    environment: Path | None = None
