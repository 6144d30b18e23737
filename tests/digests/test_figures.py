"""What counts as what in a digest, and what is left of it."""

from __future__ import annotations

import pytest

from cashnotifyd.cursor_file.figures import Entry, Figures, Sum, Total, add_up, entry_of
from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.money import Money
from cashnotifyd.occurrences.reading import Variant
from cashnotifyd.vocabulary import Kind, Mode
from tests.digests.ledger import Till, at, eur
from tests.everything import play_everything
from tests.teller import NOW, Teller, emitted, shop


def total(kind: Kind, count: int, amount: int, currency: str | None = "eur", **more: object) -> Total:
    given: dict[str, object] = {"variant": None, "settled_in": None, **more}
    return Total(1, kind, currency=currency, count=count, amount=amount, **given)  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    ("kind", "variant", "entry"),
    [
        (Kind.SALE, None, Entry.PAYMENT),
        (Kind.SALE, Variant.FIRST_PAYMENT, Entry.PAYMENT),
        (Kind.RENEWAL, Variant.RECOVERED, Entry.PAYMENT),
        (Kind.RENEWAL, Variant.OUTSIDE_STRIPE, Entry.OUTSIDE),
        (Kind.REFUND, None, Entry.REFUND),
        (Kind.REFUND, Variant.REFUND_FAILED, Entry.REFUND_FAILED),
        (Kind.REFUND, Variant.REFUND_CANCELED, Entry.REFUND_FAILED),
        (Kind.FAILED_PAYMENT, None, Entry.FAILURE),
        (Kind.FAILED_PAYMENT, Variant.OVERDUE, None),
        (Kind.FAILED_PAYMENT, Variant.CONFIRMATION_NEEDED, None),
        (Kind.DISPUTE, None, Entry.DISPUTE),
        (Kind.DISPUTE, Variant.ESCALATED, Entry.DISPUTE),
        (Kind.DISPUTE, Variant.INQUIRY, Entry.INQUIRY),
        (Kind.DISPUTE_CLOSED, Variant.LOST, Entry.LOST),
        (Kind.DISPUTE_CLOSED, Variant.INQUIRY_CLOSED, None),
        (Kind.DISPUTE_CLOSED, Variant.PREVENTED, None),
        (Kind.PAYOUT, None, Entry.PAYOUT),
        (Kind.PAYOUT, Variant.PAYOUT_CANCELED, Entry.PAYOUT_CANCELED),
        (Kind.SUBSCRIPTION_STARTED, None, Entry.STARTED),
        (Kind.SUBSCRIPTION_STARTED, Variant.TRIAL, Entry.TRIAL),
        (Kind.SUBSCRIPTION_CHANGED, Variant.TRIAL_CONVERTED, Entry.CONVERTED),
        (Kind.SUBSCRIPTION_CHANGED, Variant.UPGRADED, None),
        (Kind.FRAUD_WARNING, None, None),
        (Kind.WATCH, None, None),
    ],
)
def test_what_belongs_where(kind: Kind, variant: str | None, entry: Entry | None) -> None:
    assert entry_of(kind, variant) == entry


def test_currencies_are_never_added_and_the_most_comes_first() -> None:
    figures = add_up([total(Kind.SALE, 1, 900_000, "jpy"), total(Kind.SALE, 3, 4900), total(Kind.RENEWAL, 2, 2000)])

    assert figures.of(Entry.PAYMENT) == (Sum(5, eur(6900)), Sum(1, Money(900_000, "jpy")))
    assert figures.count(Entry.PAYMENT) == 6


def test_what_is_left_is_known_of_what_is_settled() -> None:
    figures = add_up(
        [
            total(Kind.SALE, 2, 10_000, settled_in="eur", settled=2, fee=350, net=9650),
            total(Kind.SALE, 1, 5400, "usd", settled_in="eur", settled=1, fee=187, net=4794),
            total(Kind.SALE, 3, 3000),
            total(Kind.REFUND, 1, 1000),
            total(Kind.REFUND, 1, 500, "usd", settled_in="eur", settled=1, net=-470),
            total(Kind.REFUND, 1, 500, "chf"),
            total(Kind.REFUND, 1, 1000, variant="refund_failed", settled_in="eur", settled=1, net=-1000),
        ]
    )

    assert figures.fees == (eur(537),)
    assert figures.net == (eur(9650 + 4794 - 1000 - 470 + 1000),)
    assert figures.unsettled == 3, "payments alone"
    assert figures.left_out == {Entry.REFUND: (Sum(1, Money(500, "chf")),)}


def test_what_came_back_is_as_much_as_was_taken() -> None:
    """A refund that failed is booked by what took the money, or, if it is looked up later, by what brought it back."""
    sale = total(Kind.SALE, 2, 9800, settled_in="usd", settled=2, fee=344, net=10_338)
    taken = total(Kind.REFUND, 2, 9800, settled_in="usd", settled=2, net=-10_682)
    failed = total(Kind.REFUND, 1, 4900, variant="refund_failed", settled_in="usd", settled=1, net=-5341)
    back = total(Kind.REFUND, 1, 4900, variant="refund_canceled", settled_in="usd", settled=1, net=5341)

    assert add_up([sale, taken, failed, back]).net == (Money(10_338, "usd"),)


def test_a_failed_refund_of_which_nothing_is_booked_is_not_a_payment() -> None:
    sale = total(Kind.SALE, 1, 4900, settled_in="usd", settled=1, fee=172, net=5169)
    failed = total(Kind.REFUND, 1, 4900, variant="refund_failed")
    figures = add_up([sale, failed])

    assert (figures.net, figures.unsettled) == ((Money(5169, "usd"),), 0)
    assert figures.left_out == {Entry.REFUND_FAILED: (Sum(1, eur(4900)),)}


def test_where_no_fee_is_known_nothing_is_said_to_be_left() -> None:
    figures = add_up([total(Kind.SALE, 2, 10_000), total(Kind.REFUND, 1, 1000)])

    assert (figures.fees, figures.net) == ((), ())


def test_what_was_told_before_amounts_were_kept_is_counted() -> None:
    assert add_up([total(Kind.SALE, 2, 0, None)]).of(Entry.PAYMENT) == (Sum(2, None),)


def test_nothing_is_nothing() -> None:
    assert not add_up([total(Kind.WATCH, 2, 0, None)])
    assert add_up([]) == Figures({})


async def test_the_record_adds_up_each_hour_for_itself(till: Till) -> None:
    await till.first_contact(at("2026-11-20 12:00"))
    await till.takes(at("2026-11-23 10:00"), eur(100), fee=eur(3), net=eur(97))
    await till.takes(at("2026-11-23 10:59"), eur(200))
    await till.takes(at("2026-11-23 11:00"), eur(400), Kind.RENEWAL)
    await till.takes(at("2026-11-23 11:00"), None, Kind.CUSTOMER)

    bounds = [at(f"2026-11-23 {hour}:00") for hour in (10, 11, 12, 13)]
    ten, eleven, noon = await till.record.totals([till.number], bounds)

    assert set(ten) == {
        Total(till.number, Kind.SALE, None, "eur", "eur", 1, 100, 1, 3, 97),
        Total(till.number, Kind.SALE, None, "eur", None, 1, 200),
    }
    assert {one.kind for one in eleven} == {Kind.RENEWAL, Kind.CUSTOMER}
    assert noon == ()
    assert await till.record.totals([till.number + 1], bounds) == [(), (), ()]


async def test_a_failed_refund_has_the_booking_of_the_refund(till: Till) -> None:
    """Its own event names none in some versions of the API; and without it the money would seem gone."""
    noon = at("2026-11-23 12:00")
    await till.first_contact(noon - 86400)
    await till.takes(noon - 9000, eur(4900), Kind.REFUND, net=Money(-5341, "usd"), told_of="re_1")
    await till.takes(noon, eur(4900), Kind.REFUND, variant="refund_failed", told_of="re_1")
    await till.takes(noon, eur(700), Kind.REFUND, variant="refund_failed", told_of="re_2")

    (day,) = await till.record.totals([till.number], [noon, noon + 60])

    assert set(day) == {
        Total(till.number, Kind.REFUND, "refund_failed", "eur", "usd", 1, 4900, 1, 0, -5341),
        Total(till.number, Kind.REFUND, "refund_failed", "eur", None, 1, 700),
    }


async def test_what_happened_on_a_connected_account_is_not_ours(record: CursorFile) -> None:
    acme = shop("2025-03-31.basil")
    play_everything(acme)
    events = emitted(acme)
    teller = Teller(record)
    await teller.poll([{**event, "account": "acct_1Theirs"} for event in events])
    teller.now += 60
    await teller.poll([])

    (watched,) = await record.watched([("shop", Mode.LIVE)], NOW)
    (day,) = await record.totals([watched.account], [NOW - 86400, NOW + 86400])

    assert teller.titles(), "it was told"
    assert not add_up(day)
