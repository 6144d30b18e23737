"""The families of events: who tells what, in which version's shape."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Literal

import pytest
import stripe

from cashnotifyd.simulator import families
from cashnotifyd.simulator.account import Json, SimulatedAccount
from cashnotifyd.simulator.objects import decimals, written
from cashnotifyd.simulator.people import PEOPLE, Plan
from cashnotifyd.simulator.server import Simulator
from tests.clock import NOON, Clock
from tests.everything import play_everything

OLD, CLOVER = "2020-08-27", "2025-09-30.clover"
VERSIONS = [OLD, "2022-11-15", "2024-06-20", "2025-03-31.basil", CLOVER]


@pytest.fixture
def old_shop(simulator: Simulator) -> SimulatedAccount:
    return simulator.account("acct_1Old", name="Old Shop", api_version=OLD)


def types(shop: SimulatedAccount) -> list[str]:
    return sorted(event.type for event in shop.visible_events())


def only(shop: SimulatedAccount, kind: str) -> Json:
    """``data.object`` of the one event of a type."""
    (event,) = [event for event in shop.visible_events() if event.type == kind]
    return dict(event.json["data"]["object"])


def previous(shop: SimulatedAccount, kind: str) -> Json:
    (event,) = [event for event in shop.visible_events() if event.type == kind]
    return dict(event.json["data"]["previous_attributes"])


def test_a_checkout_sale(shop: SimulatedAccount, clock: Clock) -> None:
    families.checkout_sale(shop, amount=4900, what="Wool throw", person=PEOPLE[0])

    assert types(shop) == [
        "charge.succeeded",
        "checkout.session.completed",
        "payment_intent.created",
        "payment_intent.succeeded",
    ]
    charge, intent, session = (
        only(shop, kind) for kind in ("charge.succeeded", "payment_intent.succeeded", "checkout.session.completed")
    )
    assert charge["balance_transaction"] is None
    assert charge["billing_details"]["email"] == "jenny.rosen@example.com"
    assert charge["payment_method_details"]["card"]["last4"] == "4242"
    assert intent["latest_charge"] == charge["id"]
    assert session["payment_intent"] == charge["payment_intent"] == intent["id"]
    assert "invoice" not in charge
    assert "charges" not in intent

    clock.now += families.CAPTURE_DELAY
    updated = only(shop, "charge.updated")
    booked = shop.find("balance_transaction", updated["balance_transaction"])
    assert booked is not None
    assert (booked["amount"], booked["fee"], booked["net"]) == (4900, 172, 4728)
    assert previous(shop, "charge.updated") == {"balance_transaction": None}


def test_a_checkout_sale_in_the_old_shape(old_shop: SimulatedAccount, clock: Clock) -> None:
    families.checkout_sale(old_shop, amount=4900)
    clock.now += 60

    assert "charge.updated" not in types(old_shop)
    charge, intent = only(old_shop, "charge.succeeded"), only(old_shop, "payment_intent.succeeded")
    assert intent["charges"]["data"] == [charge]
    assert old_shop.find("balance_transaction", charge["balance_transaction"]) is not None
    assert charge["refunds"]["data"] == []
    assert charge["invoice"] is None


def test_a_charge_in_a_foreign_currency_settles_in_the_accounts_own(shop: SimulatedAccount) -> None:
    payment = families.charge_sale(shop, amount=10_000, currency="jpy")
    booked = shop.find("balance_transaction", payment.charge["balance_transaction"])
    assert booked is not None
    assert (booked["currency"], booked["amount"], booked["exchange_rate"]) == ("usd", 6700, 0.0067)
    assert payment.charge["payment_intent"] is None
    assert payment.charge["source"]["last4"] == payment.person.last4


def test_a_subscription_starts(shop: SimulatedAccount) -> None:
    subscribed, payment = families.subscription_start(shop, Plan("Studio", 12_00, "eur"))

    assert types(shop) == [
        "charge.succeeded",
        "checkout.session.completed",
        "customer.created",
        "customer.subscription.created",
        "customer.subscription.updated",
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
        "invoice.updated",
        "invoice_payment.paid",
        "payment_intent.created",
        "payment_intent.succeeded",
    ]
    created, active = only(shop, "customer.subscription.created"), only(shop, "customer.subscription.updated")
    assert (created["status"], active["status"]) == ("incomplete", "active")
    assert previous(shop, "customer.subscription.updated")["status"] == "incomplete"
    assert "current_period_end" not in active
    assert active["items"]["data"][0]["current_period_end"] > NOON
    invoice, joined = only(shop, "invoice.paid"), only(shop, "invoice_payment.paid")
    assert invoice["billing_reason"] == "subscription_create"
    assert invoice["parent"]["subscription_details"]["subscription"] == subscribed.subscription["id"]
    assert invoice["lines"]["data"][0]["description"] == "1 × Studio (at €12.00 / month)"  # noqa: RUF001 (Stripe's sign)
    assert not {"charge", "payment_intent", "subscription", "payments"} & invoice.keys()
    assert joined["invoice"] == invoice["id"]
    assert joined["payment"]["payment_intent"] == payment.charge["payment_intent"]
    assert only(shop, "checkout.session.completed")["subscription"] == subscribed.subscription["id"]
    line_product = invoice["lines"]["data"][0]["pricing"]["price_details"]["product"]
    product = shop.find("product", line_product)
    assert product is not None
    assert product["name"] == "Studio"
    for kind, wanted in [("customer", invoice["customer"]), ("invoice", invoice["id"]), ("subscription", active["id"])]:
        assert shop.find(kind, wanted) is not None


def test_a_subscription_starts_in_the_old_shape(old_shop: SimulatedAccount) -> None:
    subscribed, payment = families.subscription_start(old_shop)

    assert "invoice_payment.paid" not in types(old_shop)
    invoice, charge = only(old_shop, "invoice.paid"), only(old_shop, "charge.succeeded")
    assert invoice["charge"] == charge["id"]
    assert charge["invoice"] == invoice["id"]
    assert invoice["payment_intent"] == charge["payment_intent"]
    assert invoice["subscription"] == subscribed.subscription["id"]
    assert invoice["lines"]["data"][0]["plan"]["amount"] == 2900
    assert only(old_shop, "customer.subscription.updated")["current_period_end"] > NOON
    assert payment.invoice is not None


@pytest.mark.parametrize("version", [OLD, CLOVER])
def test_a_renewal(simulator: Simulator, clock: Clock, version: str) -> None:
    shop = simulator.account("acct_1", name="Acme", api_version=version)
    subscribed, _ = families.subscription_start(shop)
    clock.now += 30 * 86_400 + 60
    before = types(shop)
    assert before == []  # the start has aged out
    families.renewal(shop, subscribed)

    expected = {
        "charge.succeeded",
        "customer.subscription.updated",
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
        "invoice.updated",
        "payment_intent.created",
        "payment_intent.succeeded",
    } | ({"invoice_payment.paid"} if version == CLOVER else set())
    assert types(shop) == sorted(expected)
    assert only(shop, "invoice.paid")["billing_reason"] == "subscription_cycle"
    assert only(shop, "invoice.paid")["number"].endswith("-0002")
    changed = previous(shop, "customer.subscription.updated")
    assert ("items" in changed, "current_period_end" in changed) == (version == CLOVER, version == OLD)


def test_a_failed_renewal_is_tried_again_until_it_recovers(shop: SimulatedAccount) -> None:
    subscribed, _ = families.subscription_start(shop)
    first = families.renewal_failed(shop, subscribed)
    second = families.renewal_failed(shop, subscribed, next_in=None)
    assert first.invoice is not None
    assert second.invoice is not None
    assert first.invoice["id"] == second.invoice["id"]
    assert (first.invoice["attempt_count"], second.invoice["attempt_count"]) == (1, 2)
    assert first.invoice["next_payment_attempt"] == int(NOON) + families.RETRY_DELAY
    assert second.invoice["next_payment_attempt"] is None
    assert first.charge["id"] != second.charge["id"]
    assert subscribed.subscription["status"] == "past_due"

    paid = families.renewal_recovered(shop, subscribed)
    assert paid.invoice is not None
    assert (paid.invoice["id"], paid.invoice["status"], paid.invoice["attempt_count"]) == (
        first.invoice["id"],
        "paid",
        3,
    )
    assert subscribed.subscription["status"] == "active"
    with pytest.raises(ValueError, match="no invoice"):
        families.renewal_recovered(shop, subscribed)


def test_a_failed_payment(shop: SimulatedAccount) -> None:
    families.failed_payment(shop, decline="insufficient_funds")
    assert types(shop) == ["charge.failed", "payment_intent.created", "payment_intent.payment_failed"]
    error = only(shop, "payment_intent.payment_failed")["last_payment_error"]
    charge = only(shop, "charge.failed")
    assert (error["code"], error["decline_code"]) == ("card_declined", "insufficient_funds")
    assert charge["failure_message"] == error["message"] == "Your card has insufficient funds."
    assert (charge["paid"], charge["outcome"]["type"]) == (False, "issuer_declined")


def test_refunds_add_up(shop: SimulatedAccount, clock: Clock) -> None:
    sale = families.checkout_sale(shop, amount=5000)
    families.refund(shop, sale, amount=2000)
    assert (only(shop, "charge.refunded")["amount_refunded"], only(shop, "charge.refunded")["refunded"]) == (
        2000,
        False,
    )
    assert only(shop, "refund.created")["charge"] == sale.charge["id"]
    families.refund(shop, sale)
    assert (sale.charge["amount_refunded"], sale.charge["refunded"]) == (5000, True)
    assert "refund.updated" not in types(shop)
    clock.now += families.REFUND_REFERENCE_DELAY
    assert types(shop).count("refund.updated") == 2


def test_a_refund_in_the_old_shape(old_shop: SimulatedAccount, clock: Clock) -> None:
    sale = families.checkout_sale(old_shop)
    refund = families.refund(old_shop, sale)
    clock.now += 60
    assert {"refund.created", "refund.updated"}.isdisjoint(types(old_shop))
    assert only(old_shop, "charge.refund.updated")["id"] == refund["id"]
    assert only(old_shop, "charge.refunded")["refunds"]["data"] == [refund]


@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_a_dispute_and_its_outcome(shop: SimulatedAccount, outcome: Literal["won", "lost"]) -> None:
    sale = families.checkout_sale(shop, amount=8000)
    opened = families.dispute(shop, sale, reason="product_not_received")
    families.dispute_closed(shop, opened, outcome=outcome)

    created = only(shop, "charge.dispute.created")
    assert (created["status"], created["balance_transactions"]) == ("needs_response", [])
    assert only(shop, "charge.dispute.funds_withdrawn")["balance_transactions"][0]["net"] == -9500
    assert only(shop, "charge.dispute.closed")["status"] == outcome
    assert ("charge.dispute.funds_reinstated" in types(shop)) == (outcome == "won")


def test_payouts(shop: SimulatedAccount) -> None:
    families.payout_paid(shop, families.payout_created(shop, amount=100_00))
    failed = families.payout_failed(shop, families.payout_created(shop, amount=50_000, currency="jpy"))
    assert only(shop, "payout.paid")["status"] == "paid"
    assert only(shop, "payout.failed")["failure_code"] == "account_closed"
    booked = shop.find("balance_transaction", failed["balance_transaction"])
    assert booked is not None
    assert (booked["currency"], booked["net"]) == ("jpy", -50_000)
    assert shop.find("payout", failed["id"]) == failed


@pytest.mark.parametrize("version", VERSIONS)
def test_the_same_seed_plays_the_same_events(version: str) -> None:
    def played(seed: int) -> list[Json]:
        shop = Simulator(seed=seed, now=Clock()).account("acct_1", name="Acme", api_version=version)
        play_everything(shop)
        return [event.json for event in shop.visible_events()]

    assert played(1) == played(1)
    assert played(1) != played(2)


@pytest.mark.parametrize("version", VERSIONS)
def test_ids_are_unique_and_look_like_stripes(version: str, clock: Clock) -> None:
    shop = Simulator(now=clock).account("acct_1", name="Acme", api_version=version)
    play_everything(shop)
    clock.now += 60
    events = shop.visible_events()
    assert len({event.id for event in events}) == len(events) > 50
    prefixes = {"charge": "ch_3", "payment_intent": "pi_3", "invoice": "in_1", "payout": "po_1", "refund": "re_3"}
    for event in events:
        obj = event.json["data"]["object"]
        assert obj["id"].startswith(prefixes.get(obj["object"], ""))
        assert obj.get("livemode", True) is True


def _fields(kind: str) -> set[str]:
    """The fields that Stripe's SDK types an object with, read in its source: not all of it can be imported as types."""
    folder, name = Path(stripe.__file__).parent, kind
    if kind == "checkout.session":
        folder, name = folder / "checkout", "session"
    tree = ast.parse((folder / f"_{name}.py").read_text(encoding="utf-8"))
    (described,) = (
        node for node in tree.body if isinstance(node, ast.ClassDef) and node.name.lower() == name.replace("_", "")
    )
    annotated = (each.target for each in described.body if isinstance(each, ast.AnnAssign))
    return {target.id for target in annotated if isinstance(target, ast.Name)}


def test_the_newest_shapes_have_no_field_that_stripes_sdk_does_not_know(shop: SimulatedAccount, clock: Clock) -> None:
    play_everything(shop)
    clock.now += 60
    unknown = {
        (event.type, name)
        for event in shop.visible_events()
        for obj in [event.json["data"]["object"]]
        for name in obj.keys() - _fields(obj["object"])
    }
    assert unknown == set()


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [(2900, "usd", "$29.00"), (1200, "jpy", "¥1,200"), (5120, "kwd", "KWD 5.120"), (500, "isk", "ISK 5.00")],
)
def test_amounts_are_written_in_main_units(amount: int, currency: str, text: str) -> None:
    assert written(amount, currency) == text
    assert decimals(currency) in {0, 2, 3}
