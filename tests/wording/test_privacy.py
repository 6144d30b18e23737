"""A discreet channel: neither name nor e-mail address, or no amounts either, wherever they stand."""

# ruff: noqa: RUF001 (look-alike characters are the subject)

from __future__ import annotations

import dataclasses
import re
import typing
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashnotifyd.money import Money
from cashnotifyd.occurrences.reading import Details, Occurrence, Reading
from cashnotifyd.occurrences.understanding import event_from_json, understand
from cashnotifyd.vocabulary import Account, Disclosure, Kind, Message, Mode, Wordings
from cashnotifyd.wording import privacy
from cashnotifyd.wording.message import Words
from cashnotifyd.wording.privacy import disclosed
from tests.occurrences.payloads import CORPUS

WORDS = Words("en_US", ZoneInfo("Europe/Paris"))
SHOP = Account("shop", "Acme Shop", Mode.LIVE, "acct_1Acme")
DISCREET = [Disclosure.MASKED, Disclosure.PRIVATE]


def occurrence_of(name: str) -> Occurrence:
    event = event_from_json(CORPUS[name])
    assert event is not None
    reading = understand(event)
    assert isinstance(reading, Reading)
    return Occurrence(kind=reading.kind, created=event.created, types=frozenset({event.type}), details=reading.details)


def occurred(kind: Kind = Kind.SALE, **details: object) -> Occurrence:
    return Occurrence(kind=kind, created=1, types=frozenset({"x"}), details=Details(**details))  # type: ignore[arg-type]  # fields by name


def texts(message: Message) -> str:
    return f"{message.title}\n{message.body}"


def people(thing: object) -> Iterator[str]:
    """Every name and e-mail address of a person in an event."""
    if isinstance(thing, dict):
        for key, value in thing.items():
            named = key == "name" and not {"email", "last4"}.isdisjoint(thing)  # else it is that of a plan, a shop, …
            if isinstance(value, str) and (named or key in {"email", "customer_name", "customer_email"}):
                yield value
            yield from people(value)
    elif isinstance(thing, list):
        for one in thing:
            yield from people(one)


def amounts(details: Details) -> Iterator[Money]:
    for field in dataclasses.fields(details):
        match getattr(details, field.name):
            case Money() as money:
                yield money
            case Details() as inner:
                yield from amounts(inner)
            case (Money(), *_) as several:
                yield from several


@pytest.mark.parametrize("name", CORPUS)
@pytest.mark.parametrize("disclosure", DISCREET)
def test_no_person_of_an_event_stands_in_a_discreet_message(name: str, disclosure: Disclosure) -> None:
    text = texts(getattr(WORDS.wordings(occurrence_of(name), SHOP), disclosure))

    assert "@" not in text
    for person in set(people(CORPUS[name])):
        assert person not in text
    assert "Ada" not in text


@pytest.mark.parametrize("name", CORPUS)
def test_no_amount_of_an_event_stands_in_a_private_message(name: str) -> None:
    occurrence = occurrence_of(name)
    text = texts(WORDS.wordings(occurrence, SHOP).private)

    assert not re.search(r"[$€£¥]|\d[.,]\d\d\b", text)
    for money in amounts(occurrence.details):
        assert str(abs(money.amount)) not in text.replace(",", "").replace(".", "")


def test_what_each_level_says() -> None:
    said = WORDS.wordings(occurrence_of("renewal clover"), SHOP)

    assert said.masked.title == "Renewal $20.00 · Acme Shop"
    assert said.masked.body.split("\n")[:3] == [
        "United Kingdom", "For 1 × Gold (at $20.00 / month)", "Invoice ACME-0007",
    ]  # fmt: skip
    assert said.private.title == "Renewal · Acme Shop"
    assert said.private.body.split("\n")[:3] == ["United Kingdom", "For 1 × Gold", "Invoice ACME-0007"]
    assert said.full.link == said.masked.link == said.private.link is not None


def test_a_partial_refund_tells_its_parts_only_in_full_and_masked() -> None:
    said = WORDS.wordings(occurrence_of("refund 2020"), SHOP)

    assert "€10.00 refunded, €15.00 of €49.00 so far" in said.masked.body
    assert said.private.title == "Refund · Acme Shop"
    assert "refunded" not in said.private.body


def test_a_customers_own_words_stay_out() -> None:
    said = WORDS.wordings(occurrence_of("subscription canceled"), SHOP)

    assert "Lovely tea" in said.full.body
    assert "Lovely tea" not in said.masked.body + said.private.body
    assert "The customer found it too expensive" in said.private.body


@pytest.mark.parametrize(("thing", "told"), [("product", "Tea"), ("card", None), ("issuing.cardholder", None)])
def test_what_is_named_like_a_person_is_not_told(thing: str, told: str | None) -> None:
    occurrence = occurred(Kind.OTHER, what="Tea", object_type=thing)

    assert disclosed(occurrence, Disclosure.MASKED).details.what == told


def test_stripes_own_sentence_stays() -> None:
    failed = occurred(Kind.FAILED_PAYMENT, reason="brand_new", explanation="The bank of ada@example.com has closed.")

    assert "The bank of … has closed." in WORDS.wordings(failed, SHOP).masked.body


@pytest.mark.parametrize(
    ("what", "masked", "private"),
    [
        ("Ceramic teapot", "Ceramic teapot", "Ceramic teapot"),
        ("Coaching for Ada Lovelace", "Coaching for …", "Coaching for …"),
        ("Coaching for LOVELACE", "Coaching for …", "Coaching for …"),
        ("Ada's order", "…'s order", "…'s order"),
        ("Adapter", "Adapter", "Adapter"),
        ("Order of ada@example.com", "Order of …", "Order of …"),
        ("<Bob.B+x@sub.example.co.uk>, 2 cups", "‹…>, 2 cups", "‹…>, … cups"),
        ("1 × Pro (at $29.00 / month)", "1 × Pro (at $29.00 / month)", "1 × Pro"),
        ("3 × Pro (à 29,00 € / mois) (+2)", "3 × Pro (à 29,00 € / mois) (+2)", "3 × Pro (+2)"),
        ("Donation of 50", "Donation of 50", "Donation of …"),
        ("Donation US$1,250.00 now", "Donation US$1,250.00 now", "Donation … now"),
        ("Spende 1 250,00 € heute", "Spende 1 250,00 € heute", "Spende … heute"),
        ("Tea (+1)", "Tea (+1)", "Tea (+1)"),
        ("٤٩ teapots", "٤٩ teapots", "… teapots"),
    ],
)
def test_free_text_is_told_without_what_it_may_give_away(what: str, masked: str, private: str) -> None:
    sale = occurred(what=what, customer_name="Ada  Lovelace", customer_email="ada@example.com")

    assert disclosed(sale, Disclosure.MASKED).details.what == masked
    assert disclosed(sale, Disclosure.PRIVATE).details.what == private


@pytest.mark.parametrize(("name", "what"), [("山田太郎", "山田太郎様のご注文"), ("José", "Commande de Jose\u0301")])
def test_names_of_other_scripts_and_spellings(name: str, what: str) -> None:
    told = disclosed(occurred(what=what, customer_name=name), Disclosure.MASKED).details.what

    assert told is not None
    assert "…" in told
    assert "太郎" not in told
    assert "Jos" not in told


def test_a_payout_that_takes_money_does_not_arrive() -> None:
    payout = occurred(Kind.PAYOUT, money=Money(-500, "usd"), arrives=1_795_737_600)

    assert "Arrives" not in WORDS.wordings(payout, SHOP).private.body


def test_in_full_nothing_is_touched() -> None:
    occurrence = occurrence_of("renewal clover")

    assert disclosed(occurrence, Disclosure.FULL) is occurrence


def test_every_name_that_the_events_give_is_struck_out_of_texts() -> None:
    on_the_card = Details(customer_name="Zoe Card", other_names=("Yves Parcel",))
    details = Details(customer_name="Ada Lovelace", what="For Ada, Zoe and Yves").filled_from(on_the_card)
    occurrence = Occurrence(kind=Kind.SALE, created=0, types=frozenset(), details=details)

    assert disclosed(occurrence, Disclosure.MASKED).details.what == "For …, … and …"


def test_every_particular_is_judged() -> None:
    """A new one has to be named in the module, or to be an amount, or it is left out of discreet messages."""
    hints = typing.get_type_hints(Details)
    of_amounts = {name for name, hint in hints.items() if re.search(r"Money|Details|float", str(hint))}
    groups = [privacy.HARMLESS, privacy.WRITTEN_BY_OTHERS, privacy.PERSONAL, privacy.LOOKED_UP_BY, of_amounts]

    assert sum(map(len, groups)) == len(set().union(*groups)) == len(hints)
    assert set().union(*groups) == set(hints)


NAMES = st.text(st.characters(categories=["Lu", "Ll", "Zs"]), min_size=2, max_size=30).filter(lambda name: name.strip())
TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)


@given(st.sampled_from(sorted(Kind)), NAMES, TEXTS, TEXTS, st.integers(100_00, 10**9))
def test_whatever_is_written_gives_nothing_away(kind: Kind, name: str, before: str, after: str, amount: int) -> None:
    name = f"Qx{name}Zy"  # a name that no sentence of ours holds
    text = f"{before} {name} qx@zy.example {amount} {after}"
    occurrence = occurred(
        kind, money=Money(amount, "jpy"), whole=Money(amount + 1, "jpy"), what=text, explanation=text,
        customer_name=name, customer_email="qx@zy.example", before=Details(what=text, money=Money(amount, "jpy")),
    )  # fmt: skip
    said: Wordings = WORDS.wordings(occurrence, SHOP)

    for message in (said.masked, said.private):
        assert "qx@zy.example" not in texts(message)
        assert " ".join(name.split()).casefold() not in texts(message).casefold()
    assert str(amount) not in texts(said.private)
    assert f"{amount:,}" not in texts(said.private)
