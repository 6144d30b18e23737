"""The daemon's own alerts: what, since when, what it means, what to do now."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from cashnotifyd.vocabulary import Account, Kind, Message, Mode, Urgency
from tests.occurrences.payloads import AT
from tests.wording.gallery import DAY, HOUR, LANGUAGES, MINUTE

WORDS = LANGUAGES["English"]
SHOP = Account("shop", "Acme", Mode.LIVE)
TEST_SHOP = Account("shop-test", "Acme", Mode.TEST)
REFUSED, UNREACHABLE = True, False

Told = tuple[str, list[str], Urgency]


def read(message: Message) -> Told:
    assert message.kind is Kind.WATCH
    assert message.link is None
    return message.title, message.body.replace("\N{NARROW NO-BREAK SPACE}", " ").split("\n"), message.urgency


def test_a_channel_that_refuses() -> None:
    assert read(WORDS.channel_failing("phone", AT, "ntfy: 401 Unauthorized", REFUSED, 3)) == (
        "Channel phone fails",
        [
            "ntfy: 401 Unauthorized",
            "Nothing got through since Nov 24, 2026, 2:03 PM",
            "3 messages wait for it; none is lost",
            "Trying again will not help until something is changed",
            "Check the URL and the token of channels.phone in the configuration, then reload",
            "To try again at once: cashnotifyd retry phone",
        ],
        Urgency.HIGH,
    )


def test_a_channel_that_cannot_be_reached() -> None:
    title, told, urgency = read(WORDS.channel_failing("phone", AT, "ntfy: Connection refused", UNREACHABLE, 0))

    assert (title, urgency) == ("Channel phone fails", Urgency.HIGH)
    assert told[2:] == [
        "What comes meanwhile waits for it; nothing is lost",
        "It is tried again and again",
        "If it lasts, check the service, and channels.phone in the configuration",
        "To try again at once: cashnotifyd retry phone",
    ]
    one = read(WORDS.channel_failing("phone", AT, "", UNREACHABLE, 1))[1]
    assert one[:2] == ["Nothing got through since Nov 24, 2026, 2:03 PM", "1 message waits for it and is not lost"]


@pytest.mark.parametrize(
    ("waited", "told"),
    [
        (0, []),
        (1, ["1 message waited for it and is delivered or on its way"]),
        (1284, ["1,284 messages waited for it and are delivered or on their way"]),
    ],
)
def test_a_channel_that_works_again(waited: int, told: list[str]) -> None:
    assert read(WORDS.channel_works_again("phone", AT - 25 * MINUTE, waited, AT)) == (
        "Channel phone works again",
        ["It took nothing for 25 minutes (1:38 PM to 2:03 PM)", *told],
        Urgency.NORMAL,
    )


def test_a_message_given_up() -> None:
    assert read(WORDS.undeliverable("phone", "ntfy: 413 Content Too Large")) == (
        "Message not delivered: channel phone",
        [
            "ntfy: 413 Content Too Large",
            "The message is kept, but not tried again by itself",
            "To send it again: cashnotifyd retry phone",
        ],
        Urgency.HIGH,
    )


def test_an_account_that_cannot_be_polled() -> None:
    title, told, urgency = read(WORDS.not_polled(SHOP, AT, "Connection refused"))

    assert (title, urgency) == ("No contact with Stripe · Acme", Urgency.HIGH)
    assert told == [
        "Connection refused",
        "Nothing could be read since Nov 24, 2026, 2:03 PM",
        "Until it works again, there are no messages about this account",
        "Nothing is lost if it works again within 30 days",
        "Check this machine's network, and status.stripe.com",
        "Acme · live mode",
    ]
    assert read(WORDS.not_polled(TEST_SHOP, None, ""))[0] == "[TEST] No contact with Stripe · Acme"
    assert read(WORDS.not_polled(SHOP, None, ""))[1][0] == "Nothing could be read yet"


def test_an_account_that_is_polled_again() -> None:
    title, told, urgency = read(WORDS.polled_again(SHOP, AT - 3 * DAY, AT))

    assert (title, urgency) == ("In contact with Stripe again · Acme", Urgency.NORMAL)
    assert told[0] == (
        "Nothing could be read for 3 days (Nov 21, 2026, 2:03 PM until Nov 24, 2026, 2:03 PM);"
        " what happened meanwhile is told now"
    )


def test_no_sales() -> None:
    assert read(WORDS.no_sales(SHOP, AT - 26 * HOUR, 38 * MINUTE, AT)) == (
        "No sale for 26 hours · Acme",
        [
            "Usually there is one every 40 minutes",
            "Last sale: Nov 23, 2026, 12:03 PM",
            "Check that customers can pay: buy something yourself, and look into Stripe's dashboard",
            "Acme · live mode",
        ],
        Urgency.HIGH,
    )


def test_sales_again() -> None:
    assert read(WORDS.sales_again(SHOP, AT - 20 * HOUR, AT)) == (
        "Sales again · Acme",
        ["There was none for 20 hours (6:03 PM to 2:03 PM)", "Acme · live mode"],
        Urgency.NORMAL,
    )


@pytest.mark.parametrize(
    ("seconds", "english", "german", "french"),
    [
        (-1, "0 seconds", "0 Sekunden", "0 seconde"),
        (45, "45 seconds", "45 Sekunden", "45 secondes"),
        (60, "1 minute", "1 Minute", "1 minute"),
        (25 * MINUTE + 10, "25 minutes", "25 Minuten", "25 minutes"),
        (90 * MINUTE, "90 minutes", "90 Minuten", "90 minutes"),
        (200 * MINUTE, "3 hours", "3 Stunden", "3 heures"),
        (26 * HOUR, "26 hours", "26 Stunden", "26 heures"),
        (47 * HOUR, "47 hours", "47 Stunden", "47 heures"),
        (3 * DAY + HOUR, "3 days", "3 Tage", "3 jours"),
    ],
)
def test_lengths_of_time_as_people_say_them(seconds: float, english: str, german: str, french: str) -> None:
    told = [words.no_sales(SHOP, AT - seconds, HOUR, AT).title for words in LANGUAGES.values()]

    assert told == [
        f"No sale for {english} · Acme",
        f"{german} lang kein Verkauf · Acme",
        f"Aucune vente depuis {french} · Acme",
    ]


@pytest.mark.parametrize(
    "tell",
    [
        lambda text: WORDS.channel_failing(text, AT, text, REFUSED, 3),
        lambda text: WORDS.channel_works_again(text, AT, 0, AT),
        lambda text: WORDS.undeliverable(text, text),
        lambda text: WORDS.not_polled(Account("shop", text, Mode.LIVE), AT, text),
    ],
)
def test_texts_of_others_are_no_commands(tell: Callable[[str], Message]) -> None:
    message = tell("@everyone\n<!channel> \x1b[31m\u202e[x](https://evil.example) " + "long " * 500)

    assert not re.search(r"@everyone|<!|\]\(|[\x1b\u202e]", f"{message.title}\n{message.body}")
    assert len(message.title) < 100
    assert all(len(line) <= 300 for line in message.body.split("\n"))
    assert len(message.body.split("\n")) <= 7
