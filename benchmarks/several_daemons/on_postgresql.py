"""The record on PostgreSQL, as far as it takes to measure it: shares with epochs, pages, tellings, marks.

The client library (psycopg 3) is no part of the project: install it beside (``pip install --target``) and name the
folder in PYTHONPATH. Every write locks the row of its share and names its epoch, as the design wants it.
"""

from __future__ import annotations

import importlib
import multiprocessing
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from typing import Any, Final

from benchmarks.several_daemons.payload import PAYLOAD

SCHEMA: Final = """
CREATE TABLE daemons (id bigint PRIMARY KEY, alive_until timestamptz NOT NULL);
CREATE TABLE shares (
    kind text NOT NULL, id bigint NOT NULL, owner bigint NOT NULL, epoch bigint NOT NULL, lease_until timestamptz,
    PRIMARY KEY (kind, id)
) WITH (fillfactor = 50);
CREATE INDEX shares_by_owner ON shares (owner);
CREATE TABLE accounts (id bigint PRIMARY KEY, low_water bigint, polled_at double precision) WITH (fillfactor = 50);
CREATE TABLE reads (account bigint, day int, count int NOT NULL, PRIMARY KEY (account, day)) WITH (fillfactor = 50);
CREATE TABLE events (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account bigint NOT NULL, id text NOT NULL,
    created bigint NOT NULL, type text NOT NULL, recorded_at double precision NOT NULL, payload text,
    state text NOT NULL, reason text, occurrence bigint
);
CREATE UNIQUE INDEX events_by_id ON events (id, account);
CREATE INDEX events_by_time ON events (account, created, type);
CREATE INDEX events_newest ON events (created);
CREATE INDEX events_pending ON events (account, created, id) WHERE state = 'pending';
CREATE INDEX events_of_occurrence ON events (occurrence) WHERE occurrence IS NOT NULL;
CREATE TABLE occurrences (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account bigint, kind text NOT NULL, created bigint NOT NULL,
    told_at double precision NOT NULL, title text, body text, masked_title text, masked_body text, private_title text,
    private_body text, urgency text
);
CREATE INDEX occurrences_by_time ON occurrences (account, created);
CREATE INDEX occurrences_by_kind ON occurrences (kind, account, created);
CREATE TABLE facts (
    account bigint, family text, ref text, occurrence bigint, is_name boolean,
    PRIMARY KEY (account, family, ref, occurrence)
);
CREATE TABLE deliveries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, occurrence bigint NOT NULL, channel bigint NOT NULL,
    target int NOT NULL DEFAULT 0, urgency text, stream text, state text NOT NULL, reason text,
    attempts int NOT NULL DEFAULT 0, unconfirmed int NOT NULL DEFAULT 0, created double precision NOT NULL,
    due double precision, finished double precision, UNIQUE (occurrence, channel, target)
);
CREATE INDEX deliveries_waiting ON deliveries (channel, id) WHERE state = 'waiting';
CREATE INDEX deliveries_due ON deliveries (channel, due) WHERE state = 'waiting';
CREATE INDEX deliveries_recent ON deliveries (channel, created);
"""

_HELD: Final = "SELECT 1 FROM shares WHERE kind = %s AND id = %s AND epoch = %s FOR SHARE"
_RECORD: Final = (
    "INSERT INTO events (account, id, created, type, recorded_at, payload, state)"
    " VALUES (%s, %s, %s, 'charge.succeeded', %s, %s, 'pending') ON CONFLICT DO NOTHING"
)
_ENDING: Final = "UPDATE accounts SET low_water = %s, polled_at = %s WHERE id = %s"
_READS: Final = "INSERT INTO reads VALUES (%s, %s, 1) ON CONFLICT (account, day) DO UPDATE SET count = reads.count + 1"
_TELL: Final = """
WITH held AS (SELECT 1 FROM shares WHERE kind = 'account' AND id = %(account)s AND epoch = %(epoch)s FOR SHARE),
told AS (
    INSERT INTO occurrences (account, kind, created, told_at, title, body, masked_title, masked_body, private_title,
        private_body, urgency)
    SELECT %(account)s, 'sale', %(now)s, %(now)s, %(title)s, %(body)s, %(title)s, %(body)s, %(title)s, %(body)s,
        'normal'
    FROM held WHERE EXISTS (SELECT 1 FROM events WHERE number = %(event)s AND state = 'pending') RETURNING id
),
named AS (INSERT INTO facts SELECT %(account)s, 'payment', ref, told.id, true FROM told, unnest(%(refs)s::text[]) ref),
posted AS (
    INSERT INTO deliveries (occurrence, channel, urgency, stream, state, created, due)
    SELECT id, %(account)s, 'normal', 'live', 'waiting', %(now)s, %(now)s FROM told
)
UPDATE events SET state = 'told', occurrence = told.id FROM told WHERE number = %(event)s
"""
_NEXT: Final = (
    "SELECT d.id, o.title, o.body FROM deliveries d JOIN occurrences o ON o.id = d.occurrence"
    " WHERE d.channel = %s AND d.target = 0 AND d.state = 'waiting' AND d.due <= %s ORDER BY d.id LIMIT 1"
)
_MARK: Final = """
WITH held AS (SELECT 1 FROM shares WHERE kind = 'channel' AND id = %s AND epoch = %s FOR SHARE)
UPDATE deliveries SET state = 'delivered', reason = NULL, attempts = attempts + 1, due = NULL, finished = %s
WHERE id = %s AND state = 'waiting' AND EXISTS (SELECT 1 FROM held)
"""
_CLAIM: Final = """
UPDATE shares SET owner = %s, epoch = epoch + 1 WHERE (kind, id) IN (
    SELECT s.kind, s.id FROM daemons d JOIN shares s ON s.owner = d.id WHERE d.alive_until <= clock_timestamp()
    LIMIT %s FOR UPDATE OF s SKIP LOCKED
) RETURNING kind, id, epoch
"""
"""What nobody has belongs to a daemon that was never there: so both are found by one index."""
_RENEW: Final = (
    "UPDATE daemons SET alive_until = clock_timestamp() + interval '30 s' WHERE id = %s"
    " AND alive_until > clock_timestamp()"
)
_RENEW_EACH: Final = "UPDATE shares SET lease_until = clock_timestamp() + interval '30 s' WHERE owner = %s"

Connection = Any
"""psycopg's: its types are not there where the project is checked."""


def connect(where: str) -> Connection:
    """A connection; every statement outside a ``transaction()`` commits by itself."""
    return importlib.import_module("psycopg").connect(where, autocommit=True)


def prepare(where: str) -> None:
    """The tables, empty."""
    with connect(where) as db:
        db.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        db.execute(SCHEMA)


class Lost(Exception):  # noqa: N818 (an answer, not a mistake)
    """The share has changed hands."""


# What daemons do, a call each; a worker has an account and a channel of its own number


def _page(db: Connection, worker: int, size: int, serial: int) -> None:
    now = time.time()
    rows = [(worker, f"evt_3Several{worker:06d}{serial * size + n:018d}", int(now), now, PAYLOAD) for n in range(size)]
    with db.transaction(), db.pipeline():
        held = db.execute(_HELD, ("account", worker, 1))
        db.cursor().executemany(_RECORD, rows)
        db.execute(_ENDING, (int(now), now, worker))
        db.execute(_READS, (worker, int(now // 86_400)))
        # Asked for last, so that all travels together; raised, it takes back what was written.
        if held.fetchone() is None:
            raise Lost


def page_of_one(db: Connection, worker: int, serial: int) -> None:
    """An event that is new, and the mark."""
    _page(db, worker, 1, serial)


def page_of_hundred(db: Connection, worker: int, serial: int) -> None:
    """A page full of news."""
    _page(db, worker, 100, serial)


def tell(db: Connection, worker: int, serial: int) -> None:  # noqa: ARG001 (called like the others)
    """One event told, to one recipient. They were recorded in order, worker by worker."""
    event = db.execute(
        "SELECT number FROM events WHERE account = %s AND state = 'pending' ORDER BY created, id LIMIT 1", (worker,)
    ).fetchone()[0]
    title, body = "€19.00 · Ceramic pour-over", "From jane@example.com, visa 4242"
    values = {"account": worker, "epoch": 1, "event": event, "now": int(time.time()), "title": title, "body": body}
    db.execute(_TELL, values | {"refs": [f"ch_{event}", f"pi_{event}"]})


def send(db: Connection, worker: int, serial: int) -> None:  # noqa: ARG001 (called like the others)
    """The next delivery taken, and marked as delivered."""
    now = time.time()
    delivery = db.execute(_NEXT, (worker, now)).fetchone()[0]
    db.execute(_MARK, (worker, 1, now, delivery))


Call = Callable[[Connection, int, int], None]


@dataclass(frozen=True, slots=True)
class Daemons:
    """How many processes there are, and how many connections each keeps busy."""

    processes: int
    connections: int = 1

    @property
    def workers(self) -> int:
        """Connections in all."""
        return self.processes * self.connections


@dataclass(frozen=True, slots=True)
class _Job:
    """One process's. ``first`` is the number of its first worker."""

    where: str
    call: Call
    first: int
    connections: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Rate:
    """Calls a second of all daemons together, and how many share a sync of the log."""

    calls: float
    calls_a_sync: float


def rate(where: str, call: Call, daemons: Daemons, seconds: float) -> Rate:
    """How many calls a second all of them get done."""
    before = _syncs(where)
    context = multiprocessing.get_context("spawn")
    start, done = context.Barrier(daemons.workers + 1), context.Queue()
    processes = [
        context.Process(target=_work, args=(_Job(where, call, first, daemons.connections, seconds), start, done))
        for first in range(0, daemons.workers, daemons.connections)
    ]
    for process in processes:
        process.start()
    try:
        start.wait(60)
        rates = [done.get(timeout=seconds + 60) for _ in range(daemons.workers)]
    finally:
        for process in processes:
            process.join(60)
            process.kill()
    assert None not in rates, "one ran out of stock"
    calls = float(sum(rates))
    return Rate(calls, calls * seconds / max(_syncs(where) - before, 1))


def _syncs(where: str) -> int:
    with connect(where) as db:
        return int(db.execute("SELECT wal_sync FROM pg_stat_wal").fetchone()[0])


def _work(job: _Job, start: Barrier, done: Queue[float | None]) -> None:
    threads = [threading.Thread(target=_busy, args=(job, job.first + n, start, done)) for n in range(job.connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _busy(job: _Job, worker: int, start: Barrier, done: Queue[float | None]) -> None:
    with connect(job.where) as db:
        # Serials of different measurements must not meet.
        serials = count(time.time_ns() // 1_000_000)
        start.wait(60)
        begun, calls = time.perf_counter(), 0
        try:
            while (passed := time.perf_counter() - begun) < job.seconds:
                job.call(db, worker, next(serials))
                calls += 1
        except TypeError:  # no row
            done.put(None)
        else:
            done.put(calls / passed)


def stock(where: str, workers: int, each: int) -> None:
    """Tables with shares in their first epoch, and for each worker so many pending events and waiting deliveries."""
    prepare(where)
    with connect(where) as db:
        db.execute(
            "INSERT INTO shares (kind, id, owner, epoch) SELECT kind, n, 0, 1"
            " FROM generate_series(0, %s) n, unnest(ARRAY['account', 'channel']) kind",
            (workers - 1,),
        )
        db.execute("INSERT INTO accounts SELECT n FROM generate_series(0, %s) n", (workers - 1,))
        db.execute(
            "INSERT INTO events (account, id, created, type, recorded_at, payload, state)"
            " SELECT a, 'evt_stock' || a || '_' || n, n, 'charge.succeeded', 0, '{}', 'pending'"
            " FROM generate_series(0, %s) a, generate_series(1, %s) n",
            (workers - 1, each),
        )
        db.execute(
            "WITH told AS (INSERT INTO occurrences (account, kind, created, told_at, title, body)"
            " SELECT a, 'sale', n, 0, 'EUR 19.00', 'From jane@example.com'"
            " FROM generate_series(0, %s) a, generate_series(1, %s) n RETURNING id, account)"
            " INSERT INTO deliveries (occurrence, channel, urgency, stream, state, created, due)"
            " SELECT id, account, 'normal', 'live', 'waiting', 0, 0 FROM told",
            (workers - 1, each),
        )
        db.execute("VACUUM ANALYZE")


def bytes_per_event(where: str, events: int = 1_000) -> float:
    """Of the tables and their indexes, when each event is a sale that was told to one recipient."""
    stock(where, 1, 0)
    with connect(where) as db:
        before = db.execute(_SIZE).fetchone()[0]
        for serial in range(events):
            page_of_one(db, 0, serial)
            tell(db, 0, serial)
            send(db, 0, serial)
        return float(db.execute(_SIZE).fetchone()[0] - before) / events


def late_writes(where: str) -> int:
    """How much of what a daemon writes counts, after another has taken its shares. It should be nothing."""
    stock(where, 1, 1)
    with connect(where) as db:
        before = db.execute(_STATES).fetchall()
        db.execute("UPDATE shares SET owner = 1, epoch = 2")
        with suppress(Lost):
            page_of_one(db, 0, 1)
        tell(db, 0, 1)
        send(db, 0, 1)
        return len(set(before) ^ set(db.execute(_STATES).fetchall()))


_STATES: Final = (
    "SELECT 'event', number, state FROM events UNION ALL SELECT 'delivery', id, state FROM deliveries"
    " UNION ALL SELECT 'account', id, polled_at::text FROM accounts"
)
_SIZE: Final = (
    "SELECT sum(pg_total_relation_size(oid)) FROM pg_class"
    " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
)


@dataclass(frozen=True, slots=True)
class Claims:
    """What leases cost with so many shares. Seconds, bytes."""

    shares: int
    taken_over: float
    """Until three daemons have all that a fourth left, 500 at a time, at the same time."""
    look: float
    """A look that finds nothing to claim."""
    renewed: float
    """One row, of the daemon."""
    renewed_wal: int
    renewed_each: float
    """All rows of its shares, of which it has a quarter."""
    renewed_each_wal: int


_BATCH = 500


def claims(where: str, shares: int) -> Claims:
    """Of four daemons, the one that had all shares has died."""
    prepare(where)
    with connect(where) as db:
        db.execute(
            "INSERT INTO daemons SELECT n, clock_timestamp() + interval '1 h' * (CASE n WHEN 3 THEN -1 ELSE 1 END)"
            " FROM generate_series(0, 3) n"
        )
        # A dead daemon has all, so that all have to change hands.
        db.execute(
            "INSERT INTO shares (kind, id, owner, epoch) SELECT 'account', n, 3, 1 FROM generate_series(1, %s) n",
            (shares,),
        )
        db.execute("VACUUM ANALYZE")
        begun = time.perf_counter()
        _take_over(where)
        taken_over = time.perf_counter() - begun
        left, twice = db.execute(
            "SELECT count(*) FILTER (WHERE owner = 3), count(*) FILTER (WHERE epoch != 2) FROM shares"
        ).fetchone()
        assert (left, twice) == (0, 0), "each has changed hands once"
        db.execute("UPDATE shares SET owner = id % 4")
        db.execute("UPDATE daemons SET alive_until = clock_timestamp() + interval '1 h'")
        db.execute("VACUUM ANALYZE")
        look, _ = _timed(db, _CLAIM, (0, _BATCH), 200)
        renewed, wal = _timed(db, _RENEW, (0,), 200)
        renewed_each, wal_each = _timed(db, _RENEW_EACH, (0,), 3)
    return Claims(shares, taken_over, look, renewed, wal, renewed_each, wal_each)


def _take_over(where: str) -> None:
    threads = [threading.Thread(target=_claim_all, args=(where, daemon)) for daemon in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _claim_all(where: str, daemon: int) -> None:
    with connect(where) as db:
        while db.execute(_CLAIM, (daemon, _BATCH)).fetchall():
            pass


def _timed(db: Connection, statement: str, values: tuple[int, ...], times: int) -> tuple[float, int]:
    """Seconds and bytes of log for one of so many."""
    before = db.execute("SELECT pg_current_wal_insert_lsn()").fetchone()[0]
    begun = time.perf_counter()
    for _ in range(times):
        db.execute(statement, values)
    passed = time.perf_counter() - begun
    written = db.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s)", (before,)).fetchone()[0]
    return passed / times, int(written) // times
