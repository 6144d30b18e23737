"""One message in the place of many: nothing added up that does not add up, nothing urgent overlooked."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashnotifyd.cursor_file.values import (
    NOTICE,
    Away,
    Busy,
    Cause,
    Count,
    FailureBurst,
    Muted,
    Quiet,
    Tally,
    Unreachable,
)
from cashnotifyd.money import Money
from cashnotifyd.occurrences.reading import Details, Occurrence, Variant
from cashnotifyd.schedules import Span
from cashnotifyd.vocabulary import Account, Icon, Kind, Message, Mode, Urgency, Wordings
from cashnotifyd.wording.counted import COUNTED, COUNTED_BY_VARIANT
from cashnotifyd.wording.summaries import NO_DIFFERENCE
from tests.occurrences.payloads import AT
from tests.wording.gallery import DAY, HOUR, LANGUAGES, MINUTE

WORDS = LANGUAGES["English"]
SHOP = Account("shop", "Acme", Mode.LIVE, "acct_1Acme", Icon("https://files.example/acme.png"))
TEST_SHOP = replace(SHOP, mode=Mode.TEST)
SALES = (
    Count(Mode.LIVE, Kind.SALE, 9, Money(48_000, "eur"), Money(9900, "eur")),
    Count(Mode.LIVE, Kind.SALE, 3, Money(7500, "usd"), Money(3900, "usd")),
)
FAILED = Count(Mode.LIVE, Kind.FAILED_PAYMENT, 2, Money(2000, "eur"), Money(1500, "eur"))


def tally(*counts: Count, notable: tuple[Wordings, ...] = (), **more: object) -> Tally:
    given = {"accounts": (("Acme", 1),), "since": AT, "until": AT + 7 * MINUTE, "urgency": Urgency.NORMAL, **more}
    return Tally(counts=counts, notable=notable, notables=given.pop("notables", len(notable)), **given)  # type: ignore[arg-type]  # fields by name


BUSY = Busy()


def said(
    of: Tally, cause: Cause = BUSY, failures: FailureBurst | None = None, within: Account | None = SHOP
) -> Message:
    return WORDS.summary(of, cause, failures, within).full


def lines(message: Message) -> list[str]:
    return message.body.replace("\N{NARROW NO-BREAK SPACE}", " ").split("\n")


def worded(kind: Kind, account: Account = SHOP, **details: object) -> Wordings:
    happened = Occurrence(kind=kind, created=AT, types=frozenset(), details=Details(**details))  # type: ignore[arg-type]  # fields by name
    return WORDS.wordings(happened, account)


def test_counts_sums_and_the_largest() -> None:
    message = said(tally(*SALES, FAILED))

    assert message.title == "12 sales, €480.00 and $75.00; 2 payments failed, €20.00 · Acme"
    assert lines(message) == [
        "12 sales, €480.00 and $75.00, largest €99.00",
        "2 payments failed, €20.00",
        "Acme · live mode · Nov 24, 2026, 2:03 PM to 2:10 PM",
    ]
    assert message.icon == SHOP.icon


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_singular_and_a_plural(kind: Kind, language: str) -> None:
    one, many = (
        LANGUAGES[language].summary(tally(Count(Mode.LIVE, kind, count)), Busy(), None, None).full.title
        for count in (1, 1284)
    )

    assert one.startswith("1 ")
    assert re.match(r"1[,.\s]284 ", many)
    assert one[2:] != many[6:]


def test_there_is_no_kind_and_no_variant_without_words() -> None:
    assert set(COUNTED) == set(Kind)
    assert set(COUNTED_BY_VARIANT) | NO_DIFFERENCE == set(Variant)
    assert not set(COUNTED_BY_VARIANT) & NO_DIFFERENCE


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("variant", COUNTED_BY_VARIANT)
def test_every_variant_has_a_singular_and_a_plural(variant: str, language: str) -> None:
    one, many = (
        LANGUAGES[language].summary(tally(Count(Mode.LIVE, Kind.ACCOUNT, count, variant=variant)), Busy(), None, None)
        for count in (1, 1284)
    )

    assert re.search(r"1[,.\s]284", many.full.title)
    assert re.sub(r"\d+([,.\s]\d+)*", "", one.full.title) != re.sub(r"\d+[,.\s]\d+", "", many.full.title)


def test_what_a_kind_stands_for_besides_is_counted_apart() -> None:
    def of(kind: Kind, count: int, cents: int, variant: Variant | None = None) -> Count:
        return Count(Mode.LIVE, kind, count, Money(cents, "eur"), variant=variant)

    apart = [
        ((of(Kind.REFUND, 8, 39_200), of(Kind.REFUND, 8, 39_200, Variant.REFUND_FAILED)),
         {"8 refunds, €392.00", "8 refunds failed, €392.00"}),
        ((of(Kind.PAYOUT, 2, 90_000), of(Kind.PAYOUT, 1, 40_000, Variant.PAYOUT_CANCELED)),
         {"2 payouts, €900.00", "1 payout cancelled, €400.00"}),
        ((of(Kind.DISPUTE, 4, 40_000, Variant.INQUIRY), of(Kind.DISPUTE, 4, 40_000, Variant.ESCALATED)),
         {"4 inquiries, €400.00", "4 inquiries now disputes, €400.00"}),
        ((of(Kind.DISPUTE_CLOSED, 2, 2000, Variant.WON), of(Kind.DISPUTE_CLOSED, 3, 9000, Variant.LOST)),
         {"2 disputes won, €20.00", "3 disputes lost, €90.00"}),
        ((of(Kind.SUBSCRIPTION_STARTED, 3, 900), of(Kind.SUBSCRIPTION_STARTED, 5, 900, Variant.TRIAL)),
         {"3 new subscriptions", "5 trials started"}),
        ((of(Kind.FAILED_PAYMENT, 2, 2000), of(Kind.FAILED_PAYMENT, 20, 200_000, Variant.OVERDUE)),
         {"2 payments failed, €20.00", "20 invoices overdue, €2,000.00"}),
        ((of(Kind.SALE, 2, 2000, Variant.OUTSIDE_STRIPE), of(Kind.RENEWAL, 3, 700, Variant.OUTSIDE_STRIPE)),
         {"5 invoices paid outside Stripe, €27.00"}),
        ((of(Kind.ACCOUNT, 2, 0, Variant.BANK_CHANGED), of(Kind.ACCOUNT, 3, 0, Variant.PAYOUTS_ON)),
         {"2 payout accounts changed", "Payouts switched on 3 times"}),
    ]  # fmt: skip
    for counts, told in apart:
        assert {re.sub(", largest.*", "", line) for line in lines(said(tally(*counts)))[:-1]} == told


def test_what_makes_no_difference_to_a_sum_is_counted_together() -> None:
    counts = [
        Count(Mode.LIVE, Kind.SALE, 1 + i, Money(1000, "eur"), Money(100 * (i + 1), "eur"), variant)
        for i, variant in enumerate((Variant.RECOVERED, None, Variant.FIRST_PAYMENT, Variant.CHANGE_PAYMENT))
    ]
    dollars = Count(Mode.LIVE, Kind.SALE, 2, Money(500, "usd"), Money(400, "usd"), Variant.FIRST_PAYMENT)

    assert lines(said(tally(*counts, dollars)))[:-1] == ["12 sales, €40.00 and $5.00, largest €4.00"]


def test_what_nobody_has_words_for_is_called_by_its_kind_and_added_to_nothing() -> None:
    refunds = (
        Count(Mode.LIVE, Kind.REFUND, count, Money(1000, "eur"), variant=variant)
        for count, variant in ((2, None), (1, "turned_to_stone"))
    )

    assert lines(said(tally(*refunds)))[:-1] == ["2 refunds, €10.00", "1 refund, €10.00"]


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("English", "5 sales, €4.00, $1.00 and 3 of unknown amount"),
        ("Deutsch", "5 Verkäufe, 4,00\xa0€, 1,00\xa0$ und 3 mit unbekanntem Betrag"),
        ("Français", "5 ventes, 4,00\xa0€, 1,00\xa0$US et 3 de montant inconnu"),
    ],
)
def test_amounts_that_are_not_known_are_counted(language: str, told: str) -> None:
    sales = (
        Count(Mode.LIVE, Kind.SALE, 3),
        Count(Mode.LIVE, Kind.SALE, 1, Money(400, "eur"), Money(400, "eur")),
        Count(Mode.LIVE, Kind.SALE, 1, Money(100, "usd"), Money(100, "usd")),
    )
    message = LANGUAGES[language].summary(tally(*sales), Busy(), None, None)

    assert lines(message.full)[0] == message.full.title == told
    assert lines(message.private)[0] == told[: told.index(",")]


def test_what_moves_no_money_is_only_counted() -> None:
    prices = Count(Mode.LIVE, Kind.SUBSCRIPTION_STARTED, 5, Money(26_900, "eur"), Money(24_000, "eur"))

    assert lines(said(tally(prices)))[0] == "5 new subscriptions"


def test_of_two_the_largest_is_no_news() -> None:
    assert "largest" not in said(tally(FAILED)).body


def test_many_currencies_are_counted() -> None:
    currencies = ("eur", "usd", "gbp", "jpy", "aud", "cad", "inr", "nzd", "krw", "twd")
    of = tally(*(Count(Mode.LIVE, Kind.SALE, 10 - i, Money(900, code)) for i, code in enumerate(currencies)))

    assert said(of).title == "55 sales, €9.00, $9.00 and 8 more currencies · Acme"
    assert lines(said(of))[0] == (
        "55 sales, €9.00, $9.00, £9.00, ¥900, A$9.00, CA$9.00, ₹9.00, NZ$9.00 and 2 more currencies"
    )


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("English", "12 sales, €480.00 and $75.00; 3 new subscriptions; 2 payments failed, €20.00 · Acme Shop"),
        ("Deutsch", "12 Verkäufe, 480,00\xa0€ und 75,00\xa0$; 3 neue Abos; 2 Zahlungen fehlgeschlagen · Acme Shop"),
        (
            "Français",
            "12 ventes, 480,00\xa0€ et 75,00\xa0$US ; 2 échecs de paiement, 20,00\xa0€ ; 3 autres · Acme Shop",
        ),
    ],
)
def test_a_title_names_trouble_before_it_says_more_of_sales(language: str, told: str) -> None:
    of = tally(*SALES, FAILED, Count(Mode.LIVE, Kind.SUBSCRIPTION_STARTED, 3))
    title = LANGUAGES[language].summary(of, Busy(), None, replace(SHOP, name="Acme Shop")).full.title

    assert title.replace("\N{NARROW NO-BREAK SPACE}", " ") == told


def test_a_title_has_one_currency_where_two_do_not_fit() -> None:
    codes = ("eur", "usd", "gbp", "chf")
    sales = [Count(Mode.LIVE, Kind.SALE, 30 - i, Money(1_234_500, code)) for i, code in enumerate(codes)]
    shop = replace(SHOP, name="Papeterie Lefèvre et Filles")
    alone = LANGUAGES["Deutsch"].summary(tally(*sales), Busy(), None, shop).full.title
    beside = LANGUAGES["Deutsch"].summary(tally(*sales, FAILED), Busy(), None, shop).full.title

    assert alone == "114 Verkäufe, 12.345,00\xa0€ und 3 weitere Währungen · Papeterie Lefèvre et Filles"
    assert beside == "114 Verkäufe; 2 Zahlungen fehlgeschlagen, 20,00\xa0€ · Papeterie Lefèvre et Filles"


def test_live_and_test_are_told_apart() -> None:
    tried = Count(Mode.TEST, Kind.SALE, 30, Money(99_900, "eur"), Money(9900, "eur"))
    message = said(tally(tried, *SALES), within=None)

    assert message.title == "12 sales, €480.00 and $75.00"
    assert lines(message)[:2] == [
        "12 sales, €480.00 and $75.00, largest €99.00",
        "[TEST] 30 sales, €999.00, largest €99.00",
    ]
    assert said(tally(tried), within=None).title == "[TEST] 30 sales, €999.00"
    assert said(tally(tried), within=TEST_SHOP).title == "[TEST] 30 sales, €999.00 · Acme"
    assert lines(said(tally(tried), within=TEST_SHOP))[0] == "30 sales, €999.00, largest €99.00"


def test_the_strongest_come_first_and_the_rest_is_counted() -> None:
    counts = (
        Count(Mode.LIVE, Kind.CUSTOMER, 40),
        *SALES,
        Count(Mode.LIVE, Kind.PAYOUT_FAILED, 2, Money(90_000, "eur")),
        Count(Mode.LIVE, Kind.TRIAL_ENDING, 14),
        Count(Mode.LIVE, Kind.SUBSCRIPTION_CANCELED, 13),
    )
    message = said(tally(*counts))

    assert message.title == "2 payouts failed, €900.00; 14 trials ending; 13 subscriptions cancelled; 52 more · Acme"
    assert message.kind is Kind.PAYOUT_FAILED


def test_what_is_alone_of_its_kind_and_notable_is_told_by_its_own_title() -> None:
    failed = worded(Kind.REFUND, variant=Variant.REFUND_FAILED, money=Money(4900, "eur"))
    refund = Count(Mode.LIVE, Kind.REFUND, 1, Money(4900, "eur"), Money(4900, "eur"), Variant.REFUND_FAILED, notable=1)
    message = said(tally(*SALES, refund, notable=(failed,), urgency=Urgency.HIGH))

    assert message.title == "Refund failed €49.00; 12 sales, €480.00 and $75.00 · Acme"
    assert lines(message)[:2] == ["Refund failed €49.00", "12 sales, €480.00 and $75.00, largest €99.00"]
    assert message.body.count("efund") == 1

    refunds = Count(Mode.LIVE, Kind.REFUND, 8, Money(39_200, "eur"), Money(4900, "eur"))
    assert lines(said(tally(*SALES, refund, refunds, notable=(failed,))))[:3] == [
        "Refund failed €49.00",
        "12 sales, €480.00 and $75.00, largest €99.00",
        "8 refunds, €392.00, largest €49.00",
    ]


def test_what_is_alone_is_told_once_though_others_of_its_kind_are_too() -> None:
    inquiry = worded(Kind.DISPUTE, variant=Variant.INQUIRY, money=Money(4900, "eur"))
    dispute = worded(Kind.DISPUTE, money=Money(8900, "eur"))
    counts = (
        Count(Mode.LIVE, Kind.DISPUTE, 1, Money(8900, "eur"), notable=1),
        Count(Mode.LIVE, Kind.DISPUTE, 1, Money(4900, "eur"), variant=Variant.INQUIRY, notable=1),
    )

    told = lines(said(tally(*counts, notable=(inquiry, dispute))))
    assert sorted(told[:-1]) == ["Dispute €89.00", "Inquiry €49.00"]


def notices(count: int) -> Count:
    return Count(Mode.LIVE, Kind.WATCH, count, variant=NOTICE)


WATCHING = Wordings.alike(WORDS.now_watching(SHOP, 0, None))
FAILING = Wordings.alike(WORDS.channel_failing("dead", AT, "Page not found", refused=True, waiting=13))
ALERT = Count(Mode.LIVE, Kind.WATCH, 1, notable=1)


def test_a_notice_is_no_alert_and_in_no_title() -> None:
    counts = (SALES[0], FAILED, notices(1), ALERT)
    told = said(tally(*counts, notable=(FAILING,), notices=(WATCHING,)), within=None)

    assert told.title == "Channel dead fails; 9 sales, €480.00; 2 payments failed, €20.00"
    assert lines(told) == [
        "Channel dead fails",
        "9 sales, €480.00, largest €99.00",
        "2 payments failed, €20.00",
        "Now watching · Acme",
        "Acme",
        "Nov 24, 2026, 2:03 PM to 2:10 PM",
    ]


def test_more_notices_than_have_names_are_counted() -> None:
    told = said(tally(*SALES, notices(4), notices=(WATCHING,) * 3), within=None)

    assert told.title == "12 sales, €480.00 and $75.00"
    assert lines(told)[1] == "4 notices of cashnotifyd"


def test_notices_alone_are_counted_in_the_title() -> None:
    told = said(tally(notices(4), notices=(WATCHING,) * 3, urgency=Urgency.LOW), within=None)

    assert (told.title, told.kind, told.urgency) == ("4 notices of cashnotifyd", Kind.WATCH, Urgency.LOW)


def test_beside_notices_test_mode_is_marked_once() -> None:
    told = said(tally(Count(Mode.TEST, Kind.SALE, 2), notices(1), notices=(WATCHING,)), within=None)

    assert told.title == "[TEST] 2 sales"
    assert lines(told)[:2] == ["2 sales", "Now watching · Acme"]


def test_in_a_title_the_mark_stands_once() -> None:
    dispute = worded(Kind.DISPUTE, TEST_SHOP, money=Money(4900, "eur"))
    counts = (Count(Mode.TEST, Kind.DISPUTE, 1, Money(4900, "eur"), notable=1), Count(Mode.TEST, Kind.SALE, 2))
    of = tally(*counts, notable=(dispute,))

    assert said(of, within=TEST_SHOP).title == "[TEST] Dispute €49.00; 2 sales · Acme"
    assert said(of, within=None).title == "[TEST] Dispute €49.00 · Acme; 2 sales"


def test_notable_messages_are_named_as_far_as_there_is_room() -> None:
    disputes = tuple(worded(Kind.DISPUTE, money=Money(1000 + i, "eur")) for i in range(10))
    of = tally(*SALES, Count(Mode.LIVE, Kind.DISPUTE, 14, Money(14_000, "eur")), notable=disputes, notables=14)
    told = lines(said(of, within=None))

    assert len(told) == 12
    assert told[2:10] == [*(f"Dispute €10.0{i} · Acme" for i in range(7)), "and 7 more"]
    assert lines(said(tally(*SALES, FAILED, notable=disputes[:2])))[2:4] == ["Dispute €10.00", "Dispute €10.01"]


def test_levels_of_detail() -> None:
    disputes = tuple(worded(Kind.DISPUTE, money=Money(amount, "eur"), customer_name="Ada") for amount in (1000, 2000))
    of = tally(*SALES, Count(Mode.LIVE, Kind.DISPUTE, 2, Money(3000, "eur")), notable=disputes)
    summary = WORDS.summary(of, Busy(), FailureBurst(18, 600, 1), SHOP)

    assert summary.full.body == summary.masked.body
    assert summary.private.body.split("\n")[:4] == ["2 disputes", "12 sales", "Dispute", "Dispute"]
    assert not re.search(r"[€$]|\d\.\d\d", summary.private.title + summary.private.body)


@pytest.mark.parametrize(
    ("usual", "told"),
    [(None, ""), (0.0, " (usually none)"), (0.49, " (usually none)"), (0.5, " (usually 1)"), (2.6, " (usually 3)")],
)
def test_a_burst_of_failed_payments_asks_the_question(usual: float | None, told: str) -> None:
    many = replace(FAILED, count=18)
    message = said(tally(*SALES, many, urgency=Urgency.LOW), failures=FailureBurst(18, 600, usual))

    assert message.title == f"18 payments failed in 10 minutes{told}: is your checkout broken? · Acme"
    assert lines(message)[0].startswith("18 payments failed")
    assert (message.kind, message.urgency) == (Kind.FAILED_PAYMENT, Urgency.HIGH)


def test_a_burst_of_failed_payments_says_how_many_of_them_it_sums_up() -> None:
    some, test = replace(FAILED, count=8), replace(FAILED, count=2, mode=Mode.TEST)
    message = said(tally(some, test), failures=FailureBurst(9, 60, 0))

    assert message.title.startswith("9 payments failed in 1 minute")
    assert lines(message)[:2] == [
        "8 of them summed up here, €20.00, largest €15.00",
        "[TEST] 2 payments failed, €20.00",
    ]


def test_a_burst_of_failed_payments_says_apart_what_is_late() -> None:
    overdue = Count(Mode.LIVE, Kind.FAILED_PAYMENT, 20, Money(200_000, "eur"), variant=Variant.OVERDUE)
    message = said(tally(overdue, *SALES, replace(FAILED, count=18)), failures=FailureBurst(18, 600, None))

    assert lines(message)[:2] == ["18 payments failed, €20.00, largest €15.00", "20 invoices overdue, €2,000.00"]


@pytest.mark.parametrize(
    ("loudest", "told"),
    [(Urgency.EMERGENCY, Urgency.HIGH), (Urgency.HIGH, Urgency.HIGH), (Urgency.LOW, Urgency.LOW)],
)
def test_a_summary_is_never_an_emergency(loudest: Urgency, told: Urgency) -> None:
    assert said(tally(*SALES, urgency=loudest)).urgency is told


@pytest.mark.parametrize(
    ("kind", "within", "link"),
    [
        (Kind.SALE, SHOP, "https://dashboard.stripe.com/acct_1Acme/payments"),
        (Kind.FAILED_PAYMENT, TEST_SHOP, "https://dashboard.stripe.com/acct_1Acme/test/payments"),
        (Kind.DISPUTE, SHOP, "https://dashboard.stripe.com/acct_1Acme/disputes"),
        (Kind.PAYOUT, replace(SHOP, stripe_id=None), "https://dashboard.stripe.com/payouts"),
        (Kind.OTHER, SHOP, None),
        (Kind.SALE, None, None),
    ],
)
def test_the_link_leads_to_the_list(kind: Kind, within: Account | None, link: str | None) -> None:
    assert said(tally(Count(Mode.LIVE, kind, 3)), within=within).link == link


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (Quiet(Span(AT - 16 * HOUR, AT - 7 * HOUR)), "Held back in quiet hours, 10:03 PM to 7:03 AM"),
        (Muted(Span(AT, AT + 2 * HOUR)), "Held back while muted, 2:03 PM to 4:03 PM"),
        (
            Muted(Span(AT - 3 * DAY, AT)),
            "Held back while muted, Nov 21, 2026, 2:03 PM until Nov 24, 2026, 2:03 PM",
        ),
        (
            Away(Span(AT - 3 * HOUR - 20 * MINUTE, AT)),
            "cashnotifyd saw nothing for 3 hours (10:43 AM to 2:03 PM): it was off, asleep or without a network",
        ),
        (
            Unreachable(Span(AT - 25 * MINUTE, AT)),
            "This channel could not be reached for 25 minutes (1:38 PM to 2:03 PM)",
        ),
    ],
)
def test_the_cause_is_told(cause: Cause, told: str) -> None:
    assert lines(said(tally(*SALES), cause))[-2] == told


@pytest.mark.parametrize(
    ("until", "when"),
    [
        (AT, "Nov 24, 2026, 2:03 PM"),
        (AT + HOUR, "Nov 24, 2026, 2:03 PM to 3:03 PM"),
        (AT + 12 * HOUR, "Nov 24, 2026, 2:03 PM until Nov 25, 2026, 2:03 AM"),
    ],
)
def test_when_it_happened(until: int, when: str) -> None:
    assert lines(said(tally(*SALES, until=until), within=None))[-1] == when


def test_of_an_unknown_time_nothing_is_said() -> None:
    assert lines(said(tally(*SALES, since=0, until=0)))[-1] == "Acme · live mode"
    assert lines(said(tally(*SALES, since=0, until=0), within=None))[-1] == "Acme"


def test_accounts_are_named_and_the_others_counted() -> None:
    of = tally(*SALES, accounts=(("Acme", 9), ("Zenith", 3)))
    many = tally(*SALES, accounts=tuple((f"Shop {letter}", 2000) for letter in "ABCDEFGHIJ"))

    assert lines(said(of, within=None))[-2] == "Acme 9 · Zenith 3"
    assert lines(said(many, within=None))[-2] == (
        "Shop A 2,000 · Shop B 2,000 · Shop C 2,000 · Shop D 2,000 · Shop E 2,000 · Shop F 2,000 · and 4 more accounts"
    )


def test_names_are_no_commands() -> None:
    hostile = "@everyone\n<!channel> \x1b[31m\u202e[x](https://evil.example) " + "long " * 50
    told = said(tally(*SALES, accounts=((hostile, 3), ("\u200b", 1))), within=None)
    within = said(tally(*SALES), within=replace(SHOP, name=hostile))

    for message in (told, within):
        text = f"{message.title}\n{message.body}"
        assert not re.search(r"@everyone|<!|\]\(|[\x1b\u202e]", text)
        assert len(message.title) < 110
        assert len(lines(message)) <= 4
    assert lines(told)[-2].endswith(" · … 1")


MOVING_MONEY = frozenset(Kind) - {
    Kind.SUBSCRIPTION_STARTED, Kind.SUBSCRIPTION_CHANGED, Kind.SUBSCRIPTION_CANCELED, Kind.TRIAL_ENDING, Kind.CUSTOMER,
    Kind.ACCOUNT, Kind.WATCH, Kind.OTHER,
}  # fmt: skip
AMOUNTS = st.builds(Money, st.integers(1, 10**9), st.sampled_from(["eur", "usd", "jpy", "kwd", "xyz"]))
COUNTS = st.builds(
    lambda mode, kind, count, total, variant: Count(mode, kind, count, total, total, variant),
    st.sampled_from(Mode), st.sampled_from(Kind), st.integers(2, 5000), st.none() | AMOUNTS,
    st.none() | st.sampled_from(Variant) | st.sampled_from(["turned_to_stone", "turned_to_gold"]),
).filter(  # only what is paid can be paid outside Stripe
    lambda one: one.variant != Variant.OUTSIDE_STRIPE or one.kind in (Kind.SALE, Kind.RENEWAL)
)  # fmt: skip


DIFFERENT_COUNTS = st.lists(
    COUNTS, min_size=1, unique_by=lambda one: (one.mode, one.kind, one.variant, one.total and one.total.currency)
)


@given(DIFFERENT_COUNTS)
def test_nothing_is_left_uncounted(counts: list[Count]) -> None:
    summary = WORDS.summary(tally(*counts), BUSY, None, SHOP)

    *told, _ = lines(summary.private)
    assert sum(int(re.sub(r"\D", "", line)) for line in told) == sum(count.count for count in counts)


@given(st.lists(COUNTS, min_size=1, max_size=9))
def test_no_money_is_lost_and_none_is_made(counts: list[Count]) -> None:
    *told, _ = lines(WORDS.summary(tally(*counts), BUSY, None, SHOP).full)

    assert sum(map(_yen, told)) == sum(
        count.total.amount
        for count in counts
        if count.total is not None and count.total.currency == "jpy" and count.kind in MOVING_MONEY
    )


def _yen(line: str) -> int:
    """The yen that a line of a summary comes to."""
    return sum(int(re.sub(r"\D", "", one)) for one in re.findall(r"¥[\d,]*\d", line.partition(", largest")[0]))


@given(DIFFERENT_COUNTS, st.integers(0, 10), st.sampled_from(sorted(LANGUAGES)), st.sampled_from([None, SHOP]))
def test_a_summary_is_short_whatever_is_in_it(
    counts: list[Count], notables: int, language: str, within: Account | None
) -> None:
    disputes = (worded(Kind.DISPUTE, money=Money(4900, "eur")),) * notables
    of = tally(*counts, notable=disputes, notables=notables * 3, accounts=(("Acme", 9), ("Zenith", 3)))
    cause = Unreachable(Span(AT, AT + HOUR))
    summary = LANGUAGES[language].summary(of, cause, FailureBurst(18, 600, 0), within)

    for message in (summary.full, summary.masked, summary.private):
        assert len(lines(message)) <= 12
        assert len(message.title) <= 100
    assert "EUR" not in summary.private.body
    assert not re.search(r"[€$¥]", summary.private.body)
