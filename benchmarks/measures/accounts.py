"""How cost and memory grow with the number of accounts, at the same number of polls a second."""

from __future__ import annotations

import contextlib
import time

from benchmarks.processes import MIB
from benchmarks.run import BEFORE, Contender, Run, all_polled, window

_RATE = 400
"""Polls a second. Fewer accounts are polled the more often for it; see :mod:`benchmarks.launch`."""

_MOST_BEFORE = 1000
"""Where an account began 50 ms after the other, ten thousand took eight minutes to begin."""


def measure(run: Run) -> None:
    """The daemon for its curve, the others for their memory."""
    sizes = (1, 10, 100, 1000) if run.quick else (1, 10, 100, 1000, 10_000)
    for size in sizes:
        for contender in run.daemons:
            if contender.id != BEFORE or size <= _MOST_BEFORE:
                _grown(run, contender, size)
        _peers(run, size)


def _grown(run: Run, contender: Contender, size: int) -> None:
    accounts = run.stripe.open(size, old=1, age=4000)
    interval = size / _RATE
    run.stripe.do("reset")
    observed = run.observe(contender, "stalls", accounts, max(1.0, interval), pace=interval)
    with observed.process as process:
        all_polled(run, accounts, 300)
        run.plot("all accounts polled after (s)", contender.id, size, time.monotonic() - process.begun)
        time.sleep(max(3.0, 1.2 * interval))
        observed.begin()
        seen = window(run, process, 5 if run.quick else max(12.0, interval))
        turns = observed.seen()
        run.plot("poll by accounts (ms)", contender.id, size, seen.cpu / seen.polls * 1e3)
        run.plot("RSS by accounts (MiB)", contender.id, size, process.resident() / MIB)
        run.plot("longest turn by accounts (ms)", contender.id, size, turns["wall"]["max"] * 1e3)
        run.plot("longest turn by accounts, CPU (ms)", contender.id, size, turns["cpu"]["max"] * 1e3)


def _peers(run: Run, size: int) -> None:
    """At the same time: memory does not mind."""
    accounts = run.stripe.open(size * len(run.peers), old=1, age=4000)
    run.stripe.do("reset")
    parts = [accounts[place * size : (place + 1) * size] for place in range(len(run.peers))]
    with contextlib.ExitStack() as stack:
        works = []
        for peer, part in zip(run.peers, parts, strict=True):
            task = run.task(part, max(1.0, len(parts) * size / _RATE / 2))
            works.append((peer, stack.enter_context(run.start(peer, task))))
        all_polled(run, accounts, 300)
        time.sleep(1)
        for peer, process in works:
            run.plot("RSS by accounts (MiB)", peer.id, size, process.resident() / MIB)
