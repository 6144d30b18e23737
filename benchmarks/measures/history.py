"""Whether what is on record makes anything slower."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.daemon import Record
from benchmarks.processes import Process
from benchmarks.run import BEFORE, Contender, Observed, Run, all_polled, until, window

_ACCOUNTS = 20
_RATE = 400
_PATIENCE = 60.0
_SPAN = 300 * 86_400
"""Seconds over which the history is spread: what is older than KEEP_DAYS would be forgotten at once."""


def measure(run: Run) -> None:
    """The same daemon on records of several sizes."""
    for contender in run.daemons:
        sizes = (
            (0, 10_000) if run.quick else (0, 100_000) if contender.id == BEFORE else (0, 10_000, 100_000, 1_000_000)
        )
        accounts, folder = _model(run, contender)
        lengthened = []
        for size in sizes:
            copied = run.new_folder()
            shutil.copytree(folder, copied)
            (copied / "config.yaml").write_text((copied / "config.yaml").read_text().replace(str(folder), str(copied)))
            lengthen(Record(copied).path, size)
            lengthened.append(copied)
        # All polls first: what has just happened is on every small page for two minutes, and makes it dearer.
        for copied in lengthened:
            _polls(run, contender, accounts, copied)
        for copied in lengthened:
            _events(run, contender, accounts, copied)
            shutil.rmtree(copied)


def _model(run: Run, contender: Contender) -> tuple[range, Path]:
    """A record with a few told events of each account."""
    accounts = run.stripe.open(_ACCOUNTS, old=9, age=4000)
    folder = run.new_folder()
    run.stripe.do("reset")
    with run.start(contender, run.task(accounts), folder) as process:
        all_polled(run, accounts)
        time.sleep(0.5)
        run.stripe.do("emit", first=accounts.start, count=_ACCOUNTS, events=5)
        run.stripe.until(lambda state: state["told"] >= 5 * _ACCOUNTS)
        time.sleep(1.0)
        assert process.is_running()
    return accounts, folder


def lengthen(path: Path, size: int) -> None:
    """Give a record so many more told events, like those that it has, with all that hangs on them.

    Rows are copied with other ids, whatever columns there are; only the payload is cut short, or a million took 5 GB.
    """
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = OFF")
        told = [row[0] for row in db.execute("SELECT number FROM events WHERE occurrence IS NOT NULL ORDER BY number")]
        if not size:
            return
        rounds = -(-size // len(told))
        now = int(time.time())
        top = {
            table: db.execute(f"SELECT coalesce(max({key}), 0) FROM {table}").fetchone()[0]  # noqa: S608 (our names)
            for table, key in (("events", "number"), ("occurrences", "id"), ("deliveries", "id"))
        }
        db.execute("CREATE TEMP TABLE rounds (at INTEGER PRIMARY KEY, created INTEGER)")
        step = _SPAN / rounds
        db.executemany(
            "INSERT INTO rounds VALUES (?, ?)", ((each + 1, int(now - 3600 - each * step)) for each in range(rounds))
        )
        number = f"number + rounds.at * {top['events']}"
        occurrence = f"+ rounds.at * {top['occurrences']}"
        told_ids = "SELECT occurrence FROM events WHERE occurrence IS NOT NULL"
        _copy(
            db,
            "occurrences",
            {"id": f"id {occurrence}", "created": "rounds.created", "told_at": "rounds.created"},
            f"id IN ({told_ids})",
        )
        _copy(
            db,
            "events",
            {
                "number": number,
                "id": "substr(id, 1, 10) || printf('%018d', " + number + ")",
                "created": "rounds.created",
                "recorded_at": "rounds.created",
                "payload": "substr(payload, 1, 500)",
                "occurrence": f"occurrence {occurrence}",
            },
            "occurrence IS NOT NULL",
        )
        _copy(
            db,
            "facts",
            {"ref": "ref || '-' || rounds.at", "occurrence": f"occurrence {occurrence}"},
            f"occurrence IN ({told_ids})",
        )
        _copy(
            db,
            "deliveries",
            {
                "id": f"id + rounds.at * {top['deliveries']}",
                "occurrence": f"occurrence {occurrence}",
                "created": "rounds.created",
                "finished": "rounds.created",
            },
            f"occurrence IN ({told_ids})",
        )
        db.commit()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _copy(db: sqlite3.Connection, table: str, changed: dict[str, str], which: str) -> None:
    columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    values = [changed.get(column, f"old.{column}") for column in columns]
    db.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)}"  # noqa: S608 (our own names)
        f" FROM rounds, (SELECT * FROM {table} WHERE {which}) AS old ORDER BY rounds.at DESC"
    )


def _settle(run: Run, process: Process) -> None:
    """Wait until what is old has been looked for, as it is once a day and at the start: that is no cost of polls."""
    before, now = 0.0, 1.0
    deadline = time.monotonic() + _PATIENCE
    while abs(now - before) > now / 10 and time.monotonic() < deadline:
        seen = window(run, process, 3)
        before, now = now, seen.cpu / seen.polls


def _polls(run: Run, contender: Contender, accounts: range, folder: Path) -> None:
    with _at_work(run, contender, accounts, folder) as observed:
        quiet = window(run, observed.process, 5 if run.quick else 12)
        run.plot("poll by history (ms)", contender.id, observed.record.events_kept, quiet.cpu / quiet.polls * 1e3)


def _events(run: Run, contender: Contender, accounts: range, folder: Path) -> None:
    with _at_work(run, contender, accounts, folder) as observed:
        process, on_record = observed.process, observed.record.events_kept
        quiet = window(run, process, 5)
        run.stripe.do("reset")
        times = 100 if run.quick else 300
        begun, used, known = time.monotonic(), process.cpu(), observed.record.events
        run.stripe.do("drip", first=accounts.start, count=len(accounts), rate=40, events=1, times=times)
        time.sleep(times / 40)
        run.stripe.until(lambda state: not state["dripping"] and state["told"] >= times)
        until(lambda: observed.record.events - known >= times, 10)
        spent = process.cpu() - used - quiet.cpu / quiet.seconds * (time.monotonic() - begun)
        run.plot("event by history (ms)", contender.id, on_record, spent / times * 1e3)


@contextlib.contextmanager
def _at_work(run: Run, contender: Contender, accounts: range, folder: Path) -> Iterator[Observed]:
    """The daemon on that record, once it does nothing but poll."""
    run.stripe.do("reset")
    observed = run.observe(contender, "stalls", accounts, pace=_ACCOUNTS / _RATE, folder=folder)
    with observed.process as process:
        all_polled(run, accounts)
        _settle(run, process)
        yield observed
