"""What each event says, from the oldest shapes to the newest."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashnotifyd.money import Money
from cashnotifyd.occurrences.facts import join
from cashnotifyd.occurrences.reading import Details, Reading, Silence, Untold, Variant
from cashnotifyd.occurrences.understanding import event_from_json, understand
from cashnotifyd.vocabulary import Event, Kind
from tests.occurrences.payloads import (
    AT,
    BASIL,
    CLOVER,
    CORPUS,
    QUIET,
    Json,
    account,
    charge,
    event,
    intent,
    invoice,
    items,
    plan,
    price,
    refund,
    subscription,
)


def parsed(raw: Json) -> Event:
    found = event_from_json(raw)
    assert found is not None
    return found


def read(raw: Json) -> Reading:
    reading = understand(parsed(raw))
    assert isinstance(reading, Reading)
    return reading


def untold(event_type: str, thing: Json, previous: Json | None = None) -> str:
    outcome = understand(parsed(event(event_type, thing, event_id="evt_1", version=CLOVER, previous=previous)))
    reason = outcome.reason if isinstance(outcome, Untold) else outcome.voids
    assert reason is not None
    return reason


@pytest.mark.parametrize(
    ("name", "family", "kind", "names", "hints"),
    [
        ("sale 2012", "payment", Kind.SALE, {"ch_1Old"}, set()),
        ("sale 2014, status paid", "payment", Kind.SALE, {"ch_1Paid"}, set()),
        ("sale 2020, SEPA", "payment", Kind.SALE, {"py_1Sepa", "pi_1Sepa"}, set()),
        ("sale basil", "payment", Kind.SALE, {"ch_3Ada", "pi_3Ada"}, {"cus_Ada:4900eur"}),
        ("intent 2020", "payment", Kind.SALE, {"ch_3Ada", "pi_3Ada"}, set()),
        ("intent basil", "payment", Kind.SALE, {"ch_3Ada", "pi_3Ada"}, {"cus_Ada:4900eur"}),
        ("checkout 2019", "payment", Kind.SALE, {"cs_test_1Old", "pi_1Old"}, {"cs_test_1Old"}),
        ("checkout clover", "payment", Kind.SALE, {"cs_live_1Ada", "pi_3Ada"}, {"cs_live_1Ada"}),
        ("renewal 2012", "payment", Kind.RENEWAL, {"ch_1OldInvoice"}, {"in_1Old", "ch_1OldInvoice"}),
        ("renewal 2022", "payment", Kind.RENEWAL, {"ch_1Inv", "pi_1Inv"}, {"in_1Ada", "ch_1Inv", "pi_1Inv"}),
        ("renewal clover", "payment", Kind.RENEWAL, {"in_1Ada"}, {"in_1Ada", "cus_Ada:2000usd"}),
        ("renewal expanded payments", "payment", Kind.RENEWAL, {"pi_1Inv"}, {"in_1Ada", "pi_1Inv"}),
        ("invoice payment", "payment", Kind.SALE, {"pi_1Inv"}, {"in_1Ada"}),
        ("failure 2012", "failure", Kind.FAILED_PAYMENT, {"ch_1OldFail"}, {"in_1Old"}),
        ("failure clover", "failure", Kind.FAILED_PAYMENT, {"ch_3Fail"}, {"pi_3Ada", "cus_Ada:2000usd"}),
        ("intent failure", "failure", Kind.FAILED_PAYMENT, {"ch_3Fail"}, {"pi_3Ada", "cus_Ada:2000usd"}),
        ("invoice failure clover", "failure", Kind.FAILED_PAYMENT, {"evt_invfail"}, {"in_1Ada", "cus_Ada:2000usd"}),
        ("refund 2020", "refund", Kind.REFUND, {"re_new"}, {"ch_3Ada:1000", "pi_3Ada:1000"}),
        ("refund 2023", "refund", Kind.REFUND, {"evt_refund2023"}, {"ch_3Ada:1000", "pi_3Ada:1000"}),
        ("refund clover", "refund", Kind.REFUND, {"re_3Ada"}, {"ch_3Ada:1000", "pi_3Ada:1000"}),
        ("refund failed", "refund_failed", Kind.REFUND, {"re_3Ada"}, set()),
        ("dispute 2012", "dispute", Kind.DISPUTE, {"ch_1Old"}, set()),
        ("dispute clover", "dispute", Kind.DISPUTE, {"du_1Ada"}, set()),
        ("dispute won", "dispute_closed", Kind.DISPUTE_CLOSED, {"du_1Ada"}, set()),
        ("fraud warning", "fraud_warning", Kind.FRAUD_WARNING, {"issfr_1"}, set()),
        ("payout 2012", "payout", Kind.PAYOUT, {"tr_1Old"}, set()),
        ("payout clover", "payout", Kind.PAYOUT, {"po_1Acme"}, set()),
        ("payout paid", "payout", Kind.PAYOUT, {"po_1Acme"}, set()),
        ("payout failed", "payout_failed", Kind.PAYOUT_FAILED, {"po_1Acme"}, set()),
        ("subscription clover", "subscription_started", Kind.SUBSCRIPTION_STARTED, {"sub_1Ada"}, set()),
        ("subscription paid at last", "subscription_started", Kind.SUBSCRIPTION_STARTED, {"sub_1Ada"}, set()),
        ("subscription canceled", "subscription_canceled", Kind.SUBSCRIPTION_CANCELED, {"sub_1Ada"}, set()),
        ("trial ending", "trial_ending", Kind.TRIAL_ENDING, {f"sub_1Ada:{AT + 259_200}"}, set()),
        ("customer", "customer", Kind.CUSTOMER, {"cus_Ada"}, set()),
        ("charge updated", "other", Kind.OTHER, {"evt_updated"}, set()),
        ("subscription updated", "other", Kind.OTHER, {"evt_subupdated"}, set()),
        ("transfer to a connected account", "other", Kind.OTHER, {"evt_transfer"}, set()),
        ("unknown type", "other", Kind.OTHER, {"evt_teapot"}, set()),
    ],
)
def test_every_event_belongs_to_its_fact(name: str, family: str, kind: Kind, names: set[str], hints: set[str]) -> None:
    reading = read(CORPUS[name])

    assert (reading.family, reading.kind, set(reading.names), set(reading.hints)) == (family, kind, names, hints)


@pytest.mark.parametrize(("reason", "event_type", "thing", "previous"), QUIET)
def test_what_is_no_news_has_a_named_reason(reason: str, event_type: str, thing: Json, previous: Json | None) -> None:
    assert untold(event_type, thing, previous) == reason


def test_a_subscriptions_first_invoice_is_a_sale_that_its_checkout_knows() -> None:
    first = read(event("invoice.paid", invoice(billing_reason="subscription_create"), event_id="evt_1", version=CLOVER))
    session = read(
        event(
            "checkout.session.completed",
            {
                "id": "cs_1",
                "mode": "subscription",
                "payment_status": "paid",
                "amount_total": 2000,
                "currency": "usd",
                "invoice": "in_1Ada",
                "subscription": "sub_1Ada",
                "payment_intent": None,
            },
            event_id="evt_2",
            version=CLOVER,
        )
    )

    assert first.kind is Kind.SALE
    assert {"in_1Ada", "sub_1Ada"} <= first.hints & session.hints
    assert first.richness > session.richness


def test_a_renewals_invoice_does_not_share_its_subscription_with_the_next() -> None:
    assert "sub_1Ada" not in read(CORPUS["renewal 2022"]).hints | read(CORPUS["renewal 2022"]).names


@pytest.mark.parametrize(("end", "kind"), [(AT, Kind.SALE), (AT + 2_592_000, Kind.RENEWAL)])
def test_a_first_invoice_before_may_2018_has_an_empty_period(end: int, kind: Kind) -> None:
    bill = invoice(billing_reason="subscription", period_start=AT, period_end=end, subscription="sub_1Ada")

    assert read(event("invoice.payment_succeeded", bill, event_id="evt_1", version="2018-02-28")).kind is kind


def test_an_invoice_paid_in_parts_is_neither_of_its_payments() -> None:
    parts = [{"status": "paid", "payment": {"type": "payment_intent", "payment_intent": f"pi_{n}"}} for n in (1, 2)]
    reading = read(event("invoice.paid", invoice(payments={"data": parts}), event_id="evt_1", version=BASIL))

    assert reading.names == {"in_1Ada"}
    assert {"pi_1", "pi_2"} <= reading.hints


@pytest.mark.parametrize("description", ["Subscription creation", "Subscription update", "Payment for Invoice"])
@pytest.mark.parametrize(("event_type", "thing"), [("charge.succeeded", charge), ("payment_intent.succeeded", intent)])
def test_what_stripe_writes_on_an_invoices_payment_is_not_what_was_bought(
    event_type: str, thing: Callable[..., Json], description: str
) -> None:
    raw = event(event_type, thing(description=description), event_id="evt_1", version=CLOVER)

    assert read(raw).details.what is None


def test_the_richest_reading_is_the_invoice_then_the_checkout_the_intent_the_charge() -> None:
    names = ["renewal clover", "checkout clover", "intent basil", "sale basil", "invoice payment"]
    richness = [read(CORPUS[name]).richness for name in names]

    assert richness == sorted(set(richness), reverse=True)


def test_a_partial_capture_is_what_was_captured() -> None:
    since_2020 = read(
        event("charge.captured", charge(amount_captured=3000), event_id="evt_1", version=BASIL)
    ).details.money
    old = charge(amount_captured=None, amount_refunded=1900)
    before = read(event("charge.captured", old, event_id="evt_1", version="2019-03-14")).details.money

    assert since_2020 == before == Money(3000, "eur")


def test_a_charge_brings_customer_and_card() -> None:
    assert read(CORPUS["sale basil"]).details == Details(
        money=Money(4900, "eur"),
        customer_name="Ada Lovelace",
        customer_email="ada@example.com",
        customer_country="GB",
        what="Ceramic teapot",
        card_brand="visa",
        card_last4="4242",
        object_id="pi_3Ada",
        object_type="payment_intent",
        charge_id="ch_3Ada",
        customer_id="cus_Ada",
        payment_intent_id="pi_3Ada",
    )


@pytest.mark.parametrize("name", ["failure clover", "intent failure"])
def test_a_failure_says_the_decline_code(name: str) -> None:
    details = read(CORPUS[name]).details

    assert (details.reason, details.explanation) == ("insufficient_funds", "Your card has insufficient funds.")


def test_a_failed_invoice_says_when_it_is_tried_again() -> None:
    details = read(CORPUS["invoice failure clover"]).details

    assert (details.attempt, details.next_attempt, details.money) == (2, AT + 259_200, Money(2000, "usd"))


def test_a_failed_authentication_is_not_the_attempt_before() -> None:
    error = {"code": "payment_intent_authentication_failure", "message": "…", "type": "invalid_request_error"}
    failed = intent(latest_charge="ch_3Earlier", last_payment_error=error)
    reading = read(event("payment_intent.payment_failed", failed, event_id="evt_1", version=CLOVER))

    assert reading.names == {"evt_1"}


def test_a_refund_is_the_last_one_not_their_sum() -> None:
    details = read(CORPUS["refund 2020"]).details

    assert (details.money, details.whole) == (Money(1000, "eur"), Money(4900, "eur"))


@pytest.mark.parametrize(
    ("changes", "before", "expected"),
    [
        ({"amount_refunded": 1500}, 500, (1000, 4900, 1500)),
        ({"amount_refunded": 4900, "refunded": True}, 1000, (3900, 4900, 4900)),
        ({"amount_captured": 4000, "amount_refunded": 4900, "refunded": True}, 2900, (2000, 4000, 4000)),
        ({"amount_captured": 4000, "amount_refunded": 4000, "refunded": True}, 0, (4000, 4000, 4000)),
        # Whether what was let go is counted here depends on the version.
        ({"amount_captured": 4000, "amount_refunded": 1900}, 900, (1000, 4000, None)),
    ],
)
def test_a_refund_knows_what_all_of_them_come_to(
    changes: Json, before: int, expected: tuple[int, int, int | None]
) -> None:
    previous = {"amount_refunded": before}
    told = event("charge.refunded", charge(**changes), event_id="evt_1", version=CLOVER, previous=previous)
    details = read(told).details

    assert tuple(sum_ and sum_.amount for sum_ in (details.money, details.whole, details.so_far)) == expected


def test_a_charge_that_is_refunded_without_a_count_is_refunded_whole() -> None:
    sample = charge(refunded=True, amount_refunded=0, refunds=None)

    assert read(event("charge.refunded", sample, event_id="evt_1", version="2013-02-13")).details.money == Money(
        4900, "eur"
    )


def test_a_failed_refund_is_told_whichever_event_says_so() -> None:
    failed = refund(status="failed", failure_reason="declined")
    readings = [
        read(event(event_type, failed, event_id="evt_1", version=CLOVER))
        for event_type in ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")
    ]

    assert {(reading.family, reading.names, reading.details.reason) for reading in readings} == {
        ("refund_failed", frozenset({"re_3Ada"}), "declined")
    }


@pytest.mark.parametrize("name", ["dispute 2012", "dispute clover"])
def test_a_dispute_has_a_deadline(name: str) -> None:
    assert read(CORPUS[name]).details.due_by == 1796342399


def quarterly(**changes: object) -> Json:
    return price(unit_amount=500, recurring={"interval": "month", "interval_count": 3}) | changes


def fine(each: object, **changes: object) -> Json:
    return quarterly(unit_amount=None, unit_amount_decimal=each) | changes


@pytest.mark.parametrize(
    ("sold", "expected"),
    [
        (items(quarterly(), quarterly(unit_amount=700)), (Money(1200, "usd"), "month", 3)),
        (items(quarterly(), quarterly(recurring={"interval": "year", "interval_count": 1})), (None, None, None)),
        (items(quarterly(), quarterly(currency="eur")), (None, "month", 3)),
        (items(quarterly(billing_scheme="tiered")), (None, "month", 3)),
        (items(fine("0.5"), quantity=1000), (Money(500, "usd"), "month", 3)),
        (items(fine("1050.5"), quantity=3), (Money(3152, "usd"), "month", 3)),
        (items(fine("0.000000000001"), quantity=10**12), (Money(1, "usd"), "month", 3)),
        (items(fine("0.333"), quarterly(), quantity=10), (Money(5003, "usd"), "month", 3)),
        (items(fine("0.5", billing_scheme="tiered")), (None, "month", 3)),
        (items(fine("1e3")), (None, "month", 3)),
        (items(fine(0.5), quantity=1000), (None, "month", 3)),
        (items(plan(amount=None, amount_decimal="2.5"), quantity=100), (Money(250, "usd"), "month", 1)),
        (items(quarterly(transform_quantity={"divide_by": 10, "round": "up"})), (None, "month", 3)),
        (
            items(quarterly(recurring={"interval": "month", "interval_count": 3, "usage_type": "metered"})),
            (None, "month", 3),
        ),
        (items(), (None, None, None)),
    ],
)
def test_a_subscriptions_price_is_the_sum_of_what_can_be_added(sold: Json, expected: tuple[object, ...]) -> None:
    reading = read(event("customer.subscription.created", subscription(items=sold), event_id="evt_1", version=CLOVER))

    assert (reading.details.money, reading.details.interval, reading.details.interval_count) == expected


@pytest.mark.parametrize(
    ("sold", "what"),
    [
        (items(price(nickname="Addon", unit_amount=500), price(nickname="Desk", unit_amount=3000)), "Desk (+1)"),
        (items(price(nickname=None, unit_amount=3000), price(nickname="Addon", unit_amount=500)), "Addon (+1)"),
        (items(price(nickname="Desk")) | {"total_count": 12, "has_more": True}, "Desk (+11)"),
        (items(price(nickname="Desk"), quantity=0), "Desk"),
        (items(price(nickname=None), price(nickname=None)), None),
    ],
)
def test_a_subscription_is_called_by_its_dearest_item_and_counts_the_others(sold: Json, what: str | None) -> None:
    thing = subscription(items=sold)

    assert read(event("customer.subscription.created", thing, event_id="evt_1", version=CLOVER)).details.what == what


def test_an_old_subscription_has_a_plan_and_no_items() -> None:
    details = read(CORPUS["subscription 2012"]).details

    assert (details.money, details.interval, details.what) == (Money(2000, "usd"), "month", "Gold plan")


@pytest.mark.parametrize(
    ("cancellation", "by_request"),
    [({"reason": "cancellation_requested"}, True), ({"reason": "payment_failed"}, False), (None, None)],
)
def test_a_cancellation_says_whether_it_was_asked_for(cancellation: Json | None, by_request: bool | None) -> None:  # noqa: FBT001 (a parameter of cases)
    ended = subscription(status="canceled", cancellation_details=cancellation)
    reading = read(event("customer.subscription.deleted", ended, event_id="evt_1", version=CLOVER))

    assert reading.details.canceled_by_request is by_request


# Changes of a subscription


def changed(thing: Json, previous: Json) -> Reading:
    return read(event("customer.subscription.updated", thing, event_id="evt_1", version=CLOVER, previous=previous))


def test_a_change_knows_plan_and_price_before_it() -> None:
    details = read(CORPUS["downgrade endive"]).details

    assert details.variant is Variant.DOWNGRADED
    assert details.before == Details(money=Money(1000, "usd"), interval="month", interval_count=1, what="Gold")


@pytest.mark.parametrize(
    ("thing", "previous", "variant"),
    [
        # A plan that is told by the fields that differ, before there were items.
        ({"plan": plan(), "quantity": 1}, {"plan": {"id": "tin", "amount": 500}}, Variant.UPGRADED),
        ({"plan": plan(), "quantity": 1}, {"quantity": 3}, Variant.DOWNGRADED),
        ({"items": items(price()), "plan": plan()}, {"plan": {"id": "tin", "amount": 50}}, Variant.UPGRADED),
        # By what it comes to a month.
        ({"items": items(price(unit_amount=13000, recurring={"interval": "year"}))}, {"items": items(price())},
         Variant.UPGRADED),
        ({"items": items(price(recurring={"interval": "week"}))}, {"items": items(price(unit_amount=4000))},
         Variant.UPGRADED),
        # Nothing to compare.
        ({"items": items(price(currency="eur"))}, {"items": items(price(unit_amount=1))}, Variant.PLAN_CHANGED),
        ({"items": items(fine("0.2"), quantity=1000)}, {"items": items(fine("0.1"), quantity=1000)}, Variant.UPGRADED),
        ({"items": items(price(billing_scheme="tiered", id="t"))}, {"items": items(price())}, Variant.PLAN_CHANGED),
        ({"items": items(price(id="price_2", nickname="Other"))}, {"items": items(price())}, Variant.PLAN_CHANGED),
        # An end that is decided on says more than a change of plan.
        ({"items": items(price()), "cancel_at_period_end": True},
         {"items": items(price(unit_amount=1)), "cancel_at_period_end": False}, Variant.CANCELLATION_SCHEDULED),
        ({"cancel_at": AT + 99}, {"cancel_at": AT + 9}, Variant.CANCELLATION_SCHEDULED),
        ({"cancel_at": None}, {"cancel_at": AT + 9}, Variant.CANCELLATION_WITHDRAWN),
        ({"status": "trialing", "trial_end": AT + 9}, {"status": "active", "trial_end": None}, Variant.TRIAL),
        ({"status": "trialing", "trial_end": AT + 9}, {"trial_end": AT + 5}, Variant.TRIAL_MOVED),
        ({"status": "paused"}, {"status": "trialing"}, Variant.PAUSED),
        ({"status": "active"}, {"status": "paused"}, Variant.RESUMED),
        ({"status": "unpaid"}, {"status": "past_due"}, Variant.UNPAID),
    ],
)  # fmt: skip
def test_a_change_of_a_subscription_is_told_by_what_it_was_before(
    thing: Json, previous: Json, variant: Variant
) -> None:
    assert changed({"id": "sub_1", "status": "active"} | thing, previous).details.variant is variant


def test_a_cancellation_is_for_the_end_of_the_latest_period() -> None:
    scheduled = {"id": "sub_1", "cancel_at_period_end": True}
    was = {"cancel_at_period_end": False}

    assert changed(scheduled | {"current_period_end": AT + 5}, was).details.effective == AT + 5
    assert changed(scheduled | {"items": items(price(), until=AT + 7)}, was).details.effective == AT + 7
    assert changed(scheduled | {"cancel_at": AT + 3, "current_period_end": AT + 5}, was).details.effective == AT + 3
    assert changed(scheduled, was).details.effective is None


@pytest.mark.parametrize(
    ("interval", "interval_count", "monthly"),
    [("year", 1, 100), ("month", 3, 400), ("week", 1, 5200), ("day", 1, 36500), ("month", 1, None)],
)
def test_what_a_price_comes_to_a_month(interval: str, interval_count: int, monthly: int | None) -> None:
    sold = price(unit_amount=1200, recurring={"interval": interval, "interval_count": interval_count})
    reading = read(
        event("customer.subscription.created", subscription(items=items(sold)), event_id="evt_1", version=CLOVER)
    )

    assert reading.details.monthly == (None if monthly is None else Money(monthly, "usd"))


# The merchant's account


def test_a_day_for_information_is_told_before_it_has_passed() -> None:
    due = {"current_deadline": AT + 9, "currently_due": ["company.tax_id"], "past_due": []}
    was: Json = {"requirements": {"current_deadline": None, "currently_due": []}}
    raw = event("account.updated", account(requirements=due), event_id="evt_1", version=CLOVER, previous=was)

    assert read(raw).details.variant is Variant.INFORMATION_OVERDUE
    assert (read(raw).details.due_by, read(raw).details.missing) == (AT + 9, None)


@pytest.mark.parametrize(
    ("now", "was", "variant"),
    [
        ({"current_deadline": AT + 9}, {"current_deadline": AT + 99}, Variant.INFORMATION_SOONER),
        ({"current_deadline": AT + 99}, {"current_deadline": AT + 9}, None),
        ({"current_deadline": AT + 9}, {"currently_due": []}, Variant.INFORMATION_OVERDUE),
        ({"current_deadline": AT + 9}, {"currently_due": ["external_account"]}, None),
        ({}, {"currently_due": []}, Variant.INFORMATION_NEEDED),
        ({}, {"currently_due": ["external_account"]}, None),
        ({}, {"eventually_due": []}, None),
        ({"errors": [{"code": "x"}]}, {"errors": [], "currently_due": []}, Variant.INFORMATION_REJECTED),
        ({"errors": [{"code": "x"}]}, {"errors": [{"code": "y"}]}, Variant.INFORMATION_REJECTED),
        ({"errors": [{"code": "x"}]}, {"errors": [{"code": "x"}, {"code": "y"}]}, None),
        ({"errors": [{"code": "x"}]}, {"eventually_due": []}, None),
        ({"disabled_reason": "under_review"}, {"disabled_reason": None}, Variant.RESTRICTED),
        ({"disabled_reason": "requirements.pending_verification"}, {"disabled_reason": None}, None),
        ({"disabled_reason": "under_review"}, {"eventually_due": []}, None),
    ],
)
def test_what_stripe_lacks_is_told_once(now: Json, was: Json, variant: Variant | None) -> None:
    lacks = {"current_deadline": None, "currently_due": ["company.tax_id"], "errors": [], "past_due": []} | now
    changed = account(requirements=lacks)
    outcome = understand(
        parsed(event("account.updated", changed, event_id="evt_1", version=CLOVER, previous={"requirements": was}))
    )

    told = outcome.details.variant if isinstance(outcome, Reading) else None
    assert told is variant


def test_without_what_changed_only_a_day_is_told_and_once() -> None:
    def updated(event_id: str, deadline: int | None) -> tuple[Event, Reading | Untold]:
        lacks = {"current_deadline": deadline, "currently_due": ["company.tax_id"], "past_due": ["external_account"]}
        raw = event("account.updated", account(requirements=lacks), event_id=event_id, version=CLOVER)
        return parsed(raw), understand(parsed(raw))

    assert updated("evt_1", None)[1] == Untold(Silence.ACCOUNT_HOUSEKEEPING)
    days = [updated("evt_1", AT + 9), updated("evt_2", AT + 9), updated("evt_3", AT + 8)]
    facts = join([(one, reading) for one, reading in days if isinstance(reading, Reading)], [])
    assert [fact.occurrence().details.due_by for fact in facts] == [AT + 9, AT + 8]


def test_an_account_that_gains_and_loses_tells_the_loss() -> None:
    turned = account(capabilities={"card_payments": "inactive", "transfers": "active"})
    reading = read(
        event(
            "account.updated",
            turned,
            event_id="evt_1",
            version=CLOVER,
            previous={"capabilities": {"card_payments": "active", "transfers": "pending"}},
        )
    )

    assert (reading.details.variant, reading.details.what) == (Variant.CAPABILITY_OFF, "card_payments")


def test_a_connected_account_says_its_name() -> None:
    raw = event("account.updated", account(), event_id="evt_1", version=CLOVER, previous={"payouts_enabled": False})

    assert read(raw).details.business is None
    assert read(raw | {"account": "acct_1Other"}).details.business == "Acme Shop"
    billed = CORPUS["invoice overdue"] | {"data": {"object": invoice(account_name="Other Shop")}}
    assert read(billed).details.business is None
    assert read(billed | {"account": "acct_1Other"}).details.business == "Other Shop"


def test_an_invoice_that_is_overdue_and_its_subscription_are_one_fact_however_far_apart() -> None:
    both = [(parsed(CORPUS[name]), read(CORPUS[name])) for name in ("subscription past due", "invoice overdue")]
    again = parsed(CORPUS["invoice overdue"] | {"id": "evt_again", "created": AT + 7 * 86_400})

    for order in (both, both[::-1]):
        (fact,) = join([*order, (again, read(CORPUS["invoice overdue"]))], [])
        assert fact.occurrence().details.variant is Variant.OVERDUE
        assert fact.occurrence().details.object_type == "invoice"
    alone = both[0][1].details
    assert (alone.variant, alone.object_id, alone.money) == (Variant.PAST_DUE, "sub_1Ada", Money(2000, "usd"))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("subscription paused", "subscription paused by its trial"),
        ("subscription resumed", "subscription resumed after that"),
        ("capability lost", "capability lost by itself"),
        ("confirmation needed", "invoice failure clover"),
    ],
)
def test_two_events_of_one_change_are_one_fact(first: str, second: str) -> None:
    both = [(parsed(CORPUS[name]), read(CORPUS[name])) for name in (first, second)]
    variant = both[0][1].details.variant

    for order in (both, both[::-1]):
        (fact,) = join(order, [])
        assert fact.occurrence().details.variant is variant


# The outer shape


@pytest.mark.parametrize(
    "raw", [None, 3, "evt_1", [], {}, {"id": "evt_1"}, {"type": "charge.updated"}, {"id": "", "type": "x"},
            {"id": "evt 1", "type": "x"}, {"id": 5, "type": "x"}, {"id": "evt_1", "type": None},
            {"id": "evt_\n", "type": "x"}, {"id": "evt_\ud800", "type": "x"}],
)  # fmt: skip
def test_without_an_id_and_a_type_there_is_no_event(raw: object) -> None:
    assert event_from_json(raw) is None


def test_a_poor_event_is_still_one() -> None:
    found = event_from_json({"id": "evt_1", "type": "charge.updated", "created": "soon", "data": None})

    assert found == Event("evt_1", "charge.updated", 0, livemode=None, object={}, previous={})


@pytest.mark.parametrize("key", ["account", "user_id"])
def test_an_event_knows_the_connected_account_that_it_came_from(key: str) -> None:
    assert parsed({"id": "evt_1", "type": "x", key: "acct_1"}).connected == "acct_1"


# Hostile payloads

ODD: list[object] = [
    None, True, False, 0, -1, 10**40, 1.5, float("nan"), float("inf"), "", " ", "x", "\ud800", [], [None], [[]], {},
    {"data": 3}, {"data": [None, {}]}, {"id": {}}, {"type": []}, {"type": "card", "card": 7},
]  # fmt: skip


def paths(value: object, prefix: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, dict):
        inner: list[tuple[str | int, object]] = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    else:
        return
    for step, below in inner:
        yield (*prefix, step)
        yield from paths(below, (*prefix, step))


def replaced(pickled: bytes, path: tuple[str | int, ...], value: object) -> Json:
    changed: Json = pickle.loads(pickled)  # a tenth of what a deep copy takes
    place: object = changed
    for step in path[:-1]:
        place = place[step]  # type: ignore[index]  # the path comes from this value
    place[path[-1]] = value  # type: ignore[index]  # likewise
    return changed


FIRST_OF_ITS_TYPE = {raw["type"]: name for name, raw in reversed(CORPUS.items())}.values()


@pytest.mark.parametrize(
    "name", [name if name in FIRST_OF_ITS_TYPE else pytest.param(name, marks=pytest.mark.slow) for name in CORPUS]
)
def test_nothing_in_a_payload_can_break_the_reading(name: str) -> None:
    pickled = pickle.dumps(CORPUS[name])
    for path in paths(CORPUS[name]["data"], ("data",)):
        for value in ODD:
            outcome = understand(parsed(replaced(pickled, path, value)))
            if isinstance(outcome, Reading):
                assert outcome.names
                assert repr(outcome).encode(), "what cannot be stored is no text"


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    event_type=st.sampled_from(sorted({raw["type"] for raw in CORPUS.values()})) | st.text(max_size=20),
    thing=json,
    previous=json,
    created=json,
)
def test_any_json_is_understood(event_type: str, thing: object, previous: object, created: object) -> None:
    found = event_from_json(
        {
            "id": "evt_1",
            "type": event_type,
            "created": created,
            "data": {"object": thing, "previous_attributes": previous},
        }
    )

    assert found is None or isinstance(understand(found), (Reading, Untold))
