"""The product's face: what a person reads for each kind of occurrence."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from babel import UnknownLocaleError

from cashnotifyd.money import Money
from cashnotifyd.occurrences.reading import Details, Occurrence, Reading, Variant
from cashnotifyd.occurrences.understanding import event_from_json, understand
from cashnotifyd.vocabulary import Account, Kind, Message, Mode, Urgency
from cashnotifyd.wording.message import Words
from tests.occurrences.payloads import AT, CORPUS, Json

WORDS = Words("en_US", ZoneInfo("Europe/Paris"))
SHOP = Account("shop", "Acme Shop", Mode.LIVE, "acct_1Acme")
TEST_SHOP = Account("shop-test", "Acme Shop", Mode.TEST, "acct_1Acme")
LAST_LINE = "Acme Shop · live mode · Nov 24, 2026, 2:03 PM"


def understood(raw: Json) -> Reading | None:
    event = event_from_json(raw)
    reading = understand(event) if event is not None else None
    return reading if isinstance(reading, Reading) else None


def told(raw: Json, account: Account = SHOP, words: Words = WORDS) -> Message:
    event = event_from_json(raw)
    assert event is not None
    reading = understand(event)
    assert isinstance(reading, Reading)
    occurrence = Occurrence(
        kind=reading.kind, created=event.created, types=frozenset({event.type}), details=reading.details
    )
    message = words.message(occurrence, account)
    return dataclasses.replace(message, body=message.body.replace("\N{NARROW NO-BREAK SPACE}", " "))


def occurred(kind: Kind, created: int = AT, **details: object) -> Occurrence:
    return Occurrence(kind=kind, created=created, types=frozenset({"x"}), details=Details(**details))  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    ("name", "title", "lines"),
    [
        ("sale 2012", "Sale $49.00", ["Ada Lovelace", "For Ceramic teapot", "Visa •••• 4242", "Fee $1.72, net $47.28"]),
        ("sale 2014, status paid", "Sale €49.00", ["Ada Lovelace", "For Ceramic teapot", "Visa •••• 4242"]),
        ("sale 2017", "Sale ¥500", ["ada@example.com", "American Express •••• 0005"]),
        (
            "sale 2020, SEPA",
            "Sale €49.00",
            ["Ada Lovelace, ada@example.com, United Kingdom", "For Ceramic teapot", "SEPA Direct Debit"],
        ),
        (
            "sale basil",
            "Sale €49.00",
            ["Ada Lovelace, ada@example.com, United Kingdom", "For Ceramic teapot", "Visa •••• 4242"],
        ),
        (
            "intent 2020",
            "Sale €49.00",
            ["Ada Lovelace, ada@example.com, United Kingdom", "For Ceramic teapot", "Visa •••• 4242"],
        ),
        ("intent basil", "Sale €49.00", ["ada@example.com", "For Ceramic teapot"]),
        ("checkout 2019", "Sale $30.00", ["For Tea (+1)"]),
        ("checkout clover", "Sale €49.00", ["Ada Lovelace, ada@example.com, United Kingdom"]),
        ("renewal 2012", "Renewal $20.00", ["For Gold plan"]),
        (
            "renewal 2022",
            "Renewal $20.00",
            [
                "Ada Lovelace, ada@example.com, United Kingdom",
                "For 1 \N{MULTIPLICATION SIGN} Gold (at $20.00 / month)",
                "Invoice ACME-0007",
            ],
        ),
        (
            "renewal clover",
            "Renewal $20.00",
            [
                "Ada Lovelace, ada@example.com, United Kingdom",
                "For 1 \N{MULTIPLICATION SIGN} Gold (at $20.00 / month)",
                "Invoice ACME-0007",
            ],
        ),
        (
            "renewal expanded payments",
            "Renewal $20.00",
            [
                "Ada Lovelace, ada@example.com, United Kingdom",
                "For 1 \N{MULTIPLICATION SIGN} Gold (at $20.00 / month)",
                "Invoice ACME-0007",
            ],
        ),
        ("invoice payment", "Sale $20.00", []),
        ("failure 2012", "Payment failed $20.00", ["Mastercard •••• 4444", "The card was declined"]),
        (
            "failure clover",
            "Payment failed $20.00",
            [
                "Ada Lovelace, ada@example.com, United Kingdom",
                "For Ceramic teapot",
                "Visa •••• 4242",
                "Insufficient funds",
            ],
        ),
        (
            "intent failure",
            "Payment failed $20.00",
            [
                "Ada Lovelace, ada@example.com, United Kingdom",
                "For Ceramic teapot",
                "Visa •••• 4242",
                "Insufficient funds",
            ],
        ),
        (
            "invoice failure clover",
            "Payment failed $20.00",
            [
                "Ada Lovelace, ada@example.com, United Kingdom",
                "For 1 \N{MULTIPLICATION SIGN} Gold (at $20.00 / month)",
                "Invoice ACME-0007",
                "Attempt 2, next on Nov 27, 2026",
            ],
        ),
        (
            "refund 2020",
            "Refund €10.00",
            [
                "Ada Lovelace, ada@example.com, United Kingdom",
                "For Ceramic teapot",
                "Visa •••• 4242",
                "€10.00 refunded, €15.00 of €49.00 so far",
                "Requested by the customer",
            ],
        ),
        (
            "refund 2023",
            "Refund €10.00",
            [
                "Ada Lovelace, ada@example.com, United Kingdom",
                "For Ceramic teapot",
                "Visa •••• 4242",
                "€10.00 of €49.00 refunded",
            ],
        ),
        ("refund clover", "Refund €10.00", ["Requested by the customer"]),
        (
            "refund failed",
            "Refund failed €10.00",
            [
                "The card has expired or is cancelled",
                "The money is back in your Stripe balance; refund the customer another way",
            ],
        ),
        (
            "dispute 2012",
            "Dispute $80.00",
            ["The bank gave no particular reason", "Answer with evidence by Dec 3, 2026"],
        ),
        (
            "dispute clover",
            "Dispute $80.00",
            ["Visa", "The customer says the product did not arrive", "Answer with evidence by Dec 3, 2026"],
        ),
        (
            "inquiry",
            "Inquiry $80.00",
            [
                "Visa",
                "The customer says they did not make this payment",
                "No money has been withdrawn yet",
                "Answer with evidence by Dec 3, 2026",
            ],
        ),
        (
            "dispute won",
            "Dispute won $80.00",
            ["Visa", "The customer says the product did not arrive", "The money comes back to you"],
        ),
        (
            "dispute lost",
            "Dispute lost $80.00",
            ["Visa", "The customer says the product did not arrive", "The money went back to the customer"],
        ),
        (
            "fraud warning",
            "Fraud warning",
            ["The payment was made with a stolen card", "A refund now can avoid a dispute"],
        ),
        ("payout 2012", "Payout $1,204.50", ["STRIPE TEST BANK •••• 6789", "Arrived on Nov 27, 2026"]),
        ("payout clover", "Payout €1,204.50", ["Automatic payout", "Arrives on Nov 27, 2026"]),
        ("payout paid", "Payout €1,204.50", ["Automatic payout", "Arrived on Nov 24, 2026"]),
        (
            "payout failed",
            "Payout failed €1,204.50",
            ["The bank account is closed", "Banque Postale •••• 2606", "Check the bank account in Stripe"],
        ),
        ("subscription 2012", "New subscription $20.00/month", ["For Gold plan"]),
        ("subscription clover", "New subscription $20.00/month", ["For Gold"]),
        ("subscription on trial", "Trial started $20.00/month", ["For Gold", "Free trial until Dec 8, 2026"]),
        ("subscription paid at last", "New subscription $20.00/month", ["For Gold"]),
        (
            "subscription canceled",
            "Subscription cancelled $20.00/month",
            ["For Gold", "Cancelled on request", "The customer found it too expensive", "“Lovely tea, small budget”"],
        ),
        ("trial ending", "Trial ending $20.00/month", ["For Gold", "The free trial ends on Nov 27, 2026"]),
        ("customer", "New customer", ["Ada Lovelace, ada@example.com"]),
        ("customer 2012", "New customer", ["Ada Lovelace"]),
        (
            "trial converted",
            "Trial converted $20.00/month",
            ["For Gold", "The free trial is over; the subscription is paid from now on"],
        ),
        ("trial granted later", "Trial started $20.00/month", ["For Gold", "Free trial until Dec 8, 2026"]),
        ("trial made longer", "Trial end moved $20.00/month", ["For Gold", "The free trial ends on Dec 8, 2026"]),
        ("upgrade 2013", "Subscription upgraded $20.00/month", ["For Gold plan", "Before: Tin plan, $5.00/month"]),
        ("more seats 2019", "Subscription upgraded $100.00/month", ["For Gold", "Before: $40.00/month"]),
        ("downgrade endive", "Subscription downgraded $5.00/month", ["For Tin", "Before: Gold, $10.00/month"]),
        (
            "yearly instead of monthly",
            "Subscription downgraded $100.00/year",
            ["For Gold", "Before: $10.00/month", "$8.33 a month, before $10.00"],
        ),
        ("other currency", "Subscription changed €9.00/month", ["For Gold", "Before: $10.00/month"]),
        (
            "change not paid",
            "Subscription change expired $20.00/month",
            ["For Gold", "It was not paid for in time; the old plan stays"],
        ),
        ("cancellation scheduled 2014", "Cancellation scheduled $20.00/month", ["For Gold", "Ends on Dec 4, 2026"]),
        (
            "cancellation scheduled",
            "Cancellation scheduled $20.00/month",
            ["For Gold", "Ends on Dec 24, 2026", "The customer uses another service now"],
        ),
        ("cancellation taken back", "Cancellation withdrawn $20.00/month", ["For Gold", "The subscription goes on"]),
        ("collection paused", "Collection paused $20.00/month", ["For Gold", "Nothing is charged until Dec 24, 2026"]),
        ("collection resumed", "Collection resumed $20.00/month", ["For Gold", "Payments are collected again"]),
        (
            "subscription paused",
            "Subscription paused $20.00/month",
            ["For Gold", "The free trial ended without a payment method"],
        ),
        ("subscription resumed", "Subscription resumed $20.00/month", ["For Gold", "The subscription is active again"]),
        (
            "subscription unpaid",
            "Subscription unpaid $20.00/month",
            [
                "For Gold",
                "Every attempt to charge it failed; new invoices stay drafts",
                "Ask the customer for another payment method",
            ],
        ),
        (
            "first payment",
            "Sale $20.00",
            [
                "Ada Lovelace, ada@example.com, United Kingdom",
                "For 1 \N{MULTIPLICATION SIGN} Gold (at $20.00 / month)",
                "Invoice ACME-0007",
                "First payment of a new subscription",
            ],
        ),
        ("first payment 2012", "Sale $20.00", ["For Gold plan", "First payment of a new subscription"]),
        (
            "recovered",
            "Renewal $20.00",
            [
                "Ada Lovelace, ada@example.com, United Kingdom",
                "For 1 \N{MULTIPLICATION SIGN} Gold (at $20.00 / month)",
                "Invoice ACME-0007",
                "Paid on attempt 3",
            ],
        ),
        (
            "payment for a change",
            "Sale $20.00",
            [
                "Ada Lovelace, ada@example.com, United Kingdom",
                "For 1 \N{MULTIPLICATION SIGN} Gold (at $20.00 / month)",
                "Invoice ACME-0007",
                "For a change to the subscription",
            ],
        ),
        (
            "outside Stripe 2022",
            "Sale $20.00",
            [
                "Ada Lovelace, ada@example.com, United Kingdom",
                "For 1 \N{MULTIPLICATION SIGN} Gold (at $20.00 / month)",
                "Invoice ACME-0007",
                "Paid outside Stripe",
            ],
        ),
        ("outside Stripe endive", "Sale $20.00", ["Paid outside Stripe"]),
        (
            "confirmation needed",
            "Confirmation needed $20.00",
            [
                "Ada Lovelace, ada@example.com, United Kingdom",
                "For 1 \N{MULTIPLICATION SIGN} Gold (at $20.00 / month)",
                "Invoice ACME-0007",
                "The customer must confirm the payment with their bank",
                "Ask the customer to open the invoice and confirm",
            ],
        ),
        ("checkout failed", "Payment failed €49.00", ["Ada Lovelace, ada@example.com, United Kingdom"]),
        (
            "invoice overdue",
            "Invoice overdue $20.00",
            [
                "Ada Lovelace, ada@example.com, United Kingdom",
                "For 1 \N{MULTIPLICATION SIGN} Gold (at $20.00 / month)",
                "Invoice ACME-0007",
                "Was due on Nov 23, 2026",
                "Remind the customer",
            ],
        ),
        (
            "invoice uncollectible",
            "Invoice uncollectible $20.00",
            [
                "Ada Lovelace, ada@example.com, United Kingdom",
                "For 1 \N{MULTIPLICATION SIGN} Gold (at $20.00 / month)",
                "Invoice ACME-0007",
                "Stripe no longer tries to collect it",
            ],
        ),
        (
            "invoice not finalized",
            "Invoice held up $20.00",
            [
                "Ada Lovelace, ada@example.com, United Kingdom",
                "For 1 \N{MULTIPLICATION SIGN} Gold (at $20.00 / month)",
                "The customer's location is not recognized.",
                "It cannot be charged until this is fixed in Stripe",
            ],
        ),
        (
            "refund of the whole",
            "Refund €49.00",
            [
                "Ada Lovelace, ada@example.com, United Kingdom",
                "For Ceramic teapot",
                "Visa •••• 4242",
                "The whole payment is refunded",
                "Paid on Nov 14, 2026",
            ],
        ),
        ("refund called off", "Refund cancelled €10.00", ["The money stays with you"]),
        (
            "dispute with a customer",
            "Dispute $80.00",
            [
                "Ada Lovelace, ada@example.com, United Kingdom",
                "For Ceramic teapot",
                "Visa •••• 4242",
                "Paid on Nov 14, 2026",
                "The customer says the product did not arrive",
                "Answer with evidence by Dec 3, 2026",
            ],
        ),
        (
            "dispute with evidence only",
            "Dispute $80.00",
            [
                "Ada Lovelace, ada@example.com",
                "For Ceramic teapot",
                "Visa",
                "The customer says the product did not arrive",
                "Answer with evidence by Dec 3, 2026",
            ],
        ),
        (
            "inquiry escalated",
            "Inquiry now a dispute $80.00",
            ["Visa", "The customer says the product did not arrive", "Answer with evidence by Dec 3, 2026"],
        ),
        (
            "inquiry closed",
            "Inquiry closed $80.00",
            ["Visa", "The customer says the product did not arrive", "It did not become a dispute"],
        ),
        *(
            (
                name,
                "Dispute prevented $80.00",
                [
                    "Visa",
                    "The customer says the product did not arrive",
                    "Nothing is left to do",
                ],
            )
            for name in ("dispute prevented", "dispute prevented at its end", "dispute prevented after all")
        ),
        (
            "refund failed without a status",
            "Refund failed €10.00",
            [
                "The bank gave no reason",
                "The money is back in your Stripe balance; refund the customer another way",
            ],
        ),
        (
            "fraud warning settled",
            "Fraud warning €49.00",
            [
                "Ada Lovelace, ada@example.com, United Kingdom",
                "For Ceramic teapot",
                "Visa •••• 4242",
                "Paid on Nov 23, 2026",
                "The card's bank reports the payment as fraudulent",
                "It has already been refunded or disputed",
            ],
        ),
        ("review", "Payment to review", ["One of your Radar rules flagged it", "Approve or refund it in Stripe"]),
        ("payout by hand", "Payout €1,204.50", ["Manual payout", "Arrives on Nov 27, 2026"]),
        ("payout canceled", "Payout cancelled €1,204.50", ["The money stays in your Stripe balance"]),
        ("payout canceled 2014", "Payout cancelled $50.00", ["The money stays in your Stripe balance"]),
        (
            "payout failed 2015",
            "Payout failed $50.00",
            ["The bank account could not be found", "BANK OF OLD •••• 6789", "Check the bank account in Stripe"],
        ),
        (
            "payments off",
            "Payments switched off",
            [
                "Stripe lacks information about the business",
                "2 pieces of information are overdue",
                "Customers cannot pay until this is fixed in Stripe",
            ],
        ),
        ("payments on", "Payments switched on", ["Customers can pay"]),
        (
            "payouts off 2016",
            "Payouts switched off",
            [
                "Stripe lacks information about the business",
                "The money stays in the Stripe balance until this is fixed",
            ],
        ),
        ("payouts on", "Payouts switched on", ["Money can be paid out to the bank"]),
        (
            "information overdue",
            "Stripe needs information",
            ["1 piece of information is overdue", "Provide it in Stripe by Dec 3, 2026"],
        ),
        ("information complete", "Information complete", ["Stripe needs nothing more"]),
        ("capability lost", "Capability lost", ["Card payments", "See in Stripe what is missing for it"]),
        ("capability gained", "Capability gained", ["SEPA Direct Debit", "It can be used now"]),
        (
            "payout account added",
            "Payout account added",
            ["Banque Postale •••• 2606", "If nobody on your team did this, check your Stripe account at once"],
        ),
        (
            "payout account changed",
            "Payout account changed",
            ["Banque Postale •••• 2606", "If nobody on your team did this, check your Stripe account at once"],
        ),
        (
            "payout account removed",
            "Payout account removed",
            ["Visa •••• 5556", "If nobody on your team did this, check your Stripe account at once"],
        ),
        ("application connected", "Application connected", ["Ledger Sync", "It can use this Stripe account now"]),
        (
            "application disconnected",
            "Application disconnected",
            ["Ledger Sync", "It can no longer use this Stripe account"],
        ),
        (
            "top-up failed",
            "Top-up failed $500.00",
            ["The account holds too little.", "The Stripe balance was not topped up"],
        ),
        ("checkout expired", "Checkout expired €49.00", ["Ada Lovelace, ada@example.com, United Kingdom"]),
        (
            "invoice finalized",
            "Invoice finalized $20.00",
            [
                "Ada Lovelace, ada@example.com, United Kingdom",
                "For 1 \N{MULTIPLICATION SIGN} Gold (at $20.00 / month)",
                "Invoice ACME-0007",
                "Due on Dec 8, 2026",
            ],
        ),
        ("balance available", "Balance available", ["€1,204.50 available", "¥5,000 available"]),
        ("quote accepted", "Quote accepted €900.00", ["For Tea for the office"]),
        ("top-up arrived", "Top-up arrived $500.00", ["For For refunds"]),
        ("application fee", "Application fee €2.50", []),
        ("spending on an issued card", "Card spending €12.50", ["For Cafe de Flore"]),
        ("payment begun", "Payment started €49.00", ["ada@example.com", "For Ceramic teapot"]),
        ("customer updated", "Customer updated", ["Ada Lovelace, ada@example.com"]),
        ("product updated", "Product updated", ["For Ceramic teapot"]),
        (
            "charge updated",
            "Charge updated €49.00",
            ["Ada Lovelace, ada@example.com, United Kingdom", "For Ceramic teapot", "Visa •••• 4242"],
        ),
        ("subscription updated", "Subscription updated $20.00/month", ["For Gold"]),
        ("transfer to a connected account", "Transfer $7.00", []),
        ("unknown type", "Teapot brewing late", []),
    ],
)
def test_each_kind_says_what_how_much_who_why_and_what_now(name: str, title: str, lines: list[str]) -> None:
    message = told(CORPUS[name])

    assert message.title == f"{title} · Acme Shop"
    assert message.body.split("\n") == [*lines, LAST_LINE]


@pytest.mark.parametrize(
    ("reason", "step"),
    [
        ("lost_or_stolen_card", "The money is back in your Stripe balance; refund the customer another way"),
        ("charge_for_pending_refund_disputed", "Answer the dispute; a second refund would pay twice"),
        ("insufficient_funds", "Top up the Stripe balance, then refund again"),
        ("merchant_request", "The money stays with you"),
    ],
)
def test_what_to_do_about_a_failed_refund_depends_on_why(reason: str, step: str) -> None:
    failed = occurred(Kind.REFUND, variant=Variant.REFUND_FAILED, reason=reason, money=Money(4900, "eur"))

    assert WORDS.message(failed, SHOP).body.split("\n")[1:-1] == [step]


@pytest.mark.parametrize(
    ("reason", "step"),
    [
        ("account_closed", "Check the bank account in Stripe"),
        ("insufficient_funds", "It can be paid out once the balance is sufficient"),
    ],
)
def test_what_to_do_about_a_failed_payout_depends_on_why(reason: str, step: str) -> None:
    failed = occurred(Kind.PAYOUT_FAILED, reason=reason, money=Money(4900, "eur"))

    assert WORDS.message(failed, SHOP).body.split("\n")[1:-1] == [step]


def test_payouts_that_are_switched_off_with_payments_are_told_with_them() -> None:
    raw = CORPUS["payments off"] | {
        "data": {
            "object": {"id": "acct_1Acme", "object": "account", "charges_enabled": False, "payouts_enabled": False},
            "previous_attributes": {"charges_enabled": True, "payouts_enabled": True},
        }
    }

    assert told(raw).title == "Payments switched off · Acme Shop"
    assert "Payouts are switched off as well" in told(raw).body.split("\n")


def test_a_bill_that_is_paid_in_parts_says_which_part_came() -> None:
    part = occurred(Kind.SALE, money=Money(4000, "eur"), whole=Money(10000, "eur"))

    assert WORDS.message(part, SHOP).title == "Sale €40.00 · Acme Shop"
    assert "€40.00 of €100.00 paid" in WORDS.message(part, SHOP).body


@pytest.mark.parametrize("locale", ["en_US", "de_DE", "fr_FR"])
@pytest.mark.parametrize("name", CORPUS)
def test_a_title_fits_a_lock_screen(name: str, locale: str) -> None:
    message = told(CORPUS[name], words=Words(locale, ZoneInfo("Europe/Paris")))

    assert len(message.title.removesuffix(" · Acme Shop")) <= 40


def test_every_variant_is_in_the_corpus() -> None:
    variants = {reading.details.variant for raw in CORPUS.values() if (reading := understood(raw))}

    assert variants == {None, *Variant}


def test_amounts_of_different_currencies_are_neither_more_nor_less() -> None:
    assert told(CORPUS["other currency"]).title.startswith("Subscription changed €9.00")


@pytest.mark.parametrize("name", CORPUS)
def test_no_message_shows_the_machinery(name: str) -> None:
    message = told(CORPUS[name])
    text = f"{message.title}\n{message.body}"

    assert not re.search(r"None|null|[{}]|  |\n\n|^\n|\n$", text)
    assert not re.search(r"\b(ch|pi|in|sub|cus|re|du|po|tr|evt|cs|price|prod)_\w+", text)


def test_test_mode_is_visible_at_once_and_in_full() -> None:
    message = told(CORPUS["sale basil"], TEST_SHOP)

    assert message.title == "[TEST] Sale €49.00 · Acme Shop"
    assert message.body.endswith("Acme Shop · test mode · Nov 24, 2026, 2:03 PM")
    assert message.link == "https://dashboard.stripe.com/acct_1Acme/test/payments/pi_3Ada"


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("sale 2012", "payments/ch_1Old"),
        ("renewal clover", "invoices/in_1Ada"),
        ("subscription clover", "subscriptions/sub_1Ada"),
        ("customer", "customers/cus_Ada"),
        ("payout clover", "payouts/po_1Acme"),
        ("dispute clover", "disputes/du_1Ada"),
        ("refund clover", "payments/pi_3Ada"),
        ("charge updated", "payments/ch_3Ada"),
    ],
)
def test_a_message_leads_to_the_dashboard(name: str, page: str) -> None:
    assert told(CORPUS[name]).link == f"https://dashboard.stripe.com/acct_1Acme/{page}"
    assert told(CORPUS[name], Account("shop", "Acme", Mode.LIVE)).link == f"https://dashboard.stripe.com/{page}"


@pytest.mark.parametrize(("kind", "number"), [("teapot", "tp_1"), ("charge", "../login"), ("charge", "ch 1")])
def test_there_is_no_link_to_what_the_dashboard_may_not_have(kind: str, number: str) -> None:
    occurrence = occurred(Kind.OTHER, object_type=kind, object_id=number)

    assert WORDS.message(occurrence, SHOP).link is None


@pytest.mark.parametrize(
    ("name", "urgency"),
    [
        ("sale basil", Urgency.NORMAL),
        ("dispute clover", Urgency.HIGH),
        ("dispute prevented", Urgency.NORMAL),
        ("fraud warning", Urgency.HIGH),
        ("payout failed", Urgency.HIGH),
        ("failure clover", Urgency.NORMAL),
        ("refund clover", Urgency.NORMAL),
        ("refund failed", Urgency.HIGH),
        ("payments off", Urgency.EMERGENCY),
        ("information overdue", Urgency.HIGH),
        ("upgrade 2013", Urgency.LOW),
        ("review", Urgency.NORMAL),
        ("charge updated", Urgency.LOW),
    ],
)
def test_urgency_follows_the_kind(name: str, urgency: Urgency) -> None:
    assert told(CORPUS[name]).urgency is urgency


@pytest.mark.parametrize("kind", Kind)
def test_a_message_without_any_detail_is_still_a_message(kind: Kind) -> None:
    message = WORDS.message(occurred(kind, created=0), SHOP)

    assert message.title.endswith(" · Acme Shop")
    assert message.body.endswith("Acme Shop · live mode")


def test_locale_and_time_zone_are_the_readers() -> None:
    message = told(CORPUS["payout clover"], words=Words("nl_NL", ZoneInfo("America/New_York")))

    assert message.title == "Payout €\N{NO-BREAK SPACE}1.204,50 · Acme Shop"
    assert message.body.split("\n") == [
        "Automatic payout",
        "Arrives on 27 nov 2026",
        "Acme Shop · live mode · 24 nov 2026, 08:03",
    ]


@pytest.mark.parametrize(
    ("due_by", "zone", "by"),
    [
        ("2026-12-03T23:59:59+00:00", "America/Los_Angeles", "Dec 3, 2026"),
        ("2026-12-03T23:59:59+00:00", "Europe/London", "Dec 3, 2026"),
        ("2026-12-03T23:59:59+00:00", "Europe/Paris", "Dec 3, 2026"),  # one in the morning of the 4th
        ("2026-12-03T23:59:59+00:00", "Europe/Helsinki", "Dec 3, 2026"),
        ("2026-12-03T23:59:59+00:00", "Europe/Istanbul", "Dec 3, 2026"),
        ("2026-12-03T23:59:59+00:00", "Asia/Tokyo", "Dec 4, 2026, 8:59 AM"),
        ("2026-12-03T23:59:59+00:00", "Pacific/Auckland", "Dec 4, 2026"),  # one in the afternoon
        ("2026-12-03T09:46:00+00:00", "Europe/Paris", "Dec 3, 2026, 10:46 AM"),
        ("2026-12-03T11:00:00+00:00", "Europe/Paris", "Dec 3, 2026"),
        ("2026-12-03T02:00:00+00:00", "Europe/Paris", "Dec 3, 2026, 3:00 AM"),
        ("2026-12-03T01:59:59+00:00", "Europe/Paris", "Dec 2, 2026"),
        ("2026-10-25T01:30:00+00:00", "Europe/Paris", "Oct 24, 2026"),  # half past two, for the second time
    ],
)
def test_a_deadline_promises_no_hours_that_are_not_there(due_by: str, zone: str, by: str) -> None:
    dispute = occurred(Kind.DISPUTE, due_by=int(datetime.fromisoformat(due_by).timestamp()))
    message = Words("en_US", ZoneInfo(zone)).message(dispute, SHOP)

    assert message.body.replace("\N{NARROW NO-BREAK SPACE}", " ").split("\n")[0] == f"Answer with evidence by {by}"


@pytest.mark.parametrize(
    ("locale", "line"),
    [
        ("de_DE", "Bis 03.12.2026, 10:46 Uhr mit Belegen antworten"),
        ("fr_FR", "Répondre, preuves à l’appui, d’ici le 3 déc. 2026 à 10:46"),  # noqa: RUF001 (French apostrophes)
    ],
)
def test_a_deadline_in_the_morning_in_other_languages(locale: str, line: str) -> None:
    due_by = int(datetime(2026, 12, 3, 9, 46, tzinfo=UTC).timestamp())
    message = Words(locale, ZoneInfo("Europe/Paris")).message(occurred(Kind.DISPUTE, due_by=due_by), SHOP)

    assert message.body.split("\n")[0] == line


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("fr", "Ada, France"),
        ("XK", "Ada, Kosovo"),
        ("United Kingdom", "Ada, United Kingdom"),
        *((code, "Ada") for code in ("ZZ", "zz", "XX", "XA", "EU", "A1", "T1", "001", "?", "\u202e")),
    ],
)
def test_what_is_no_country_is_left_out(code: str, line: str) -> None:
    sale = occurred(Kind.SALE, customer_name="Ada", customer_country=code)

    assert WORDS.message(sale, SHOP).body.split("\n")[0] == line


@pytest.mark.parametrize(
    ("details", "title"),
    [
        ({"interval": "month", "interval_count": 3}, "New subscription $20.00 every 3 months · Acme Shop"),
        ({"interval": "year", "interval_count": 1}, "New subscription $20.00/year · Acme Shop"),
        ({"interval": "fortnight"}, "New subscription $20.00 · Acme Shop"),
    ],
)
def test_a_price_names_its_period(details: Json, title: str) -> None:
    occurrence = occurred(Kind.SUBSCRIPTION_STARTED, money=Money(2000, "usd"), **details)

    assert WORDS.message(occurrence, SHOP).title == title


@pytest.mark.parametrize(
    ("reason", "explanation", "line"),
    [
        ("lost_card", "Your card was declined.", "The card is reported lost"),
        ("brand_new_code", "A sentence of Stripe's.", "A sentence of Stripe's."),
        ("brand_new_code", None, "Brand new code"),
        ("payment_intent_payment_attempt_failed", "The account has been closed.", "The account has been closed."),
        ("payment_intent_payment_attempt_failed", None, "The payment failed"),
    ],
)
def test_a_reason_is_in_plain_words_even_if_it_is_new(reason: str, explanation: str | None, line: str) -> None:
    occurrence = occurred(Kind.FAILED_PAYMENT, reason=reason, explanation=explanation)

    assert WORDS.message(occurrence, SHOP).body.split("\n")[0] == line


def test_a_whole_refund_is_no_part() -> None:
    whole = occurred(Kind.REFUND, money=Money(4900, "eur"), whole=Money(4900, "eur"))
    other_currency = occurred(Kind.REFUND, money=Money(1000, "usd"), whole=Money(4900, "eur"))

    assert WORDS.message(whole, SHOP).body.startswith("The whole payment is refunded\n")
    assert WORDS.message(other_currency, SHOP).body.count("\n") == 0


@pytest.mark.parametrize(
    ("cents", "so_far", "line"),
    [
        (3000, None, "€30.00 of €100.00 refunded"),
        (3000, 3000, "€30.00 of €100.00 refunded"),
        (2000, 5000, "€20.00 refunded, €50.00 of €100.00 so far"),
        (5000, 10_000, "€50.00 refunded; the whole payment of €100.00 is refunded now"),
        (10_000, 10_000, "The whole payment is refunded"),
    ],
)
def test_a_refund_in_steps_says_what_this_one_was_and_what_all_of_them_are(
    cents: int, so_far: int | None, line: str
) -> None:
    total = None if so_far is None else Money(so_far, "eur")
    step = occurred(Kind.REFUND, money=Money(cents, "eur"), whole=Money(10_000, "eur"), so_far=total)

    assert WORDS.message(step, SHOP).body.split("\n")[0] == line


def test_a_payout_that_takes_money_says_so() -> None:
    message = WORDS.message(occurred(Kind.PAYOUT, money=Money(-500, "usd"), arrives=AT), SHOP)

    assert message.title == "Payout -$5.00 · Acme Shop"
    assert message.body.startswith("Stripe takes this from your bank account\n")


@pytest.mark.parametrize("locale", ["xx_XX", "", "not a locale"])
def test_a_locale_that_is_none_is_refused_at_once(locale: str) -> None:
    with pytest.raises((UnknownLocaleError, ValueError)):
        Words(locale, ZoneInfo("Europe/Paris"))


# The daemon's own alerts


def test_now_watching() -> None:
    message = WORDS.now_watching(SHOP, 50, None)

    assert (message.kind, message.title, message.urgency) == (Kind.WATCH, "Now watching · Acme Shop", Urgency.LOW)
    assert message.body.split("\n") == [
        "50 earlier events are kept as history; what happens from now on is reported",
        "Acme Shop · live mode",
    ]


def test_now_watching_an_empty_account_or_one_event() -> None:
    assert WORDS.now_watching(SHOP, 0, None).body.startswith("What happens from now on is reported\n")
    assert WORDS.now_watching(SHOP, 1, None).body.startswith("1 earlier event is kept as history")


def test_now_watching_another_account_than_before() -> None:
    assert "(acct_1Before)" in WORDS.now_watching(SHOP, 3, "acct_1Before").body.split("\n")[0]


def test_key_refused_and_working_again() -> None:
    refused = WORDS.key_refused(TEST_SHOP, "Expired API Key provided: rk_test_…1234")

    assert (refused.title, refused.urgency) == ("[TEST] Stripe refuses the key · Acme Shop", Urgency.HIGH)
    assert refused.body.split("\n") == [
        "Expired API Key provided: rk_test_…1234",
        "There are no messages about this account until its key works again",
        "Put a valid key into the configuration",
        "Acme Shop · test mode",
    ]
    assert WORDS.key_works_again(SHOP).title == "The key works again · Acme Shop"


def test_permission_missing_with_and_without_its_name() -> None:
    named = WORDS.permission_missing(SHOP, "rak_event_read")

    assert (named.title, named.urgency) == ("Permission missing · Acme Shop", Urgency.HIGH)
    assert named.body.split("\n") == [
        "The key needs the permission Events: read (rak_event_read)",
        "There are no messages about this account until its key works again",
        "Nothing is lost if it works again within 30 days",
        "Give the key this permission in Stripe, or make a new one with the link of: cashnotifyd key-url",
        "Acme Shop · live mode",
    ]
    other = WORDS.permission_missing(SHOP, "rak_new_read")
    assert other.body.startswith("The key needs the permission rak_new_read\nThere are no messages")
    assert WORDS.permission_missing(SHOP, None).body.startswith("The key needs one more permission\n")


def test_a_gap_says_from_when_to_when() -> None:
    message = WORDS.gap(SHOP, AT - 86_400, AT)

    assert (message.title, message.urgency) == ("Events missed · Acme Shop", Urgency.HIGH)
    assert "between Nov 23, 2026, 2:03\u202fPM and Nov 24, 2026, 2:03\u202fPM was not seen" in message.body


def test_play_money_is_no_emergency() -> None:
    off = Occurrence(kind=Kind.ACCOUNT, created=0, types=frozenset(), details=Details(variant=Variant.PAYMENTS_OFF))
    words = Words("en_US", ZoneInfo("UTC"))
    assert words.message(off, Account("shop", "Acme", Mode.LIVE)).urgency is Urgency.EMERGENCY
    assert words.message(off, Account("shop", "Acme", Mode.TEST)).urgency is Urgency.HIGH
