"""From recorded events to recorded deliveries: understand, join, word, route, and one transaction.

::

    pending events ─▶ understand ─▶ join (with what was told before) ─▶ hold? ─▶ refer back, look up ─▶ word
        ─▶ route ─▶ tell

It starts from what is on record, so a crash anywhere before the transaction changes nothing: the events are still
pending and are told after the restart.
"""

from __future__ import annotations

from dataclasses import dataclass

from cashnotifyd.cursor_file.door import TellingRecord
from cashnotifyd.occurrences.reading import Reading
from cashnotifyd.telling.finding_out import Informant, looked_up, settled, with_payments_behind
from cashnotifyd.telling.saying import Audience, worded
from cashnotifyd.telling.sorting import Hold, sort_out, understood_of
from cashnotifyd.vocabulary import Account

BATCH = 200
"""Events understood and told in one transaction: bounds the memory that a backlog takes."""


@dataclass(frozen=True, slots=True)
class Told:
    """How many messages were made, and whether something is held back for a moment yet."""

    messages: int
    held: bool


async def tell_pending(
    record: TellingRecord,
    account_number: int,
    account: Account,
    audience: Audience,
    now: float,
    look_ups: Informant | None = None,
) -> Told:
    """Tell every recorded event of an account that is still pending, but for what is held back."""
    messages = 0
    while batch := await record.pending(account_number, BATCH):
        understood = [understood_of(pending) for pending in batch]
        refs = {
            (one.reading.family, ref)
            for one in understood
            if isinstance(one.reading, Reading)
            for ref in one.reading.names | one.reading.hints
        }
        told_before = await record.facts_under(account_number, refs)
        # Where more follow than one batch takes, siblings may be just beyond its end.
        full = len(batch) == BATCH
        until = min(now, understood[-1].event.created) if full else now
        outcome = sort_out(understood, told_before, account, Hold(until, now))
        if full and not outcome:
            outcome = sort_out(understood, told_before, account, None)
        if not outcome:
            return Told(messages, held=True)
        outcome = await with_payments_behind(outcome, record, account_number)
        if look_ups is not None:
            outcome = await looked_up(outcome, audience, look_ups, now)
            if any(channel.has_digest and channel.concerns(account) for channel in audience.channels):
                outcome = await settled(outcome, audience, look_ups, record, now)
        telling = worded(outcome, audience, look_ups.unrecorded_reads if look_ups else 0)
        await record.tell(account_number, telling, now)
        if look_ups is not None:
            look_ups.recorded(telling.reads)
        messages += len(telling.news)
    return Told(messages, held=False)
