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
    told = ENGLISH.digest(report(*BUSY, before=(settled(36, 430_000, 9), settled(5, 51_700, 9, "usd"))))

    assert plain(told.full) == (
        "Your week: €4,820.00 and $310.00 · Acme",
        [
            "€4,820.00 from 41 payments, +12% on the week before",
            "$310.00 from 3 payments, −40% on the week before",  # noqa: RUF001 (a minus)
            "Fees €144.60 and $9.30; €4,626.40 and $300.70 left after fees and refunds",
            "1 invoice paid outside Stripe (€200.00)",
            "2 refunds (€49.00)",
            "7 payments failed (€343.00)",
            "1 dispute (€89.00), 1 inquiry (€9.00)",
            "5 new subscriptions, 2 trials started, 1 subscription cancelled",
            "2 payouts (€3,100.00), 1 payout failed (€99.00)",
            "Acme · live mode · Nov 16 – 22, 2026",  # noqa: RUF001 (Babel's)
        ],
    )
    assert told.masked == told.full


def test_a_week_without_amounts() -> None:
    told = ENGLISH.digest(report(*BUSY, before=(settled(36, 430_000, 9),)))

    assert plain(told.private) == (
        "Your week: 44 payments · Acme",
        [
            "44 payments, +22% on the week before",
            "1 invoice paid outside Stripe",
            "2 refunds",
            "7 payments failed",
            "1 dispute, 1 inquiry",
            "5 new subscriptions, 2 trials started, 1 subscription cancelled",
            "2 payouts, 1 payout failed",
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
            "1 payout (€5.00)",
            "Acme · live mode · Nov 16 – 22, 2026",  # noqa: RUF001 (Babel's)
        ],
    )
    assert plain(told.private)[1][0] == "0 payments, 3 payments in the week before"


def test_many_currencies_and_accounts_are_a_few_lines() -> None:
    sums = [
        total(Kind.SALE, 20 - at, 1000, code)
        for at, code in enumerate(("eur", "usd", "gbp", "jpy", "chf", "sek", "nok"))
    ]
    figures = add_up(sums)
    many = tuple(
        AccountFigures(Account(f"shop{at}", f"Shop {at}", Mode.LIVE), add_up([total(Kind.SALE, at, 100 * at)]))
        for at in range(8)
    )
    title, body = plain(ENGLISH.digest(replace(report(), figures=figures, accounts=many)).full)

    assert title == "Your week: €10.00, $10.00 and more"
    assert body[6] == "and 1 more currency"
    assert body[7] == "Shop 7: €7.00 from 7 payments"
    assert body[12:] == ["and 2 more accounts", "8 accounts · live mode · Nov 16 – 22, 2026"]  # noqa: RUF001 (Babel's)


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
        "Fees €0.50; €9.50 left after fees, without 5 payments whose fees are not known yet",
    ]
    assert body[-4:-1] == [
        "Acme has been watched since Nov 17, 2026, 9:00 AM only",
        "Café could not be read since Nov 23, 2026, 9:00 AM: more may come",
        "New could not be read: more may come",
    ]


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


def test_there_is_nothing_to_draw_of_a_quiet_week() -> None:
    assert ENGLISH.digest_picture(report(total(Kind.REFUND, 1, 100)), report().period) is None


@given(st.decimals("0.001", "1e15", places=3))
def test_a_scale_has_a_few_round_steps_and_reaches_the_highest(highest: Decimal) -> None:
    step, count = scale(highest)

    assert 1 <= count <= 4
    assert step * (count - 1) < highest <= step * count
    assert str(step.normalize().as_tuple().digits) in {"(1,)", "(2,)", "(2, 5)", "(5,)"}
