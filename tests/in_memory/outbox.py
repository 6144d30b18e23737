"""What a lane may choose from and what a summary or a digest is made of: functions over a disk that change nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from cashnotifyd.cursor_file.figures import Total
from cashnotifyd.cursor_file.values import (
    NOTICE,
    Address,
    Count,
    Delivery,
    FailureBurst,
    Gathered,
    Lately,
    Mute,
    Offer,
    Standing,
    Stream,
    Tally,
)
from cashnotifyd.money import Money
from cashnotifyd.schedules import Span
from cashnotifyd.vocabulary import Disclosure, Kind, Message, Mode, Urgency, Wordings
from tests.in_memory.disk import DeliveryRow, Disk, OccurrenceRow

_MESSAGE_SOON = 300
_REMEMBERED = 7200
_NAMED, _NOTICES = 10, 3
_LATELY = 600
_DAY = 86400
_MONTH = 30 * _DAY


def offer(disk: Disk, address: Address, disclosure: Disclosure, now: float, lately: Lately | None) -> Offer:
    due = [one for one in disk.waiting_for(address) if one.due is not None and one.due <= now]
    emergency = _first(disk, (one for one in due if one.urgency is Urgency.EMERGENCY), disclosure)
    others = [one for one in due if one.urgency is not Urgency.EMERGENCY]
    mute = latest_mute(disk, address.channel, now)
    if lately is None:
        return Offer(Standing((), mute=mute), emergency, _first(disk, others, disclosure))
    streams: defaultdict[str | None, list[DeliveryRow]] = defaultdict(list)
    for one in others:
        streams[None if one.unconfirmed else one.stream].append(one)
    free = _first(disk, streams.pop(None, []), disclosure)
    held = {name: rows for name, rows in sorted(streams.items()) if name is not None}
    heads = tuple((name, _delivery(disk, rows[0], disclosure)) for name, rows in held.items())
    return Offer(_standing(disk, address, now, lately, held), emergency, free, heads)


def _standing(disk: Disk, address: Address, now: float, lately: Lately, held: dict[str, list[DeliveryRow]]) -> Standing:
    mute = latest_mute(disk, address.channel, now)
    if not held:
        return Standing((), mute=mute)
    rows = [one for one in disk.deliveries.values() if one.address == address]
    streams = tuple(
        Stream(
            name,
            len(waiting),
            min(one.created for one in waiting),
            max(one.created for one in waiting),
            _recent(rows, name, now - (lately.failures if name.endswith("failures") else lately.others)),
            _summarized(disk, rows, name, now),
        )
        for name, waiting in held.items()
    )
    oldest = min(one.oldest for one in streams)
    return Standing(streams, bool(disk.pending), _away(disk, address, oldest), mute)


def _recent(rows: Iterable[DeliveryRow], stream: str, since: float) -> int:
    of_stream = (one for one in rows if one.stream == stream and one.created > since)
    return sum(one.state != "declined" and one.urgency is not Urgency.EMERGENCY for one in of_stream)


def _summarized(disk: Disk, rows: Iterable[DeliveryRow], stream: str, now: float) -> Span | None:
    of_stream = (one for one in rows if one.stream == stream and one.created > now - _REMEMBERED)
    last = max((one for one in of_stream if one.state == "summarized"), key=lambda one: one.id, default=None)
    if last is None or last.summary is None or last.finished is None:
        return None
    return Span(float(disk.occurrences[last.summary].created), last.finished)


def _away(disk: Disk, address: Address, oldest: float) -> Span | None:
    behind = {disk.occurrences[one.occurrence].account for one in disk.waiting_for(address)}
    spans = [one.away for one in disk.accounts.values() if one.id in behind and one.away is not None]
    near = [one for one in spans if oldest - _MESSAGE_SOON <= one.until <= oldest + _MESSAGE_SOON]
    return Span(min(one.since for one in near), max(one.until for one in near)) if near else None


def latest_mute(disk: Disk, channel: str, now: float) -> Mute | None:
    """Its own before that of all, and if both are over, the one that ended last."""
    own = [(mute.in_force(now), of == channel, mute) for of, mute in disk.mutes.items() if of in {channel, None}]
    best = max(own, key=lambda one: (one[0], one[0] and one[1], one[2].span.until), default=None)
    return None if best is None else best[2]


def _first(disk: Disk, rows: Iterable[DeliveryRow], disclosure: Disclosure) -> Delivery | None:
    row = next(iter(rows), None)
    return None if row is None else _delivery(disk, row, disclosure)


def _delivery(disk: Disk, row: DeliveryRow, disclosure: Disclosure) -> Delivery:
    wordings = disk.occurrences[row.occurrence].wordings
    words: Message = getattr(wordings, disclosure)
    picture = None if disclosure is Disclosure.PRIVATE else wordings.full.picture
    assert row.urgency is not None
    message = replace(wordings.full, title=words.title, body=words.body, urgency=row.urgency, picture=picture)
    return Delivery(row.id, row.channel, row.target, message, row.attempts, row.unconfirmed, row.created)


def to_gather(disk: Disk, address: Address, streams: Sequence[str], now: float) -> list[DeliveryRow]:
    """What may go into a summary. What may have arrived already is sent for itself or not at all."""
    due = (one for one in disk.waiting_for(address) if one.due is not None and one.due <= now and not one.unconfirmed)
    return [one for one in due if one.urgency is not Urgency.EMERGENCY and one.stream in streams]


def gather(disk: Disk, address: Address, streams: Sequence[str], now: float) -> Gathered:
    rows = to_gather(disk, address, streams, now)
    told = [disk.occurrences[one.occurrence] for one in rows]
    accounts = Counter(None if one.account is None else disk.accounts[one.account].config_id for one in told)
    named = sorted(((id_, count) for id_, count in accounts.items() if id_), key=lambda one: (-one[1], one[0]))
    urgencies = {one.urgency for one in rows}
    notable = [one for one in rows if one.urgency is Urgency.HIGH]
    notices = [one for one in rows if one not in notable and _is_notice(disk.occurrences[one.occurrence])]
    tally = Tally(
        counts=_counts(rows, told),
        accounts=tuple(named),
        notable=tuple(_spoken(disk.occurrences[one.occurrence].wordings) for one in notable[:_NAMED]),
        notables=len(notable),
        since=min((one.created for one in told if one.created), default=0),
        until=max(one.created for one in told),
        urgency=next(one for one in (Urgency.HIGH, Urgency.NORMAL, Urgency.LOW) if one in {*urgencies, Urgency.LOW}),
        notices=tuple(_spoken(disk.occurrences[one.occurrence].wordings) for one in notices[:_NOTICES]),
    )
    only = named[0][0] if len(named) == 1 and len(accounts) == 1 else None
    return Gathered(rows[-1].id, tally, only, _failures(disk, told))


def _counts(rows: Sequence[DeliveryRow], told: Sequence[OccurrenceRow]) -> tuple[Count, ...]:
    groups: defaultdict[tuple[Mode, Kind, str | None, str | None], list[tuple[DeliveryRow, OccurrenceRow]]]
    groups = defaultdict(list)
    for row, one in zip(rows, told, strict=True):
        currency = None if one.money is None else one.money.currency
        groups[one.mode or Mode.LIVE, one.wordings.full.kind, _variant(one), currency].append((row, one))
    counts = [
        Count(
            mode,
            kind,
            len(group),
            None if currency is None else Money(sum(_amounts(group)), currency),
            None if currency is None else Money(max(_amounts(group)), currency),
            variant,
            sum(row.urgency is Urgency.HIGH for row, _ in group),
        )
        for (mode, kind, variant, currency), group in groups.items()
    ]
    return tuple(sorted(counts, key=_by_count))


def _variant(one: OccurrenceRow) -> str | None:
    return NOTICE if _is_notice(one) else one.variant


def _is_notice(one: OccurrenceRow) -> bool:
    full = one.wordings.full
    return full.kind is Kind.WATCH and full.urgency in (Urgency.NORMAL, Urgency.LOW)


def _amounts(group: Iterable[tuple[DeliveryRow, OccurrenceRow]]) -> list[int]:
    return [one.money.amount for _, one in group if one.money is not None]


def _by_count(one: Count) -> tuple[int, str, str, str]:
    return -one.count, one.kind, one.variant or "", one.total.currency if one.total else ""


def _spoken(wordings: Wordings) -> Wordings:
    full = wordings.full
    texts = (wordings.full, wordings.masked, wordings.private)
    return Wordings(*(Message(full.kind, one.title, one.body, full.urgency, full.link) for one in texts))


def _failures(disk: Disk, told: Iterable[OccurrenceRow]) -> FailureBurst | None:
    mine = [one for one in told if _is_failure(one) and one.created]
    if not mine:
        return None
    accounts, last = {one.account for one in mine}, max(one.created for one in mine)
    failed = [one.created for one in disk.occurrences.values() if _is_failure(one) and one.account in accounts]
    lately = [one for one in failed if last - _LATELY < one <= last]
    before = [one for one in failed if last - _LATELY - _MONTH <= one <= last - _LATELY]
    watched = max(disk.accounts[one].watched_from for one in accounts if one is not None)
    seconds = float(max(last - min(lately), 60))
    observed = min(last - _LATELY - watched, _MONTH)
    return FailureBurst(len(lately), seconds, len(before) * seconds / observed if observed >= _DAY else None)


def _is_failure(one: OccurrenceRow) -> bool:
    return one.wordings.full.kind is Kind.FAILED_PAYMENT and one.variant is None and one.mode is Mode.LIVE


def totals(disk: Disk, accounts: Sequence[int], since: float, until: float) -> tuple[Total, ...]:
    groups: defaultdict[tuple[int, Kind, str | None, str | None, str | None], list[tuple[OccurrenceRow, OccurrenceRow]]]
    groups = defaultdict(list)
    for one in disk.occurrences.values():
        message = one.wordings.full
        if (
            one.account is None
            or one.account not in accounts
            or not since <= one.created < until
            or message.kind is Kind.WATCH
        ):
            continue
        link = message.link or ""
        elsewhere = f"/{disk.accounts[one.account].stripe_id or '-'}/" not in link
        if "/connect/accounts/" in link or (link.startswith("https://dashboard.stripe.com/acct_") and elsewhere):
            continue
        booked = _booking(disk, one)
        currency = None if one.money is None else one.money.currency
        groups[one.account, message.kind, one.variant, currency, booked.settled_in].append((one, booked))
    return tuple(
        Total(
            *group,
            count=len(rows),
            amount=sum(one.money.amount for one, _ in rows if one.money is not None),
            settled=sum(booked.net is not None for _, booked in rows),
            fee=sum(one.fee or 0 for one, _ in rows),
            net=sum(booked.net or 0 for _, booked in rows),
        )
        for group, rows in groups.items()
    )


def _booking(disk: Disk, one: OccurrenceRow) -> OccurrenceRow:
    """What says what it moved on the balance: of a refund that failed, the refund of the same name."""
    if one.family != "refund_failed" or one.settled_in is not None or one.account is None:
        return one
    for name in one.names:
        for refund in disk.under(one.account, "refund", name):
            if name in refund.names:
                return refund
    return one
