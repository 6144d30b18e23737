"""Some days of a small shop, for the demo: what was before the daemon came, and what happens while it watches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cashnotifyd.simulator import families
from cashnotifyd.simulator.account import SimulatedAccount
from cashnotifyd.simulator.people import PEOPLE, Plan

_DAY = 86_400
_JENNY, _ZOE, _HARUKI, _SEUN, _MARTA, _LIAM, _FATIMA, _DIEGO = PEOPLE
_STUDIO = Plan("Studio plan", 2900)
_TEAM = Plan("Team plan", 24_000, interval="year")


@dataclass(frozen=True, slots=True)
class Past:
    """What the story goes on with."""

    due: families.Subscription
    """Its payments go on succeeding."""
    short_of_money: families.Subscription
    """Its payments fail from now on."""
    regretted: families.Payment
    """It will be disputed."""


def past(live: SimulatedAccount, test: SimulatedAccount) -> Past:
    """What has happened before anybody watches: it is not told."""
    now = live.now()
    due, _ = families.subscription_start(live, _STUDIO, person=_MARTA, at=now - 29 * _DAY)
    short_of_money, _ = families.subscription_start(live, _STUDIO, person=_DIEGO, at=now - 28 * _DAY)
    regretted = families.checkout_sale(live, amount=8900, person=_HARUKI, what="Ceramic pour-over", at=now - 9 * _DAY)
    families.charge_sale(live, amount=3400, person=_LIAM, what="Linen notebook, set of 3", at=now - 2 * _DAY)
    families.payout_paid(live, families.payout_created(live, amount=112_640, at=now - 3 * _DAY), at=now - _DAY)
    families.checkout_sale(test, amount=100, person=_JENNY, what="Test product", at=now - _DAY)
    return Past(due, short_of_money, regretted)


def story(live: SimulatedAccount, test: SimulatedAccount, before: Past) -> Iterator[SimulatedAccount]:
    """What is worth one message at a time; yields the account that it happened on. May be played again."""
    sale = families.checkout_sale(live, amount=4900, person=_ZOE, what="Walnut desk organiser")
    yield live
    families.checkout_sale(test, amount=1234, currency="eur", person=_JENNY, what="Test product")
    yield test
    started, _ = families.subscription_start(live, _TEAM, person=_SEUN)
    yield live
    families.renewal(live, before.due)
    yield live
    families.renewal_failed(live, before.short_of_money)
    yield live
    families.refund(live, sale, amount=1500)
    yield live
    families.dispute(live, before.regretted)
    yield live
    families.payout_created(live, amount=231_875)
    yield live
    to_japan = families.payout_created(live, amount=84_000, currency="jpy")
    yield live
    families.payout_failed(live, to_japan)
    yield live
    families.cancellation(live, started, feedback="too_expensive")
    yield live
    for person in PEOPLE:
        families.failed_payment(live, person=person)
    yield live
