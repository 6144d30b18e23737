"""What no message may show, whatever the event: asked of every event of the corpus.

It looks at messages from outside and knows Stripe's amounts by its own count, so that it shares no mistake with the
rooms that make them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from structlog.testing import capture_logs

from cashnotifyd.cli.preview import Document, Preview, previews_of
from cashnotifyd.wording.message import Words

Json = dict[str, Any]

ACCOUNT = "Acme Shop"
WORDS = Words("en_US", ZoneInfo("UTC"))

_ZERO = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".lower().split()
_THREE = "BHD JOD KWD OMR TND".lower().split()

_PLACEHOLDER = re.compile(r"\b(?:None|null|undefined|NaN|True|False)\b|[{}]|  ")
_ID = re.compile(r"\b(?!Card\b)[a-z]{2,8}_(?:test_|live_)?(?=[A-Za-z0-9]*[0-9A-Z])[A-Za-z0-9]{4,}\b")
_FIGURE = re.compile(r"\d[\d,]*(?:\.\d+)?")
_AMOUNTS = ("amount", "amount_paid", "amount_due", "amount_total", "amount_received", "total")


def previewed(events: Iterable[object]) -> list[Preview]:
    """Each event as if it were the only one; fails where one trips the program, however well it hides that."""
    with capture_logs() as logged:
        previews = [preview for event in events for preview in together([event])]
    assert not logged, logged[0]
    return previews


def together(events: Iterable[object]) -> list[Preview]:
    previews, flaws = previews_of([Document("here", event) for event in events], WORDS, ACCOUNT)
    assert not flaws, flaws[0]
    return previews


def complaints(event: Json, preview: Preview) -> list[str]:
    """What is wrong with how an event is shown, each with the words that show it."""
    thing = event["data"]["object"]
    strings = [text for text in _strings(event) if text]
    found = [
        *_outer(event, preview),
        *(f"shows {match!r}" for match in _foreign(_PLACEHOLDER, preview, strings, within=False)),
        *(f"shows the id {match!r}" for match in _foreign(_ID, preview, strings, within=True)),
        *_money(thing, preview, strings),
    ]
    shown = f"{preview.title!r} / {preview.body!r}"
    return [f"{event['type']} ({event.get('api_version')}) {complaint}: {shown}" for complaint in found]


def _outer(event: Json, preview: Preview) -> Iterator[str]:
    if not 0 < len(preview.title) <= 80:
        yield f"has a title of {len(preview.title)} characters"
    if (preview.title.startswith("[TEST]")) is bool(event.get("livemode")):
        yield "hides its mode"
    last = preview.body.splitlines()[-1] if preview.body else ""
    parts = last.split(" · ")
    if [parts[0].rpartition(", connected to ")[2], *parts[1:2]] != [
        ACCOUNT,
        "live mode" if event.get("livemode") else "test mode",
    ]:
        yield "does not end with account and mode"
    if event.get("created") and not (len(parts) == 3 and re.search(r"\b(?:19|20)\d\d\b", parts[2])):
        yield "does not end with the time"
    if any(
        unicodedata.category(letter) in {"Cc", "Cf", "Zl", "Zp"}
        for letter in preview.title + preview.body
        if letter != "\n"
    ):
        yield "holds an invisible character"
    if preview.link and not re.fullmatch(
        r"https://dashboard\.stripe\.com/(?:acct_\w+/)?(?:test/)?[a-z_/-]+/[A-Za-z0-9_-]+", preview.link
    ):
        yield f"has a strange link {preview.link}"


def _foreign(pattern: re.Pattern[str], preview: Preview, strings: Sequence[str], *, within: bool) -> Iterator[str]:
    """Matches that no string of the event brought; ``within``: a string that is nothing else does not count."""
    for match in pattern.findall(f"{preview.title}\n{preview.body}"):
        if not any(match in text and not (within and match == text.strip()) for text in strings):
            yield match


def _money(thing: Json, preview: Preview, strings: Sequence[str]) -> Iterator[str]:
    currency = thing.get("currency")
    if not isinstance(currency, str):
        return
    amounts = {name: thing[name] for name in _AMOUNTS if type(thing.get(name)) is int}
    figures = _FIGURE.findall(f"{preview.title}\n{preview.body}")
    written = {Decimal(figure.replace(",", "")) for figure in figures}
    if preview.told and amounts:
        if not any(_main(amount, currency) in written for amount in _integers(thing)):
            yield f"shows none of its amounts {amounts}"
        if not re.search(rf"{currency}|[$€£¥₩₫₹]", preview.title, re.IGNORECASE):
            yield "shows no currency in its title"
    for name, amount in amounts.items():
        raw = str(abs(amount))
        if len(raw) > 3 and currency not in _ZERO and raw in figures and not any(raw in text for text in strings):
            yield f"shows the raw {name} {amount}"


def _main(amount: int, currency: str) -> Decimal:
    return Decimal(abs(amount)).scaleb(-(0 if currency in _ZERO else 3 if currency in _THREE else 2))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _integers(value: object) -> Iterator[int]:
    if type(value) is int:
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _integers(inner)
