"""What is on record of the payments behind, and what Stripe says beyond the events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import structlog

from cashnotifyd.cursor_file.door import TellingRecord
from cashnotifyd.cursor_file.values import Takings
from cashnotifyd.occurrences.backward import PAYMENT, payment_named
from cashnotifyd.occurrences.facts import Fact
from cashnotifyd.occurrences.reading import Details, Occurrence, Reading
from cashnotifyd.telling.saying import Audience, routed
from cashnotifyd.telling.sorting import Outcome, back_to, is_ours, reading_of, recorded_event, takings_of

log = structlog.get_logger(__name__)


class Informant(Protocol):
    """Who finds out more about what happened: :class:`cashnotifyd.lookups.asking.LookUps`.

    Described here because that one imports stripe, which costs a preview of files 0.3 s for nothing.
    """

    @property
    def unrecorded_reads(self) -> int:
        """Requests sent and not yet counted in the record."""

    def recorded(self, reads: int) -> None:
        """So many of them have been counted."""

    async def complete(self, occurrences: Sequence[Occurrence], now: float) -> list[Occurrence]:
        """The occurrences, each with whatever could be found out in time, in the same order."""


async def with_payments_behind(outcome: Outcome, record: TellingRecord, account_number: int) -> Outcome:
    """The same with what is on record of the payments that refunds and disputes go back to."""
    payments: dict[str, Occurrence] = {}
    for name in {name for one in outcome.due for name in payment_named(one.occurrence)}:
        events = [recorded_event(payload) for payload in await record.events_behind(account_number, PAYMENT, name)]
        told = [
            (event, reading)
            for event in events
            if isinstance(reading := reading_of(event), Reading) and reading.family == PAYMENT
        ]
        if told:
            fact = Fact(PAYMENT, told[0][0].created, set(), set(), set())
            for event, reading in told:
                fact.add(event, reading)
            payments[name] = fact.occurrence()
    return replace(outcome, due=tuple(back_to(one, payments) for one in outcome.due))


async def looked_up(outcome: Outcome, audience: Audience, look_ups: Informant, now: float) -> Outcome:
    """The same with what Stripe says beyond the events, for what somebody is to be told of."""
    heard = [one for one in outcome.due if one.is_ours() and routed(one, audience).deliver]
    try:
        completed = await look_ups.complete([one.occurrence for one in heard], now)
    except Exception:
        # As with readings: an answer that trips us costs the particulars, not the news.
        log.exception("what was looked up could not be understood; messages do without")
        return outcome
    by_fact = {id(one.fact): occurrence for one, occurrence in zip(heard, completed, strict=True)}
    due = tuple(replace(one, occurrence=by_fact.get(id(one.fact), one.occurrence)) for one in outcome.due)
    return replace(outcome, due=due)


async def settled(
    outcome: Outcome, audience: Audience, look_ups: Informant, record: TellingRecord, now: float
) -> Outcome:
    """The same with the fees of what only a digest tells of, and of payments whose booking came after their message."""
    counted = [one for one in outcome.due if one.is_ours() and not routed(one, audience).deliver]
    booked = [one for one in outcome.siblings if is_ours(one.fact) and _booking(one.fact.occurrence()) is not None]
    unsettled = await record.unsettled([one.fact.told_as for one in booked if one.fact.told_as is not None])
    late = [one for one in booked if one.fact.told_as in unsettled]
    if not counted and not late:
        return outcome
    occurrences = [*(one.occurrence for one in counted), *(one.fact.occurrence() for one in late)]
    try:
        completed = await look_ups.complete([_only_its_booking(one) for one in occurrences], now)
    except Exception:
        log.exception("what was looked up could not be understood; digests do without")
        return outcome
    facts = [*(id(one.fact) for one in counted), *(id(one.fact) for one in late)]
    known = dict(zip(facts, map(takings_of, completed), strict=True))
    due = tuple(
        replace(one, occurrence=_with_booking(one.occurrence, known[id(one.fact)])) if id(one.fact) in known else one
        for one in outcome.due
    )
    siblings = tuple(replace(one, takings=known.get(id(one.fact), one.takings)) for one in outcome.siblings)
    return replace(outcome, due=due, siblings=siblings)


def _booking(occurrence: Occurrence) -> str | None:
    return occurrence.details.balance_transaction_id


def _only_its_booking(occurrence: Occurrence) -> Occurrence:
    """With nothing else that could be looked up: one read instead of six."""
    details = occurrence.details
    known = Details(
        money=details.money, balance_transaction_id=details.balance_transaction_id, fee=details.fee, net=details.net
    )
    return replace(occurrence, details=known, lacks=frozenset())


def _with_booking(occurrence: Occurrence, takings: Takings) -> Occurrence:
    return replace(occurrence, details=occurrence.details.filled_from(Details(fee=takings.fee, net=takings.net)))
