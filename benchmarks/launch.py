"""The real daemon, observed from within its process: how long its loop stands still, or where its time goes.

``python -m benchmarks.launch OBSERVER FILE INTERVAL RUN-ARGUMENTS…``, then SIGUSR1 begins what is observed and SIGUSR2
writes it to the file. The daemon's code is untouched. ``INTERVAL``, where it is above 0, is how often (s) accounts are
polled: a configuration may not go below a second, and a single account would then be polled by a processor that has
gone cold in between.
"""

from __future__ import annotations

import cProfile
import json
import pstats
import selectors
import signal
import sys
import threading
import time
from array import array
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

from cashnotifyd.cli import main as cashnotifyd
from cashnotifyd.cli import run as running
from cashnotifyd.config.loading import Loaded, load


class Observer(Protocol):
    """What is observed between two signals."""

    def begin(self) -> None:
        """From now on."""

    def written(self) -> str:
        """What there was."""


class Stalls:
    """How long the loop is away from its selector: for so long, nothing that comes in is looked at.

    Of every turn of the loop by the wall clock, and by the thread's CPU clock: on a machine that others use as well the
    first has their turns in it.
    """

    def __init__(self) -> None:
        self._wall, self._cpu = array("d"), array("d")

    def begin(self) -> None:
        """From now on."""
        del self._wall[:], self._cpu[:]

    def note(self, wall: float, cpu: float) -> None:
        """A turn of the loop (s)."""
        self._wall.append(wall)
        self._cpu.append(cpu)

    def written(self) -> str:
        """As JSON."""
        return json.dumps({"turns": len(self._wall), "wall": _spread(self._wall), "cpu": _spread(self._cpu)})


def _spread(values: array[float]) -> dict[str, float]:
    ordered = sorted(values) or [0.0]
    at = [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)]
    return {name: ordered[int(part * (len(ordered) - 1))] for name, part in at} | {"max": ordered[-1]}


def _watched_selector(stalls: Stalls) -> type[selectors.BaseSelector]:
    class Watched(selectors.DefaultSelector):
        returned: tuple[float, float] | None = None

        def select(self, timeout: float | None = None) -> Any:  # noqa: ANN401 (the selectors' own)
            if self.returned is not None:
                stalls.note(time.perf_counter() - self.returned[0], time.thread_time() - self.returned[1])
            try:
                return super().select(timeout)
            finally:
                self.returned = time.perf_counter(), time.thread_time()

    return Watched


class Profile:
    """Where the time goes, in the loop and in the threads."""

    def __init__(self) -> None:
        self._loop = cProfile.Profile()
        self._threads: list[cProfile.Profile] = []
        run = threading.Thread.run

        def profiled(thread: threading.Thread) -> None:
            profile = cProfile.Profile()
            self._threads.append(profile)
            profile.runcall(run, thread)

        threading.Thread.run = profiled  # type: ignore[method-assign,assignment] # the one way to be there from a thread's begin

    def begin(self) -> None:
        """From now on."""
        for profile in self._threads:
            profile.clear()
        self._loop.enable()

    def written(self) -> str:
        """As JSON: the functions of the loop and of the threads, with calls and seconds, own and in all."""
        self._loop.disable()
        return json.dumps({"loop": _rows([self._loop]), "threads": _rows(self._threads)})


def _rows(profiles: list[cProfile.Profile]) -> list[tuple[str, int, float, float]]:
    stats: pstats.Stats | None = None
    for profile in profiles:
        profile.create_stats()
        if profile.stats:
            stats = pstats.Stats(profile) if stats is None else stats.add(profile)
    found = {} if stats is None else stats.stats  # type: ignore[attr-defined] # what print_stats() prints
    return [(_place(where), calls, own, total) for where, (_, calls, own, total, _) in found.items()]


def _place(where: tuple[str, int, str]) -> str:
    """A function as people find it: the module from its package on, without line numbers, which change."""
    file, _, name = where
    if file == "~":
        return name
    parts = Path(file).with_suffix("").parts
    tops = [
        at for at, part in enumerate(parts) if part in {"site-packages", "cashnotifyd"} or part.startswith("python3")
    ]
    start = tops[-1] + (parts[tops[-1]] != "cashnotifyd") if tops else 0
    return f"{'.'.join(parts[start:])}.{name}"


def _paced(interval: float, load: Callable[..., Loaded]) -> Callable[..., Loaded]:
    def loaded(*arguments: Any, **named: Any) -> Loaded:  # noqa: ANN401 (handed through)
        found = load(*arguments, **named)
        return replace(found, settings=replace(found.settings, poll_interval=interval))

    return loaded


def main() -> None:
    """Run the daemon under observation."""
    kind, file, interval, *arguments = sys.argv[1:]
    observer: Observer
    if kind == "stalls":
        stalls = Stalls()
        setattr(selectors, "DefaultSelector", _watched_selector(stalls))  # noqa: B010 (asyncio takes it from there)
        observer = stalls
    else:
        observer = Profile()
    if float(interval) > 0:
        setattr(running, "load", _paced(float(interval), load))  # noqa: B010 (what run imported)

    def begin(_number: int, _frame: FrameType | None) -> None:
        observer.begin()

    def write(_number: int, _frame: FrameType | None) -> None:
        partial = Path(file).with_suffix(".partial")
        partial.write_text(observer.written())
        partial.rename(file)

    signal.signal(signal.SIGUSR1, begin)
    signal.signal(signal.SIGUSR2, write)
    sys.argv = ["cashnotifyd", "run", *arguments]
    cashnotifyd()


if __name__ == "__main__":
    main()
