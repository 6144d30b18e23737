"""Prints the tables of docs/decisions/0015-several-daemons.md, measured afresh.

The part on PostgreSQL needs its server's programs and psycopg 3, which is no part of the project::

    pip install --target DIR 'psycopg[binary]'
    PYTHONPATH=DIR python -m benchmarks.several_daemons --postgresql /usr/lib/postgresql/15/bin
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from benchmarks.several_daemons import cursor_file
from benchmarks.several_daemons.ceilings import Costs, ceilings, ceilings_table, thread_bytes
from benchmarks.several_daemons.engines import claims_table, engines_table, one_round
from benchmarks.several_daemons.failover import invariants_table, lease_table
from benchmarks.several_daemons.on_postgresql import bytes_per_event, claims, late_writes
from benchmarks.several_daemons.server import server
from benchmarks.several_daemons.table import rounded, table


def main() -> None:
    """The simulation, what the record of today carries, and PostgreSQL where there is one."""
    asked = argparse.ArgumentParser(
        prog="python -m benchmarks.several_daemons", description="Several daemons, on paper."
    )
    asked.add_argument("--runs", type=int, default=1_000, help="simulated runs for each line")
    asked.add_argument("--seconds", type=float, default=1.0, help="for each measurement")
    asked.add_argument("--rounds", type=int, default=3, help="of SQLite and PostgreSQL in turns")
    asked.add_argument("--events", type=int, default=1_000_000, help="on record, when a long history is measured")
    asked.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="on the disk to be measured")
    asked.add_argument("--postgresql", type=Path, help="folder of its programs, such as initdb")
    asked.add_argument("--user", default="postgres", help="who runs it if you are root")
    given = asked.parse_args()
    # So that nobody who ends it early is left with a server.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    _show("What keeps the promises", invariants_table(given.runs))
    _show("The length of the lease", lease_table(given.runs // 4))
    with tempfile.TemporaryDirectory(prefix="several-", dir=given.folder) as folder:
        _one_machine(Path(folder), given.seconds, given.events)
        if given.postgresql is not None:
            with server(given.postgresql, given.folder, given.user) as where:
                rounds = [one_round(where, Path(folder), given.seconds) for _ in range(given.rounds)]
                _show("The engines", engines_table(rounds))
                _show("Leases on PostgreSQL", claims_table(claims(where, shares) for shares in (10_000, 100_000)))
                _show("Bytes an event on PostgreSQL", rounded(bytes_per_event(where)))
                _show("Rows that a daemon changes after another has its shares", str(late_writes(where)))


def _one_machine(folder: Path, seconds: float, events: int) -> None:
    rates, size = cursor_file.rates(folder, seconds), cursor_file.bytes_per_event(folder)
    aged = [cursor_file.aged(folder, number, 100) for number in (events // 100, events // 10, events)]
    _show("One machine", ceilings_table(ceilings(Costs(), rates, size, aged[-1], thread_bytes())))
    head = (
        "events on record",
        "a page with one new event (ms)",
        "pending (ms)",
        "status (ms)",
        "a hundredth pruned (s)",
    )
    rows = (
        (f"{one.events:,}", *map(rounded, (one.page_of_one, one.pending, one.standing, one.prune_s))) for one in aged
    )
    _show("A long history", table(head, rows))
    _show("The disk", f"{rounded(rates.sync)} syncs of 4 KiB a second, {rounded(rates.event)} events a second")


def _show(title: str, text: str) -> None:
    sys.stdout.write(f"{title}\n\n{text}\n\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
