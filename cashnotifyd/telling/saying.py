"""What is due, in words, and whom it goes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from cashnotifyd.cursor_file.values import News, Routing, Telling
from cashnotifyd.delivery.routing import Channel, Matter, route
from cashnotifyd.occurrences.facts import Fact
from cashnotifyd.occurrences.reading import Details, Occurrence
from cashnotifyd.telling.sorting import Due, Hold, Outcome, Understood, sort_out, takings_of
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
    return worded(sort_out(understood, told_before, account, hold), audience)


def routed(due: Due, audience: Audience) -> Routing:
    """Whom it goes to."""
    occurrence, account = due.occurrence, due.account
    loudness = urgency(occurrence, account.mode)
    matter = Matter(account, occurrence.kind, loudness, frozenset(due.fact.types), occurrence.details.money)
    return route(audience.channels, matter)


def worded(outcome: Outcome, audience: Audience, reads: int = 0) -> Telling:
    """What a batch comes to in words, and whom they go to. ``reads``: requests that are still to be recorded."""
    news = tuple(
        News(
            fact=one.fact,
            wordings=_worded(one.occurrence, one.account, audience.words),
            routing=routed(one, audience),
            events=one.numbers,
            mode=one.account.mode,
            takings=takings_of(one.occurrence),
        )
        for one in outcome.due
    )
    return Telling(news, outcome.siblings, outcome.untold, reads)


def _worded(occurrence: Occurrence, account: Account, words: Words) -> Wordings:
    try:
        return words.wordings(occurrence, account)
    except Exception:
        # As above: particulars that trip us cost the particulars, not the news.
        log.exception("a message could not be worded and is told without particulars", kind=occurrence.kind)
        return words.wordings(replace(occurrence, details=Details()), account)
