"""The document, written from the figures: `benchmarks/document.md` says it in words, the tables come from here."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import pictures
from benchmarks.figures import Figures, Function
from benchmarks.fit import exponent
from benchmarks.processes import ROOT
from benchmarks.run import BEFORE, OURS, PEERS

DOCUMENT = ROOT / "docs" / "benchmarks.md"
FOLDER = ROOT / "docs" / "benchmarks"
_WORDS = Path(__file__).parent / "document.md"

_EMPTY = "empty poll (ms)"
_NAMES = {OURS: "cashnotifyd", BEFORE: "before"} | PEERS
_SHOWN = 14
_WAITS = ("select.epoll", "selectors.select", "_thread.lock", "_queue.SimpleQueue")
"""What stands in a profile while nothing is done."""


@dataclass(frozen=True, slots=True)
class Target:
    """What was aimed at. ``found`` is None where it was not measured."""

    words: str
    most: float | None
    found: Callable[[Figures], float | None]
    least: float | None = None


def _median(figures: Figures, measure: str, contender: str = OURS) -> float | None:
    values = figures.rounds.get(measure, {}).get(contender)
    return statistics.median(values) if values else None


def _ratio(figures: Figures, measure: str, above: str, below: str) -> float | None:
    over, under = _median(figures, measure, above), _median(figures, measure, below)
    return None if over is None or not under else over / under


def _at(figures: Figures, curve: str, size: float) -> float | None:
    return dict(figures.curves.get(curve, {}).get(OURS, [])).get(size)


def _slope(figures: Figures, curve: str) -> float | None:
    points = figures.curves.get(curve, {}).get(OURS, [])
    return abs(exponent(points)) if len(points) > 1 else None


TARGETS = (
    Target("CPU an empty poll, everything included (ms)", 0.40, lambda f: _median(f, _EMPTY)),
    Target("… against the SDK's cheapest path (b')", 1.5, lambda f: _ratio(f, _EMPTY, OURS, "sdk_raw")),
    Target("… what a person would write (a) takes, against it", None, lambda f: _ratio(f, _EMPTY, "sdk", OURS), 4),
    Target(
        "One-event poll until the delivery is recorded (ms)",
        1.5,
        lambda f: _median(f, "one-event poll, delivery recorded (ms)"),
    ),
    Target("Page of 100 new events recorded (ms)", 25, lambda f: _median(f, "page of 100, recorded (ms)")),
    Target(
        "Longest turn of the loop meanwhile (ms)", 20, lambda f: _median(f, "longest turn, page of 100, recorded (ms)")
    ),
    Target(
        "Longest turn while 100 sales are told (ms)", 20, lambda f: _median(f, "longest turn, page of 100 sales (ms)")
    ),
    Target("RSS, 1,000 accounts (MiB)", 100, lambda f: _at(f, "RSS by accounts (MiB)", 1000)),
    Target("RSS, 10,000 accounts (MiB)", 250, lambda f: _at(f, "RSS by accounts (MiB)", 10_000)),
    Target(
        "Catch-up of 100,000 events, recorded (events/s)",
        None,
        lambda f: _at(f, "recorded by backlog (events/s)", 100_000),
        5000,
    ),
    Target("… RSS at its most (MiB)", 192, lambda f: _at(f, "RSS at its most by backlog (MiB)", 100_000)),
    Target("Cost a poll by accounts, exponent (±)", 0.05, lambda f: _slope(f, "poll by accounts (ms)")),
    Target("Cost a poll by history, exponent (±)", 0.05, lambda f: _slope(f, "poll by history (ms)")),
)


@dataclass(frozen=True, slots=True)
class _Row:
    words: str
    measure: str


_PEER_ROWS = (
    _Row("CPU, empty poll (ms)", _EMPTY),
    _Row("polls a second and core", _EMPTY),
    _Row("CPU, one-event poll, told and sent (ms)", "one-event poll, told and sent (ms)"),
    _Row("CPU, page of 100, told and sent (ms)", "page of 100, told and sent (ms)"),
    _Row("event to notification, median (s)", "event to notification, median (s)"),
    _Row("event to notification, p99 (s)", "event to notification, p99 (s)"),
    _Row("1,000 events at once: told a second", "deliveries a second"),
    _Row("… CPU an event (ms)", "delivery, from listed to marked (ms)"),
    _Row("start to first poll, 1 account (s)", "start to first poll, 1 (s)"),
    _Row("start to first poll, 1,000 accounts (s)", "start to first poll, 1000 (s)"),
)
_OWN_ROWS = (
    "empty poll (ms)",
    "small poll alone (ms)",
    "newest hundred alone (ms)",
    "one-event poll, delivery recorded (ms)",
    "one-event poll, told and sent (ms)",
    "page of 100, recorded (ms)",
    "page of 100, deliveries recorded (ms)",
    "page of 100, told and sent (ms)",
    "longest turn, page of 100, recorded (ms)",
    "longest turn, page of 100 sales (ms)",
    "longest turn, page of 100 sales, CPU (ms)",
    "deliveries a second",
    "start to first poll, 1 (s)",
    "start to first poll, 1000 (s)",
    "idle wake-ups a second, 1",
    "idle wake-ups a second, 1000",
    "idle CPU, 1 (ms/s)",
    "idle CPU, 1000 (ms/s)",
)
_GROWTH = (
    ("poll by accounts (ms)", "accounts"),
    ("poll by history (ms)", "history"),
    ("event by history (ms)", "history"),
    ("CPU an event by backlog, recorded (ms)", "backlog"),
    ("CPU an event by backlog, told (ms)", "backlog"),
)


def write(figures: Figures, document: Path = DOCUMENT, folder: Path = FOLDER) -> None:
    """The document and its pictures."""
    document.write_text(page(figures), "utf-8")
    _draw(figures, folder)


def page(figures: Figures) -> str:
    """The document."""
    text = _WORDS.read_text("utf-8")
    for name, made in _tables(figures).items():
        text = text.replace(f"@{name}@\n", made)
    return text


def _tables(figures: Figures) -> dict[str, str]:
    return {
        "machine": _table(("", ""), ((name, value) for name, value in figures.machine.items())),
        "targets": _targets(figures),
        "peers": _peers(figures),
        "before": _before(figures),
        "growth": _growth(figures),
        "memory": _by_size(figures, "RSS by accounts (MiB)", "accounts"),
        "turns": _own_curves(figures, "accounts", ("longest turn by accounts (ms)", "all accounts polled after (s)")),
        "backlog": _own_curves(
            figures,
            "backlog",
            (
                "recorded by backlog (events/s)",
                "told by backlog (events/s)",
                "RSS at its most by backlog (MiB)",
                "longest turn by backlog (ms)",
                "cursor file an event (bytes)",
            ),
        ),
        "server": _server(figures),
        "profiles": _profiles(figures),
    }


def _targets(figures: Figures) -> str:
    rows = []
    for target in TARGETS:
        found = target.found(figures)
        bound = f"≤ {_number(target.most)}" if target.most is not None else f"≥ {_number(target.least)}"
        rows.append((target.words, bound, _number(found), _verdict(target, found)))
    return _table(("what", "aim", "measured", ""), rows)


def _verdict(target: Target, found: float | None) -> str:
    if found is None:
        return "not measured"
    met = (target.most is None or found <= target.most) and (target.least is None or found >= target.least)
    return "met" if met else "**not met**"


def _peers(figures: Figures) -> str:
    who = [OURS, *(id_ for id_ in PEERS if id_ in figures.rounds.get(_EMPTY, {}))]
    rows = []
    for row in _PEER_ROWS:
        found = {id_: _median(figures, row.measure, id_) for id_ in who}
        if row.words.startswith("polls"):
            found = {id_: None if value is None else 1000 / value for id_, value in found.items()}
        ours = found[OURS]
        rows.append((row.words, _number(ours), *(_beside(found[id_], ours) for id_ in who[1:])))
    return _table(("", *(_NAMES[id_] for id_ in who)), rows)


def _beside(value: float | None, ours: float | None) -> str:
    if value is None:
        return ""
    return _number(value) if not ours else f"{_number(value)} ({_number(value / ours)} x)"


def _before(figures: Figures) -> str:
    rows = []
    for measure in _OWN_ROWS:
        now, then = _median(figures, measure), _median(figures, measure, BEFORE)
        if now is not None:
            ratio = "" if not then or not now else f"{_number(now / then)} x"
            rows.append((measure, _number(then), _number(now), ratio))
    return _table(("", "before", "now", ""), rows)


def _growth(figures: Figures) -> str:
    rows = []
    for measure, size in _GROWTH:
        for id_, points in figures.curves.get(measure, {}).items():
            if len(points) > 1:
                spread = f"{points[0][0]:,.0f} to {points[-1][0]:,.0f}"
                values = f"{_number(points[0][1])} to {_number(points[-1][1])}"
                rows.append((measure, _NAMES[id_], f"{size}, {spread}", values, f"{exponent(points):+.3f}"))
    return _table(("", "", "from … to", "values", "exponent"), rows)


def _by_size(figures: Figures, measure: str, size: str) -> str:
    found = {id_: dict(points) for id_, points in figures.curves.get(measure, {}).items()}
    sizes = sorted({each for points in found.values() for each in points})
    return _table(
        (size, *(_NAMES[id_] for id_ in found)),
        ((f"{each:,.0f}", *(_number(points.get(each)) for points in found.values())) for each in sizes),
    )


def _own_curves(figures: Figures, size: str, measures: Sequence[str]) -> str:
    found = {measure: dict(figures.curves.get(measure, {}).get(OURS, [])) for measure in measures}
    sizes = sorted({each for points in found.values() for each in points})
    return _table(
        (size, *(measure.replace(f" by {size}", "") for measure in measures)),
        ((f"{each:,.0f}", *(_number(points.get(each)) for points in found.values())) for each in sizes),
    )


def _server(figures: Figures) -> str:
    found = figures.rounds.get("look-alike's CPU a poll (ms)", {})
    return _table(
        ("the look-alike's own CPU a poll, beside", "ms"),
        ((_NAMES[id_], _number(statistics.median(values))) for id_, values in found.items()),
    )


def _profiles(figures: Figures) -> str:
    parts = []
    for what, whose in figures.profiles.items():
        for id_ in (BEFORE, OURS):
            if (profile := whose.get(id_)) is None:
                continue
            seen = f"{profile.polls:,} polls" + (f", {profile.events:,} events" if profile.events else "")
            parts.append(f"### {what.capitalize()}, {'before' if id_ == BEFORE else 'now'}\n\n{seen}.\n")
            parts.append(_lines("in the loop", profile.loop, profile.events or profile.polls))
            parts.append(_lines("in threads", profile.threads, profile.events or profile.polls))
    return "\n".join(parts)


def _lines(where: str, functions: Iterable[Function], times: int) -> str:
    known = [one for one in functions if not any(wait in one.place for wait in _WAITS)]
    worst = sorted(known, key=lambda one: -one.own)[: _SHOWN if where == "in the loop" else 6]
    return _table(
        (f"{where}: µs a piece", "own", "with calls", "calls a piece"),
        (
            (
                f"`{one.place}`",
                f"{one.own / times * 1e6:.1f}",
                f"{one.total / times * 1e6:.1f}",
                f"{one.calls / times:.1f}",
            )
            for one in worst
        ),
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def _number(value: float | None) -> str:
    """To three figures, as people write them."""
    if value is None:
        return ""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.3g}"


def _draw(figures: Figures, folder: Path) -> None:
    named = {name: {_NAMES[id_]: points for id_, points in found.items()} for name, found in figures.curves.items()}
    for file, measure, sizes, values, limit in (
        ("accounts", "poll by accounts (ms)", "accounts", "CPU a poll (ms)", ("0.40 ms", 0.4)),
        ("memory", "RSS by accounts (MiB)", "accounts", "RSS (MiB)", None),
        ("history", "poll by history (ms)", "events on record", "CPU a poll (ms)", ("0.40 ms", 0.4)),
    ):
        if found := named.get(measure):
            pictures.curves(folder / f"{file}.svg", found, sizes=sizes, values=values, limit=limit)
    events = {
        words: points
        for words, measure in (
            ("recorded", "CPU an event by backlog, recorded (ms)"),
            ("told", "CPU an event by backlog, told (ms)"),
        )
        if (points := figures.curves.get(measure, {}).get(OURS))
    }
    if events:
        pictures.curves(
            folder / "backlog.svg", events, sizes="events in the backlog", values="CPU an event (ms)", limit=None
        )
    for file, measure, values in (
        ("empty-poll", _EMPTY, "CPU an empty poll (ms)"),
        ("one-event", "one-event poll, told and sent (ms)", "CPU an event, told and sent (ms)"),
    ):
        medians: Mapping[str, float] = {
            _NAMES[id_]: middle for id_ in (OURS, *PEERS) if (middle := _median(figures, measure, id_)) is not None
        }
        if medians:
            pictures.bars(folder / f"{file}.svg", medians, values=values, limit=None)
