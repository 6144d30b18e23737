"""What became of events, for people who ask. Nothing here writes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR
from heapq import merge
from itertools import islice
from typing import Any

from cashnotifyd.cursor_file.lives import AsTold, Found, Life, News, Place, RecordedEvent, Sent, Sibling, Sought, State
from cashnotifyd.money import THREE_DECIMAL, ZERO_DECIMAL, money_or_none
from cashnotifyd.vocabulary import Kind, Mode, Urgency

_CANDIDATES = 5
_FEW = 1000
"""Occurrences of a kind that are looked for by the kind: 50 of more are met within 25,000 events of a million."""
_FEW_EVENTS = 10_000
"""Events that are read at once to find the newest of them."""

_EVENT = """
    SELECT e.number, e.id, a.config_id, a.name, a.stripe_id, coalesce(o.mode, a.mode), e.created, e.type, e.recorded_at,
        e.state, e.reason, CASE WHEN o.id IS NULL THEN e.payload END,
        o.id, o.kind, o.variant, o.created, o.told_at, o.title, o.body, o.urgency, o.link,
        o.amount, o.currency, o.fee, o.net, o.settled_in,
        (SELECT s.id FROM events s WHERE s.occurrence = o.id ORDER BY s.created, s.number LIMIT 1),
        (SELECT group_concat(DISTINCT d.reason) FROM deliveries d WHERE d.occurrence = o.id
            HAVING count(*) = count(*) FILTER (WHERE d.state = 'declined'))
    FROM events e {how} CROSS JOIN accounts a ON a.id = e.account LEFT JOIN occurrences o ON o.id = e.occurrence
"""
"""``how``: by which index. What SQLite knows of a file is of the daemon's last end, which may be a million events ago,
and by that it would rather sort than walk. CROSS is a join in this order."""
_BY_NUMBER = _EVENT.format(how="NOT INDEXED")  # but for the primary key
_BY_TIME = _EVENT.format(how="INDEXED BY events_newest")
_BY_TIME_OF_ACCOUNT = _EVENT.format(how="INDEXED BY events_by_time")
_HEARD = "EXISTS (SELECT 1 FROM deliveries d WHERE d.occurrence = e.occurrence AND d.state != 'declined')"
_LEADS = """(e.occurrence IS NULL OR e.number =
    (SELECT s.number FROM events s WHERE s.occurrence = e.occurrence ORDER BY s.created, s.number LIMIT 1))"""

_Terms = tuple[list[str], dict[str, Any]]


def page(db: sqlite3.Connection, sought: Sought, after: Place | None, limit: int) -> list[RecordedEvent]:
    """The newest events that are sought, beyond ``after``. What was not told is left to be judged by its payload."""
    conditions, values = _conditions(db, sought)
    if after is not None:
        conditions.append("e.created <= :created AND (e.created, e.number) < (:created, :number)")
        values |= {"created": after.created, "number": after.number}
    among = _accounts(db, sought.accounts) if sought.accounts else [None]
    each = [_newest_first(db, account, sought, conditions, values) for account in among]
    newest_first = merge(*each, key=lambda event: (event.created, event.number), reverse=True)
    return list(islice(newest_first, limit))


def news(db: sqlite3.Connection, sought: Sought, after: int, pending: Sequence[int]) -> News:
    """What was recorded after the event of that number, and what of ``pending`` has settled."""
    conditions, values = _conditions(db, sought)
    values |= {"after": after, "pending": json.dumps(pending)}
    fresh = "(e.number > :after OR e.number IN (SELECT value FROM json_each(:pending)))"
    waiting = f"SELECT number FROM events e WHERE {fresh} AND state = 'pending'"  # noqa: S608 (constants)
    settled = f"{_BY_NUMBER} WHERE {fresh} AND e.state != 'pending' AND {_all(conditions)} ORDER BY e.created, e.number"
    return News(
        settled=tuple(map(_event, db.execute(settled, values))),
        pending=tuple(row[0] for row in db.execute(waiting, values)),
        last=_last(db),
    )


def not_settled(db: sqlite3.Connection) -> News:
    """What is pending now, and the newest number: where to go on from."""
    pending = tuple(row[0] for row in db.execute("SELECT number FROM events WHERE state = 'pending'"))
    return News((), pending, _last(db))


def _last(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT coalesce(max(number), 0) FROM events").fetchone()[0])


def find(db: sqlite3.Connection, id_: str) -> Found:
    """The events of this id, or the one whose id begins so, or those of what Stripe calls by it."""
    numbers = [row[0] for row in db.execute("SELECT number FROM events WHERE id = ? ORDER BY number", (id_,))]
    if not numbers and id_.startswith("evt_"):
        beginning = db.execute(
            "SELECT id, min(number) FROM events WHERE id > ?1 AND id < ?1 || '~' GROUP BY id LIMIT ?2",
            (id_, _CANDIDATES),
        ).fetchall()
        if len(beginning) > 1:
            return Found(candidates=tuple(row[0] for row in beginning))
        numbers = [row[1] for row in beginning]
    return Found(tuple(_life(db, number) for number in numbers or _named(db, id_)))


def account_ids(db: sqlite3.Connection) -> list[str]:
    """The ids in the configuration of all accounts that were ever watched."""
    return [row[0] for row in db.execute("SELECT DISTINCT config_id FROM accounts ORDER BY config_id")]


def _newest_first(
    db: sqlite3.Connection, account: int | None, sought: Sought, conditions: Sequence[str], values: Mapping[str, Any]
) -> Iterator[RecordedEvent]:
    """Those of one account or of all, read as they are asked for."""
    query = _BY_TIME if account is None else _BY_TIME_OF_ACCOUNT
    place = "TRUE" if account is None else "e.account = :account"
    numbers = _rare(db, account, sought.kinds)
    if numbers is not None:
        query, place = _BY_NUMBER, _all((place, "e.number IN (SELECT value FROM json_each(:numbers))"))
    query = f"{query} WHERE {place} AND {_all(conditions)} ORDER BY e.created DESC, e.number DESC"
    return map(_event, db.execute(query, {**values, "account": account, "numbers": json.dumps(numbers)}))


def _rare(db: sqlite3.Connection, account: int | None, kinds: Sequence[Kind]) -> list[int] | None:
    """The events that may be of these kinds, where they are few; None: they are met soon by walking back in time."""
    if not kinds or Kind.OTHER in kinds:
        return None
    own = "" if account is None else "account = :account AND"
    given: dict[str, Any] = {"account": account, "kinds": json.dumps(kinds), "few": _FEW + 1}
    occurrences = db.execute(
        f"SELECT id FROM occurrences WHERE {own} kind IN (SELECT value FROM json_each(:kinds)) LIMIT :few",  # noqa: S608 (constants)
        given,
    ).fetchall()
    if len(occurrences) > _FEW:
        return None
    given |= {"ids": json.dumps([row[0] for row in occurrences]), "few": _FEW_EVENTS + 1}
    numbers = db.execute(
        "SELECT number FROM events WHERE occurrence IN (SELECT value FROM json_each(:ids))"  # noqa: S608 (constants)
        f" UNION ALL SELECT number FROM events WHERE {own} state = 'history'"
        f" UNION ALL SELECT number FROM events WHERE {own} state = 'pending' LIMIT :few",
        given,
    ).fetchall()
    return None if len(numbers) > _FEW_EVENTS else [row[0] for row in numbers]


def _accounts(db: sqlite3.Connection, ids: Sequence[str]) -> list[int]:
    rows = db.execute("SELECT id FROM accounts WHERE config_id IN (SELECT value FROM json_each(?))", (json.dumps(ids),))
    return [row[0] for row in rows]


def _conditions(db: sqlite3.Connection, sought: Sought) -> _Terms:
    """Of events e, accounts a and, where it was told, occurrences o."""
    conditions: list[str] = []
    values: dict[str, Any] = {}
    if sought.types:
        conditions.append("EXISTS (SELECT 1 FROM json_each(:types) WHERE e.type GLOB value)")
        values["types"] = json.dumps(sought.types)
    if sought.mode is not None:
        conditions.append("coalesce(o.mode, a.mode) = :mode")
        values["mode"] = sought.mode
    if sought.since is not None:
        conditions.append("e.created >= :since")
        values["since"] = sought.since
    if sought.until is not None:
        conditions.append("e.created < :until")
        values["until"] = sought.until
    conditions.append(_HEARD if sought.told else "e.state != 'older'")
    if sought.leads:
        conditions.append(_LEADS)
    if sought.by_meaning:
        db.create_function("casefold", 1, str.casefold, deterministic=True)
        meant, more = _meant(sought)
        conditions.append(f"(o.id IS NOT NULL AND {_all(meant)} OR {_to_be_understood(sought)})")
        values |= more
    return conditions, values


def _meant(sought: Sought) -> _Terms:
    """Of an occurrence."""
    conditions: list[str] = []
    values: dict[str, Any] = {}
    if sought.kinds:
        conditions.append("o.kind IN (SELECT value FROM json_each(:kinds))")
        values["kinds"] = json.dumps(sought.kinds)
    if sought.text is not None:
        conditions.append("(instr(casefold(o.title), :text) OR instr(casefold(o.body), :text))")
        values["text"] = sought.text.casefold()
    if sought.currency is not None:
        conditions.append("o.currency = :currency")
        values["currency"] = sought.currency
    for bound, name, compared, rounding in (
        (sought.least, "least", ">=", ROUND_CEILING),
        (sought.most, "most", "<=", ROUND_FLOOR),
    ):
        if bound is not None:
            conditions.append(
                f"o.amount {compared} CASE WHEN o.currency IN ({_quoted(ZERO_DECIMAL)}) THEN :{name}0"
                f" WHEN o.currency IN ({_quoted(THREE_DECIMAL)}) THEN :{name}3 ELSE :{name}2 END"
            )
            for decimals in (0, 2, 3):
                values[f"{name}{decimals}"] = int(bound.scaleb(decimals).to_integral_value(rounding))
    return conditions, values


def _to_be_understood(sought: Sought) -> str:
    """What was not told and may be what is sought. Of what makes no message, no more is asked than its type."""
    kept = "o.id IS NULL AND e.state IN ('history', 'pending')"
    if (sought.kinds and Kind.OTHER not in sought.kinds) or sought.by_amount:
        return kept
    if sought.text is None:
        return "o.id IS NULL"
    return f"{kept} OR o.id IS NULL AND instr(casefold(e.type), :text)"


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _all(conditions: Sequence[str]) -> str:
    return " AND ".join(conditions) or "TRUE"


def _event(row: tuple[Any, ...]) -> RecordedEvent:
    number, id_, account, name, stripe_id, mode, created, type_, recorded_at, state, reason, payload, *told = row
    return RecordedEvent(
        number=number,
        id=id_,
        account=account,
        account_name=name,
        stripe_id=stripe_id,
        mode=Mode(mode),
        created=created,
        type=type_,
        recorded_at=recorded_at,
        state=State(state),
        reason=reason,
        told=None if told[0] is None else _as_told(told),
        payload=payload,
    )


def _as_told(row: Sequence[Any]) -> AsTold:
    number, kind, variant, created, told_at, title, body, urgency, link, *figures, lead, declined = row
    amount, currency, fee, net, settled_in = figures
    return AsTold(
        number=number,
        kind=Kind(kind),
        variant=variant,
        created=created,
        told_at=told_at,
        title=title,
        body=body,
        urgency=Urgency(urgency),
        link=link,
        money=money_or_none(amount, currency),
        fee=money_or_none(fee, settled_in),
        net=money_or_none(net, settled_in),
        lead=lead,
        declined=None if declined is None else tuple(sorted(declined.split(","))),
    )


def _named(db: sqlite3.Connection, ref: str) -> list[int]:
    """The first event of each occurrence whose names this is among, the oldest first."""
    found = []
    for (account,) in db.execute("SELECT id FROM accounts").fetchall():
        family = ""
        # From one family to the next: the key of the table begins with account and family, and there are few of them.
        while True:
            (family,) = db.execute(
                "SELECT min(family) FROM facts WHERE account = ? AND family > ?", (account, family)
            ).fetchone()
            if family is None:
                break
            found += db.execute(
                "SELECT o.created,"
                " (SELECT s.number FROM events s WHERE s.occurrence = o.id ORDER BY s.created, s.number LIMIT 1)"
                " FROM facts f JOIN occurrences o ON o.id = f.occurrence"
                " WHERE f.account = ? AND f.family = ? AND f.ref = ?",
                (account, family, ref),
            ).fetchall()
    return [number for _, number in sorted(one for one in found if one[1] is not None)]


def _life(db: sqlite3.Connection, number: int) -> Life:
    event = _event(db.execute(f"{_BY_NUMBER} WHERE e.number = ?", (number,)).fetchone())
    if event.told is None:
        return Life(event, (), ())
    siblings = db.execute(
        "SELECT id, type, created, recorded_at FROM events WHERE occurrence = ? AND number != ?"
        " ORDER BY created, number",
        (event.told.number, number),
    )
    sent = db.execute(
        "SELECT d.channel, d.target, d.state, d.urgency, d.reason, d.attempts, d.created, d.due, d.finished,"
        " o.title, s.state, s.finished FROM deliveries d LEFT JOIN occurrences o ON o.id = d.summary"
        " LEFT JOIN deliveries s ON s.occurrence = d.summary AND s.channel = d.channel AND s.target = d.target"
        " WHERE d.occurrence = ? ORDER BY d.channel, d.target",
        (event.told.number,),
    )
    return Life(event, tuple(Sibling(*row) for row in siblings), tuple(map(_sent, sent)))


def _sent(row: tuple[Any, ...]) -> Sent:
    channel, target, state, urgency, *rest = row
    return Sent(channel, target, state, None if urgency is None else Urgency(urgency), *rest)
