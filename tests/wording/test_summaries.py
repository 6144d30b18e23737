"""One message in the place of many: nothing added up that does not add up, nothing urgent overlooked."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cashnotifyd.cursor_file.values import (
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
from cashnotifyd.wording.summaries import COUNTED
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


def test_there_is_no_kind_without_words() -> None:
    assert set(COUNTED) == set(Kind)


def test_what_moves_no_money_is_only_counted() -> None:
    prices = Count(Mode.LIVE, Kind.SUBSCRIPTION_STARTED, 5, Money(26_900, "eur"), Money(24_000, "eur"))

    assert lines(said(tally(prices)))[0] == "5 new subscriptions"


def test_of_two_the_largest_is_no_news() -> None:
    assert "largest" not in said(tally(FAILED)).body


def test_many_currencies_are_counted() -> None:
    currencies = ("eur", "usd", "gbp", "jpy", "chf", "sek")
    of = tally(*(Count(Mode.LIVE, Kind.SALE, 9 - i, Money(900, code)) for i, code in enumerate(currencies)))

    assert said(of).title == "39 sales, €9.00, $9.00 and 4 more currencies · Acme"
    assert lines(said(of))[0] == "39 sales, €9.00, $9.00, £9.00, ¥900 and 2 more currencies"


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
    )
    message = said(tally(*counts))

    assert message.title == "2 payouts failed, €900.00; 14 trials ending; 12 sales; 40 more · Acme"
    assert message.kind is Kind.PAYOUT_FAILED


def test_what_is_alone_of_its_kind_and_notable_is_told_by_its_own_title() -> None:
    failed = worded(Kind.REFUND, variant=Variant.REFUND_FAILED, money=Money(4900, "eur"))
    refund = Count(Mode.LIVE, Kind.REFUND, 1, Money(4900, "eur"), Money(4900, "eur"))
    message = said(tally(*SALES, refund, notable=(failed,), urgency=Urgency.HIGH))

    assert message.title == "Refund failed €49.00; 12 sales, €480.00 and $75.00 · Acme"
    assert lines(message)[:2] == ["Refund failed €49.00", "12 sales, €480.00 and $75.00, largest €99.00"]
    assert message.body.count("efund") == 1


def test_in_a_title_the_mark_stands_once() -> None:
    dispute = worded(Kind.DISPUTE, TEST_SHOP, money=Money(4900, "eur"))
    counts = (Count(Mode.TEST, Kind.DISPUTE, 1, Money(4900, "eur")), Count(Mode.TEST, Kind.SALE, 2))
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


AMOUNTS = st.builds(Money, st.integers(1, 10**9), st.sampled_from(["eur", "usd", "jpy", "kwd", "xyz"]))
COUNTS = st.builds(
    lambda mode, kind, count, total: Count(mode, kind, count, total, total),
    st.sampled_from(Mode), st.sampled_from(Kind), st.integers(2, 5000), st.none() | AMOUNTS,
)  # fmt: skip


DIFFERENT_COUNTS = st.lists(
    COUNTS, min_size=1, unique_by=lambda one: (one.mode, one.kind, one.total and one.total.currency)
)


@settings(deadline=None)  # the first message reads the locale's data
@given(DIFFERENT_COUNTS)
def test_nothing_is_left_uncounted(counts: list[Count]) -> None:
    summary = WORDS.summary(tally(*counts), BUSY, None, SHOP)

    *told, _ = lines(summary.private)
    assert sum(int(re.sub(r"\D", "", line)) for line in told) == sum(count.count for count in counts)


@settings(deadline=None)
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
