"""What the engine keeps: rows that never change, in tables that can take back what a transaction did to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from cashnotifyd.cursor_file.values import Address, Mute, Takings
from cashnotifyd.money import Money
from cashnotifyd.schedules import Every, Span
from cashnotifyd.vocabulary import Mode, Urgency, Wordings

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class AccountRow:
    id: int
    config_id: str
    mode: Mode
    stripe_id: str | None
    name: str | None
    key_print: str
    low_water: int | None = None
    watched_from: int = 0
    polled_at: float | None = None
    icon_file: str | None = None
    icon_link: str | None = None
    reads_left: float | None = None
    reads_left_at: float | None = None
    met_at: float | None = None
    away: Span | None = None


@dataclass(frozen=True, slots=True)
class EventRow:
    number: int
    account: int
    id: str
    created: int
    type: str
    recorded_at: float
    payload: str | None
    state: str
    reason: str | None = None
    occurrence: int | None = None


@dataclass(frozen=True, slots=True)
class OccurrenceRow:
    """``settled_in``: the currency of ``fee`` and ``net``."""

    number: int
    account: int | None
    mode: Mode | None
    family: str
    created: int
    told_at: float
    wordings: Wordings
    variant: str | None = None
    money: Money | None = None
    fee: int | None = None
    net: int | None = None
    settled_in: str | None = None
    names: frozenset[str] = frozenset()
    hints: frozenset[str] = frozenset()
    events: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    id: int
    occurrence: int
    channel: str
    target: int
    urgency: Urgency | None
    stream: str | None
    state: str
    created: float
    reason: str | None = None
    summary: int | None = None
    attempts: int = 0
    unconfirmed: int = 0
    due: float | None = None
    finished: float | None = None

    @property
    def address(self) -> Address:
        return Address(self.channel, self.target)


class Table(dict[K, V]):
    """A dict that writes down what each change replaced."""

    def __init__(self, journal: list[tuple[Table[Any, Any], Any, Any]], rows: Iterable[tuple[K, V]] = ()) -> None:
        super().__init__(rows)
        self._journal = journal

    def __setitem__(self, key: K, row: V) -> None:
        self._journal.append((self, key, self.get(key, _NONE)))
        super().__setitem__(key, row)

    def __delitem__(self, key: K) -> None:
        self._journal.append((self, key, self[key]))
        super().__delitem__(key)

    def put_back(self, key: K, row: V) -> None:
        """Undo one change."""
        if row is _NONE:
            super().__delitem__(key)
        else:
            super().__setitem__(key, row)


_NONE: Any = object()


@dataclass(slots=True)
class Disk:
    """What is committed outlives whoever wrote it. ``held``: a daemon has it open; ``writes``: transactions so far."""

    held: bool = False
    writes: int = 0
    journal: list[tuple[Table[Any, Any], Any, Any]] = field(default_factory=list)
    last: Table[str, int] = field(init=False)
    accounts: Table[int, AccountRow] = field(init=False)
    events: Table[int, EventRow] = field(init=False)
    numbers: Table[tuple[int, str], int] = field(init=False)
    """Of events, by account and id."""
    pending: Table[int, EventRow] = field(init=False)
    occurrences: Table[int, OccurrenceRow] = field(init=False)
    refs: Table[tuple[int, str, str], tuple[int, ...]] = field(init=False)
    """The occurrences under an account, a family and an id, which is a name or a hint."""
    deliveries: Table[int, DeliveryRow] = field(init=False)
    waiting: Table[int, DeliveryRow] = field(init=False)
    alerts: Table[tuple[str, str], float] = field(init=False)
    reads: Table[tuple[int, int], int] = field(init=False)
    """By account and day (UTC)."""
    mutes: Table[str | None, Mute] = field(init=False)
    digests: Table[tuple[str, Every], float] = field(init=False)

    def __post_init__(self) -> None:
        for name in _TABLES:
            setattr(self, name, Table(self.journal))

    def copy(self) -> Disk:
        """As a crash at this moment leaves it: what is committed, and nobody who holds it."""
        assert not self.journal, "only between transactions"
        copy = Disk(writes=self.writes)
        for name in _TABLES:
            setattr(copy, name, Table(copy.journal, getattr(self, name).items()))
        return copy

    def commit(self) -> bool:
        """Keep what was done. Returns whether anything was."""
        changed = bool(self.journal)
        self.journal.clear()
        self.writes += changed
        return changed

    def roll_back(self) -> None:
        """Take back what was done."""
        while self.journal:
            table, key, row = self.journal.pop()
            table.put_back(key, row)

    def number(self, sort: str) -> int:
        """The next number of a sort."""
        number = self.last.get(sort, 0) + 1
        self.last[sort] = number
        return number

    def recount(self) -> None:
        """Go on after the greatest number on record, as SQLite does, when some were forgotten."""
        self.last["event"] = max(self.events, default=0)
        self.last["occurrence"] = max(self.occurrences, default=0)
        self.last["delivery"] = max(self.deliveries, default=0)

    def keep_account(self, number: int, **changes: Any) -> None:  # noqa: ANN401 (as `replace` takes them)
        if number in self.accounts:
            self.accounts[number] = replace(self.accounts[number], **changes)

    def keep_event(self, row: EventRow) -> None:
        self.events[row.number] = row
        self.numbers[row.account, row.id] = row.number
        if row.state == "pending":
            self.pending[row.number] = row
        elif row.number in self.pending:
            del self.pending[row.number]

    def forget_event(self, row: EventRow) -> None:
        del self.events[row.number]
        del self.numbers[row.account, row.id]
        told = self.occurrences.get(row.occurrence or 0)
        if told is not None:
            left = tuple(number for number in told.events if number != row.number)
            self.occurrences[told.number] = replace(told, events=left)

    def keep_delivery(self, row: DeliveryRow) -> None:
        self.deliveries[row.id] = row
        if row.state == "waiting":
            self.waiting[row.id] = row
        elif row.id in self.waiting:
            del self.waiting[row.id]

    def forget_occurrence(self, number: int) -> None:
        row = self.occurrences[number]
        del self.occurrences[number]
        for ref in row.names | row.hints:
            assert row.account is not None
            key = row.account, row.family, ref
            self.refs[key] = tuple(one for one in self.refs[key] if one != number)
        for delivery in [one for one in self.deliveries.values() if one.occurrence == number]:
            del self.deliveries[delivery.id]

    def under(self, account: int, family: str, ref: str) -> list[OccurrenceRow]:
        """What was told of this id."""
        return [self.occurrences[number] for number in self.refs.get((account, family, ref), ())]

    def story(self, occurrence: OccurrenceRow) -> list[EventRow]:
        """Its events, the first first."""
        return sorted((self.events[one] for one in occurrence.events), key=lambda one: (one.created, one.number))

    def waiting_for(self, address: Address) -> list[DeliveryRow]:
        """What waits for a recipient, the oldest first."""
        found = (one for one in self.waiting.values() if one.channel == address.channel)
        return sorted((one for one in found if one.target == address.target), key=lambda one: one.id)


_TABLES = (
    "last", "accounts", "events", "numbers", "pending", "occurrences", "refs", "deliveries", "waiting", "alerts",
    "reads", "mutes", "digests",
)  # fmt: skip


def settlement(takings: Takings) -> dict[str, Any]:
    """What came of it on the balance: fee and net in one currency, that of the net if both are known."""
    settled_in = next((one.currency for one in (takings.net, takings.fee) if one is not None), None)
    fee = takings.fee if takings.fee is not None and takings.fee.currency == settled_in else None
    return {"fee": fee and fee.amount, "net": takings.net and takings.net.amount, "settled_in": settled_in}
