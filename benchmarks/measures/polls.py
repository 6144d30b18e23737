"""What a poll costs: one that finds nothing, one that finds an event, one that finds a page of them.

All contenders watch as many accounts of their own, once a second. They run in turns, and whoever is not measured is
stopped: so what disturbs the machine for a while disturbs all of them.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from benchmarks.daemon import Record
from benchmarks.processes import Process
from benchmarks.run import BEFORE, Contender, Run, Window, until, window
from benchmarks.sales import BEGUN

_ACCOUNTS = 400
_ACCOUNTS_QUICK = 100
_ACCOUNTS_BEFORE = 12
"""Where each poll read a hundred events, many more of them left no time to send anything."""

_ACCOUNTS_ASIDE = 40

_SETTLING = 2.0
_OLD = 99
"""Events that each account had before it was first seen, an hour apart; one more comes at the beginning."""


@dataclass(slots=True)
class _Runner:
    contender: Contender
    accounts: range
    process: Process
    record: Record | None

    @property
    def id(self) -> str:
        return self.contender.id


def measure(run: Run) -> None:
    """All of it."""
    told: list[_Runner] = []
    kept: list[_Runner] = []
    untold: list[_Runner] = []
    try:
        run.stripe.do("reset")
        for contender in [*run.daemons, *run.peers]:
            count = _ACCOUNTS_BEFORE if contender.id == BEFORE else _ACCOUNTS_QUICK if run.quick else _ACCOUNTS
            told.append(_started(run, contender, run.stripe.open(count, old=_OLD, age=4000)))
        for contender in run.daemons:
            kept.append(_started(run, contender, run.stripe.open(_ACCOUNTS_ASIDE), hook="/silent"))
            untold.append(_started(run, contender, run.stripe.open(_ACCOUNTS_ASIDE, type_=BEGUN)))
        _settle(run, told, [*kept, *untold])
        for _ in range(run.rounds):
            for runner in told:
                with _at_work(runner):
                    quiet = _empty(run, runner)
                    _events(run, runner, quiet)
                    _pages(run, runner, quiet)
            for runner in kept:
                with _at_work(runner):
                    _recorded_events(run, runner)
            for runner in untold:
                with _at_work(runner):
                    _recorded_pages(run, runner)
    finally:
        for runner in [*told, *kept, *untold]:
            runner.process.end()


def _started(run: Run, contender: Contender, accounts: range, hook: str = "") -> _Runner:
    folder, task = run.new_folder(), run.task(accounts)
    process = contender.start(replace(task, hook=task.hook + hook), folder)
    return _Runner(contender, accounts, process, None if contender.sources is None else Record(folder))


def _settle(run: Run, told: list[_Runner], others: list[_Runner]) -> None:
    """One event for each account, so that nothing happens for the first time any more; then all stand still."""
    run.stripe.until(
        lambda state: state["accounts_polled"] >= sum(len(runner.accounts) for runner in [*told, *others]), 180
    )
    for runner in [*told, *others]:
        run.stripe.do("emit", first=runner.accounts.start, count=len(runner.accounts), events=1)
    run.stripe.until(lambda state: state["told"] >= sum(len(runner.accounts) for runner in told), 180)
    time.sleep(_SETTLING)
    for runner in [*told, *others]:
        runner.process.stand_still()


@contextlib.contextmanager
def _at_work(runner: _Runner) -> Iterator[None]:
    """While it is its turn."""
    runner.process.go_on()
    time.sleep(_SETTLING)
    try:
        yield
    finally:
        runner.process.stand_still()


def _empty(run: Run, runner: _Runner) -> Window:
    """Polls that find nothing new; of the daemon's own, those for the newest hundred by themselves."""
    small, large = (
        (3, 3)
        if run.quick and runner.record is None
        else (6, 4)
        if run.quick
        else (5, 5)
        if runner.record is None
        else (20, 10)
    )
    first = window(run, runner.process, small)
    second = window(run, runner.process, large)
    both = Window(
        first.seconds + second.seconds,
        first.cpu + second.cpu,
        first.server_cpu + second.server_cpu,
        first.polls + second.polls,
        first.deep_polls + second.deep_polls,
    )
    run.note("empty poll (ms)", runner.id, both.cpu / both.polls * 1e3)
    run.note("look-alike's CPU a poll (ms)", runner.id, both.server_cpu / both.polls * 1e3)
    if runner.record is not None:
        run.note("deep polls (part)", runner.id, both.deep_polls / both.polls)
        _kinds(run, runner, first, second)
    return both


def _kinds(run: Run, runner: _Runner, first: Window, second: Window) -> None:
    """Solve for the two costs from two stretches with different parts of deep polls."""
    shallow = [each.polls - each.deep_polls for each in (first, second)]
    determinant = shallow[0] * second.deep_polls - shallow[1] * first.deep_polls
    if abs(determinant) < first.polls * second.polls / 20:
        return
    small = (first.cpu * second.deep_polls - second.cpu * first.deep_polls) / determinant
    deep = (shallow[0] * second.cpu - shallow[1] * first.cpu) / determinant
    run.note("small poll alone (ms)", runner.id, small * 1e3)
    run.note("newest hundred alone (ms)", runner.id, deep * 1e3)


def _events(run: Run, runner: _Runner, quiet: Window) -> None:
    """One event at a time, told and sent."""
    load = _Load(rate=80, events=1, times=240 if run.quick else 400)
    spent = _spent(run, runner, quiet, load, lambda: run.stripe.state()["told"] >= load.all)
    run.note("one-event poll, told and sent (ms)", runner.id, spent / load.times * 1e3)


def _recorded_events(run: Run, runner: _Runner) -> None:
    """One event at a time until its delivery is recorded: the web hook does not answer, so that none is made."""
    assert runner.record is not None
    quiet = window(run, runner.process, 4 if run.quick else 8)
    load = _Load(rate=80, events=1, times=240 if run.quick else 400)
    spent = _spent(run, runner, quiet, load, _recorded(runner.record, load))
    run.note("one-event poll, delivery recorded (ms)", runner.id, spent / load.times * 1e3)


def _pages(run: Run, runner: _Runner, quiet: Window) -> None:
    """A hundred events in one page, told and sent."""
    load = _Load(rate=2, events=100, times=8 if run.quick else 12)
    spent = _spent(run, runner, quiet, load, lambda: run.stripe.state()["told"] >= load.all)
    run.note("page of 100, told and sent (ms)", runner.id, spent / load.times * 1e3)


def _recorded_pages(run: Run, runner: _Runner) -> None:
    """A hundred events that nobody is told of: recorded, understood, and that is all."""
    assert runner.record is not None
    quiet = window(run, runner.process, 6)
    load = _Load(rate=4, events=100, times=16 if run.quick else 24)
    spent = _spent(run, runner, quiet, load, _recorded(runner.record, load))
    run.note("page of 100, recorded (ms)", runner.id, spent / load.times * 1e3)


@dataclass(frozen=True, slots=True)
class _Load:
    """``times`` over, ``rate`` a second, so many ``events`` in one account after the other."""

    rate: int
    events: int
    times: int

    @property
    def all(self) -> int:
        return self.events * self.times


def _recorded(record: Record, load: _Load) -> Callable[[], bool]:
    """Whether all of it, from now on, is on record and sorted out."""
    known = record.events
    return lambda: record.events - known >= load.all and record.pending == 0


def _spent(run: Run, runner: _Runner, quiet: Window, load: _Load, done: Callable[[], bool]) -> float:
    """Seconds of CPU that these events take beyond what polling takes anyway.

    Raises:
        TimeoutError: they did not all arrive.
    """
    process, accounts = runner.process, runner.accounts
    run.stripe.do("reset")
    cpu = process.cpu()
    run.stripe.do(
        "drip", first=accounts.start, count=len(accounts), rate=load.rate, events=load.events, times=load.times
    )
    time.sleep(load.times / load.rate)
    if not until(done, 90):
        raise TimeoutError(f"{runner.id}: {load}, {run.stripe.state()}")
    # What follows a delivery, its mark, is in the figure too.
    time.sleep(0.3)
    return process.cpu() - cpu - quiet.cpu / quiet.polls * run.stripe.state()["polls"]
