"""Which channels take a message, and why the others do not."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from cashnotifyd.delivery.routing import Channel, Matter, announced, route
from cashnotifyd.money import Money
from cashnotifyd.vocabulary import Account, Kind, Message, Mode, Urgency

SHOP = Account("shop", "Acme Shop", Mode.LIVE)


def reason(channel: Channel, kind: Kind = Kind.SALE, *types: str) -> str | None:
    routing = route([channel], Matter(SHOP, kind, Urgency.NORMAL, frozenset(types)))
    return routing.declined[0][1] if routing.declined else None


@pytest.mark.parametrize("kind", sorted(set(Kind) - {Kind.OTHER, Kind.CUSTOMER}))
def test_a_channel_without_filters_takes_what_is_told_by_default(kind: Kind) -> None:
    assert reason(Channel("phone", 1), kind) is None


@pytest.mark.parametrize("kind", [Kind.OTHER, Kind.CUSTOMER])
def test_what_would_nag_is_told_only_when_asked_for(kind: Kind) -> None:
    assert reason(Channel("phone", 1), kind) == "not_told_by_default"
    assert reason(Channel("phone", 1, events=(kind.value,)), kind) is None


def test_accounts_and_modes() -> None:
    assert reason(Channel("phone", 1, accounts=frozenset({"other"}))) == "account_not_wanted"
    assert reason(Channel("phone", 1, modes=frozenset({Mode.TEST}))) == "mode_not_wanted"
    assert reason(Channel("phone", 1, accounts=frozenset({"shop"}), modes=frozenset({Mode.LIVE}))) is None


def test_kinds_types_and_globs() -> None:
    disputes = Channel("phone", 1, events=("sale", "charge.dispute.*"))
    assert reason(disputes, Kind.SALE) is None
    assert reason(disputes, Kind.DISPUTE, "charge.dispute.created") is None
    assert reason(disputes, Kind.OTHER, "charge.dispute.updated") is None
    assert reason(disputes, Kind.REFUND, "charge.refunded") == "kind_not_wanted"
    assert reason(disputes, Kind.WATCH) == "kind_not_wanted"


def test_each_recipient_gets_a_delivery() -> None:
    routing = route([Channel("mail", 2), Channel("phone", 1)], Matter(SHOP, Kind.SALE, Urgency.NORMAL))
    assert [(to.channel, to.target) for to in routing.deliver] == [("mail", 0), ("mail", 1), ("phone", 0)]


FIFTY = Channel("phone", 1, min_amount={"usd": Decimal(50), "jpy": Decimal(5000), "kwd": Decimal("1.5")})


@pytest.mark.parametrize(
    ("amount", "currency", "told"),
    [
        (5000, "usd", True),
        (4999, "usd", False),
        (5000, "jpy", True),
        (4999, "jpy", False),
        (1500, "kwd", True),
        (1499, "kwd", False),
        (1, "eur", True),
    ],
)
def test_the_least_amount_is_in_main_units_by_currency(amount: int, currency: str, told: bool) -> None:  # noqa: FBT001 (a table's column)
    matter = Matter(SHOP, Kind.SALE, Urgency.NORMAL, money=Money(amount, currency))
    assert route([FIFTY], matter).declined == (() if told else (("phone", "below_min_amount"),))


def test_what_has_no_amount_is_below_none() -> None:
    assert route([FIFTY], Matter(SHOP, Kind.TRIAL_ENDING, Urgency.NORMAL)).declined == ()


def test_a_channel_may_knock_otherwise_for_a_kind() -> None:
    loud = Channel("phone", 1, urgencies={Kind.DISPUTE: Urgency.EMERGENCY})
    (phone, mail) = route([loud, Channel("mail", 1)], Matter(SHOP, Kind.DISPUTE, Urgency.HIGH)).deliver
    assert (phone.urgency, mail.urgency) == (Urgency.EMERGENCY, Urgency.HIGH)


@pytest.mark.parametrize(
    "channel", [Channel("phone", 1), Channel("phone", 1, urgencies={Kind.SALE: Urgency.EMERGENCY})]
)
def test_play_money_is_no_emergency(channel: Channel) -> None:
    (phone,) = route([channel], Matter(replace(SHOP, mode=Mode.TEST), Kind.SALE, Urgency.EMERGENCY)).deliver
    assert phone.urgency is Urgency.HIGH


def test_what_is_said_of_a_channel_goes_to_the_others() -> None:
    failing = Message(Kind.WATCH, "Channel phone fails", "", Urgency.HIGH)
    channels = [Channel("phone", 1), Channel("mail", 2), Channel("desk", 1, events=("sale",))]
    routing = announced(channels, failing, about="phone")
    assert [to.channel for to in routing.deliver] == ["mail", "mail"]
    assert routing.declined == (("phone", "about_itself"), ("desk", "kind_not_wanted"))


@pytest.mark.parametrize("kind", sorted(Kind))
def test_a_star_is_everything_and_our_own_alerts_too(kind: Kind) -> None:
    assert reason(Channel("phone", 1, events=("*",)), kind) is None
