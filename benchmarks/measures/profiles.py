"""Where the daemon's time goes, as cProfile sees it: it makes calls dearer, so read parts rather than seconds."""

from __future__ import annotations

import time

import msgspec

from benchmarks.figures import Profile
from benchmarks.run import Run, all_polled


def measure(run: Run) -> None:
    """In polls that find nothing, in single events, and in pages."""
    for what, count, rate, events, times in (
        ("empty polls", 40, 0, 0, 0),
        ("single events", 40, 25, 1, 250),
        ("pages of 100", 10, 1, 100, 8),
    ):
        for contender in run.daemons:
            accounts = run.stripe.open(count, old=99 if not times else 1, age=4000)
            run.stripe.do("reset")
            observed = run.observe(contender, "profile", accounts)
            with observed.process:
                all_polled(run, accounts)
                time.sleep(3)
                run.stripe.do("reset")
                observed.begin()
                if times:
                    run.stripe.do("drip", first=accounts.start, count=count, rate=rate, events=events, times=times)
                    time.sleep(times / rate)
                    run.stripe.until(lambda state: not state["dripping"] and state["told"] >= state["emitted"], 90)
                else:
                    time.sleep(8)
                polls = run.stripe.state()["polls"]
                seen = msgspec.convert(observed.seen() | {"polls": polls, "events": events * times}, Profile)
                run.profiles.setdefault(what, {})[contender.id] = seen.shortened()
