"""What a process holds, as the system and the interpreter count it."""

from __future__ import annotations

import gc
import os
import sys
from dataclasses import dataclass
from functools import _lru_cache_wrapper
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Held:
    """By a process. ``rss``, ``database`` and ``log`` (the write-ahead log) are in bytes."""

    rss: int
    fds: int
    threads: int
    database: int
    log: int


@dataclass(frozen=True, slots=True)
class Kept:
    """By an interpreter, garbage aside: ``objects`` that its collector looks after, and ``blocks`` of memory."""

    objects: int
    blocks: int


def held(pid: int | None, database: Path) -> Held:
    """By a process, or by this one, and by its record."""
    process = Path("/proc") / ("self" if pid is None else str(pid))
    fds = sum(1 for _ in (process / "fd").iterdir()) - (pid is None)  # the one that reads the list
    pages = int((process / "statm").read_text().split()[1])
    (threads,) = [line.split()[1] for line in (process / "status").read_text().splitlines() if line[:7] == "Threads"]
    return Held(pages * _PAGE, fds, int(threads), _size(database), _size(database.with_name(database.name + "-wal")))


def kept() -> Kept:
    """By this interpreter."""
    gc.collect()
    return Kept(len(gc.get_objects()) + gc.get_freeze_count(), sys.getallocatedblocks())


def empty_caches() -> None:
    """Those that have a bound: how full they are says nothing of what grows."""
    for one in gc.get_objects():
        if isinstance(one, _lru_cache_wrapper) and one.cache_parameters()["maxsize"] is not None:
            one.cache_clear()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
