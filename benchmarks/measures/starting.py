"""How long from the start of the process to its first poll."""

from __future__ import annotations

from benchmarks.run import Run


def measure(run: Run) -> None:
    """With one account, and with a thousand."""
    for count in (1, 1000):
        for turn in range(run.rounds):
            for contender in [one for one in [*run.daemons, *run.peers] if run.takes_part(one.id, turn)]:
                accounts = run.stripe.open(count, old=1, age=4000)
                run.stripe.do("reset")
                with run.start(contender, run.task(accounts)) as process:
                    seen = run.stripe.until(lambda state: state["polls"] >= 1)
                    run.note(f"start to first poll, {count} (s)", contender.id, seen["first_poll"] - process.begun)
