"""What has to be so on every day, held against what happened: messages, the history, the reads, the allowance."""

from __future__ import annotations

import math
from array import array
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cashnotifyd.cursor_file import accounts as accounts_sql
from cashnotifyd.lookups.allowance import read_allowance
from cashnotifyd.simulator.account import StoredEvent
from cashnotifyd.vocabulary import Kind, Message, Urgency
from tests.simulation.recipients import Key, Recipient, key_of
from tests.simulation.shops import Fact
from tests.soak.merchants import DAY

if TYPE_CHECKING:
    from tests.soak.months import Soak

TICK = 120.0
"""Seconds between two looks of what tends the daemon."""

_NOTED_WITHIN = 30.0 + TICK + 1.0
"""Seconds until a read is on record."""

_SETTLED_AFTER, _GIVEN_UP_AFTER = 2 * DAY, 5 * DAY
_MONTH = 30 * DAY
_DIGESTS_APART = 1
"""The one of a day that was not over yet, by a clock that was wrong."""

SHARE = 0.5


@dataclass(slots=True)
class Told:
    """What each recipient was told of what is not settled yet."""

    facts: dict[Key, Fact] = field(default_factory=dict)
    times: dict[str, Counter[Key]] = field(default_factory=dict)
    digests: deque[Key] = field(default_factory=lambda: deque(maxlen=5))
    number: int = 0
    """Messages that ever arrived, digests aside."""
    repeated: int = 0
    """Messages that came once more, as they may when a send was under way at a crash, or in doubt."""
    abandoned: int = 0
    digested: int = 0
    excused: int = 0
    """Digests that may come again."""

    def audit(self, soak: Soak) -> None:
        for shop in soak.shops.values():
            self.facts |= {fact.key: fact for fact in shop.facts}
            shop.facts.clear()
        for recipient in soak.recipients:
            self._take(soak, recipient)
        elapsed = soak.world.clock.elapsed
        if abs(self.digested - elapsed // DAY) > _DIGESTS_APART:
            soak.world.found(f"{self.digested} daily digests have arrived in {elapsed / DAY:.0f} days")
        for fact in [one for one in self.facts.values() if one.at < elapsed - _SETTLED_AFTER]:
            waits = [self._is_awaited(soak, fact, recipient) for recipient in soak.recipients]
            if not any(waits):
                del self.facts[fact.key]
                for recipient in soak.recipients:
                    self._settle(soak, fact, recipient)

    def _take(self, soak: Soak, recipient: Recipient) -> None:
        found, times = soak.world.found, self.times.setdefault(_name(recipient), Counter())
        for _, key, message in recipient.arrived:
            if message.kind is Kind.WATCH:
                continue
            if recipient.channel == "office":
                self._take_digest(soak, recipient, key)
            elif key in self.facts:
                times[key] += 1
                self.number += 1
            else:
                found(f"REPEATED on {_name(recipient)} after days, or never happened: {message.title!r}")
        recipient.arrived.clear()

    def _take_digest(self, soak: Soak, recipient: Recipient, key: Key) -> None:
        if key not in self.digests:
            self.digests.append(key)
            self.digested += 1
        elif recipient.in_doubt.pop(key, 0) or recipient.in_flight.pop(key, 0):
            self.repeated += 1
        elif self.excused:
            self.excused -= 1
        else:
            soak.world.found(f"REPEATED on {_name(recipient)}: the digest {key}")

    def _is_awaited(self, soak: Soak, fact: Fact, recipient: Recipient) -> bool:
        """Whether it may still come."""
        if self.times[_name(recipient)][fact.key] or fact.at < soak.world.clock.elapsed - _GIVEN_UP_AFTER:
            return False
        return _fate(soak, fact.key, recipient) == "waiting"

    def _settle(self, soak: Soak, fact: Fact, recipient: Recipient) -> None:
        found, name, key = soak.world.found, _name(recipient), fact.key
        number = self.times[name].pop(key, 0)
        in_flight, in_doubt = recipient.in_flight.pop(key, 0), recipient.in_doubt.pop(key, 0)
        recipient.interrupted.pop(key, None)
        recipient.doubts.forget(key)
        if number == 0 and recipient.channel not in {"extra", "office"}:
            if in_doubt > 1 and _fate(soak, key, recipient) == "abandoned":
                self.abandoned += 1
            else:
                found(f"LOST on {name}: {fact}")
        if number > 1 + in_flight + in_doubt:
            found(f"REPEATED on {name}: {fact}, {number} times")
        self.repeated += max(number - 1, 0)


def _name(recipient: Recipient) -> str:
    return f"{recipient.channel}/{recipient.target}"


def _fate(soak: Soak, key: Key, recipient: Recipient) -> str | None:
    """What the record says of a fact that has not arrived."""
    assert soak.record is not None
    rows = soak.record._db.execute(
        "SELECT d.state, o.kind, o.title FROM deliveries d JOIN occurrences o ON o.id = d.occurrence"
        " WHERE d.channel = ? AND d.target = ? AND d.state IN ('waiting', 'abandoned')",
        (recipient.channel, recipient.target),
    )
    fates = [state for state, kind, title in rows if key_of(Message(Kind(kind), title, "", Urgency.NORMAL)) == key]
    return fates[0] if fates else None


@dataclass(slots=True)
class History:
    """What Stripe listed, by account and day; and what is on record of it."""

    emitted: dict[str, Counter[int]] = field(default_factory=dict)
    begun: float = 0.0
    newest: float = 0.0
    """The latest that the machine's clock has ever shown."""

    def note(self, shop: str, created: Iterable[int]) -> None:
        self.emitted.setdefault(shop, Counter()).update(int(one // DAY) for one in created)

    def audit(self, soak: Soak) -> None:
        assert soak.record is not None
        db, found, keep = soak.record._db, soak.world.found, soak.keep * DAY
        true, wall = soak.world.clock.true(), soak.world.clock.time()
        self.newest = max(self.newest, wall)
        days = range(int(max(self.newest - keep, self.begun + DAY) // DAY) + 1, int((true - DAY / 2) // DAY))
        on_record: dict[str, Counter[int]] = {}
        for shop, day, number in db.execute(
            "SELECT a.config_id, e.created / 86400, count(*) FROM events e JOIN accounts a ON a.id = e.account"
            " GROUP BY 1, 2"
        ):
            on_record.setdefault(shop, Counter())[day] = number
        for shop in soak.configuration.accounts:
            for day in days:
                kept, listed = on_record.get(shop, Counter())[day], self.emitted[shop][day]
                if kept != listed:
                    found(f"{kept} events of {shop} are on record of day {day}, {listed} were listed: {day - days[0]}")
        # It is pruned once a day, and at each start; a day by the clock that nobody sets.
        horizon = wall - max(soak.world.clock.ahead, 0.0) - keep - DAY - 2 * TICK
        for what, table, when in (("events", "events", "created"), ("messages", "occurrences", "told_at")):
            old = f"SELECT count(*) FROM {table} WHERE {when} < ?"
            (number,) = db.execute(old, (horizon - (5 * DAY if table == "occurrences" else 0),)).fetchone()
            if number:
                found(f"{number} {what} are older than {soak.keep} days, and still there")
        for shop in self.emitted.values():
            for day in [day for day in shop if day < days.start - 3]:
                del shop[day]
        if int(true // DAY) % 7 == 0:
            self._audit_names(soak)

    def _audit_names(self, soak: Soak) -> None:
        assert soak.record is not None
        (nameless,) = soak.record._db.execute(
            "SELECT count(DISTINCT occurrence) FROM events WHERE state = 'told'"
            " AND occurrence NOT IN (SELECT occurrence FROM facts)"
        ).fetchone()
        if nameless:
            soak.world.found(f"{nameless} facts have no names by which their siblings would be known")


@dataclass(slots=True)
class _Asked:
    """When an account was asked in the last 32 days: by Stripe's clock, and by the machine's."""

    true: array[float] = field(default_factory=lambda: array("d"))
    wall: array[float] = field(default_factory=lambda: array("d"))
    charged: array[float] = field(default_factory=lambda: array("d"))
    """When there were transactions, which the allowance goes by."""
    uncertain: array[float] = field(default_factory=lambda: array("d"))
    """Those of which it is not known on which day they are counted, or whether: there was a crash, or a jump."""


@dataclass(slots=True)
class Reads:
    """What Stripe was asked for, against what is on record and what was allowed."""

    asked: dict[str, _Asked] = field(default_factory=dict)
    ever: Counter[str] = field(default_factory=Counter)
    most: dict[str, float] = field(default_factory=dict)
    """The most of the share that was ever used in 30 days, by the account's id."""
    last: dict[str, tuple[int, int]] = field(default_factory=dict)
    """On record and counted by Stripe, of the last 30 days, as of the last look."""
    widest: int = 0
    """The most that the two were ever apart."""
    audits: int = 0

    def note(self, shop: str, events: Iterable[StoredEvent]) -> None:
        """These were emitted."""
        charged = (float(one.created) for one in events if one.type == "charge.succeeded")
        self.asked.setdefault(shop, _Asked()).charged.extend(charged)

    def gather(self, soak: Soak) -> None:
        """Take over what was asked since the last time."""
        by_name = {shop.name: self.asked.setdefault(shop.id, _Asked()) for shop in soak.shops.values()}
        begins = soak.world.clock.true() - soak.world.clock.elapsed
        for at, name in soak.network.requests:
            by_name[name].true.append(begins + at)
            by_name[name].wall.append(begins + at + soak.world.clock.ahead)
        for shop in soak.shops.values():
            self.ever[shop.id] += sum(name == shop.name for _, name in soak.network.requests)
        soak.network.requests.clear()

    def doubt(self, soak: Soak) -> None:
        """What was asked just now may never be counted, or on another day."""
        self.gather(soak)
        for asked in self.asked.values():
            asked.uncertain.extend(
                _within(asked.wall, soak.world.clock.time() - _NOTED_WITHIN, soak.world.clock.time())
            )

    def audit(self, soak: Soak) -> None:
        self.gather(soak)
        now = soak.world.clock.true()
        for shop in soak.shops.values():
            asked = self.asked[shop.id]
            self._compare(soak, shop.id, asked)
            made = _count(asked.true, now - _MONTH, now)
            share = SHARE * read_allowance(_count(asked.charged, now - _MONTH, now))
            self.most[shop.id] = max(self.most.get(shop.id, 0.0), made / share)
            if made > share:
                soak.world.found(f"{made} reads of {shop.id} in 30 days, {share:.0f} are its share")
            for times in (asked.true, asked.wall, asked.charged, asked.uncertain):
                times[:] = array("d", _within(times, now - 33 * DAY, now + 3 * DAY))
        self.audits += 1

    def _compare(self, soak: Soak, shop: str, asked: _Asked) -> None:
        assert soak.record is not None
        wall = soak.world.clock.time()
        rows = soak.record._db.execute("SELECT id FROM accounts WHERE config_id = ?", (shop,)).fetchall()
        counted = sum(accounts_sql.usage(soak.record._db, number, wall).reads for (number,) in rows)
        # A day in which the 30 days begin counts as a whole.
        begins = (wall - _MONTH) // DAY * DAY
        made = _count(asked.wall, begins, math.inf)
        just_now = _count(asked.wall, wall - _NOTED_WITHIN, wall)
        at_midnight = _count(asked.wall, begins - _NOTED_WITHIN, begins)
        doubtful = len(asked.uncertain)
        if not made - just_now - doubtful <= counted <= made + at_midnight + doubtful:
            soak.world.found(f"{counted} reads of {shop} are on record of the last 30 days, {made} were made")
        self.last[shop] = (counted, made)
        self.widest = max(self.widest, abs(counted - made))


def _within(times: Sequence[float] | array[float], since: float, until: float) -> Iterator[float]:
    return (at for at in times if since <= at <= until)


def _count(times: array[float], since: float, until: float) -> int:
    return sum(1 for _ in _within(times, since, until))
