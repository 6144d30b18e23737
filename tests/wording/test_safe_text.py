"""Text from outside: whatever a customer calls themselves, it is one clean line."""

# ruff: noqa: RUF001 (look-alike characters are the subject)

from __future__ import annotations

import re
import unicodedata
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashnotifyd.money import Money
from cashnotifyd.occurrences.reading import Details, Occurrence, Untold
from cashnotifyd.occurrences.understanding import event_from_json, understand
from cashnotifyd.vocabulary import Account, Kind, Mode
from cashnotifyd.wording.message import Words
from cashnotifyd.wording.safe_text import clean
from tests.occurrences.payloads import CORPUS, Json

WORDS = Words("en_US", ZoneInfo("Europe/Paris"))


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("Ada Lovelace", "Ada Lovelace"),
        ("  Ada\t\n Lovelace\r\n", "Ada Lovelace"),
        ("Ada\x00\x07Lovelace", "AdaLovelace"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07shell", "shell"),
        ("\x9b31mred", "red"),
        ("abc\u202edcba", "abcdcba"),
        ("\u2066isolated\u2069", "isolated"),
        ("A\u200bd\u200d\ufeffa", "Ada"),
        ("line\u2028para\u2029graph", "line para graph"),
        ("\ud800broken", "broken"),
        ("@everyone", "＠everyone"),
        ("hey @Channel!", "hey ＠Channel!"),
        ("@here", "＠here"),
        ("<!channel> <@U123> <#C1>", "‹!channel> ‹＠U123> ‹#C1>"),
        ("<https://evil.example|your bank> <t:0> </pay:1>", "‹https://evil.example|your bank> ‹t:0> ‹/pay:1>"),
        ("<b>Zoë</b> <img src=x onerror=y>", "‹b>Zoë‹/b> ‹img src=x onerror=y>"),
        ("I <3 tea, 5 < 6", "I <3 tea, 5 < 6"),
        ("@ada and @**all** and @_**Ada**", "＠ada and ＠**all** and ＠_**Ada**"),
        ("Tea @ Acme", "Tea @ Acme"),
        ("[Acme](https://evil.example)", "[Acme] (https://evil.example)"),
        ("ada@example.com", "ada@example.com"),
        ("ada@heredia.example", "ada@heredia.example"),
        ("ada@all.example", "ada@all.example"),
        ("bob@everyone", "bob＠everyone"),
        ("Z" + "\u0301" * 50 + "o", "Z" + "\u0301" * 4 + "o"),
        ("Z" + "\u0489" * 50 + "o", "Z" + "\u0489" * 4 + "o"),
        ("a\u20dd\u20dd\u20dd\u20dd\u20dd\u20dd", "a\u20dd\u20dd\u20dd\u20dd"),
        ("ทั้งหมด", "ทั้งหมด"),
        ("הַשְּׁבִיעִי", "הַשְּׁבִיעִי"),
        ("हिन्दी", "हिन्दी"),
        ("{0} {name} %s $HOME", "{0} {name} %s $HOME"),
        ("ÅSA Ünïcode 漢字 🎉", "ÅSA Ünïcode 漢字 🎉"),
        ("\u3164\u2800", ""),
        ("", ""),
    ],
)
def test_cleaning(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


def test_what_is_too_long_ends_in_an_ellipsis() -> None:
    assert clean("x" * 10_000_000, 10) == "xxxxxxxxx…"
    assert clean("five words in a row", 11) == "five words…"


@pytest.mark.fault(40, measured="0 left")
@given(st.text() | st.text(alphabet="\x1b[]@<!>everyonehc \n\r\u202e\u200b()m;0"))
def test_nothing_invisible_or_commanding_is_left(raw: str) -> None:
    cleaned = clean(raw, 80)

    assert len(cleaned) <= 80
    assert not any(unicodedata.category(character)[0] == "C" for character in cleaned)
    assert cleaned == " ".join(cleaned.split())
    assert not re.search(r"@(everyone|here)\b|(^|\s)@channel\b|<[!@#/a-z]|\]\(", cleaned, re.IGNORECASE)
    assert clean(cleaned, 80) == cleaned


HOSTILE = (
    "\x1b[2J\x00\r\nX-Injected: 1\n\n@everyone <!channel> \u202eevil\u2066 \u200b{0.__class__} {account} %(x)s "
    "[a](http://b) \x9b31m\u2028" + "A" * 5000
)


def poisoned(value: object, poison: str) -> object:
    """Every string replaced, keys and all, but for what the shape hangs on."""
    if isinstance(value, dict):
        kept = {"type", "object", "status", "currency", "interval"}
        return {key: inner if key in kept else poisoned(inner, poison) for key, inner in value.items()}
    if isinstance(value, list):
        return [poisoned(inner, poison) for inner in value]
    return poison if isinstance(value, str) or value is None else value


def assert_clean(text: str) -> None:
    for line in text.split("\n"):
        assert line
        assert not any(unicodedata.category(character)[0] == "C" for character in line), line
        assert not re.search(r"@everyone|<!channel|\]\(", line)
        assert len(line) < 400


@pytest.mark.parametrize("name", CORPUS)
def test_hostile_strings_in_every_field_never_reach_a_message_raw(name: str) -> None:
    raw: Json = CORPUS[name] | {"data": poisoned(CORPUS[name]["data"], HOSTILE)}
    event = event_from_json(raw)
    assert event is not None
    reading = understand(event)
    if isinstance(reading, Untold):  # what made it news was one of the words that are poison now
        return
    occurrence = Occurrence(
        kind=reading.kind, created=event.created, types=frozenset({event.type}), details=reading.details
    )
    message = WORDS.message(occurrence, Account(HOSTILE, HOSTILE, Mode.LIVE, HOSTILE))

    assert "\n" not in message.title
    assert_clean(message.title)
    assert_clean(message.body)
    assert message.link is None or message.link.isascii()


hostile = st.text(max_size=30).map(lambda text: text + HOSTILE[:80]) | st.sampled_from(
    ["\n", "\x00", "\u202e", "@everyone", "<!channel>", "{", "}", "{}", "{0}", "%s", "\x1b[0m", "\ud800", "[a](b)"]
)


@given(kind=st.sampled_from(Kind), text=hostile, event_type=hostile)
def test_details_are_never_trusted(kind: Kind, text: str, event_type: str) -> None:
    details = Details(
        money=Money(1, text), customer_name=text, customer_email=text, customer_country=text, what=text,
        card_brand=text, card_last4=text, payment_method=text, reason=text, explanation=text, bank=text,
        bank_last4=text, interval=text, status=text, number=text, object_id=text, object_type="charge",
    )  # fmt: skip
    occurrence = Occurrence(kind=kind, created=1, types=frozenset({event_type}), details=details)
    message = WORDS.message(occurrence, Account("shop", text, Mode.TEST))

    assert "\n" not in message.title
    assert_clean(message.title)
    assert_clean(message.body)


def test_alerts_are_as_clean_as_messages() -> None:
    account = Account("shop", HOSTILE, Mode.LIVE)
    for message in (
        WORDS.now_watching(account, 3, HOSTILE),
        WORDS.key_refused(account, HOSTILE),
        WORDS.permission_missing(account, HOSTILE),
        WORDS.key_works_again(account),
        WORDS.gap(account, 1, 2),
    ):
        assert_clean(message.title)
        assert_clean(message.body)
