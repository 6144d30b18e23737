"""What the record answers to people who ask: functions over a disk that change nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR
from fnmatch import fnmatchcase

from cashnotifyd.cursor_file.lives import AsTold, Found, Life, News, Place, RecordedEvent, Sent, Sibling, Sought, State
from cashnotifyd.cursor_file.overview import AccountOnRecord, ChannelOnRecord, Sending
from cashnotifyd.cursor_file.values import About, recent_days
from cashnotifyd.money import money_or_none, sent_decimals
from cashnotifyd.vocabulary import Kind
from tests.in_memory.disk import AccountRow, DeliveryRow, Disk, EventRow, OccurrenceRow

_CANDIDATES = 5
_DAY = 86400
_MONTH = 30 * _DAY


def page(disk: Disk, sought: Sought, after: Place | None, limit: int) -> list[RecordedEvent]:
    newest_first = sorted(disk.events.values(), key=lambda one: (one.created, one.number), reverse=True)
    found = []
    for event in newest_first:
        beyond = after is None or (event.created, event.number) < (after.created, after.number)
        if beyond and _is_sought(disk, event, sought):
            found.append(_recorded(disk, event))
            if len(found) == limit:
                break
    return found


def news(disk: Disk, sought: Sought, after: int, pending: Sequence[int]) -> News:
    fresh = [one for one in disk.events.values() if one.number > after or one.number in pending]
    settled = [one for one in fresh if one.state != "pending" and _is_sought(disk, one, sought)]
    return News(
        settled=tuple(_recorded(disk, one) for one in sorted(settled, key=lambda one: (one.created, one.number))),
        pending=tuple(sorted(one.number for one in fresh if one.state == "pending")),
        last=max(disk.events, default=0),
    )


def find(disk: Disk, id_: str) -> Found:
    numbers = sorted(one.number for one in disk.events.values() if one.id == id_)
    if not numbers and id_.startswith("evt_"):
        beginning = sorted({one.id for one in disk.events.values() if one.id.startswith(id_)})[:_CANDIDATES]
        if len(beginning) > 1:
            return Found(candidates=tuple(beginning))
        numbers = sorted(one.number for one in disk.events.values() if one.id in beginning)[:1]
    return Found(tuple(_life(disk, number) for number in numbers or _named(disk, id_)))


def watching(disk: Disk, now: float) -> tuple[AccountOnRecord, ...]:
    latest_first = sorted(disk.accounts.values(), key=_polled_last, reverse=True)
    return tuple(_account(disk, account, now) for account in latest_first)


def sending(disk: Disk, channels: Sequence[str], now: float) -> Sending:
    mutes = {channel: mute for channel, mute in disk.mutes.items() if mute.in_force(now)}
    return Sending({channel: _channel(disk, channel) for channel in channels}, mutes)


def alerts(disk: Disk, about: str) -> dict[str, float]:
    return {name: since for (text, name), since in disk.alerts.items() if text == about}


def _polled_last(account: AccountRow) -> tuple[bool, float, int]:
    return account.polled_at is not None, account.polled_at or 0.0, account.id


def _is_sought(disk: Disk, event: EventRow, sought: Sought) -> bool:
    account, told = disk.accounts[event.account], disk.occurrences.get(event.occurrence or 0)
    mode = account.mode if told is None or told.mode is None else told.mode
    heard = told is not None and any(one.state != "declined" for one in _deliveries(disk, told))
    return (
        (not sought.accounts or account.config_id in sought.accounts)
        and (not sought.types or any(fnmatchcase(event.type, glob) for glob in sought.types))
        and (sought.mode is None or mode is sought.mode)
        and (sought.since is None or event.created >= sought.since)
        and (sought.until is None or event.created < sought.until)
        and (heard if sought.told else event.state != "older")
        and (not sought.leads or told is None or disk.story(told)[0] == event)
        and (not sought.by_meaning or _means(event, told, sought))
    )


def _means(event: EventRow, told: OccurrenceRow | None, sought: Sought) -> bool:
    if told is None:
        # Whether it is of a kind, an amount or a text is for the reader to see, where there is something to read.
        if event.state in {"history", "pending"}:
            return True
        if sought.by_amount or (sought.kinds and Kind.OTHER not in sought.kinds):
            return False
        return sought.text is None or sought.text.casefold() in event.type
    message = told.wordings.full
    texts = (message.title.casefold(), message.body.casefold())
    return (
        (not sought.kinds or message.kind in sought.kinds)
        and (sought.text is None or any(sought.text.casefold() in text for text in texts))
        and (sought.currency is None or (told.money is not None and told.money.currency == sought.currency))
        and _is_between(told, sought)
    )


def _is_between(told: OccurrenceRow, sought: Sought) -> bool:
    if sought.least is None and sought.most is None:
        return True
    if told.money is None:
        return False
    decimals = sent_decimals(told.money.currency)
    least = sought.least and sought.least.scaleb(decimals).to_integral_value(ROUND_CEILING)
    most = sought.most and sought.most.scaleb(decimals).to_integral_value(ROUND_FLOOR)
    return (least is None or told.money.amount >= least) and (most is None or told.money.amount <= most)


def _recorded(disk: Disk, event: EventRow) -> RecordedEvent:
    account, told = disk.accounts[event.account], disk.occurrences.get(event.occurrence or 0)
    return RecordedEvent(
        number=event.number,
        id=event.id,
        account=account.config_id,
        account_name=account.name,
        stripe_id=account.stripe_id,
        mode=account.mode if told is None or told.mode is None else told.mode,
        created=event.created,
        type=event.type,
        recorded_at=event.recorded_at,
        state=State(event.state),
        reason=event.reason,
        told=None if told is None else _as_told(disk, told),
        payload=event.payload if told is None else None,
    )


def _as_told(disk: Disk, told: OccurrenceRow) -> AsTold:
    message, sent = told.wordings.full, _deliveries(disk, told)
    nobody = all(one.state == "declined" for one in sent)
    declined = tuple(sorted({one.reason for one in sent if one.reason is not None}))
    return AsTold(
        number=told.number,
        kind=message.kind,
        variant=told.variant,
        created=told.created,
        told_at=told.told_at,
        title=message.title,
        body=message.body,
        urgency=message.urgency,
        link=message.link,
        money=told.money,
        fee=money_or_none(told.fee, told.settled_in),
        net=money_or_none(told.net, told.settled_in),
        lead=disk.story(told)[0].id,
        declined=declined if nobody and declined else None,
    )


def _named(disk: Disk, ref: str) -> Iterator[int]:
    found = {number for (_, _, one), numbers in disk.refs.items() if one == ref for number in numbers}
    stories = [(disk.occurrences[one].created, disk.story(disk.occurrences[one])) for one in found]
    return (number for _, number in sorted((created, story[0].number) for created, story in stories if story))


def _life(disk: Disk, number: int) -> Life:
    event = _recorded(disk, disk.events[number])
    if event.told is None:
        return Life(event, (), ())
    told = disk.occurrences[event.told.number]
    siblings = (one for one in disk.story(told) if one.number != number)
    return Life(
        event,
        tuple(Sibling(one.id, one.type, one.created, one.recorded_at) for one in siblings),
        tuple(_sent(disk, one) for one in sorted(_deliveries(disk, told), key=lambda one: (one.channel, one.target))),
    )


def _sent(disk: Disk, row: DeliveryRow) -> Sent:
    sent = Sent(
        row.channel, row.target, row.state, row.urgency, row.reason, row.attempts, row.created, row.due, row.finished
    )
    if row.summary is None or row.summary not in disk.occurrences:
        return sent
    summary = disk.occurrences[row.summary]
    own = next((one for one in _deliveries(disk, summary) if one.address == row.address), None)
    return replace(
        sent,
        summary=summary.wordings.full.title,
        summary_state=None if own is None else own.state,
        summary_finished=None if own is None else own.finished,
    )


def _deliveries(disk: Disk, occurrence: OccurrenceRow) -> list[DeliveryRow]:
    return [one for one in disk.deliveries.values() if one.occurrence == occurrence.number]


def _account(disk: Disk, account: AccountRow, now: float) -> AccountOnRecord:
    events = [one for one in disk.events.values() if one.account == account.id]
    return AccountOnRecord(
        alerts={**alerts(disk, f"watch {account.config_id}"), **alerts(disk, About.account(account.id).text)},
        number=account.id,
        id=account.config_id,
        mode=account.mode,
        stripe_id=account.stripe_id,
        name=account.name,
        key_print=account.key_print,
        low_water=account.low_water,
        polled_at=account.polled_at,
        events=sum(one.state != "older" for one in events),
        pending=sum(one.state == "pending" for one in events),
        charges=(month := charges(disk, account.id, now - _MONTH)),
        reads=reads(disk, account.id, now),
        recent=charges(disk, account.id, now - recent_days(month) * _DAY),
        days=min(max((now - account.watched_from) / _DAY, 0.0), 30.0),
        reads_left=account.reads_left,
        reads_left_at=account.reads_left_at,
        met_at=account.met_at,
    )


def charges(disk: Disk, account: int, since: float) -> int:
    of_account = (one for one in disk.events.values() if one.account == account)
    return sum(one.type == "charge.succeeded" and one.created >= int(since) for one in of_account)


def reads(disk: Disk, account: int, now: float) -> int:
    first = int((now - _MONTH) // _DAY)
    return sum(count for (one, day), count in disk.reads.items() if one == account and day >= first)


def _channel(disk: Disk, channel: str) -> ChannelOnRecord:
    rows = sorted((one for one in disk.deliveries.values() if one.channel == channel), key=lambda one: one.id)
    waiting = [one for one in rows if one.state == "waiting"]
    abandoned = sorted((one for one in rows if one.state == "abandoned"), key=_finished)
    delivered = sorted((one for one in rows if one.state == "delivered"), key=lambda one: one.created)
    reasons = [one.reason for one in waiting if one.reason is not None]
    return ChannelOnRecord(
        waiting=len(waiting),
        waiting_since=_least(one.created for one in waiting),
        waiting_reason=reasons[-1] if reasons else None,
        abandoned=len(abandoned),
        abandoned_reason=abandoned[-1].reason if abandoned else None,
        abandoned_at=abandoned[-1].finished if abandoned else None,
        delivered_at=delivered[-1].finished if delivered else None,
        alerts=alerts(disk, About.channel(channel).text),
    )


_finished: Callable[[DeliveryRow], float] = lambda row: row.finished or 0.0  # noqa: E731 (a key)


def _least(moments: Iterable[float]) -> float | None:
    return min(moments, default=None)
