"""What a cursor file holds, read beside whoever has it open: what no room asks for and tests want to see."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Put:
    """A delivery and its message. ``created``: when what it tells of happened, ``put``: when it came."""

    id: int
    channel: str
    target: int
    state: str
    reason: str | None
    attempts: int
    put: float
    account: int | None
    family: str
    kind: str
    created: int
    title: str
    body: str
    private_title: str
    private_body: str
    picture: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """An occurrence, with what it came to."""

    number: int
    kind: str
    title: str
    body: str
    amount: int | None
    fee: int | None
    net: int | None
    settled_in: str | None


def outbox(path: Path, channel: str | None = None) -> list[Put]:
    """All that was ever to go to a channel, or to any, in the order in which it was told."""
    with _reading(path) as db:
        rows = db.execute(
            "SELECT d.id, d.channel, d.target, d.state, d.reason, d.attempts, d.created, o.account, o.family, o.kind,"
            " o.created, o.title, o.body, o.private_title, o.private_body, o.picture"
            " FROM deliveries d JOIN occurrences o ON o.id = d.occurrence"
            " WHERE d.channel = coalesce(?, d.channel) ORDER BY d.id",
            (channel,),
        )
        return [Put(*row) for row in rows]


def told(path: Path, *kinds: str) -> list[Told]:
    """All that was ever told, or that of some kinds, in order."""
    with _reading(path) as db:
        rows = db.execute("SELECT id, kind, title, body, amount, fee, net, settled_in FROM occurrences ORDER BY id")
        return [one for one in (Told(*row) for row in rows) if not kinds or one.kind in kinds]


def reads(path: Path) -> int:
    """How many requests were ever counted."""
    with _reading(path) as db:
        return int(db.execute("SELECT coalesce(sum(count), 0) FROM reads").fetchone()[0])


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
        yield db


def change(path: Path, statement: str, *values: object) -> None:
    """Make what no room would, as a hand from outside does."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(statement, values)
