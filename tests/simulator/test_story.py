from __future__ import annotations

from cashnotifyd.simulator.account import RETENTION, SimulatedAccount
from cashnotifyd.simulator.server import Simulator
from cashnotifyd.simulator.story import past, story
from cashnotifyd.vocabulary import Mode
from tests.clock import NOON


def test_the_story_can_be_played_again_and_again(simulator: Simulator, shop: SimulatedAccount) -> None:
    test = simulator.account(shop.id, name=shop.name, mode=Mode.TEST, api_version="2020-08-27")
    before = past(shop, test)
    assert all(NOON - RETENTION < event.created < NOON for event in shop.emitted)

    for _ in range(3):
        seen = len(shop.emitted) + len(test.emitted)
        for account in story(shop, test, before):
            assert account in {shop, test}
            # Each step is one fact, and has been emitted when the story pauses.
            assert len(shop.emitted) + len(test.emitted) > seen
            seen = len(shop.emitted) + len(test.emitted)

    types = {event.type for event in shop.emitted}
    assert types >= {
        "charge.succeeded",
        "customer.subscription.created",
        "invoice.paid",
        "invoice.payment_failed",
        "charge.refunded",
        "charge.dispute.created",
        "payout.created",
        "payout.failed",
        "customer.subscription.deleted",
    }
