"""One fact, one message: which events belong together."""

from __future__ import annotations

import itertools
import random

import pytest

from cashnotifyd.money import Money
from cashnotifyd.occurrences.backward import referring_back
from cashnotifyd.occurrences.facts import Fact, join
from cashnotifyd.occurrences.reading import Details, Occurrence, Reading
from cashnotifyd.vocabulary import Event, Kind

_ids = itertools.count()


def seen(type_: str, created: int = 1000, **reading: object) -> tuple[Event, Reading]:
    event = Event(f"evt_{next(_ids)}", type_, created, True, {}, {})  # noqa: FBT003 (Stripe's field)
    known: dict[str, object] = {"family": "payment", "kind": Kind.SALE, "names": frozenset({event.id})}
    return event, Reading(**{**known, **reading})  # type: ignore[arg-type]


def names(*ids: str) -> frozenset[str]:
    return frozenset(ids)


BASIL_RENEWAL = [
    seen("charge.succeeded", 1000, names=names("ch_1", "pi_1"), richness=1),
    seen("payment_intent.succeeded", 1000, names=names("pi_1", "ch_1"), richness=2),
    seen("invoice.paid", 1001, names=names(), hints=names("in_1"), richness=5, kind=Kind.RENEWAL),
    seen("invoice.payment_succeeded", 1001, names=names(), hints=names("in_1"), richness=5, kind=Kind.RENEWAL),
    seen("invoice_payment.paid", 1001, names=names("pi_1"), hints=names("in_1"), richness=3),
]


@pytest.mark.parametrize("order", range(50))
def test_the_events_of_a_renewal_are_one_fact_in_any_order(order: int) -> None:
    shuffled = BASIL_RENEWAL[:]
    random.Random(order).shuffle(shuffled)

    (fact,) = join(shuffled, [])

    assert fact.occurrence().kind is Kind.RENEWAL
    assert len(fact.members) == 5


def test_a_sibling_in_a_later_poll_joins_the_told_fact() -> None:
    told = Fact("payment", 1000, {"ch_1", "pi_1"}, {"in_1"}, {"charge.succeeded"}, told_as=7)

    (fact,) = join([seen("invoice.paid", 1060, names=names(), hints=names("in_1"))], [told])

    assert fact.told_as == 7


@pytest.mark.parametrize(("created", "when"), [((0, 1000, 1001), 1000), ((1001, 0, 1000), 1000), ((0, 0), 0)])
def test_a_fact_is_as_old_as_is_known(created: tuple[int, ...], when: int) -> None:
    (fact,) = join([seen(f"t{number}", at, names=names("ch_1")) for number, at in enumerate(created)], [])

    assert fact.occurrence().created == when


def test_a_payment_of_an_unknown_time_was_paid_on_no_day() -> None:
    payment = Occurrence(kind=Kind.SALE, created=0, types=frozenset(), details=Details(what="Desk"))
    refund = Occurrence(kind=Kind.REFUND, created=1000, types=frozenset(), details=Details())

    assert referring_back(refund, payment).details == Details(what="Desk")


def test_two_payments_of_one_invoice_stay_apart() -> None:
    facts = join(
        [
            seen("charge.succeeded", names=names("ch_1", "pi_1"), hints=names("in_1")),
            seen("charge.succeeded", names=names("ch_2", "pi_2"), hints=names("in_1")),
            seen("invoice_payment.paid", names=names("pi_2"), hints=names("in_1")),
            seen("invoice_payment.paid", names=names("pi_1"), hints=names("in_1")),
        ],
        [],
    )

    assert [fact.names for fact in facts] == [{"ch_1", "pi_1"}, {"ch_2", "pi_2"}]
    assert [len(fact.members) for fact in facts] == [2, 2]


@pytest.mark.parametrize("order", range(20))
def test_what_is_tied_by_ids_goes_before_what_resembles(order: int) -> None:
    """Since basil only ``invoice_payment.paid`` says which of a customer's equal payments is the invoice's."""
    alike = names("cus_1:2900usd")
    events = [
        seen("charge.succeeded", 1000, names=names("ch_1", "pi_1"), hints=alike),
        seen("invoice.paid", 1001, names=names("in_1"), hints=alike | {"in_1"}, richness=5),
        seen("invoice_payment.paid", 1001, names=names("pi_1"), hints=names("in_1")),
        seen("charge.succeeded", 1001, names=names("ch_2", "pi_2"), hints=alike),
        seen("charge.updated", 1003, names=names("ch_2", "pi_2"), tells=False),
    ]
    random.Random(order).shuffle(events)

    first, second = join(events, [])

    assert first.names == {"ch_1", "pi_1", "in_1"}
    assert second.names == {"ch_2", "pi_2"}


def test_each_attempt_at_a_payment_is_a_fact() -> None:
    def attempt(n: int, at: int) -> list[tuple[Event, Reading]]:
        return [
            seen("charge.failed", at, family="failure", names=names(f"ch_{n}"), hints=names("pi_1")),
            seen("payment_intent.payment_failed", at, family="failure", names=names(f"ch_{n}"), hints=names("pi_1")),
            seen("invoice.payment_failed", at + 1, family="failure", hints=names("pi_1", "in_1")),
        ]

    facts = join([*attempt(1, 1000), *attempt(2, 1030)], [])

    assert sorted(len(fact.members) for fact in facts) == [3, 3]
    assert all(len({event.created // 30 for event, _ in fact.members}) == 1 for fact in facts)


def test_a_retry_days_later_is_news() -> None:
    told = Fact("failure", 1000, {"evt_x"}, {"in_1"}, {"charge.failed"}, told_as=1)

    (fact,) = join([seen("invoice.payment_failed", 1000 + 86400, family="failure", hints=names("in_1"))], [told])

    assert fact.told_as is None


def test_a_refund_of_a_told_payment_is_its_own_fact() -> None:
    told = Fact("payment", 1000, {"ch_1"}, set(), {"charge.succeeded"}, told_as=1)

    (fact,) = join([seen("refund.created", family="refund", names=names("re_1"), hints=names("ch_1"))], [told])

    assert fact.told_as is None


def test_the_richest_reading_tells_and_the_others_fill_in() -> None:
    (fact,) = join(
        [
            seen(
                "charge.succeeded",
                names=names("pi_1"),
                richness=1,
                details=Details(money=Money(2000, "usd"), card_last4="4242", what="pi description"),
            ),
            seen("invoice.paid", names=names("pi_1"), richness=5, kind=Kind.RENEWAL, details=Details(what="Pro plan")),
        ],
        [],
    )

    occurrence = fact.occurrence()

    assert occurrence.kind is Kind.RENEWAL
    assert occurrence.details == Details(money=Money(2000, "usd"), card_last4="4242", what="Pro plan")
    assert occurrence.types == {"charge.succeeded", "invoice.paid"}


def test_many_facts_of_one_payer_stay_apart() -> None:
    same_payer = names("cus_1:4900eur")
    charges = [seen("charge.succeeded", 600 * n, names=names(f"ch_{n}"), hints=same_payer) for n in range(10_000)]
    invoices = [
        seen("invoice.paid", 600 * n + 1, names=names(f"in_{n}"), hints=same_payer, richness=5) for n in range(10_000)
    ]

    facts = join([*charges, *invoices], [])

    assert len(facts) == 10_000
    assert all(len(fact.members) == 2 for fact in facts)


def test_a_name_joins_at_any_distance_in_time() -> None:
    facts = join([seen("charge.succeeded", at, names=names("ch_1")) for at in (1000, 900_000, 40)], [])

    assert [len(fact.members) for fact in facts] == [3]
