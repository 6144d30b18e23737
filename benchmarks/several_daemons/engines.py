"""SQLite and PostgreSQL on the same disk, in turns.

What a shared disk can do differs from second to second. In a folder in memory only what the processor does is compared,
and syncs cost nothing: then it counts how many calls share one on a disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.several_daemons import cursor_file
from benchmarks.several_daemons.on_postgresql import (
    Call,
    Claims,
    Daemons,
    Rate,
    page_of_hundred,
    page_of_one,
    rate,
    send,
    stock,
    tell,
)
from benchmarks.several_daemons.table import rounded, table

_CALLS: Final[Mapping[str, Call]] = {
    "page_of_one": page_of_one,
    "page_of_hundred": page_of_hundred,
    "tell": tell,
    "send": send,
}
_WORDS: Final = {
    "page_of_one": "a page with one new event, and the mark",
    "page_of_hundred": "a page of 100 new events",
    "tell": "one event told to one recipient",
    "send": "the next delivery taken and marked",
}
DAEMONS: Final = (Daemons(1), Daemons(2), Daemons(4), Daemons(4, 4))


@dataclass(frozen=True, slots=True)
class Round:
    """Calls a second: SQLite's, and PostgreSQL's by call and daemons."""

    sqlite: cursor_file.Rates
    postgresql: Mapping[tuple[str, Daemons], Rate]


def one_round(where: str, folder: Path, seconds: float) -> Round:
    """Both once."""
    rates = {}
    for name, call in _CALLS.items():
        for daemons in DAEMONS:
            stock(where, daemons.workers, int(seconds * (1_500 + 8_000 / daemons.workers)))
            rates[name, daemons] = rate(where, call, daemons, seconds)
    return Round(cursor_file.rates(folder, seconds), rates)


def engines_table(rounds: list[Round]) -> str:
    """Calls a second, the medians; PostgreSQL's also in times of SQLite's, and how many share a sync."""
    head = ("calls a second", "SQLite", *(_named(daemons) for daemons in DAEMONS))
    return table(head, _rows(rounds))


def _named(daemons: Daemons) -> str:
    by = f"PostgreSQL, {daemons.processes} daemon" + "s" * (daemons.processes > 1)
    return by if daemons.connections == 1 else f"{by} x {daemons.connections} connections"


def _rows(rounds: list[Round]) -> Iterator[tuple[str, ...]]:
    for name, words in _WORDS.items():
        ours = [getattr(one.sqlite, name) for one in rounds]
        cells = [rounded(median(ours))]
        for daemons in DAEMONS:
            theirs = [one.postgresql[name, daemons] for one in rounds]
            ratio = median(their.calls / our for their, our in zip(theirs, ours, strict=True))
            a_sync = median(their.calls_a_sync for their in theirs)
            cells.append(f"{rounded(median(their.calls for their in theirs))} ({ratio:.2g} x; {a_sync:.1f})")
        yield words, *cells


def claims_table(found: Iterable[Claims]) -> str:
    """What leases cost."""
    head = (
        "shares", "all taken over by 3 daemons (s)", "a look that finds nothing (ms)", "one row a daemon renewed (ms)",
        "log (B)", "a row a share renewed (ms)", "log (kB)",
    )  # fmt: skip
    return table(
        head,
        (
            (
                f"{one.shares:,}", rounded(one.taken_over), rounded(1e3 * one.look), rounded(1e3 * one.renewed),
                f"{one.renewed_wal:,}", rounded(1e3 * one.renewed_each), f"{one.renewed_each_wal / 1e3:,.0f}",
            )
            for one in found
        ),
    )  # fmt: skip
