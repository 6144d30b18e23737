"""What a run found, as it is kept beside the document: it can be written afresh without measuring again."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from benchmarks.processes import MIB, ROOT

_KEPT = 40
_LIBRARIES = ("stripe", "apprise", "aiohttp", "httpx", "msgspec")


class Function(msgspec.Struct, array_like=True, frozen=True):
    """A line of a profile: seconds in the function itself, and with what it calls."""

    place: str
    calls: int
    own: float
    total: float


class Profile(msgspec.Struct, frozen=True):
    """A stretch of the daemon's work under cProfile."""

    polls: int
    events: int
    loop: list[Function]
    threads: list[Function]

    def shortened(self) -> Profile:
        """With the functions alone that take the most."""
        return Profile(self.polls, self.events, *(_worst(each) for each in (self.loop, self.threads)))


def _worst(functions: list[Function]) -> list[Function]:
    return sorted(functions, key=lambda one: -one.own)[:_KEPT]


class Figures(msgspec.Struct):
    """``rounds`` are measure → contender → values; ``curves`` measure → contender → (size, value)."""

    machine: dict[str, str]
    rounds: dict[str, dict[str, list[float]]] = {}
    curves: dict[str, dict[str, list[tuple[float, float]]]] = {}
    profiles: dict[str, dict[str, Profile]] = {}

    def taking(self, newer: Figures) -> Figures:
        """With what was measured again in the place of what it was."""
        return Figures(
            newer.machine,
            self.rounds | newer.rounds,
            self.curves | newer.curves,
            self.profiles | newer.profiles,
        )


def read(path: Path) -> Figures:
    """As they are kept."""
    return msgspec.json.decode(path.read_bytes(), type=Figures)


def write(path: Path, figures: Figures) -> None:
    """Keep them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=1) + b"\n")


def machine() -> dict[str, str]:
    """What it was measured on, and of what."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    git = shutil.which("git") or "git"
    revision = subprocess.run(
        [git, "-C", str(ROOT), "rev-parse", "--short", "HEAD"], check=False, capture_output=True, text=True
    ).stdout.strip()
    facts = {
        "Processor": f"{_processor()}, {os.cpu_count()} cores",
        "Memory": f"{memory / MIB / 1024:.0f} GiB",
        "System": f"{platform.system()} {platform.release()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
    }
    facts["Load average at the end"] = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    facts |= {name: found for name in _LIBRARIES if (found := _version(name))}
    return facts | ({"Commit": revision} if revision else {})


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
