"""What of a soak grew that should not have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from tests.soak.flatness import growth, slope
from tests.soak.months import Report, Sample

MIB = 1 << 20

_WARM = 14
"""Days until caches are full, and Stripe's list."""

_A_DAY = 48 * 1024
"""Bytes by which a day may raise what the system counts: what is free and in pieces is counted with it."""

_ROUND, _SOME = 21, 5
"""Days of full history that tell something of what grows; rows that come and go."""

_WEEK, _WEEKS = 7, 4
"""Days of a week, and weeks that tell something of what grows."""

LOG_LIMIT = 6 * MIB
"""Bytes of the write-ahead log: SQLite writes it back at a thousand pages, and a transaction may come on top."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A gauge, and what each message that arrives may leave in it. One object that is kept is more."""

    name: str
    read: Callable[[Sample], float]
    a_message: float


_PRECISE = (
    Rule("objects", lambda one: one.kept.objects, 0.5),
    Rule("blocks of memory", lambda one: one.kept.blocks, 2.5),
)


def judged(report: Report) -> list[str]:
    """What grew."""
    full = [one for one in report.samples if one.day >= report.keep + 2]
    return [*_memory(report), *_handles(report.samples), *_record(full), *_log(report.samples)]


def left_behind(report: Report) -> dict[str, float]:
    """What each message that arrived has left in memory, or nothing where there are too few weeks to tell."""
    samples = warm(report)
    weeks = [samples[at : at + _WEEK] for at in range(0, len(samples) - _WEEK + 1, _WEEK)]
    if len(weeks) < _WEEKS:
        return {}
    # All weeks are alike, the days of one are not.
    return {
        rule.name: slope([(fmean(one.told for one in week), fmean(map(rule.read, week))) for week in weeks])
        for rule in _PRECISE
    }


def warm(report: Report) -> Sequence[Sample]:
    """Those that count for what grows in memory."""
    return [one for one in report.samples if one.day >= _WARM]


def _memory(report: Report) -> Iterator[str]:
    left = left_behind(report)
    if not left:
        return
    samples = warm(report)
    for rule in _PRECISE:
        if left[rule.name] > rule.a_message:
            yield f"{left[rule.name]:.1f} {rule.name} stay with each message"
    more = growth([one.held.rss for one in samples])
    if more > max(_A_DAY * len(samples) / 3, 2 * MIB):
        yield f"memory grows: {more / MIB:.1f} MiB from one third of the time to the next"


def _handles(samples: Sequence[Sample]) -> Iterator[str]:
    for name, values in (
        ("open files", [one.held.fds for one in samples]),
        ("threads", [one.held.threads for one in samples]),
    ):
        if len(values) >= 6 and growth(values) > 0:
            yield f"{name} grow: {values[len(values) // 3]}, then {values[-1]}"


def _record(samples: Sequence[Sample]) -> Iterator[str]:
    if len(samples) < _ROUND:
        return
    sizes = {"the record": [float(one.held.database) for one in samples]}
    sizes |= {f"the table {name}": [float(one.rows[name]) for one in samples] for name in samples[0].rows}
    for name, values in sizes.items():
        if growth(values) > 0.04 * values[0] + _SOME:
            yield f"{name} grows: {values[0]:,.0f}, then {values[-1]:,.0f}"


def _log(samples: Sequence[Sample]) -> Iterator[str]:
    most = max(one.held.log for one in samples)
    if most > LOG_LIMIT:
        yield f"the log grows: {most / MIB:.1f} MiB"
