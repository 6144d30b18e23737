"""A digest as it is read over breakfast: everything in words, in each language, with and without amounts."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashnotifyd.cursor_file.figures import Total, add_up
from cashnotifyd.occurrences.reading import Variant
from cashnotifyd.schedules import DigestSchedule, Every
from cashnotifyd.vocabulary import Account, Icon, Kind, Message, Mode, Urgency
from cashnotifyd.wording.digest_pictures import scale
from cashnotifyd.wording.digests import AccountFigures, Report
from cashnotifyd.wording.message import Words
from tests.wording.gallery import LANGUAGES

ENGLISH = LANGUAGES["English"]
SHOP = Account("shop", "Acme", Mode.LIVE, "acct_1Acme", Icon("https://files.example/acme.png"))
CAFE = Account("cafe", "Café", Mode.LIVE)
PLAY = replace(SHOP, mode=Mode.TEST)
NINE = datetime(2026, 11, 24, 9, tzinfo=ENGLISH.timezone).timestamp()


def total(kind: Kind, count: int, amount: int, currency: str | None = "eur", variant: str | None = None) -> Total:
    return Total(1, kind, variant, currency, None, count, amount)


def settled(count: int, amount: int, fee: int, currency: str = "eur") -> Total:
    return Total(1, Kind.SALE, None, currency, currency, count, amount, count, fee, amount - fee)


BUSY = (
    settled(41, 482_000, 14_460),
    settled(3, 31_000, 930, "usd"),
    total(Kind.REFUND, 2, 4900),
    total(Kind.RENEWAL, 1, 20_000, variant=Variant.OUTSIDE_STRIPE),
    total(Kind.FAILED_PAYMENT, 7, 34_300),
    total(Kind.DISPUTE, 1, 8900),
    total(Kind.DISPUTE, 1, 900, variant=Variant.INQUIRY),
    total(Kind.SUBSCRIPTION_STARTED, 5, 14_500),
    total(Kind.SUBSCRIPTION_STARTED, 2, 5800, variant=Variant.TRIAL),
    total(Kind.SUBSCRIPTION_CANCELED, 1, 2900),
    total(Kind.PAYOUT, 2, 310_000),
    total(Kind.PAYOUT_FAILED, 1, 9900),
)
WEEK_BEFORE = "the week before"
BEFORE = (
    settled(36, 430_000, 12_900),
    settled(5, 51_700, 1550, "usd"),
    total(Kind.REFUND, 1, 2900),
    total(Kind.SUBSCRIPTION_STARTED, 3, 8700),
    total(Kind.PAYOUT, 2, 280_000),
)


def report(
    *totals: Total, every: Every = Every.WEEKLY, account: Account = SHOP, before: tuple[Total, ...] | None = None
) -> Report:
    figures = add_up(totals)
    return Report(
        every=every,
        period=DigestSchedule(every, time(8), ENGLISH.timezone).latest(NINE),
        mode=account.mode,
        accounts=(AccountFigures(account, figures),),
        figures=figures,
        before=None if before is None else add_up(before),
    )


def plain(message: Message) -> tuple[str, list[str]]:
    """With the spaces that are on every keyboard."""
    title, *body = (re.sub("[\u2009\u202f\u00a0]", " ", line) for line in (message.title, *message.body.split("\n")))
    return title, body


def test_a_week() -> None:
    told = ENGLISH.digest(report(*BUSY, before=BEFORE))

    assert plain(told.full) == (
        "Your week: €4,820.00 and $310.00 · Acme",
        [
            "€4,820.00 from 41 payments, +12% on the week before",
            "$310.00 from 3 payments, −40% on the week before",  # noqa: RUF001 (a minus)
            "Fees €144.60 (+12%) and $9.30 (−40%); €4,626.40 (+12%) and $300.70 (−40%) left after fees and refunds",  # noqa: RUF001 (a minus)
            "1 invoice paid outside Stripe (€200.00)",
            "2 refunds (€49.00; €29.00 the week before)",
            "7 payments failed (€343.00)",
            "1 dispute (€89.00), 1 inquiry (€9.00)",
            f"5 new subscriptions (3 {WEEK_BEFORE}), 2 trials started, 1 subscription cancelled (none {WEEK_BEFORE})",
            "2 payouts (€3,100.00; €2,800.00 the week before), 1 payout failed (€99.00)",
            "Acme · live mode · Nov 16 – 22, 2026",  # noqa: RUF001 (Babel's)
        ],
    )
    assert told.masked == told.full


def test_a_week_without_amounts() -> None:
    told = ENGLISH.digest(report(*BUSY, before=BEFORE))

    assert plain(told.private) == (
        "Your week: 44 payments · Acme",
        [
            "44 payments, +7% on the week before",
            "1 invoice paid outside Stripe",
            "2 refunds (1 the week before)",
            "7 payments failed",
            "1 dispute, 1 inquiry",
            f"5 new subscriptions (3 {WEEK_BEFORE}), 2 trials started, 1 subscription cancelled (none {WEEK_BEFORE})",
            "2 payouts (2 the week before), 1 payout failed",
            "Acme · live mode · Nov 16 – 22, 2026",  # noqa: RUF001 (Babel's)
        ],
    )


@pytest.mark.parametrize(
    ("language", "every", "title", "first", "last"),
    [
        ("English", Every.DAILY, "Your Monday: €10.00 · Acme", "€10.00 from 1 payment, +25% on the day before",
         "Acme · live mode · Nov 23, 2026"),
        ("English", Every.MONTHLY, "Your October: €10.00 · Acme", "€10.00 from 1 payment, +25% on the month before",
         "Acme · live mode · October 2026"),
        ("Deutsch", Every.DAILY, "Montag: 10,00 € · Acme", "10,00 € aus 1 Zahlung, +25 % zum Vortag",
         "Acme · Live-Modus · 23.11.2026"),
        ("Deutsch", Every.WEEKLY, "Die Woche: 10,00 € · Acme", "10,00 € aus 1 Zahlung, +25 % zur Vorwoche",
         "Acme · Live-Modus · 16.–22. Nov. 2026"),  # noqa: RUF001 (Babel's)
        ("Français", Every.DAILY, "Lundi : 10,00 € · Acme", "10,00 € pour 1 paiement, +25 % par rapport à la veille",
         "Acme · mode production · 23 nov. 2026"),
        ("Français", Every.MONTHLY, "Octobre : 10,00 € · Acme",
         "10,00 € pour 1 paiement, +25 % par rapport au mois précédent", "Acme · mode production · octobre 2026"),
    ],
)  # fmt: skip
def test_each_language_and_rhythm(language: str, every: Every, title: str, first: str, last: str) -> None:
    told = LANGUAGES[language].digest(
        report(total(Kind.SALE, 1, 1000), every=every, before=(total(Kind.SALE, 1, 800),))
    )

    said, body = plain(told.full)
    assert (said, body[0], body[-1]) == (title, first, last)


@pytest.mark.parametrize(
    ("now", "before", "line"),
    [
        (1000, 1000, "€10.00 from 1 payment, as in the week before"),
        (1001, 1000, "€10.01 from 1 payment, as in the week before"),
        (1000, 0, "€10.00 from 1 payment, €0.00 in the week before"),
        (100_000, 1000, "€1,000.00 from 1 payment, €10.00 in the week before"),
        (10_900, 1000, "€109.00 from 1 payment, +990% on the week before"),
    ],
)
def test_a_percentage_is_said_where_it_says_something(now: int, before: int, line: str) -> None:
    earlier = (total(Kind.SALE, 1, before),) if before else ()
    told = ENGLISH.digest(report(total(Kind.SALE, 1, now), before=earlier))

    assert plain(told.full)[1][0] == line


def test_a_quiet_week_says_what_there_was_before() -> None:
    told = ENGLISH.digest(report(total(Kind.PAYOUT, 1, 500), before=(total(Kind.SALE, 3, 900),)))

    assert plain(told.full) == (
        "A quiet week: no payments · Acme",
        [
            "€0.00, €9.00 in the week before",
            "1 payout (€5.00; none the week before)",
            "Acme · live mode · Nov 16 – 22, 2026",  # noqa: RUF001 (Babel's)
        ],
    )
    assert plain(told.private)[1][0] == "0 payments, 3 payments in the week before"


@pytest.mark.parametrize("before", [(), (total(Kind.SALE, 1, 0),), (total(Kind.CUSTOMER, 1, 0, None),)])
def test_nothing_is_compared_with_nothing(before: tuple[Total, ...]) -> None:
    told = ENGLISH.digest(report(before=before))

    assert len(plain(told.full)[1]) == 1
    assert not [line for line in plain(told.private)[1] if line.startswith("0 payments, 0")]


@pytest.mark.parametrize(
    ("currency", "line"),
    [("eur", "€0.00 from 2 payments (3 the week before)"), (None, "2 payments of unknown amounts (3 the week before)")],
)
def test_counts_are_compared_where_amounts_cannot_be(currency: str | None, line: str) -> None:
    now, before = (total(Kind.SALE, count, 0, currency) for count in (2, 3))

    assert plain(ENGLISH.digest(report(now, before=(before,))).full)[1][0] == line
    assert "before" not in ENGLISH.digest(report(now, before=())).full.body


def test_subscriptions_that_are_missing_are_said() -> None:
    before = (total(Kind.SUBSCRIPTION_STARTED, 3, 8700), total(Kind.REFUND, 1, 2900), total(Kind.PAYOUT, 1, 900))
    _, body = plain(ENGLISH.digest(report(total(Kind.SUBSCRIPTION_CANCELED, 1, 900), before=before)).full)

    assert body[0] == "0 new subscriptions (3 the week before), 1 subscription cancelled (none the week before)"
    assert len(body) == 2


def test_what_is_left_is_compared_where_all_of_it_is_known() -> None:
    one, more = settled(2, 2000, 100), total(Kind.SALE, 1, 900)
    for now, before in (((one, more), (one,)), ((one,), (one, more)), ((one,), ())):
        _, body = plain(ENGLISH.digest(report(*now, before=before)).full)
        assert body[1].startswith("Fees €1.00; €19.00 left after fees")
    lower = report(one, before=(settled(3, 4000, 200),))
    assert plain(ENGLISH.digest(lower).full)[1][1] == "Fees €1.00 (−50%); €19.00 (−50%) left after fees"  # noqa: RUF001 (a minus)


# Quiet and not so quiet

BAD = (total(Kind.FAILED_PAYMENT, 40, 196_000), total(Kind.DISPUTE, 1, 890_000), total(Kind.PAYOUT_FAILED, 1, 120_450))


@pytest.mark.parametrize(
    ("language", "every", "title"),
    [
        ("English", Every.DAILY, "Your Monday: no payments; 40 failed, 1 dispute, 1 payout failed · Acme"),
        ("English", Every.WEEKLY, "Your week: no payments; 40 failed, 1 dispute, 1 payout failed · Acme"),
        ("Deutsch", Every.DAILY,
         "Montag: keine Zahlungen; 40 fehlgeschlagen, 1 Zahlungsanfechtung, 1 Auszahlung fehlgeschlagen · Acme"),
        ("Français", Every.DAILY, "Lundi : aucun paiement ; 40 échecs, 1 litige, 1 échec de virement · Acme"),
    ],
)  # fmt: skip
def test_bad_news_is_no_quiet_day(language: str, every: Every, title: str) -> None:
    told = LANGUAGES[language].digest(report(*BAD, every=every))

    assert plain(told.full)[0] == plain(told.private)[0] == title
    assert told.full.urgency == told.private.urgency == Urgency.NORMAL


def test_a_title_has_the_three_worst_of_it() -> None:
    worse = (*BAD, total(Kind.DISPUTE_CLOSED, 2, 900, variant=Variant.LOST), total(Kind.REFUND, 1, 9))

    assert plain(ENGLISH.digest(report(*worse)).full)[0].count(",") == 2


@pytest.mark.parametrize(
    ("language", "title", "bad"),
    [
        ("English", "Your week, as far as known: no payments · Acme",
         "Your week, as far as known: no payments; 1 dispute · Acme"),
        ("Deutsch", "Die Woche, soweit bekannt: keine Zahlungen · Acme",
         "Die Woche, soweit bekannt: keine Zahlungen; 1 Zahlungsanfechtung · Acme"),
        ("Français", "La semaine, pour autant qu’on sache : aucun paiement · Acme",  # noqa: RUF001 (as it is set)
         "La semaine, pour autant qu’on sache : aucun paiement ; 1 litige · Acme"),  # noqa: RUF001 (as it is set)
    ],
)  # fmt: skip
def test_no_week_is_quiet_of_which_a_part_is_not_known(language: str, title: str, bad: str) -> None:
    week = report()
    (whole,) = week.accounts
    for known in (
        replace(whole, since=NINE - 43_200),
        replace(whole, unread=NINE - 86_400),
        replace(whole, unread=0.0),
    ):
        part = replace(week, accounts=(known,))
        words = LANGUAGES[language]
        assert plain(words.digest(part).full)[0] == title
        assert words.digest(part).full.urgency is Urgency.LOW
        assert plain(words.digest(replace(part, figures=add_up(BAD[1:2]))).full)[0] == bad


def test_what_was_passed_over_is_said() -> None:
    assert plain(ENGLISH.digest(replace(report(), passed_over=33)).full)[1][0] == "33 older digests were passed over"
    assert "passed over" not in ENGLISH.digest(report()).full.body


def test_many_currencies_and_accounts_are_a_few_lines() -> None:
    sums = [
        total(Kind.SALE, 20 - at, 1000, code)
        for at, code in enumerate(("eur", "usd", "gbp", "jpy", "chf", "sek", "nok", "dkk", "pln"))
    ]
    figures = add_up(sums)
    many = tuple(
        AccountFigures(Account(f"shop{at}", f"Shop {at}", Mode.LIVE), add_up([total(Kind.SALE, at, 100 * at)]))
        for at in range(8)
    )
    title, body = plain(ENGLISH.digest(replace(report(), figures=figures, accounts=many)).full)

    assert title == "Your week: €10.00, $10.00 and more"
    assert body[8] == "and 1 more currency"
    assert body[9] == "Shop 7: €7.00 from 7 payments"
    assert body[14:] == ["and 2 more accounts", "8 accounts · live mode · Nov 16 – 22, 2026"]  # noqa: RUF001 (Babel's)


def test_the_line_of_what_is_left_has_as_many_currencies() -> None:
    codes = ("eur", "usd", "gbp", "jpy", "chf", "sek", "nok", "dkk", "pln", "czk")
    sums = [settled(20 - at, 100_000, 1000, code) for at, code in enumerate(codes)]
    _, body = plain(ENGLISH.digest(report(*sums)).full)

    (line,) = (line for line in body if line.startswith("Fees"))
    assert line.count("DKK") == 2
    assert line.count("and 2 more currencies") == 2
    assert "PLN" not in line


def test_test_mode_is_marked_alone_and_beside_live() -> None:
    beside = replace(report(total(Kind.SALE, 1, 100)), test=add_up([total(Kind.SALE, 2, 900), BUSY[2]]))

    assert plain(ENGLISH.digest(report(total(Kind.SALE, 1, 100), account=PLAY)).full)[0].startswith("[TEST] Your week")
    assert plain(ENGLISH.digest(beside).full)[1][1:3] == ["[TEST] €9.00 from 2 payments", "[TEST] 2 refunds (€49.00)"]
    assert plain(ENGLISH.digest(beside).private)[1][1:3] == ["[TEST] 2 payments", "[TEST] 2 refunds"]


def test_what_is_not_known_is_said() -> None:
    figures = add_up([settled(2, 1000, 50), total(Kind.SALE, 3, 900), total(Kind.SALE, 2, 0, None)])
    accounts = (
        AccountFigures(SHOP, figures, since=NINE - 7 * 86400),
        AccountFigures(CAFE, add_up([]), unread=NINE - 86400),
        AccountFigures(replace(CAFE, name="New"), add_up([]), unread=0.0),
    )
    _, body = plain(ENGLISH.digest(replace(report(), figures=figures, accounts=accounts)).full)

    assert body[1:3] == [
        "2 payments of unknown amounts",
        "Fees €0.50; €9.50 left after fees, without 5 payments whose fees are not known",
    ]
    assert body[-4:-1] == [
        "Acme has been watched since Nov 17, 2026, 9:00 AM only",
        "Café could not be read since Nov 23, 2026, 9:00 AM: more may come",
        "New could not be read: more may come",
    ]


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("English", ("Fees €1.72; €47.28 left after fees and refunds, "
         "without 1 refund ($50.00), 2 failed refunds (CHF 14.00) and 1 payment whose fee is not known")),
        ("Deutsch", ("Gebühren 1,72 €; nach Gebühren und Rückerstattungen bleiben 47,28 €, "
         "ohne 1 Rückerstattung (50,00 $), 2 fehlgeschlagene Rückerstattungen (14,00 CHF) "
         "und 1 Zahlung, deren Gebühr nicht bekannt ist")),
        ("Français", ("Frais 1,72 € ; il reste 47,28 € après frais et remboursements, "
         "sans 1 remboursement (50,00 $US), 2 remboursements échoués (14,00 CHF) "
         "et 1 paiement dont les frais ne sont pas connus")),
    ],
)  # fmt: skip
def test_what_could_not_be_counted_is_called_what_it_is(language: str, line: str) -> None:
    told = LANGUAGES[language].digest(
        report(
            settled(1, 4900, 172),
            total(Kind.SALE, 1, 0, None),
            total(Kind.REFUND, 1, 5000, "usd"),
            total(Kind.REFUND, 2, 1400, "chf", Variant.REFUND_FAILED),
        )
    )

    assert line in plain(told.full)[1]


def test_it_knocks_softly_and_leads_to_the_payments() -> None:
    told = ENGLISH.digest(report(*BUSY)).full

    assert (told.urgency, told.kind) == (Urgency.LOW, Kind.ACCOUNT)
    assert told.link == "https://dashboard.stripe.com/acct_1Acme/payments"
    assert told.icon == SHOP.icon


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_amount_is_left_in_a_discreet_one(language: str) -> None:
    both = replace(report(*BUSY, before=BUSY), test=add_up(BUSY))
    two = replace(both, accounts=(*both.accounts, AccountFigures(CAFE, both.figures)))
    for told in (LANGUAGES[language].digest(one).private for one in (both, two)):
        assert not re.search(r"[€$]|\d[.,]\d\d\b(?!\.)", f"{told.title}\n{told.body}")


@pytest.mark.parametrize("language", ["Deutsch", "Français"])
def test_no_english_is_left(language: str) -> None:
    told = LANGUAGES[language].digest(replace(report(*BUSY, before=BUSY), test=add_up(BUSY))).full

    assert not re.search(
        r"\b([Pp]ayments?|from|left|week|refunds?|trials?|[Yy]our|the)\b", f"{told.title}\n{told.body}"
    )


# The picture


def course(*amounts: int) -> tuple[Total, ...]:
    return tuple(total(Kind.SALE, 1, amount) for amount in amounts)


def test_a_picture_has_a_bar_a_day_and_behind_it_that_of_the_week_before() -> None:
    days, earlier = course(100, 0, 400, 0, 0, 250, 50), course(200, 0, 0, 0, 0, 0, 300)
    drawn = replace(
        report(*days, before=earlier),
        course=tuple(add_up([day]) for day in days),
        course_before=tuple(add_up([day]) for day in earlier),
    )
    before = DigestSchedule(Every.WEEKLY, time(8), ENGLISH.timezone).before(drawn.period)
    drawing = ENGLISH.digest_picture(drawn, before)

    assert drawing is not None
    (panel,) = drawing.panels
    assert (panel.headline, panel.note, panel.peak) == ("€8.00", "+60%", "€4")
    assert list(panel.bars) == [0.25, 0, 1, 0, 0, 0.625, 0.125]
    assert list(panel.ghosts) == [0.5, 0, 0, 0, 0, 0, 0.75]
    assert panel.labels == ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    assert list(panel.lines) == [(0.25, "€1"), (0.5, "€2"), (0.75, "€3"), (1, "€4")]
    assert drawing.name == "Acme"


@pytest.mark.parametrize(
    ("currency", "cents", "lines", "peak"),
    [
        ("kwd", 5370, ["KWD 2", "KWD 4", "KWD 6"], "KWD 5.370"),
        ("chf", 600_000_000, ["CHF 2M", "CHF 4M", "CHF 6M"], "CHF 6M"),
        ("eur", 600_000_000, ["€2M", "€4M", "€6M"], "€6M"),
    ],
)
def test_a_code_stands_apart_from_its_figure(currency: str, cents: int, lines: list[str], peak: str) -> None:
    figures = report(total(Kind.SALE, 1, cents, currency))
    drawing = ENGLISH.digest_picture(replace(figures, course=(figures.figures,)), figures.period)

    assert drawing is not None
    (panel,) = drawing.panels
    assert [line.replace("\u00a0", " ") for _, line in panel.lines] == lines
    assert panel.peak.replace("\u00a0", " ") == peak


def test_a_picture_of_another_language_has_its_words_in_english_too() -> None:
    """For a machine without fonts of that language; the name stays as it is."""
    week = report(*course(100, 0, 400, 0, 0, 250, 50), account=replace(SHOP, name="株式会社"))
    week = replace(week, course=(week.figures,) * 7)
    japanese = Words("ja_JP", ENGLISH.timezone).digest_picture(week, week.period)
    english = Words("en", ENGLISH.timezone).digest_picture(week, week.period)

    assert japanese is not None
    assert english is not None
    assert "月" in japanese.when
    assert japanese.in_english == english
    assert english.in_english is None


def test_there_is_nothing_to_draw_of_a_quiet_week() -> None:
    assert ENGLISH.digest_picture(report(total(Kind.REFUND, 1, 100)), report().period) is None


@given(st.decimals("0.001", "1e15", places=3))
def test_a_scale_has_a_few_round_steps_and_reaches_the_highest(highest: Decimal) -> None:
    step, count = scale(highest)

    assert 1 <= count <= 4
    assert step * (count - 1) < highest <= step * count
    assert str(step.normalize().as_tuple().digits) in {"(1,)", "(2,)", "(2, 5)", "(5,)"}
