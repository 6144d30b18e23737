"""What is due, in words, and whom it goes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from cashnotifyd.cursor_file.values import News, Routing, Telling
from cashnotifyd.delivery.routing import Channel, Matter, route
from cashnotifyd.occurrences.facts import Fact
from cashnotifyd.occurrences.reading import Details, Occurrence
from cashnotifyd.telling.sorting import Due, Hold, Understood, missed_by, sort_out, takings_of
from cashnotifyd.vocabulary import Account, Wordings
from cashnotifyd.wording.message import Words
from cashnotifyd.wording.urgencies import urgency

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Audience:
    """In which words things are told, and who listens."""

    words: Words
    channels: tuple[Channel, ...]


def decide(
    understood: Sequence[Understood],
    told_before: Sequence[Fact],
    account: Account,
    audience: Audience,
    hold: Hold | None,
) -> Telling:
    """What a batch comes to, told by its events alone. Without a ``hold`` nothing waits for siblings."""
    outcome = sort_out(understood, told_before, account, hold, audience.channels)
    return Telling(tuple(news_of(one, audience) for one in outcome.due), outcome.siblings, outcome.untold)


def routed(due: Due, audience: Audience) -> Routing:
    """Whom it goes to."""
    occurrence, account = due.occurrence, due.account
    loudness = urgency(occurrence, account)
    matter = Matter(account, occurrence.kind, loudness, frozenset(due.fact.types), occurrence.details.money)
    if due.fact.told_as is not None:
        return Routing(route(missed_by(due.fact, audience.channels), matter).deliver, ())
    if due.silence is not None:
        insisting = [one for one in audience.channels if any(map(one.insists_on, due.fact.types))]
        routing = route(insisting, matter)
        others = ((one.id, due.silence) for one in audience.channels if one not in insisting)
        return replace(routing, declined=(*routing.declined, *others))
    return route(audience.channels, matter)


def news_of(due: Due, audience: Audience) -> News:
    """A fact in words, and whom they go to."""
    routing = routed(due, audience)
    return News(
        fact=due.fact,
        wordings=_worded(due, audience.words, routing),
        routing=routing,
        events=due.numbers,
        mode=due.account.mode,
        takings=takings_of(due.occurrence),
    )


def _worded(due: Due, words: Words, routing: Routing) -> Wordings:
    """In all words that may be needed. What goes to nobody, as most types of events, is worded for the record alone."""

    def said(occurrence: Occurrence) -> Wordings:
        if routing.deliver:
            return words.wordings(occurrence, due.account)
        return Wordings.unsent(words.message(occurrence, due.account))

    occurrence = due.occurrence
    try:
        return said(occurrence)
    except Exception:
        # Particulars that trip us cost the particulars, not the news.
        log.exception("a message could not be worded and is told without particulars", kind=occurrence.kind)
        return said(replace(occurrence, details=Details()))
