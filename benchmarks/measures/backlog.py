"""Catching up after a week: how fast events are recorded and told, and how much memory that takes."""

from __future__ import annotations

import time

from benchmarks.processes import MIB
from benchmarks.run import BEFORE, Contender, Run, until

_DAY = 86_400
_MOST_BEFORE = 10_000
_PATIENCE = 150.0


def measure(run: Run) -> None:
    """The daemon with backlogs of several sizes, all contenders with one that must be told message by message."""
    sizes = (100, 1000, 10_000) if run.quick else (100, 1000, 10_000, 100_000)
    for size in sizes:
        for contender in run.daemons:
            if contender.id != BEFORE or size <= _MOST_BEFORE:
                _caught_up(run, contender, size)
    for contender in [*run.daemons, *run.peers]:
        _told_one_by_one(run, contender, 500 if run.quick else 1000)


def _caught_up(run: Run, contender: Contender, size: int) -> None:
    accounts = run.stripe.open(1, old=60, age=8 * _DAY)
    number = accounts.start
    folder = run.new_folder()
    observed = run.observe(contender, "stalls", accounts, folder=folder, burst="{above: 5, within: 1m}")
    record = observed.record
    with observed.process:
        run.stripe.do("reset")
        run.stripe.until(lambda state: state["polls"] >= 2)
    now, known, stored = int(time.time()), record.events, record.size
    run.stripe.do("fill", account=number, events=size, since=now - 7 * _DAY, until=now - 60)
    run.stripe.do("reset")
    observed = run.observe(contender, "stalls", accounts, folder=folder, burst="{above: 5, within: 1m}")
    with observed.process as process:
        begun = run.stripe.until(lambda state: state["polls"] >= 1)["first_poll"]
        used = process.cpu()
        observed.begin()
        if not until(lambda: record.events - known >= size, _PATIENCE):
            raise TimeoutError(f"{contender.id}: {record.events - known} of {size} recorded")
        recorded = time.monotonic() - begun
        run.plot("recorded by backlog (events/s)", contender.id, size, size / recorded)
        run.plot("CPU an event by backlog, recorded (ms)", contender.id, size, (process.cpu() - used) / size * 1e3)
        if until(lambda: record.pending == 0, _PATIENCE):
            told = time.monotonic() - begun
            run.plot("told by backlog (events/s)", contender.id, size, size / told)
            run.plot("CPU an event by backlog, told (ms)", contender.id, size, (process.cpu() - used) / size * 1e3)
        turns = observed.seen()
        run.plot("RSS at its most by backlog (MiB)", contender.id, size, process.most_resident() / MIB)
        run.plot("longest turn by backlog (ms)", contender.id, size, turns["wall"]["max"] * 1e3)
        run.plot("longest turn by backlog, CPU (ms)", contender.id, size, turns["cpu"]["max"] * 1e3)
    if size >= 1000:
        run.plot("cursor file an event (bytes)", contender.id, size, (record.size - stored) / size)


def _told_one_by_one(run: Run, contender: Contender, size: int) -> None:
    accounts = run.stripe.open(1, old=9, age=4000)
    run.stripe.do("reset")
    with run.start(contender, run.task(accounts)) as process:
        run.stripe.until(lambda state: state["polls"] >= 2)
        run.stripe.do("emit", first=accounts.start, count=1, events=1)
        run.stripe.until(lambda state: state["told"] >= 1)
        time.sleep(1.5)
        run.stripe.do("reset")
        used = process.cpu()
        run.stripe.do("emit", first=accounts.start, count=1, events=size)
        seen = run.stripe.until(lambda state: state["told"] >= size, _PATIENCE)
        run.note("deliveries a second", contender.id, size / (seen["last_arrival"] - seen["first_arrival"]))
        run.note("delivery, from listed to marked (ms)", contender.id, (process.cpu() - used) / size * 1e3)
        run.note("repeated", contender.id, run.stripe.state()["repeated"])
