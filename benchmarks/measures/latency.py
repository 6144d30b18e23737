"""How long after an event can be listed somebody is told of it, polling once a second."""

from __future__ import annotations

import time

from benchmarks.run import Run, all_polled

_ACCOUNTS = 20


def measure(run: Run) -> None:
    """All contenders at the same time: there is little to do for any of them."""
    times = 60 if run.quick else 240
    works = []
    try:
        for contender in [*run.daemons, *run.peers]:
            accounts = run.stripe.open(_ACCOUNTS, old=9, age=4000)
            run.stripe.do("reset")
            works.append((contender, accounts, contender.start(run.task(accounts), run.new_folder())))
            all_polled(run, accounts)
        first, last = works[0][1].start, works[-1][1].stop
        for each in (1, 2):
            # The first time for each account is none to measure: see the look-ups that are refused then.
            run.stripe.do("reset")
            rate = 5 * len(works) if each == 2 else 40
            count = times * len(works) if each == 2 else last - first
            run.stripe.do("drip", first=first, count=last - first, rate=rate, events=1, times=count)
            time.sleep(count / rate)
            run.stripe.until(lambda state: not state["dripping"] and state["told"] >= state["emitted"])
        for contender, accounts, _ in works:
            late = sorted(run.stripe.do("latencies", first=accounts.start, count=len(accounts)))
            for name, part in (("median", 0.5), ("p99", 0.99)):
                run.note(f"event to notification, {name} (s)", contender.id, late[int(part * (len(late) - 1))])
    finally:
        for _, _, process in works:
            process.end()
