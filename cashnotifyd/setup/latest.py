"""The last events of an account as people would be told of them."""

from __future__ import annotations

from collections.abc import Iterable

from cashnotifyd.delivery.routing import Channel
from cashnotifyd.occurrences.understanding import event_from_json
from cashnotifyd.telling.saying import Audience, decide
from cashnotifyd.telling.sorting import Understood, reading_of
from cashnotifyd.vocabulary import Account
from cashnotifyd.wording.message import Words


def latest_titles(events: Iterable[object], account: Account, words: Words, most: int) -> list[str]:
    """The titles of at most so many messages, the newest first, for a channel without filters."""
    understood = [
        Understood(number, 0.0, event, reading_of(event))
        for number, event in enumerate(filter(None, map(event_from_json, events)))
    ]
    telling = decide(understood, (), account, Audience(words, (Channel("latest", targets=1),)), None)
    told = [news for news in telling.news if news.routing.deliver]
    # Events come the newest first.
    return [news.message.title for news in sorted(told, key=lambda news: min(news.events))[:most]]
