"""What a poll costs: one that finds nothing, one that finds an event, one that finds a page of them.

All contenders watch as many accounts of their own, once a second. They run in turns, and whoever is not measured is
stopped: so what disturbs the machine for a while disturbs all of them.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from benchmarks.daemon import Record
from benchmarks.processes import Process
from benchmarks.run import BEFORE, OURS, Contender, Run, Window, until, window
from benchmarks.sales import BEGUN

_ACCOUNTS = 400
_ACCOUNTS_QUICK = 100
_ACCOUNTS_BEFORE = 12
"""Where each poll read a hundred events, many more of them left no time to send anything."""

_FEW = 40
"""Accounts where events are what counts: polling them all takes little beside it."""
_FOR_SINGLE_EVENTS = 30
"""Of these. The others get pages: a page is a busy account's, and would be read again for ten minutes."""

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
    polling: list[_Runner] = []
    telling: list[_Runner] = []
    keeping: list[_Runner] = []
    recording: list[_Runner] = []
    with contextlib.ExitStack() as stack:
        run.stripe.do("reset")
        for contender in [*run.daemons, *run.peers]:
            count = _ACCOUNTS_BEFORE if contender.id == BEFORE else _ACCOUNTS_QUICK if run.quick else _ACCOUNTS
            polling.append(_started(run, stack, contender, run.stripe.open(count, old=_OLD, age=4000)))
            telling.append(_started(run, stack, contender, run.stripe.open(_FEW)))
        for contender in run.daemons:
            keeping.append(_started(run, stack, contender, run.stripe.open(_FEW), hook="/silent"))
            recording.append(_started(run, stack, contender, run.stripe.open(_FEW, type_=BEGUN)))
        _settle(run, [*polling, *telling], [*keeping, *recording])
        for turn in range(run.rounds):
            for runners, measured in (
                (polling, _empty),
                (telling, _told),
                (keeping, _kept),
                (recording, _recorded),
            ):
                _take_turns(run, [one for one in runners if run.takes_part(one.id, turn)], measured)
        for runner in [*polling, *telling, *keeping, *recording]:
            runner.process.ask_to_end()


def _take_turns(run: Run, runners: list[_Runner], measured: Callable[[Run, _Runner], None]) -> None:
    for runner in runners:
        runner.process.go_on()
        time.sleep(_SETTLING)
        try:
            measured(run, runner)
        finally:
            runner.process.stand_still()


def _started(run: Run, stack: contextlib.ExitStack, contender: Contender, accounts: range, hook: str = "") -> _Runner:
    folder, task = run.new_folder(), run.task(accounts)
    process = stack.enter_context(run.start(contender, replace(task, hook=task.hook + hook), folder))
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


def _empty(run: Run, runner: _Runner) -> None:
    """Polls that find nothing new; of the daemon's own, those for the newest hundred by themselves."""
    small, large = (20, 10) if runner.id == OURS and not run.quick else (5, 3)
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


def _told(run: Run, runner: _Runner) -> None:
    """Events one at a time and a hundred at a time, told and sent."""
    quiet = _quiet(run, runner)
    few = _Load(rate=25, events=1, times=75 if run.quick else 125)
    spent = _spent(run, runner, quiet, few, lambda: run.stripe.state()["told"] >= few.all)
    run.note("one-event poll, told and sent (ms)", runner.id, spent / few.times * 1e3)
    many = _Load(rate=1, events=100, times=3 if run.quick else 5)
    spent = _spent(run, runner, quiet, many, lambda: run.stripe.state()["told"] >= many.all)
    run.note("page of 100, told and sent (ms)", runner.id, spent / many.times * 1e3)


def _kept(run: Run, runner: _Runner) -> None:
    """Events one at a time until their deliveries are recorded: the web hook does not answer, so none is made."""
    quiet = _quiet(run, runner)
    for load, words in (
        (_Load(rate=25, events=1, times=75 if run.quick else 125), "one-event poll, delivery recorded (ms)"),
        (_Load(rate=1, events=100, times=3 if run.quick else 5), "page of 100, deliveries recorded (ms)"),
    ):
        spent = _spent(run, runner, quiet, load, _all_recorded(runner, load))
        run.note(words, runner.id, spent / load.times * 1e3)


def _recorded(run: Run, runner: _Runner) -> None:
    """A hundred events that nobody is told of: recorded, understood, and that is all."""
    quiet = _quiet(run, runner)
    load = _Load(rate=4, events=100, times=16 if run.quick else 24)
    spent = _spent(run, runner, quiet, load, _all_recorded(runner, load))
    run.note("page of 100, recorded (ms)", runner.id, spent / load.times * 1e3)


def _quiet(run: Run, runner: _Runner) -> Window:
    """What polling takes when nothing happens."""
    return window(run, runner.process, 3 if run.quick else 5)


@dataclass(frozen=True, slots=True)
class _Load:
    """``times`` over, ``rate`` a second, so many ``events`` in one account after the other."""

    rate: int
    events: int
    times: int

    @property
    def all(self) -> int:
        return self.events * self.times


def _all_recorded(runner: _Runner, load: _Load) -> Callable[[], bool]:
    """Whether all of it, from now on, is on record and sorted out."""
    record = runner.record
    assert record is not None
    known = record.events
    return lambda: record.events - known >= load.all and record.pending == 0


def _spent(run: Run, runner: _Runner, quiet: Window, load: _Load, done: Callable[[], bool]) -> float:
    """Seconds of CPU that these events take beyond what the polls take anyway.

    Raises:
        TimeoutError: they did not all arrive.
    """
    process, accounts = runner.process, runner.accounts
    at = accounts[:_FOR_SINGLE_EVENTS] if load.events == 1 else accounts[_FOR_SINGLE_EVENTS:]
    run.stripe.do("reset")
    cpu = process.cpu()
    run.stripe.do("drip", first=at.start, count=len(at), rate=load.rate, events=load.events, times=load.times)
    time.sleep(load.times / load.rate)
    if not until(done, 90):
        raise TimeoutError(f"{runner.id}: {load}, {run.stripe.state()}")
    # What follows a delivery, its mark, is in the figure too.
    time.sleep(0.3)
    polls: int = run.stripe.state()["polls"]
    return process.cpu() - cpu - quiet.cpu / quiet.polls * polls
