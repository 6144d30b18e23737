"""Soaks as it is written down: docs/soak.md, between its two marks, and the curve beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from cashnotifyd.cursor_file.door import KEEP_DAYS
from tests.soak import process
from tests.soak.flatness import growth
from tests.soak.months import Report
from tests.soak.mutations import MUTANTS
from tests.soak.soaking import SMALL_PAGE, caught, soaked
from tests.soak.verdict import left_behind, warm

DOCUMENT = Path(__file__).parents[2] / "docs" / "soak.md"
CURVE = DOCUMENT.with_suffix(".svg")
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"

_MIB = 1 << 20
_RELEASED = {"days": 548, "keep": KEEP_DAYS}
"""As people have it, and a little over a year is full."""
_SHORT = {"days": 274, "keep": 45}
"""Filled and forgotten six times over."""


def write(seed: int, minutes: float, processes: int) -> None:
    """Soak all, which takes half an hour, and put it into the document."""
    with ProcessPoolExecutor(processes, get_context("spawn"), max_tasks_per_child=1) as pool:
        strain = pool.submit(_strained, minutes)
        months = [pool.submit(_soaked, seed, **one) for one in (_RELEASED, _SHORT)]
        worse = pool.map(_caught, [one.name for one in MUTANTS])
        released, short = [one.result() for one in months]
        found = dict(worse)
        strained = strain.result()
    lines = [*_months(released), "", *_months(short), "", *_process(*strained), "", *_mutants(found), ""]
    before, rest = DOCUMENT.read_text("utf-8").split(BEGIN)
    DOCUMENT.write_text(before + BEGIN + "\n".join(lines) + END + rest.split(END)[1], "utf-8")
    draw(released[0])


def _soaked(seed: int, days: int, keep: int) -> tuple[Report, list[str]]:
    return soaked(seed, days, keep, SMALL_PAGE)


def _strained(minutes: float) -> tuple[process.Strained, list[str]]:
    with TemporaryDirectory() as folder:
        strain = process.Strain(60 * minutes, sales=6, probe_every=None)
        run = asyncio.run(process.strained(Path(folder), strain))
    return run, process.judged(run)


def _caught(name: str) -> tuple[str, str]:
    findings = caught(next(one for one in MUTANTS if one.name == name))
    return name, findings[0] if findings else "**not caught**"


# The tables


def _months(soak: tuple[Report, list[str]]) -> Iterator[str]:
    report, findings = soak
    told, reads = report.told, report.reads
    each = ", ".join(f"{number:.2f}" for number in left_behind(report).values())
    yield f"### {report.days} days, {report.keep} days of history"
    yield ""
    yield f"| seed, real seconds | {report.seed}, {report.seconds:,.0f} |"
    yield "|---|---|"
    yield f"| messages, digests that arrived | {told.number:,}, {told.digested:,} |"
    yield f"| repeated, as a crash or a doubt allows; given up, as their service refused to say | {told.repeated}, {told.abandoned} |"  # noqa: E501 (a row)
    yield f"| lives of the daemon | {report.lives} |"
    yield f"| reads made | {sum(reads.ever.values()):,} |"
    yield f"| reads of 30 days, on record and counted by Stripe: looks, widest apart | {reads.audits}, {reads.widest} |"
    most = ", ".join(f"{100 * part:.0f} %" for part in reads.most.values())
    yield f"| most of the read share in any 30 days, by account | {most} |"
    yield f"| memory, last third of the time above the third before it | {_growth(report):+.1f} MiB |"
    yield f"| objects, blocks of memory that stay with a message | {each} |"
    yield f"| **found** | **{len(findings)}** |"
    yield ""
    yield (
        "| month | RSS (MiB) | objects | blocks | files | threads | SQLite (MiB) | log (MiB) | events on record |"
        " reads on record / made, 30 days |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for month, samples in _by_month(report).items():
        last = samples[-1]
        counted, made = (sum(both[place] for both in last.reads.values()) for place in (0, 1))
        cells = (
            month,
            f"{median(one.held.rss for one in samples) / _MIB:.1f}",
            f"{median(one.kept.objects for one in samples):,.0f}",
            f"{median(one.kept.blocks for one in samples):,.0f}",
            f"{max(one.held.fds for one in samples)}",
            f"{max(one.held.threads for one in samples)}",
            f"{last.held.database / _MIB:.2f}",
            f"{max(one.held.log for one in samples) / _MIB:.1f}",
            f"{last.rows['events']:,}",
            f"{counted:,} / {made:,}",
        )
        yield f"| {' | '.join(cells)} |"


def _by_month(report: Report) -> dict[str, list[Any]]:
    months: dict[str, list[Any]] = {}
    for one in report.samples:
        months.setdefault(f"{datetime.fromtimestamp(one.at, UTC):%Y-%m}", []).append(one)
    return months


def _growth(report: Report) -> float:
    return growth([one.held.rss for one in warm(report)]) / _MIB


def _process(run: process.Strained, findings: Sequence[str]) -> Iterator[str]:
    yield f"### The real process, {run.moments[-1].at / 60:.0f} minutes"
    yield ""
    yield f"| sales, messages, reloads | {run.sold:,}, {run.sold * len(process.CHANNELS):,}, {run.reloads} |"
    yield "|---|---|"
    yield f"| lost, repeated | {run.lost}, {run.repeated} |"
    yield f"| **found** | **{len(findings)}** |"
    yield ""
    yield "| minute | sales | RSS (MiB) | files | threads | SQLite (MiB) | log (MiB) |"
    yield "|---|---|---|---|---|---|---|"
    for minute in range(1 + int(run.moments[-1].at // 60)):
        some = [one for one in run.moments if int(one.at // 60) == minute]
        if len(some) > 20:
            last = some[-1]
            yield (
                f"| {minute + 1} | {last.sold:,} | {median(one.held.rss for one in some) / _MIB:.1f} |"
                f" {median(one.held.fds for one in some):.0f} | {median(one.held.threads for one in some):.0f} |"
                f" {last.held.database / _MIB:.1f} | {last.held.log / _MIB:.1f} |"
            )


def _mutants(found: Mapping[str, str]) -> Iterator[str]:
    yield "### Worse daemons"
    yield ""
    yield "| mutant | what it does | days | caught as |"
    yield "|---|---|---|---|"
    for one in MUTANTS:
        yield f"| {one.name} | {one.does} | {one.days} | {found[one.name].replace('|', '/')} |"


def draw(report: Report) -> None:
    """Memory, the record and what is in it, day by day."""
    # Not before: what is soaked in a process that has it would seem twice as large.
    import matplotlib as mpl  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    mpl.rcParams["svg.hashsalt"] = "cashnotifyd"
    figure = Figure(figsize=(8, 5), layout="constrained")
    days = [one.day for one in report.samples]
    curves: tuple[tuple[str, list[float]], ...] = (
        ("memory (MiB)", [one.held.rss / _MIB for one in report.samples]),
        ("the record (MiB)", [one.held.database / _MIB for one in report.samples]),
        ("reads on record, 30 days", [float(sum(both[0] for both in one.reads.values())) for one in report.samples]),
    )
    for place, (name, values) in enumerate(curves, 1):
        axes = figure.add_subplot(len(curves), 1, place)
        axes.plot(days, values, linewidth=1.2)
        axes.set_ylim(0, 1.15 * max(values))
        axes.set_ylabel(name)
        axes.axvline(report.keep, color="0.6", linestyle=":")
        axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("days; the dotted line: history is full")
    figure.savefig(CURVE, format="svg", metadata={"Date": None})


def documented() -> dict[str, str]:
    """What caught the mutants, as the document has it."""
    table = DOCUMENT.read_text("utf-8").split("### Worse daemons", 1)[1]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")][1:]
    return {row[0]: row[-1] for row in rows}
