"""Soaks the daemon in simulated months, or the real process in minutes: ``python -m tests.soak --help``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from cashnotifyd.cursor_file.door import KEEP_DAYS
from cashnotifyd.polling.walk import PAGE
from tests.quick_disk import quick_folder
from tests.soak.months import Mutation, Report, Soak
from tests.soak.mutations import MUTANTS, SHORT, Mutant
from tests.soak.verdict import judged

MONTH = 30.4375
"""Days."""

SMALL_PAGE = 25
"""Events a request, where time is short: most of it goes into reading them."""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--months", type=float, help="how many (default: 18)")
    parser.add_argument("--days", type=int, help="or how many days")
    parser.add_argument("--keep", type=int, default=KEEP_DAYS, help=f"days of history (default: {KEEP_DAYS})")
    parser.add_argument("--page", type=int, default=PAGE, help=f"events a request (default: {PAGE})")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--mutant", help="soak a worse daemon, by its name")
    parser.add_argument("--mutants", action="store_true", help="soak all of them; each has to be caught")
    asked = parser.parse_args(arguments)
    if asked.mutants:
        return sum([not _said(one) for one in MUTANTS])
    if asked.mutant is not None:
        return 0 if _said(next(one for one in MUTANTS if one.name == asked.mutant)) else 1
    days = asked.days or round((asked.months or 18) * MONTH)
    report, findings = soaked(asked.seed, days, asked.keep, asked.page)
    say(f"{days} days, {report.told.number} messages, {len(findings)} findings, {report.seconds:.0f} s")
    for finding in findings:
        say(f"    {finding}")
    return 1 if findings else 0


def soaked(
    seed: int, days: int, keep: int, page: int = SMALL_PAGE, mutate: Mutation | None = None
) -> tuple[Report, list[str]]:
    """A soak, and all that was found wrong in it."""
    with quick_folder() as folder:
        report = Soak(seed, days, keep, Path(folder), page).run(mutate)
    return report, [*report.findings, *judged(report)]


def caught(mutant: Mutant, seed: int = 0) -> list[str]:
    """What tells it from our daemon."""
    return soaked(seed, mutant.days, SHORT, mutate=mutant.mutate)[1]


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _said(mutant: Mutant) -> bool:
    findings = caught(mutant)
    say(f"{mutant.name}: {findings[0] if findings else 'NOT CAUGHT'}")
    return bool(findings)
