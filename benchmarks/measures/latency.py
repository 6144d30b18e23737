"""How long after an event can be listed somebody is told of it, polling once a second."""

from __future__ import annotations

import contextlib
import time

from benchmarks.run import Run, all_polled

_ACCOUNTS = 20
_RATE = 5
"""Events a second in all the accounts of a contender."""


def measure(run: Run) -> None:
    """All contenders at the same time: there is little to do for any of them."""
    with contextlib.ExitStack() as stack:
        works = []
        run.stripe.do("reset")
        for contender in [*run.daemons, *run.peers]:
            accounts = run.stripe.open(_ACCOUNTS, old=9, age=4000)
            stack.enter_context(run.start(contender, run.task(accounts)))
            works.append((contender, accounts))
        everywhere = range(works[0][1].start, works[-1][1].stop)
        all_polled(run, everywhere)
        time.sleep(1)
        # What happens for the first time on an account, such as a look-up that is refused, is not to be measured.
        _drip(run, everywhere, rate=40, times=len(everywhere))
        _drip(run, everywhere, rate=_RATE * len(works), times=(60 if run.quick else 240) * len(works))
        for contender, accounts in works:
            late = sorted(run.stripe.do("latencies", first=accounts.start, count=len(accounts)))
            for name, part in (("median", 0.5), ("p99", 0.99)):
                run.note(f"event to notification, {name} (s)", contender.id, late[int(part * (len(late) - 1))])


def _drip(run: Run, accounts: range, *, rate: int, times: int) -> None:
    run.stripe.do("reset")
    run.stripe.do("drip", first=accounts.start, count=len(accounts), rate=rate, events=1, times=times)
    time.sleep(times / rate)
    run.stripe.until(lambda state: not state["dripping"] and state["told"] >= state["emitted"])
