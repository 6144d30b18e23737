"""What a digest is made of and what keeps it from being made twice, as the record gives and takes it.

Nothing here knows how it is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from cashnotifyd.cursor_file.values import Recipient
from cashnotifyd.money import Money
from cashnotifyd.occurrences.reading import Variant
from cashnotifyd.schedules import Every
from cashnotifyd.vocabulary import Kind, Mode, Wordings


@dataclass(frozen=True, slots=True)
class Watched:
    """Since when what happens on an account is on record, and up to when it has been read (s since 1970 UTC).

    ``account`` is the record's number, ``id`` the one in the configuration. ``since`` is None before the first contact
    and ``polled_at`` before the first whole walk. ``unsettled``: something is recorded that has not been understood
    yet.
    """

    account: int
    id: str
    mode: Mode
    since: float | None
    polled_at: float | None
    unsettled: bool


@dataclass(frozen=True, slots=True)
class Total:
    """How many things of one sort happened on an account, and what they come to, in minor units.

    ``currency`` is None for what has no amount, ``settled_in`` where neither fee nor net is known; ``settled`` of them
    have a net.
    """

    account: int
    kind: Kind
    variant: str | None
    currency: str | None
    settled_in: str | None
    count: int
    amount: int
    settled: int = 0
    fee: int = 0
    net: int = 0


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest that is to be told. ``until``: where its period ends by the calendar, as midnight in UTC."""

    channel: str
    every: Every
    until: float
    wordings: Wordings
    recipients: tuple[Recipient, ...]


class Entry(StrEnum):
    """What the totals are sorted into."""

    PAYMENT = "payment"
    OUTSIDE = "outside"
    """Invoices that were paid without Stripe: money, but none that passes here."""
    REFUND = "refund"
    REFUND_FAILED = "refund_failed"
    FAILURE = "failure"
    """Each attempt is one."""
    DISPUTE = "dispute"
    INQUIRY = "inquiry"
    WON = "won"
    LOST = "lost"
    PAYOUT = "payout"
    PAYOUT_FAILED = "payout_failed"
    PAYOUT_CANCELED = "payout_canceled"
    STARTED = "started"
    TRIAL = "trial"
    CONVERTED = "converted"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Sum:
    """How many, and what they come to in one currency; None for what has no amount."""

    count: int
    money: Money | None


@dataclass(frozen=True, slots=True)
class Figures:
    """What a time came to.

    ``sums`` holds an entry's sums, the currency with the most of it first. ``fees`` are those of the payments whose net
    is known, ``net`` is what these left when refunds are taken off, both in the currencies that they were settled in,
    that of most payments first. ``unsettled``: how many payments are in neither; ``left_out``: refunds that are not,
    since nothing says what they moved in these currencies.
    """

    sums: Mapping[Entry, tuple[Sum, ...]]
    fees: tuple[Money, ...] = ()
    net: tuple[Money, ...] = ()
    unsettled: int = 0
    left_out: Mapping[Entry, tuple[Sum, ...]] = field(default_factory=dict)

    def of(self, entry: Entry) -> tuple[Sum, ...]:
        """What there is of it."""
        return self.sums.get(entry, ())

    def count(self, *entries: Entry) -> int:
        """How many there are of them."""
        return sum(one.count for entry in entries for one in self.of(entry))

    def amount(self, entry: Entry, currency: str) -> int:
        """What an entry comes to in one currency, in minor units."""
        return sum(one.money.amount for one in self.of(entry) if one.money and one.money.currency == currency)

    def __bool__(self) -> bool:
        return bool(self.sums)


def entry_of(kind: Kind, variant: str | None) -> Entry | None:
    """Where something belongs; None for what is no figure of a digest, such as a bill that is overdue."""
    if (kind, variant) in _BY_VARIANT:
        return _BY_VARIANT[kind, variant]
    if kind is Kind.FAILED_PAYMENT and variant is not None:
        return None
    return _BY_KIND.get(kind)


def add_up(totals: Iterable[Total]) -> Figures:
    """What they come to."""
    sorted_in = [(entry, total) for total in totals if (entry := entry_of(total.kind, total.variant)) is not None]
    return Figures(_sums(sorted_in), *_settled(sorted_in))


def _sums(sorted_in: Iterable[tuple[Entry, Total]]) -> dict[Entry, tuple[Sum, ...]]:
    counts: dict[Entry, Counter[str | None]] = {}
    amounts: Counter[tuple[Entry, str | None]] = Counter()
    for entry, total in sorted_in:
        counts.setdefault(entry, Counter())[total.currency] += total.count
        amounts[entry, total.currency] += total.amount
    return {
        entry: tuple(
            Sum(count, None if currency is None else Money(amounts[entry, currency], currency))
            for currency, count in sorted(counted.items(), key=lambda one: (-one[1], one[0] or ""))
        )
        for entry, counted in counts.items()
    }


def _settled(
    sorted_in: Sequence[tuple[Entry, Total]],
) -> tuple[tuple[Money, ...], tuple[Money, ...], int, Mapping[Entry, tuple[Sum, ...]]]:
    """Fees, net, and how many payments and which refunds are in neither."""
    fees: Counter[str] = Counter()
    net: Counter[str] = Counter()
    settled: Counter[str] = Counter()
    unsettled = 0
    for entry, total in sorted_in:
        if entry is Entry.PAYMENT:
            unsettled += total.count - total.settled
            if total.settled_in is not None and total.settled:
                fees[total.settled_in] += total.fee
                net[total.settled_in] += total.net
                settled[total.settled_in] += total.settled
    left_out = []
    for entry, total in sorted_in if net else ():
        if entry not in _SIGNS:
            continue
        booked = _booking(entry, total, sorted_in)
        # A refund has no fee: in the currency of its payment it takes its amount.
        currency = total.currency if booked is None else booked.settled_in
        if currency is not None and currency in net:
            net[currency] += _SIGNS[entry] * (total.amount if booked is None else abs(booked.net))
        else:
            left_out.append((entry, total))
    currencies = sorted(net, key=lambda currency: (-settled[currency], currency))
    return (
        tuple(Money(fees[currency], currency) for currency in currencies),
        tuple(Money(net[currency], currency) for currency in currencies),
        unsettled,
        _sums(left_out),
    )


def _booking(entry: Entry, total: Total, among: Iterable[tuple[Entry, Total]]) -> Total | None:
    """Of a refund: what it moved on the balance; of one that failed: what moved there and came back."""
    if total.settled == total.count:
        return total
    if entry is not Entry.REFUND_FAILED:
        return None
    # What tells of a failure may not name the refund that failed; it is one of the same amount.
    taken = (one for taken, one in among if taken is Entry.REFUND and one.settled == one.count)
    alike = (
        one for one in taken if (one.account, one.currency, one.amount) == (total.account, total.currency, total.amount)
    )
    return next(alike, None)


_BY_KIND: Final[Mapping[Kind, Entry]] = {
    Kind.SALE: Entry.PAYMENT,
    Kind.RENEWAL: Entry.PAYMENT,
    Kind.REFUND: Entry.REFUND,
    Kind.FAILED_PAYMENT: Entry.FAILURE,
    Kind.DISPUTE: Entry.DISPUTE,
    Kind.PAYOUT: Entry.PAYOUT,
    Kind.PAYOUT_FAILED: Entry.PAYOUT_FAILED,
    Kind.SUBSCRIPTION_STARTED: Entry.STARTED,
    Kind.SUBSCRIPTION_CANCELED: Entry.ENDED,
}
_BY_VARIANT: Final[Mapping[tuple[Kind, str | None], Entry]] = {
    (Kind.SALE, Variant.OUTSIDE_STRIPE): Entry.OUTSIDE,
    (Kind.RENEWAL, Variant.OUTSIDE_STRIPE): Entry.OUTSIDE,
    (Kind.REFUND, Variant.REFUND_FAILED): Entry.REFUND_FAILED,
    (Kind.REFUND, Variant.REFUND_CANCELED): Entry.REFUND_FAILED,
    (Kind.DISPUTE, Variant.INQUIRY): Entry.INQUIRY,
    (Kind.DISPUTE_CLOSED, Variant.WON): Entry.WON,
    (Kind.DISPUTE_CLOSED, Variant.LOST): Entry.LOST,
    (Kind.PAYOUT, Variant.PAYOUT_CANCELED): Entry.PAYOUT_CANCELED,
    (Kind.SUBSCRIPTION_STARTED, Variant.TRIAL): Entry.TRIAL,
    (Kind.SUBSCRIPTION_CHANGED, Variant.TRIAL_CONVERTED): Entry.CONVERTED,
}
_SIGNS: Final[Mapping[Entry, int]] = {Entry.REFUND: -1, Entry.REFUND_FAILED: 1}
