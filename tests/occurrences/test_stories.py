"""Whole stories as Stripe tells them, through understanding and joining: one message a fact, in whatever order."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import pytest

from cashnotifyd.money import Money
from cashnotifyd.occurrences.facts import Fact, join
from cashnotifyd.occurrences.reading import Occurrence, Reading, Silence, Variant
from cashnotifyd.occurrences.understanding import event_from_json, understand
from cashnotifyd.vocabulary import Event, Kind
from tests.occurrences.payloads import AT, BASIL, CLOVER, VISA, Json, charge, event, intent, invoice, refund


def readings(raws: Iterable[Json]) -> list[tuple[Event, Reading]]:
    events = [found for raw in raws if (found := event_from_json(raw)) is not None]
    return [(one, reading) for one in events if isinstance(reading := understand(one), Reading)]


def occurrences(raws: Iterable[Json]) -> list[Occurrence]:
    return [fact.occurrence() for fact in join(readings(raws), [])]


def told_poll_by_poll(raws: Sequence[Json]) -> list[Occurrence]:
    """As if each event came in a poll of its own."""
    told: list[Fact] = []
    occurred = []
    for number, raw in enumerate(raws):
        for fact in join(readings([raw]), told):
            if fact.told_as is None:
                occurred.append(fact.occurrence())
                fact.told_as = number
                told.append(fact)
            fact.members.clear()
    return occurred


def numbered(raws: Iterable[tuple[str, Json]], version: str, created: int = AT) -> list[Json]:
    return [
        event(event_type, thing, event_id=f"evt_{created}_{number}", version=version, created=created + number)
        for number, (event_type, thing) in enumerate(raws)
    ]


def session(**changes: object) -> Json:
    return {
        "id": "cs_1",
        "object": "checkout.session",
        "amount_total": 4900,
        "currency": "eur",
        "customer": "cus_Ada",
        "customer_details": {"name": "Ada Lovelace", "email": "ada@example.com"},
        "mode": "payment",
        "payment_intent": "pi_3Ada",
        "payment_status": "paid",
    } | changes


def renewal_today(number: str = "1", created: int = AT) -> list[Json]:
    dollars = {"amount": 2000, "currency": "usd", "description": "Subscription update"}
    paid = charge(id=f"ch_{number}", payment_intent=f"pi_{number}", amount_captured=2000, **dollars)
    bill = invoice(id=f"in_{number}")
    intended = intent(id=f"pi_{number}", latest_charge=f"ch_{number}", amount_received=2000, **dollars)
    bridge = {
        "id": f"inpay_{number}",
        "amount_paid": 2000,
        "currency": "usd",
        "invoice": f"in_{number}",
        "payment": {"type": "payment_intent", "payment_intent": f"pi_{number}"},
    }
    return numbered(
        [
            ("charge.succeeded", paid),
            ("payment_intent.succeeded", intended),
            ("invoice.paid", bill),
            ("invoice.payment_succeeded", bill),
            ("invoice_payment.paid", bridge),
        ],
        CLOVER,
        created,
    )


SALE = numbered(
    [
        ("charge.succeeded", charge()),
        ("payment_intent.succeeded", intent()),
        ("checkout.session.completed", session()),
    ],
    BASIL,
)
RENEWAL_2022 = numbered(
    [
        ("charge.succeeded", charge(invoice="in_1Ada", amount=2000, amount_captured=2000, currency="usd")),
        ("payment_intent.succeeded", intent(invoice="in_1Ada", amount=2000, amount_received=2000, currency="usd")),
        ("invoice.paid", invoice(charge="ch_3Ada", payment_intent="pi_3Ada", subscription="sub_1")),
        ("invoice.payment_succeeded", invoice(charge="ch_3Ada", payment_intent="pi_3Ada", subscription="sub_1")),
    ],
    "2022-08-01",
)
RENEWAL_2012 = numbered(
    [
        (
            "charge.succeeded",
            {"id": "ch_1", "object": "charge", "amount": 2000, "currency": "usd", "invoice": "in_1", "paid": True},
        ),
        (
            "invoice.payment_succeeded",
            {
                "id": "in_1",
                "charge": "ch_1",
                "currency": "usd",
                "total": 2000,
                "paid": True,
                "subscription": "sub_1",
                "period_start": 1,
                "period_end": 2_592_001,
            },
        ),
    ],
    "2012-07-09",
)


@pytest.mark.parametrize(
    ("story", "kind"),
    [
        (SALE, Kind.SALE),
        (RENEWAL_2012, Kind.RENEWAL),
        (RENEWAL_2022, Kind.RENEWAL),
        (renewal_today(), Kind.RENEWAL),
    ],
    ids=["sale", "renewal of 2012", "renewal of 2022", "renewal of today"],
)
def test_a_payment_is_told_once_in_any_order_and_any_number_of_polls(story: list[Json], kind: Kind) -> None:
    for order in itertools.permutations(story):
        assert [one.kind for one in occurrences(order)] == [kind]
        assert len(told_poll_by_poll(order)) == 1


def test_a_renewal_joins_the_invoices_words_with_the_charges_card() -> None:
    [renewal] = occurrences(renewal_today())

    assert renewal.details.money == Money(2000, "usd")
    assert renewal.details.what == "1 \N{MULTIPLICATION SIGN} Gold (at $20.00 / month)"
    assert (renewal.details.card_brand, renewal.details.card_last4) == ("visa", "4242")
    assert renewal.details.object_id == "in_1"


def test_one_customers_two_equal_renewals_at_the_same_moment_are_two() -> None:
    both = [*renewal_today("1"), *renewal_today("2", AT + 1)]
    interleaved = [one for pair in zip(both[:5], both[5:], strict=True) for one in pair]

    for order in (both, both[::-1], interleaved):
        assert [one.kind for one in occurrences(order)] == [Kind.RENEWAL, Kind.RENEWAL]


def test_the_first_payment_of_a_subscription_through_the_checkout_is_one_sale() -> None:
    dollars = {"amount": 2000, "currency": "usd"}
    story = numbered(
        [
            ("charge.succeeded", charge(amount_captured=2000, **dollars)),
            ("payment_intent.succeeded", intent(amount_received=2000, **dollars)),
            ("invoice.paid", invoice(billing_reason="subscription_create")),
            (
                "checkout.session.completed",
                session(
                    mode="subscription",
                    payment_intent=None,
                    invoice="in_1Ada",
                    subscription="sub_1Ada",
                    amount_total=2000,
                    currency="usd",
                ),
            ),
        ],
        CLOVER,
    )

    for order in itertools.permutations(story):
        assert [one.kind for one in occurrences(order)] == [Kind.SALE]


def failed_attempt(number: int, version: str, created: int) -> list[Json]:
    """One attempt at a renewal's payment: charge, intent and invoice each say that it failed."""
    link: Json = {} if version == CLOVER else {"invoice": "in_1Ada"}
    dollars = {"amount": 2000, "currency": "usd"}
    attempted = charge(
        id=f"ch_fail{number}",
        paid=False,
        status="failed",
        failure_code="card_declined",
        outcome={"reason": "do_not_honor"},
        **dollars,
        **link,
    )
    error = {"charge": f"ch_fail{number}", "code": "card_declined", "decline_code": "do_not_honor"}
    intended = intent(amount_received=0, latest_charge=f"ch_fail{number}", last_payment_error=error, **dollars, **link)
    old: Json = {} if version == CLOVER else {"charge": f"ch_fail{number}", "payment_intent": "pi_3Ada"}
    bill = invoice(amount_paid=0, amount_remaining=2000, attempt_count=number, **old)
    return numbered(
        [
            ("charge.failed", attempted),
            ("payment_intent.payment_failed", intended),
            ("invoice.payment_failed", bill),
        ],
        version,
        created,
    )


@pytest.mark.parametrize("version", ["2022-08-01", CLOVER])
def test_each_failed_attempt_is_told_once(version: str) -> None:
    first, second = failed_attempt(1, version, AT), failed_attempt(2, version, AT + 259_200)

    for order in itertools.permutations(first):
        [failure] = occurrences(order)
        assert (failure.details.reason, failure.details.attempt) == ("do_not_honor", 1)
        assert len(told_poll_by_poll(order)) == 1
    assert [one.details.attempt for one in occurrences([*first, *second])] == [1, 2]
    assert len(told_poll_by_poll([*first, *second])) == 2


def without_bridge(story: list[Json], *, nulls: bool) -> list[Json]:
    """A renewal by today's version whose objects still hold the keys that basil took away, or miss them."""
    for raw in story:
        thing = raw["data"]["object"]
        for key in ("invoice",) if thing["object"] != "invoice" else ("charge", "payment_intent"):
            thing.pop(key, None)
            thing |= {key: None} if nulls else {}
    return [raw for raw in story if raw["type"] != "invoice_payment.paid"]


@pytest.mark.parametrize(
    ("version", "nulls"), [(BASIL, True), (BASIL, False), (CLOVER, True), (CLOVER, False), ("2022-08-01", False)]
)
@pytest.mark.parametrize("paid", [True, False])
def test_a_key_that_says_nothing_does_not_tear_a_payment_apart(version: str, *, nulls: bool, paid: bool) -> None:
    story = renewal_today()[:4] if paid else failed_attempt(1, CLOVER, AT)
    story = [raw | {"api_version": version} for raw in without_bridge(story, nulls=nulls)]

    for order in itertools.permutations(story):
        assert [one.kind for one in occurrences(order)] == [Kind.RENEWAL if paid else Kind.FAILED_PAYMENT]
        assert len(told_poll_by_poll(order)) == 1


def test_before_basil_null_says_that_a_payment_has_no_invoice() -> None:
    sale, bill = renewal_today()[0], renewal_today()[2]
    sale["data"]["object"]["invoice"] = None
    bill["data"]["object"] |= {"charge": "ch_2", "payment_intent": "pi_2"}

    assert len(occurrences([one | {"api_version": "2024-06-20"} for one in (sale, bill)])) == 2


@pytest.mark.parametrize("paid", [True, False])
@pytest.mark.parametrize("link", ["order", "payments"])
def test_an_invoice_that_is_named_is_known_among_equals(link: str, *, paid: bool) -> None:
    """One customer, one amount, the same second: only an id tells which payment is the invoice's."""

    def both(number: int) -> list[Json]:
        story = renewal_today()[:3] if paid else failed_attempt(1, CLOVER, AT)
        for raw in story:
            thing = raw["data"]["object"]
            raw["id"] += f"_{number}"
            if thing["object"] == "invoice":
                thing["id"], thing["number"] = f"in_{number}", f"N-{number}"
                listed = {"payment": {"payment_intent": f"pi_{number}"}, "status": "paid" if paid else "open"}
                thing |= {"payments": {"data": [listed]}} if link == "payments" else {}
                continue
            thing["id"] = f"{thing['id'][:3]}{number}"
            thing |= {"payment_intent": f"pi_{number}"} if thing["object"] == "charge" else {
                "latest_charge": f"ch_{number}", "last_payment_error": {"charge": f"ch_{number}"}
            }  # fmt: skip
            thing |= {"payment_details": {"order_reference": f"in_{number}"}} if link == "order" else {}
        return story

    first, second = both(1), both(2)
    for order in ([*first, *second], [*second[::-1], *first], [first[0], *second, *first[1:]]):
        told = occurrences(order)
        assert sorted((one.details.number, one.details.charge_id) for one in told) == [("N-1", "ch_1"), ("N-2", "ch_2")]


@pytest.mark.parametrize(
    ("failed", "error", "reason"),
    [
        (
            {"failure_code": "account_closed", "outcome": {"reason": "account_closed"}},
            {"code": "payment_intent_payment_attempt_failed", "message": "The account has been closed."},
            "account_closed",
        ),
        (
            {"failure_code": "insufficient_funds", "outcome": None},
            {"code": "payment_intent_payment_attempt_failed"},
            "insufficient_funds",
        ),
        (
            {"failure_code": "card_declined", "outcome": {"reason": "lost_card"}},
            {"code": "card_declined", "decline_code": "generic_decline"},
            "lost_card",
        ),
        ({"failure_code": "expired_card", "outcome": {"reason": "generic_decline"}}, {}, "expired_card"),
        (
            {"failure_code": "processing_error", "outcome": None},
            {"code": "card_declined", "decline_code": "insufficient_funds"},
            "insufficient_funds",
        ),
        (
            {"failure_code": "card_declined", "outcome": {"reason": "generic_decline"}},
            {"code": "card_declined", "decline_code": "generic_decline"},
            "generic_decline",
        ),
    ],
)
@pytest.mark.parametrize("version", ["2022-08-01", CLOVER])
def test_the_code_that_names_a_cause_is_told(version: str, failed: Json, error: Json, reason: str) -> None:
    story = failed_attempt(1, version, AT)
    story[0]["data"]["object"] |= failed
    story[1]["data"]["object"]["last_payment_error"] = error | {"charge": "ch_fail1"}

    for order in itertools.permutations(story):
        assert [one.details.reason for one in occurrences(order)] == [reason]


@pytest.mark.parametrize("version", ["2024-06-20", CLOVER])
@pytest.mark.parametrize("billed", [{}, {"charge": None, "payment_intent": "pi_canceled"}])
def test_what_was_paid_with_a_card_was_not_paid_outside_stripe(version: str, billed: Json) -> None:
    """A checkout with ``invoice_creation`` marks the invoice that it makes as paid."""
    story = numbered(
        [
            ("charge.succeeded", charge(invoice=None)),
            ("checkout.session.completed", session(invoice="in_1Ada")),
            (
                "invoice.paid",
                invoice(amount_paid=4900, currency="eur", billing_reason="manual", paid_out_of_band=True) | billed,
            ),
        ],
        version,
    )

    for order in itertools.permutations(story):
        [sale] = occurrences(order)
        assert (sale.details.variant, sale.details.card_last4) == (None, "4242")
    [outside] = occurrences(story[2:])
    assert outside.details.variant is Variant.OUTSIDE_STRIPE


def test_a_merchants_own_order_number_is_no_invoice() -> None:
    story = renewal_today()[:3]
    for raw in story[:2]:
        raw["data"]["object"]["payment_details"] = {"order_reference": "A-1001"}

    assert [one.kind for one in occurrences(story)] == [Kind.RENEWAL]


def test_a_payment_that_succeeds_at_the_second_try_is_a_failure_and_a_sale() -> None:
    story = [
        *numbered(
            [
                ("charge.failed", charge(id="ch_no", paid=False, status="failed", payment_method_details=VISA)),
                (
                    "payment_intent.payment_failed",
                    intent(latest_charge="ch_no", last_payment_error={"charge": "ch_no", "decline_code": "lost_card"}),
                ),
            ],
            BASIL,
        ),
        *numbered([("charge.succeeded", charge()), ("payment_intent.succeeded", intent())], BASIL, AT + 60),
    ]

    for order in itertools.permutations(story):
        assert [one.kind for one in occurrences(order)] == [Kind.FAILED_PAYMENT, Kind.SALE]


def refunded(total: int, before: int, name: str, version: str, created: int) -> list[Json]:
    return [
        event(
            "charge.refunded",
            charge(amount_refunded=total),
            event_id=f"evt_{name}a",
            version=version,
            previous={"amount_refunded": before},
            created=created,
        ),
        event(
            "refund.created",
            refund(id=f"re_{name}", amount=total - before),
            event_id=f"evt_{name}b",
            version=version,
            created=created,
        ),
    ]


def test_each_refund_is_told_once_with_its_own_amount() -> None:
    story = [*refunded(1000, 0, "one", CLOVER, AT), *refunded(1500, 1000, "two", CLOVER, AT + 30)]

    for order in itertools.permutations(story):
        assert [one.details.money for one in occurrences(order)] == [Money(1000, "eur"), Money(500, "eur")]
        assert [one.details.so_far for one in occurrences(order)] == [Money(1000, "eur"), Money(1500, "eur")]
    assert [one.details.whole for one in occurrences(story)] == [Money(4900, "eur")] * 2


def test_a_refund_of_2012_has_neither_list_nor_id() -> None:
    old = {"id": "ch_1", "object": "charge", "amount": 4900, "currency": "usd", "amount_refunded": 900, "paid": True}
    [given_back] = occurrences(
        [event("charge.refunded", old, event_id="evt_1", version="2012-07-09", previous={"amount_refunded": 0})]
    )

    assert (given_back.details.money, given_back.details.whole) == (Money(900, "usd"), Money(4900, "usd"))


def test_a_released_authorization_is_no_refund_though_its_refund_says_nothing_of_that() -> None:
    released = charge(captured=False, amount_captured=0, amount_refunded=4900, refunded=True)
    raws = [("refund.created", refund(amount=4900, charge="ch_3Ada", reason=None)), ("charge.refunded", released)]

    for order in (raws, raws[::-1]):
        (fact,) = join(readings(numbered(order, CLOVER)), [])
        assert fact.silence() is Silence.AUTHORIZATION_RELEASED


def partly_captured(**changes: object) -> Json:
    return charge(amount=5000, amount_captured=3000, amount_refunded=2000) | changes


@pytest.mark.parametrize("listed", [{}, {"refunds": {"data": [{"id": "re_1", "amount": 2000}]}}])
@pytest.mark.parametrize("captured", [{}, {"amount_captured": None}])
def test_what_a_partial_capture_lets_go_is_no_refund(captured: Json, listed: Json) -> None:
    raws = [
        ("charge.captured", partly_captured(**captured)),
        ("charge.refunded", partly_captured(**captured, **listed)),
    ]

    for order in (raws, raws[::-1]):
        sale, released = sorted(join(readings(numbered(order, CLOVER)), []), key=lambda fact: fact.family)
        assert (sale.silence(), sale.occurrence().details.money) == (None, Money(3000, "eur"))
        assert released.silence() is Silence.AUTHORIZATION_RELEASED


@pytest.mark.parametrize(
    ("changes", "previous", "silence"),
    [
        ({}, {"amount_refunded": 0, "captured": False}, Silence.AUTHORIZATION_RELEASED),
        ({"refunds": {"data": [], "total_count": 0}}, {"amount_refunded": 0}, Silence.AUTHORIZATION_RELEASED),
        ({}, {"amount_refunded": 0}, None),
        ({"refunds": {"data": [], "total_count": 1}}, {"amount_refunded": 0}, None),
        ({"refunds": {"data": [{"id": "re_1", "amount": 2000}]}}, {"amount_refunded": 0}, None),
        ({"amount_refunded": 2001, "refunds": {"data": []}}, {"amount_refunded": 0}, None),
        ({"amount_captured": None, "refunds": {"data": []}}, {"amount_refunded": 0}, None),
        ({"amount_captured": 5000, "amount_refunded": 5000}, {"amount_refunded": 0, "captured": False}, None),
    ],
)
def test_only_what_is_certain_is_no_refund(changes: Json, previous: Json, silence: Silence | None) -> None:
    raw = event(
        "charge.refunded", partly_captured(**changes), event_id="evt_1", version="2019-03-14", previous=previous
    )

    (fact,) = join(readings([raw]), [])

    assert fact.silence() is silence


def test_a_refund_of_as_much_as_a_partial_capture_let_go_is_told() -> None:
    story = [
        *numbered([("charge.captured", partly_captured()), ("charge.refunded", partly_captured())], CLOVER),
        *refunded(4000, 2000, "real", CLOVER, AT + 30),
    ]
    story[2]["data"]["object"] = partly_captured(amount_refunded=4000)

    for order in itertools.permutations(story):
        told = [fact.occurrence() for fact in join(readings(order), []) if fact.silence() is None]
        assert [(one.kind, one.details.money) for one in told] == [
            (Kind.SALE, Money(3000, "eur")),
            (Kind.REFUND, Money(2000, "eur")),
        ]


def test_a_dispute_that_was_prevented_is_told_once() -> None:
    prevented = {"id": "du_1", "object": "dispute", "amount": 8000, "currency": "usd", "status": "prevented"}
    raws = [("charge.dispute.created", prevented), ("charge.dispute.closed", prevented)]

    for order in itertools.permutations(raws):
        assert len(told_poll_by_poll(numbered(order, CLOVER))) == 1


def test_an_invoice_paid_in_two_parts_is_two_sales_of_what_each_brought() -> None:
    raws = []
    for number, amount in enumerate((1500, 500), start=1):
        part = {"amount": amount, "currency": "usd", "description": "Payment for Invoice"}
        paid = charge(id=f"ch_{number}", payment_intent=f"pi_{number}", amount_captured=amount, **part)
        bridge = {
            "id": f"inpay_{number}",
            "amount_paid": amount,
            "currency": "usd",
            "invoice": "in_1",
            "payment": {"type": "payment_intent", "payment_intent": f"pi_{number}"},
        }
        raws += numbered([("charge.succeeded", paid), ("invoice_payment.paid", bridge)], CLOVER, AT + 60 * number)
    bill = invoice(id="in_1", amount_paid=2000, billing_reason="manual")
    raws += numbered([("invoice.paid", bill), ("invoice.payment_succeeded", bill)], CLOVER, AT + 122)

    first, last = occurrences(raws)

    assert first.details.money == Money(1500, "usd")
    assert (last.details.money, last.details.whole) == (Money(500, "usd"), Money(2000, "usd"))


@pytest.mark.parametrize("outside", [{"attempt_count": 0}, {"charge": None, "paid_out_of_band": True}])
def test_an_invoice_paid_outside_stripe_is_no_part_of_an_equal_sale(outside: Json) -> None:
    sale = renewal_today()[0]
    bill = numbered([("invoice.paid", invoice(id="in_2", **outside))], CLOVER, AT + 30)

    assert len(occurrences([sale, *bill])) == 2
