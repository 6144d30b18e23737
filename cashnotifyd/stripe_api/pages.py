"""A page of the list of events, read no further than a walk needs.

Of each event only its id, type and time are looked at; the rest stays the text that Stripe sent until it is recorded.
Where the text is not what JSON's standard allows (half of a surrogate pair, NaN), Python's lenient reader takes over.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Any

import msgspec

from cashnotifyd.occurrences.shapes import identifier, moment
from cashnotifyd.stripe_api.failures import Cause, Failure
from cashnotifyd.stripe_api.waiting import http_time

_LARGE = 8 * 1024 * 1024
"""Bytes. A page of a hundred events has some 0.5 MB. In what is larger, entries are counted before room is made for
each (1.8 GB and 2 s for 60 MB of ``{}``), and Python's reader has no part."""

_MOST = 1000
"""Entries. Stripe's largest page has 100; what plays Stripe may not look at the number that it is asked for."""


_TOO_MANY = Failure(Cause.GARBLED, f"the answer lists more than {_MOST:,} events", retry=False)


class _List(msgspec.Struct, gc=False):
    data: list[msgspec.Raw]
    has_more: Any = None


class _Outline(msgspec.Struct, gc=False):
    id: Any = None
    type: Any = None
    created: Any = None


_Entries = msgspec.defstruct(
    "_Entries",
    [*((f"entry_{n}", msgspec.Raw, msgspec.Raw()) for n in range(_MOST)), ("one_more", msgspec.Raw, msgspec.Raw())],
    array_like=True,
)
"""The first entries of a list; those further on are passed over."""

_LIST = msgspec.json.Decoder(_List)
_BEGINNING: msgspec.json.Decoder[Any] = msgspec.json.Decoder(msgspec.defstruct("_Beginning", [("data", _Entries)]))
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


@dataclass(frozen=True, slots=True)
class Malformed:
    """Entries of a page that are no events: how many, what is wrong with the first, and how to know them again."""

    count: int
    first: str
    prints: frozenset[bytes]


@dataclass(frozen=True)
class Page:
    """One page of events, in the order in which they came."""

    events: list[Listed]
    has_more: bool
    date: str | None = None
    """The answer's HTTP date."""
    malformed: Malformed | None = None
    """What was passed over."""

    @cached_property
    def server_time(self) -> float | None:
        """Stripe's clock (s since 1970 UTC), if it said."""
        return http_time(self.date)


def page_in(body: bytes, limit: int, date: str | None = None) -> Page | Failure:
    """The page that an answer to a request for at most ``limit`` events holds."""
    try:
        # Raw text is passed over unread, so nothing else would notice.
        body.decode("utf-8")
    except UnicodeDecodeError:
        return Failure(Cause.GARBLED, "the answer is no UTF-8 text", retry=True)
    try:
        if len(body) > _LARGE and len(_BEGINNING.decode(body).data.one_more):
            return _TOO_MANY
        listed = _LIST.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return _leniently(body, limit, date)
    return _page(listed.data, listed.has_more, limit, date)


def _page(entries: Sequence[msgspec.Raw], has_more: object, limit: int, date: str | None) -> Page | Failure:
    if len(entries) > _MOST:
        return _TOO_MANY
    events, passed_over = [], []
    for raw in entries:
        read = _event_in(raw)
        if isinstance(read, Listed):
            events.append(read)
        else:
            passed_over.append((raw, read))
    return Page(events, _has_more(has_more, len(entries), limit), date, _malformed(passed_over))


def _event_in(raw: msgspec.Raw) -> Listed | str:
    """The event of an entry, or what is wrong with it."""
    try:
        outline = _OUTLINE.decode(raw)
    except msgspec.ValidationError:
        return "it is no JSON object"
    id_, type_ = identifier(outline.id), identifier(outline.type)
    if id_ is None:
        return "its id is none"
    if type_ is None:
        return "its type is none"
    return Listed(id_, type_, moment(outline.created) or 0, raw)


def _malformed(passed_over: Sequence[tuple[msgspec.Raw, str]]) -> Malformed | None:
    if not passed_over:
        return None
    prints = frozenset(hashlib.blake2b(raw, digest_size=16).digest() for raw, _ in passed_over)
    return Malformed(len(passed_over), passed_over[0][1], prints)


def _leniently(body: bytes, limit: int, date: str | None) -> Page | Failure:
    try:
        data = json.loads(body, parse_constant=lambda _: None, parse_float=_finite) if len(body) <= _LARGE else None
    except (ValueError, RecursionError):
        return Failure(Cause.GARBLED, "the answer is no JSON object", retry=True)
    if not isinstance(data, dict):
        return Failure(Cause.GARBLED, "the answer is no JSON object", retry=True)
    items = data.get("data")
    if not isinstance(items, list):
        return Failure(Cause.GARBLED, "the answer is no list of events", retry=False)
    if len(items) > _MOST:
        return _TOO_MANY
    return _page([_storable(item) for item in items], data.get("has_more"), limit, date)


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
