"""A page of the list of events, read no further than a walk needs.

Of each event only its id, type and time are looked at; the rest stays the text that Stripe sent until it is recorded.
Where the text is not what JSON's standard allows (half of a surrogate pair, NaN), Python's lenient reader takes over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cached_property
from math import isfinite
from typing import Any

import msgspec
import structlog

from cashnotifyd.occurrences.shapes import identifier, moment
from cashnotifyd.stripe_api.failures import Cause, Failure

log = structlog.get_logger(__name__)


class _List(msgspec.Struct, gc=False):
    data: list[msgspec.Raw]
    has_more: Any = None


class _Outline(msgspec.Struct, gc=False):
    id: Any = None
    type: Any = None
    created: Any = None


_LIST = msgspec.json.Decoder(_List)
_OUTLINE = msgspec.json.Decoder(_Outline)


class Listed(msgspec.Struct, frozen=True, gc=False):
    """An event of a list: which one, of what type, and when (s since 1970 UTC by Stripe, 0 where that is no time)."""

    id: str
    type: str
    created: int
    raw: msgspec.Raw

    @property
    def payload(self) -> str:
        """The whole event as compact JSON."""
        return bytes(msgspec.json.format(self.raw, indent=-1)).decode("utf-8")


@dataclass(frozen=True)
class Page:
    """One page of events, in the order in which they came."""

    events: list[Listed]
    has_more: bool
    date: str | None = None
    """The answer's HTTP date."""

    @cached_property
    def server_time(self) -> float | None:
        """Stripe's clock (s since 1970 UTC), if it said."""
        try:
            return None if self.date is None else parsedate_to_datetime(self.date).timestamp()
        except (ValueError, OverflowError):
            return None


def page_in(body: bytes, limit: int, date: str | None = None) -> Page | Failure:
    """The page that an answer to a request for at most ``limit`` events holds."""
    try:
        # Raw text is passed over unread, so nothing else would notice.
        body.decode("utf-8")
    except UnicodeDecodeError:
        return Failure(Cause.GARBLED, "the answer is no UTF-8 text", retry=True)
    try:
        listed = _LIST.decode(body)
        events = list(_events_in(listed.data))
    except (msgspec.DecodeError, RecursionError):
        return _leniently(body, limit, date)
    return Page(events, _has_more(listed.has_more, len(listed.data), limit), date)


def _events_in(entries: list[msgspec.Raw]) -> Iterator[Listed]:
    for raw in entries:
        try:
            outline = _OUTLINE.decode(raw)
        except msgspec.ValidationError:
            outline = _Outline()
        id_, type_ = identifier(outline.id), identifier(outline.type)
        if id_ is None or type_ is None:
            log.warning("an entry in Stripe's list of events is no event and is passed over")
            continue
        yield Listed(id_, type_, moment(outline.created) or 0, raw)


def _leniently(body: bytes, limit: int, date: str | None) -> Page | Failure:
    try:
        data = json.loads(body, parse_constant=lambda _: None, parse_float=_finite)
    except (ValueError, RecursionError):
        return Failure(Cause.GARBLED, "the answer is no JSON object", retry=True)
    if not isinstance(data, dict):
        return Failure(Cause.GARBLED, "the answer is no JSON object", retry=True)
    items = data.get("data")
    if not isinstance(items, list):
        return Failure(Cause.GARBLED, "the answer is no list of events", retry=False)
    events = list(_events_in([_storable(item) for item in items]))
    return Page(events, _has_more(data.get("has_more"), len(items), limit), date)


def _finite(number: str) -> float | None:
    """A number as JSON has them; None for one that is too large to be one, which Python would write as Infinity."""
    return found if isfinite(found := float(number)) else None


def _storable(item: object) -> msgspec.Raw:
    """As JSON. Lone surrogates, which Python's reader takes but nothing can store, become ``?``."""
    text = json.dumps(item, separators=(",", ":"), ensure_ascii=False)
    return msgspec.Raw(text.encode("utf-8", "replace"))


def _has_more(said: object, listed: int, limit: int) -> bool:
    # Stripe always says. Where something that plays Stripe does not, a full page may not be all there is.
    return said if isinstance(said, bool) else listed >= limit
