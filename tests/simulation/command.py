"""Runs seeds, or one of them effect by effect, or worse daemons: ``python -m tests.simulation --help``."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

from tests.simulation.mutations import MUTANTS, Mutant
from tests.simulation.simulation import Report, simulate

DOCUMENT = Path(__file__).parents[2] / "docs" / "simulation.md"
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"
SLICE = 10
"""Seeds that a process takes at once."""

MOST_SEEDS = 300
"""Within which a worse daemon has to be caught."""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seed", type=int, default=0, help="the first seed (default: 0)")
    parser.add_argument("--runs", type=int, help="how many seeds (default: 1)")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--trace", action="store_true", help="print every effect of the first seed")
    parser.add_argument("--mutant", help="run a worse daemon, by its name")
    parser.add_argument("--mutants", action="store_true", help="run all of them until each is caught")
    parser.add_argument("--every", type=int, default=1, help="one in so many of them (default: 1)")
    parser.add_argument("--document", action="store_true", help="run all and write the figures into docs/simulation.md")
    asked = parser.parse_args(arguments)
    if asked.document:
        write_figures(asked.runs or 1000, asked.processes)
        return 0
    if asked.mutants:
        return _caught_all(asked.processes, asked.every)
    mutant = next((one for one in MUTANTS if one.name == asked.mutant), None)
    if asked.trace or mutant is not None:
        return _shown([simulate(asked.seed, mutant.mutate if mutant else None, _say if asked.trace else None)])
    return _shown(run_many(asked.seed, asked.runs or 1, asked.processes))


def run_many(begin: int, runs: int, processes: int) -> Iterator[Report]:
    """The reports of so many seeds, as they come."""
    if runs <= SLICE or processes == 1:
        yield from map(simulate, range(begin, begin + runs))
        return
    slices = [range(at, min(at + SLICE, begin + runs)) for at in range(begin, begin + runs, SLICE)]
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        for reports in pool.map(_simulate_some, slices):
            yield from reports


def caught(mutant: Mutant, seeds: Iterable[int] = range(MOST_SEEDS)) -> tuple[Report | None, int, float]:
    """The first run that tells it from our daemon, how many runs that took, and how many seconds."""
    began, runs = time.perf_counter(), 0
    for runs, seed in enumerate(seeds, 1):
        report = simulate(seed, mutant.mutate)
        if report.findings:
            return report, runs, time.perf_counter() - began
    return None, runs, time.perf_counter() - began


def documented() -> dict[str, int]:
    """The seeds that caught the mutants, as the document has them."""
    rows = [line.split(" | ") for line in DOCUMENT.read_text("utf-8").splitlines() if line.startswith("| ")]
    return {row[0].removeprefix("| "): int(row[2]) for row in rows if len(row) > 5 and row[2].isdigit()}


def write_figures(runs: int, processes: int) -> None:
    """Measure, and put it into the document."""
    began = time.perf_counter()
    reports = list(run_many(0, runs, processes))
    seconds = time.perf_counter() - began
    total = _Total(reports)
    lines = [
        f"| runs | {runs:,} (seeds 0 to {runs - 1}) |",
        "|---|---|",
        f"| processes, seconds, runs a minute | {processes}, {seconds:.0f}, {60 * runs / seconds:,.0f} |",
        f"| simulated time | {total.days:,.1f} days |",
        f"| effects, each a possible moment of a crash | {total.effects:,} |",
        f"| crashes | {total.crashes:,} |",
        f"| facts, messages that arrived | {total.facts:,}, {total.arrived:,} |",
        f"| sends that had arrived and were not marked when the daemon ended | {total.in_flight:,} |",
        f"| **promises broken** | **{total.findings}** |",
        "",
        "| mutant | what it does | caught by seed | after runs | seconds | as |",
        "|---|---|---|---|---|---|",
    ]
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        for mutant, (report, number, seconds) in zip(
            MUTANTS, pool.map(_caught_at_first, range(len(MUTANTS))), strict=True
        ):
            seed, finding = (report.seed, _short(report.findings[0])) if report else ("**not caught**", "")
            lines.append(f"| {mutant.name} | {mutant.does} | {seed} | {number} | {seconds:.1f} | {finding} |")
            _say(lines[-1])
    before, rest = DOCUMENT.read_text("utf-8").split(BEGIN)
    after = rest.split(END)[1]
    DOCUMENT.write_text(before + BEGIN + "\n".join([*lines, ""]) + END + after, "utf-8")


class _Total:
    """What many runs come to."""

    def __init__(self, reports: Sequence[Report]) -> None:
        self.days = sum(one.seconds for one in reports) / 86_400
        self.effects = sum(one.effects for one in reports)
        self.crashes = sum(one.crashes for one in reports)
        self.facts = sum(one.facts for one in reports)
        self.arrived = sum(one.arrived for one in reports)
        self.in_flight = sum(one.in_flight for one in reports)
        self.findings = sum(len(one.findings) for one in reports)


def _short(finding: str) -> str:
    """The sort of a finding, without what is of its seed alone."""
    parts = finding.replace("|", "/").split(": ")
    words = next((part for part in parts if " " in part), parts[0]).split(":")[0].split(" evt_")[0]
    return words if len(words) < 60 else words[:60] + "…"


def _simulate_some(seeds: Sequence[int]) -> list[Report]:
    return [simulate(seed) for seed in seeds]


def _caught_at_first(place: int) -> tuple[Report | None, int, float]:
    return caught(MUTANTS[place])


def _catch(name: str) -> tuple[str, int | None, int]:
    known = documented().get(name, 0)
    mutant = next(one for one in MUTANTS if one.name == name)
    # The seed that caught it before does so again, unless the daemon has changed since.
    report, runs, _ = caught(mutant, chain((known,), range(MOST_SEEDS)))
    return name, None if report is None else report.seed, runs


def _caught_all(processes: int, every: int) -> int:
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        missed = 0
        for name, seed, runs in pool.map(_catch, [one.name for one in MUTANTS[::every]]):
            missed += seed is None
            _say(
                f"{name}: {f'NOT CAUGHT within {runs} runs' if seed is None else f'caught by seed {seed}, run {runs}'}"
            )
    return 1 if missed else 0


def _shown(reports: Iterable[Report]) -> int:
    began, runs, failed = time.perf_counter(), 0, 0
    for report in reports:
        runs += 1
        if report.findings:
            failed += 1
            _say("\n    ".join((f"seed {report.seed}:", *report.findings)))
            _say(f"    again: python -m tests.simulation --seed {report.seed} --trace")
    _say(f"{runs} runs, {failed} failed, {time.perf_counter() - began:.1f} s")
    return 1 if failed else 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
