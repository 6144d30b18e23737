"""How long the daemon's loop stands still while a page of new events is recorded and told."""

from __future__ import annotations

import time

from benchmarks.run import Run, all_polled
from benchmarks.sales import BEGUN, SOLD


def measure(run: Run) -> None:
    """By the wall clock, and by the CPU clock of the loop's thread."""
    for type_, what in ((SOLD, "page of 100 sales"), (BEGUN, "page of 100, recorded")):
        for turn in range(run.rounds):
            for contender in [one for one in run.daemons if run.takes_part(one.id, turn)]:
                accounts = run.stripe.open(10, old=9, age=4000, type_=type_)
                run.stripe.do("reset")
                observed = run.observe(contender, "stalls", accounts)
                with observed.process:
                    all_polled(run, accounts)
                    time.sleep(2.5)
                    observed.begin()
                    known, times = observed.record.events, 8
                    run.stripe.do("drip", first=accounts.start, count=10, rate=2, events=100, times=times)
                    deadline = time.monotonic() + 60
                    while observed.record.events - known < 100 * times or observed.record.pending:
                        if time.monotonic() > deadline:
                            raise TimeoutError(contender.id)
                        time.sleep(0.1)
                    turns = observed.seen()
                run.note(f"longest turn, {what} (ms)", contender.id, turns["wall"]["max"] * 1e3)
                run.note(f"longest turn, {what}, CPU (ms)", contender.id, turns["cpu"]["max"] * 1e3)
                run.note(f"p99.9 turn, {what} (ms)", contender.id, turns["wall"]["p99.9"] * 1e3)
