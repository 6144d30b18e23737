"""Soaks the daemon in simulated months, or the real process in minutes: ``python -m tests.soak --help``."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from cashnotifyd.cursor_file.door import KEEP_DAYS
from cashnotifyd.polling.walk import PAGE
from tests.soak import process
from tests.soak.mutations import MUTANTS, Mutant
from tests.soak.soaking import caught, soaked

MONTH = 30.4375
"""Days."""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--months", type=float, help="how many (default: 18)")
    parser.add_argument("--days", type=int, help="or how many days")
    parser.add_argument("--keep", type=int, default=KEEP_DAYS, help=f"days of history (default: {KEEP_DAYS})")
    parser.add_argument("--page", type=int, default=PAGE, help=f"events a request (default: {PAGE})")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--mutant", help="soak a worse daemon, by its name")
    parser.add_argument("--mutants", action="store_true", help="soak all of them; each has to be caught")
    parser.add_argument("--process", action="store_true", help="strain the real process")
    parser.add_argument("--minutes", type=float, default=10.0, help="for so long (default: 10)")
    parser.add_argument("--document", action="store_true", help="all of it, and write docs/soak.md")
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args(arguments)
    if asked.document:
        from tests.soak.document import write  # noqa: PLC0415 (what draws takes a second, and memory)

        write(asked.seed, asked.minutes, asked.processes)
        return 0
    if asked.process:
        return _strained(asked.minutes, asked.mutant)
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


def _strained(minutes: float, name: str | None) -> int:
    """As it is, or for the mutants' sake with a look into the interpreter."""
    mutant = next((one for one in MUTANTS if one.name == name), None)
    strain = process.Strain(60 * minutes, probe_every=3 if minutes < process.WARM_MINUTES else None)
    with TemporaryDirectory() as folder:
        run = asyncio.run(process.strained(Path(folder), strain, mutant))
    findings = process.judged(run)
    say(f"{minutes} minutes, {run.sold} sales, {run.reloads} reloads, {len(findings)} findings")
    for finding in findings:
        say(f"    {finding}")
    return 1 if findings else 0


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _said(mutant: Mutant) -> bool:
    findings = caught(mutant)
    say(f"{mutant.name}: {findings[0] if findings else 'NOT CAUGHT'}")
    return bool(findings)
