"""docs/messages.md: one real-looking message for each kind and each of its variants, in every language.

``python -m tests.wording.gallery`` (``make messages``) writes the page; a test keeps it true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import time
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from cashnotifyd.cursor_file.figures import Total, add_up
from cashnotifyd.cursor_file.values import NOTICE, Away, Busy, Count, FailureBurst, Muted, Quiet, Tally, Unreachable
from cashnotifyd.money import Money
from cashnotifyd.occurrences.reading import Details, Occurrence, Variant
from cashnotifyd.schedules import DigestSchedule, Every, Span
from cashnotifyd.vocabulary import Account, ConnectedAccount, Disclosure, Kind, Message, Mode, Urgency, Wordings
from cashnotifyd.wording.digests import AccountFigures, Report
from cashnotifyd.wording.message import Words

PAGE: Final = Path(__file__).parents[2] / "docs" / "messages.md"
LANGUAGES: Final = {
    "English": Words("en_US", ZoneInfo("Europe/Paris")),
    "Deutsch": Words("de_DE", ZoneInfo("Europe/Paris")),
    "Français": Words("fr_FR", ZoneInfo("Europe/Paris")),
}
SHOP: Final = Account("shop", "Acme Shop", Mode.LIVE)
SHOP_TEST: Final = Account("shop-test", "Acme Shop", Mode.TEST)
AT: Final = 1_795_525_380  # 24 November 2026, 14:03 in Paris
MINUTE: Final = 60
HOUR: Final = 3_600
DAY: Final = 86_400

LAST_WEEK: Final = DigestSchedule(Every.WEEKLY, time(8), ZoneInfo("Europe/Paris"))
YESTERDAY: Final = DigestSchedule(Every.DAILY, time(8), ZoneInfo("Europe/Paris"))

Tell = Callable[[Words], Message]


@dataclass(frozen=True)
class Example:
    """A message that each language can be asked for."""

    kind: Kind
    tell: Tell
    variant: Variant | None = None


ZOE: Final = Details(
    customer_name="Zoë Lefèvre",
    customer_email="zoe@lefevre.example",
    customer_country="FR",
    card_brand="visa",
    card_last4="4242",
)
MARTA: Final = Details(
    customer_name="Marta Kowalska",
    customer_email="marta@kowalska.example",
    customer_country="PL",
    card_brand="mastercard",
    card_last4="4444",
)
ORGANISER: Final = "Walnut desk organiser"
STUDIO: Final = "Studio plan"


def eur(cents: int) -> Money:
    return Money(cents, "eur")


def told(kind: Kind, details: Details, *, of: Details | None = None, by: str = "", account: Account = SHOP) -> Example:
    """An example made of the particulars of a thing and those of a person, told by an event of type ``by``."""
    occurrence = Occurrence(
        kind=kind, created=AT, types=frozenset({by}), details=details if of is None else details.filled_from(of)
    )
    return Example(kind, lambda words: words.message(occurrence, account), details.variant)


def alert(tell: Tell) -> Example:
    return Example(Kind.WATCH, tell)


def studio(variant: Variant | None = None, **more: object) -> Details:
    """A subscription at €29 a month."""
    given = {"money": eur(2900), "interval": "month", "interval_count": 1, "what": STUDIO, **more}
    return Details(variant=variant, **given)  # type: ignore[arg-type]  # fields by name


def examples() -> Iterator[Example]:  # noqa: PLR0915 (a long list, and nothing but a list)
    """All of them, in the order of the page."""
    sale = Details(money=eur(4900), what=ORGANISER)
    fee = Details(fee=eur(172), net=eur(4728))
    yield told(Kind.SALE, sale.filled_from(fee), of=ZOE)
    yield told(Kind.SALE, sale, of=ZOE, account=SHOP_TEST)
    yield told(Kind.SALE, sale, of=ZOE, account=replace(SHOP, connected=ConnectedAccount("acct_1TheirsTheirs123")))
    yield told(
        Kind.SALE,
        Details(
            money=Money(5400, "usd"), settled=eur(4981), exchange_rate=0.9224, fee=eur(187), net=eur(4794),
            what=ORGANISER,
        ),
        of=ZOE,
    )  # fmt: skip
    invoice = Details(money=eur(2900), what=f"1 × {STUDIO}", number="ACME-0007")  # noqa: RUF001 (as Stripe writes it)
    paid = Details(fee=eur(112), net=eur(2788))
    yield told(Kind.SALE, Details(variant=Variant.FIRST_PAYMENT).filled_from(invoice).filled_from(paid), of=MARTA)
    yield told(Kind.SALE, Details(variant=Variant.CHANGE_PAYMENT).filled_from(invoice), of=MARTA)
    yield told(Kind.RENEWAL, invoice.filled_from(paid), of=MARTA)
    yield told(Kind.RENEWAL, Details(variant=Variant.RECOVERED, attempt=2).filled_from(invoice), of=MARTA)
    yield told(
        Kind.RENEWAL,
        Details(variant=Variant.OUTSIDE_STRIPE, customer_name="Marta Kowalska").filled_from(invoice),
    )

    yield told(Kind.FAILED_PAYMENT, sale.filled_from(Details(reason="insufficient_funds")), of=ZOE)
    retried = Details(reason="expired_card", attempt=2, next_attempt=AT + 3 * DAY)
    yield told(Kind.FAILED_PAYMENT, invoice.filled_from(retried), of=MARTA)
    last = Details(reason="do_not_honor", attempt=4)
    yield told(Kind.FAILED_PAYMENT, invoice.filled_from(last), of=MARTA)
    billed = Details(customer_name="Marta Kowalska", customer_email="marta@kowalska.example").filled_from(invoice)
    for variant in (Variant.CONFIRMATION_NEEDED, Variant.UNCOLLECTIBLE, Variant.NOT_FINALIZED):
        yield told(Kind.FAILED_PAYMENT, Details(variant=variant), of=billed)
    yield told(Kind.FAILED_PAYMENT, Details(variant=Variant.OVERDUE, due_by=AT - 4 * DAY), of=billed)
    late = Details(customer_name="Marta Kowalska", customer_email="marta@kowalska.example")
    yield told(Kind.FAILED_PAYMENT, studio(Variant.PAST_DUE), of=late)

    back = Details(what=ORGANISER, paid_at=AT - 9 * DAY, reason="requested_by_customer")
    yield told(Kind.REFUND, Details(money=eur(4900), whole=eur(4900)).filled_from(back), of=ZOE)
    yield told(Kind.REFUND, Details(money=eur(1000), whole=eur(4900)).filled_from(back), of=ZOE)
    for cents, so_far in ((500, 1500), (3400, 4900)):
        step = Details(money=eur(cents), whole=eur(4900), so_far=eur(so_far))
        yield told(Kind.REFUND, step.filled_from(back), of=ZOE)
    stuck = Details(money=eur(4900), reason="expired_or_canceled_card", paid_at=AT - 9 * DAY)
    yield told(Kind.REFUND, Details(variant=Variant.REFUND_FAILED, status="failed"), of=stuck)
    stopped = Details(money=eur(4900), reason="merchant_request", paid_at=AT - 9 * DAY)
    yield told(Kind.REFUND, Details(variant=Variant.REFUND_CANCELED), of=stopped)

    contested = Details(
        money=eur(8900), what="Ceramic pour-over", reason="product_not_received", paid_at=AT - 20 * DAY,
    ).filled_from(ZOE)  # fmt: skip
    open_ = Details(status="needs_response", due_by=AT + 9 * DAY)
    yield told(Kind.DISPUTE, open_, of=contested)
    asked = Details(variant=Variant.INQUIRY, status="warning_needs_response", due_by=AT + 9 * DAY)
    yield told(Kind.DISPUTE, asked, of=contested)
    yield told(Kind.DISPUTE, Details(variant=Variant.ESCALATED).filled_from(open_), of=contested)
    for variant, status in (
        (Variant.WON, "won"), (Variant.LOST, "lost"), (Variant.INQUIRY_CLOSED, "warning_closed"),
        (Variant.PREVENTED, "prevented"),
    ):  # fmt: skip
        yield told(Kind.DISPUTE_CLOSED, Details(variant=variant, status=status), of=contested)
    suspected = Details(money=eur(8900), paid_at=AT - DAY).filled_from(ZOE)
    yield told(Kind.FRAUD_WARNING, Details(reason="made_with_stolen_card"), of=suspected)
    yield told(Kind.FRAUD_WARNING, Details(variant=Variant.REVIEW, reason="rule"), of=suspected)

    bank = Details(bank="Banque Postale", bank_last4="2606")
    yield told(Kind.PAYOUT, Details(money=eur(120_450), automatic=True, arrives=AT + 2 * DAY), of=bank)
    yield told(Kind.PAYOUT, Details(money=eur(-1250), automatic=True), of=bank)
    yield told(Kind.PAYOUT, Details(variant=Variant.PAYOUT_CANCELED, money=eur(120_450)), of=bank)
    yield told(Kind.PAYOUT_FAILED, Details(money=eur(120_450), reason="account_closed"), of=bank)
    marta = Details(customer_name="Marta Kowalska", customer_email="marta@kowalska.example")
    yield told(Kind.SUBSCRIPTION_STARTED, studio(), of=marta)
    yearly = Details(money=eur(24_000), interval="year", interval_count=1, monthly=eur(2000), what="Team plan")
    yield told(Kind.SUBSCRIPTION_STARTED, yearly, of=marta)
    yield told(Kind.SUBSCRIPTION_STARTED, studio(Variant.TRIAL, trial_end=AT + 14 * DAY), of=marta)
    team = Details(money=eur(4900), interval="month", interval_count=1, what="Team plan")
    solo = Details(money=eur(900), interval="month", interval_count=1, what="Solo plan")
    plain = studio()
    yield told(Kind.SUBSCRIPTION_CHANGED, Details(variant=Variant.UPGRADED, before=plain).filled_from(team), of=marta)
    yield told(Kind.SUBSCRIPTION_CHANGED, Details(variant=Variant.DOWNGRADED, before=plain).filled_from(solo), of=marta)
    to_yearly = Details(variant=Variant.PLAN_CHANGED, before=plain).filled_from(yearly)
    yield told(Kind.SUBSCRIPTION_CHANGED, to_yearly, of=marta)
    moved = studio(Variant.TRIAL_MOVED, trial_end=AT + 28 * DAY)
    yield told(Kind.SUBSCRIPTION_CHANGED, moved, of=marta)
    leaving = studio(
        Variant.CANCELLATION_SCHEDULED, effective=AT + 12 * DAY, reason="too_expensive",
        explanation="Lovely paper, small budget",
    )  # fmt: skip
    yield told(Kind.SUBSCRIPTION_CHANGED, leaving, of=marta)
    yield told(Kind.SUBSCRIPTION_CHANGED, studio(Variant.COLLECTION_PAUSED, effective=AT + 30 * DAY), of=marta)
    for variant in (
        Variant.TRIAL_CONVERTED, Variant.CANCELLATION_WITHDRAWN, Variant.PAUSED, Variant.RESUMED,
        Variant.COLLECTION_RESUMED, Variant.CHANGE_EXPIRED, Variant.UNPAID,
    ):  # fmt: skip
        yield told(Kind.SUBSCRIPTION_CHANGED, studio(variant), of=marta)
    left = studio(canceled_by_request=True, reason="unused", explanation="Went back to pen and paper")
    yield told(Kind.SUBSCRIPTION_CANCELED, left, of=marta)
    yield told(Kind.SUBSCRIPTION_CANCELED, studio(reason="payment_failed"), of=marta)
    yield told(Kind.TRIAL_ENDING, studio(trial_end=AT + 3 * DAY), of=marta)
    yield told(Kind.CUSTOMER, marta)

    owed = Details(variant=Variant.PAYMENTS_OFF, reason="requirements.past_due", missing=2)
    yield told(Kind.ACCOUNT, owed)
    theirs = replace(SHOP, connected=ConnectedAccount("acct_1Theirs", "Bob's Bakery"))
    yield told(Kind.ACCOUNT, owed, account=theirs)
    yield told(Kind.ACCOUNT, Details(variant=Variant.PAYOUTS_OFF, reason="under_review"))
    asked_for = Details(variant=Variant.INFORMATION_OVERDUE, missing=1, due_by=AT + 14 * DAY)
    yield told(Kind.ACCOUNT, asked_for)
    sooner = replace(asked_for, variant=Variant.INFORMATION_SOONER, missing=None, due_by=AT + DAY, before=asked_for)
    yield told(Kind.ACCOUNT, sooner)
    blurry = Details(variant=Variant.INFORMATION_REJECTED, reason="x", explanation="Document illegible")
    yield told(Kind.ACCOUNT, blurry)
    yield told(Kind.ACCOUNT, replace(blurry, due_by=AT + DAY))
    yield told(Kind.ACCOUNT, Details(variant=Variant.INFORMATION_NEEDED, missing=1))
    yield told(Kind.ACCOUNT, Details(variant=Variant.RESTRICTED, reason="under_review"))
    for variant in (Variant.PAYMENTS_ON, Variant.PAYOUTS_ON, Variant.INFORMATION_COMPLETE):
        yield told(Kind.ACCOUNT, Details(variant=variant))
    for variant in (Variant.CAPABILITY_ON, Variant.CAPABILITY_OFF):
        yield told(Kind.ACCOUNT, Details(variant=variant, what="sepa_debit_payments"))
    for variant in (Variant.BANK_ADDED, Variant.BANK_CHANGED, Variant.BANK_REMOVED):
        yield told(Kind.ACCOUNT, Details(variant=variant), of=bank)
    for variant in (Variant.APPLICATION_ADDED, Variant.APPLICATION_REMOVED):
        yield told(Kind.ACCOUNT, Details(variant=variant, what="Bookkeeper"))
    yield told(Kind.ACCOUNT, Details(variant=Variant.TOP_UP_FAILED, money=eur(50_000), reason="R01"))

    yield alert(lambda words: words.now_watching(SHOP, 50, None))
    yield alert(lambda words: words.now_watching(SHOP, 0, "Acme Outlet"))
    yield alert(lambda words: words.key_refused(SHOP, "Expired API Key provided: rk_live_…4242"))
    yield alert(lambda words: words.permission_missing(SHOP, "rak_event_read"))
    yield alert(lambda words: words.permission_would_add(SHOP, "rak_invoice_read", "rak_invoice_read"))
    yield alert(lambda words: words.key_works_again(SHOP))
    yield alert(lambda words: words.gap(SHOP, AT - 36 * DAY, AT - 30 * DAY))
    silent = "Stripe: Connection refused"
    yield alert(lambda words: words.not_polled(SHOP, AT - 25 * MINUTE, silent))
    yield alert(lambda words: words.not_polled(SHOP, None, silent))
    yield alert(lambda words: words.polled_again(SHOP, AT - 3 * HOUR, AT))
    yield alert(lambda words: words.no_sales(SHOP, AT - 26 * HOUR, 38 * MINUTE, AT))
    yield alert(lambda words: words.sales_again(SHOP, AT - 30 * HOUR, AT))
    yield alert(lambda words: words.channel_failing("phone", AT - 25 * MINUTE, "ntfy: 401 Unauthorized", True, 3))  # noqa: FBT003 (an outcome's own field)
    yield alert(lambda words: words.channel_failing("phone", AT - 25 * MINUTE, "ntfy: Connection refused", False, 0))  # noqa: FBT003 (an outcome's own field)
    yield alert(lambda words: words.channel_works_again("phone", AT - 25 * MINUTE, 3, AT))
    yield alert(lambda words: words.undeliverable("phone", "ntfy: 413 Content Too Large"))

    yield told(Kind.OTHER, Details(money=eur(4900)), of=ZOE, by="checkout.session.expired")
    yield told(Kind.OTHER, invoice, of=marta, by="invoice.finalized")
    yield told(Kind.OTHER, Details(available=(eur(231_875), Money(84_000, "jpy"))), by="balance.available")
    yield told(Kind.OTHER, Details(money=eur(50_000)), by="topup.succeeded")
    yield told(Kind.OTHER, Details(what=ORGANISER), by="product.updated")
    yield told(Kind.OTHER, Details(), by="tax.settings.updated")


Summarize = Callable[[Words], Wordings]


def summaries() -> Iterator[Summarize]:
    """Each cause of one, and what else makes a difference in it."""
    sales = (
        Count(Mode.LIVE, Kind.SALE, 9, eur(48_000), eur(9900)),
        Count(Mode.LIVE, Kind.SALE, 3, Money(7500, "usd"), Money(3900, "usd")),
    )
    failed = Count(Mode.LIVE, Kind.FAILED_PAYMENT, 2, eur(2000), eur(1500))
    refund = Count(Mode.LIVE, Kind.REFUND, 1, eur(500), eur(500))
    shop, both = (("Acme Shop", 15),), (("Acme Shop", 12), ("Zenith", 3))
    few = Tally((*sales, failed, refund), shop, (), 0, AT, AT + 7 * MINUTE, Urgency.NORMAL)
    yield lambda words: words.summary(few, Busy(), None, SHOP)

    night = Quiet(Span(AT - 16 * HOUR - 3 * MINUTE, AT - 7 * HOUR - 3 * MINUTE))
    started = Count(Mode.LIVE, Kind.SUBSCRIPTION_STARTED, 2)
    asleep = Tally((*sales, started, failed), both, (), 0, AT - 15 * HOUR, AT - 8 * HOUR, Urgency.NORMAL)
    yield lambda words: words.summary(asleep, night, None, None)

    ours = Count(Mode.LIVE, Kind.WATCH, 1, notable=1), Count(Mode.LIVE, Kind.WATCH, 1, variant=NOTICE)

    def with_an_alert(words: Words) -> Wordings:
        fails = Wordings.alike(words.channel_failing("phone", AT - 9 * HOUR, "No answer", refused=False, waiting=4))
        notice = Wordings.alike(words.now_watching(SHOP, 50, None))
        counts, account = (*sales, failed, *ours), (("Acme Shop", 15),)
        told = Tally(counts, account, (fails,), 1, AT - 15 * HOUR, AT - 8 * HOUR, Urgency.HIGH, (notice,))
        return words.summary(told, night, None, None)

    yield with_an_alert
    lost = Count(Mode.LIVE, Kind.DISPUTE, 1, eur(8900), eur(8900), notable=1)
    bank = Count(Mode.LIVE, Kind.ACCOUNT, 1, variant=Variant.BANK_CHANGED, notable=1)
    gained = Count(Mode.LIVE, Kind.ACCOUNT, 2, variant=Variant.CAPABILITY_ON)
    outage = Away(Span(AT - 3 * HOUR - 20 * MINUTE, AT))

    def while_away(words: Words) -> Wordings:
        notable = (disputed(words), bank_changed(words))
        counts = (*sales, lost, bank, gained)
        return words.summary(Tally(counts, shop, notable, 2, AT - 3 * HOUR, AT, Urgency.HIGH), outage, None, SHOP)

    yield while_away
    burst = (Count(Mode.LIVE, Kind.FAILED_PAYMENT, 18, eur(88_200), eur(9900)), Count(Mode.LIVE, Kind.SALE, 1))
    broken = Tally(burst, (("Acme Shop", 19),), (), 0, AT, AT + 10 * MINUTE, Urgency.NORMAL)
    yield lambda words: words.summary(broken, Busy(), FailureBurst(19, 10 * MINUTE, 0.8), SHOP)

    overdue = Count(Mode.LIVE, Kind.FAILED_PAYMENT, 20, eur(200_000), eur(24_000), Variant.OVERDUE)
    trials = Count(Mode.LIVE, Kind.SUBSCRIPTION_STARTED, 4, variant=Variant.TRIAL)
    refunds = (
        Count(Mode.LIVE, Kind.REFUND, 8, eur(39_200), eur(4900)),
        Count(Mode.LIVE, Kind.REFUND, 2, eur(9800), eur(4900), Variant.REFUND_FAILED),
        Count(Mode.LIVE, Kind.REFUND, 1),
    )
    apart = Tally((*refunds, overdue, trials), (("Acme Shop", 35),), (), 0, AT, AT + 7 * MINUTE, Urgency.NORMAL)
    yield lambda words: words.summary(apart, Busy(), None, SHOP)

    tried = (Count(Mode.TEST, Kind.SALE, 4, eur(4900), eur(2000)), Count(Mode.TEST, Kind.CUSTOMER, 4))
    mixed = Tally((*sales, *tried), both, (), 0, AT - 2 * DAY, AT, Urgency.NORMAL)
    yield lambda words: words.summary(mixed, Muted(Span(AT - 2 * DAY, AT)), None, None)
    test = Tally(tried, (("Acme Shop", 8),), (), 0, AT, AT, Urgency.NORMAL)
    yield lambda words: words.summary(test, Unreachable(Span(AT - 25 * MINUTE, AT)), None, SHOP_TEST)


def digests() -> Iterator[Report]:
    """A week that was better than the one before, a quiet day, and a bad one."""
    this, last = _week(41, 482_000), _week(36, 430_000)
    earlier = (
        Total(1, Kind.REFUND, None, "eur", None, 1, 2900),
        Total(1, Kind.SUBSCRIPTION_STARTED, None, "eur", None, 3, 8700),
        Total(1, Kind.PAYOUT, None, "eur", None, 2, 280_000),
    )
    bad = add_up(
        (
            Total(1, Kind.FAILED_PAYMENT, None, "eur", None, 40, 196_000),
            Total(1, Kind.DISPUTE, None, "eur", None, 1, 8900),
        )
    )
    other = (
        Total(1, Kind.REFUND, None, "eur", None, 2, 4900),
        Total(1, Kind.SUBSCRIPTION_STARTED, None, "eur", None, 5, 14_500),
        Total(1, Kind.SUBSCRIPTION_CANCELED, None, "eur", None, 1, 2900),
        Total(1, Kind.PAYOUT, None, "eur", None, 2, 310_000),
    )
    week, figures = LAST_WEEK.latest(AT), add_up((this, *other))
    yield Report(Every.WEEKLY, week, Mode.LIVE, (AccountFigures(SHOP, figures),), figures, add_up((last, *earlier)))
    for day in (add_up(()), bad):
        yield Report(Every.DAILY, YESTERDAY.latest(AT), Mode.LIVE, (AccountFigures(SHOP, day),), day)


def _week(payments: int, cents: int) -> Total:
    return Total(1, Kind.SALE, None, "eur", "eur", payments, cents, payments, cents * 3 // 100, cents * 97 // 100)


def disputed(words: Words) -> Wordings:
    details = Details(money=eur(8900), reason="product_not_received").filled_from(ZOE)
    return words.wordings(Occurrence(kind=Kind.DISPUTE, created=AT, types=frozenset(), details=details), SHOP)


def bank_changed(words: Words) -> Wordings:
    details = Details(variant=Variant.BANK_CHANGED)
    return words.wordings(Occurrence(kind=Kind.ACCOUNT, created=AT, types=frozenset(), details=details), SHOP)


_INTRODUCTION: Final = (
    "One example of each kind, and of what else a kind can stand for, as the three languages tell it. The first line "
    "is the title, the last says which account it is, in which mode, and when. The locale of the configuration chooses "
    "the language (every other one is told in English) and how amounts and dates are written. Names of products and "
    "plans are the merchant's own, in any language. [kinds.md](kinds.md) says what each kind is made of, how urgent it "
    "is, and whether it is told by default."
)


def page() -> str:
    """The whole page."""
    every = list(examples())
    sections = [
        "# What messages look like",
        _INTRODUCTION,
        "This page is written by `make messages` and kept true by a test.",
    ]
    for kind in Kind:
        sections.append(f"## `{kind}`")
        rows = [example for example in every if example.kind is kind]
        sections.append(table(tuple(LANGUAGES), [[e.tell(words) for words in LANGUAGES.values()] for e in rows]))
    sections += [
        "## Summaries",
        "One message in the place of many: after a burst, quiet hours, a mute, an outage.",
        table(tuple(LANGUAGES), [[tell(words).full for words in LANGUAGES.values()] for tell in summaries()]),
        "## Digests",
        "A week and two days. Where `cashnotifyd[pictures]` is installed, a picture shows the same.",
        table(tuple(LANGUAGES), [[words.digest(one).full for words in LANGUAGES.values()] for one in digests()]),
        "## Discreet channels",
        "The same payment, and the same summary, on channels with `details: full`, `masked` and `private`.",
        table(tuple(f"`{level}`" for level in Disclosure), discreet()),
    ]
    return "\n\n".join(sections) + "\n"


def discreet() -> list[list[Message]]:
    what = "1 × Studio plan (at €29.00 / month)"  # noqa: RUF001 (as Stripe writes it)
    retried = Details(reason="expired_card", attempt=2, next_attempt=AT + 3 * DAY)
    details = Details(money=eur(2900), what=what, number="ACME-0007").filled_from(retried).filled_from(MARTA)
    failed = Occurrence(kind=Kind.FAILED_PAYMENT, created=AT, types=frozenset(), details=details)
    words = LANGUAGES["English"]
    summary = next(summaries())(words)
    return [[said.full, said.masked, said.private] for said in (words.wordings(failed, SHOP), summary)]


def table(heads: tuple[str, ...], rows: list[list[Message]]) -> str:
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    lines += [f"| {' | '.join(cell(message) for message in row)} |" for row in rows]
    return "\n".join(lines)


def cell(message: Message) -> str:
    return f"**{literal(message.title)}**<br>{literal(message.body)}"


def literal(text: str) -> str:
    for sign in "\\`*_[]|<":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", "<br>")


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
