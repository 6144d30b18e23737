"""How often a daemon with nothing to do wakes the processor."""

from __future__ import annotations

import contextlib
import time

from benchmarks.run import Run, all_polled


def measure(run: Run) -> None:
    """Between two polls an hour apart; several daemons at the same time."""
    seconds = 15 if run.quick else 30
    for count in (1, 1000):
        with contextlib.ExitStack() as stack:
            works = []
            run.stripe.do("reset")
            for contender in run.daemons:
                accounts = run.stripe.open(count, old=1, age=4000)
                process = stack.enter_context(run.start(contender, run.task(accounts, 3600)))
                works.append((contender, process))
            all_polled(run, range(count * len(works)), 180)
            time.sleep(8)
            before = [(process.wake_ups(), process.cpu()) for _, process in works]
            time.sleep(seconds)
            for (contender, process), (woken, used) in zip(works, before, strict=True):
                run.note(f"idle wake-ups a second, {count}", contender.id, (process.wake_ups() - woken) / seconds)
                run.note(f"idle CPU, {count} (ms/s)", contender.id, (process.cpu() - used) / seconds * 1e3)
