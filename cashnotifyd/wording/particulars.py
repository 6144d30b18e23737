"""The lines below a headline: who, for what, how, why, what to do now. Each stands there only when it is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from babel.numbers import format_decimal

from cashnotifyd.money import Money
from cashnotifyd.occurrences.backward import AFTER_A_PAYMENT
from cashnotifyd.occurrences.reading import Details, Occurrence, Variant
from cashnotifyd.vocabulary import Account, Kind, Mode
from cashnotifyd.wording import reasons
from cashnotifyd.wording.language import Language
from cashnotifyd.wording.payment_methods import CAPABILITIES, DESCRIBED_METHODS, brand_name, method_name
from cashnotifyd.wording.safe_text import Clean, clean

_REASONS: Final[Mapping[Kind, Mapping[str, str]]] = {
    Kind.FAILED_PAYMENT: reasons.DECLINES,
    Kind.REFUND: reasons.REFUNDS,
    Kind.DISPUTE: reasons.DISPUTES,
    Kind.DISPUTE_CLOSED: reasons.DISPUTES,
    Kind.FRAUD_WARNING: reasons.FRAUD_WARNINGS,
    Kind.PAYOUT_FAILED: reasons.PAYOUTS,
    Kind.SUBSCRIPTION_CHANGED: reasons.CANCELLATIONS,
    Kind.SUBSCRIPTION_CANCELED: reasons.CANCELLATIONS,
    Kind.ACCOUNT: reasons.ACCOUNTS,
}
_PARTS: Final[Mapping[Kind, str]] = {
    Kind.SALE: "{part} of {whole} paid",
    Kind.RENEWAL: "{part} of {whole} paid",
    Kind.DISPUTE: "{part} of {whole} disputed",
    Kind.DISPUTE_CLOSED: "{part} of {whole} disputed",
}
_STORIES: Final[Mapping[Variant, str]] = {
    Variant.FIRST_PAYMENT: "First payment of a new subscription",
    Variant.CHANGE_PAYMENT: "For a change to the subscription",
    Variant.OUTSIDE_STRIPE: "Paid outside Stripe",
    Variant.CONFIRMATION_NEEDED: "The customer must confirm the payment with their bank",
    Variant.PAST_DUE: "The customer has not paid the invoice in time",
    Variant.UNCOLLECTIBLE: "Stripe no longer tries to collect it",
    Variant.TRIAL_CONVERTED: "The free trial is over; the subscription is paid from now on",
    Variant.CHANGE_EXPIRED: "It was not paid for in time; the old plan stays",
    Variant.CANCELLATION_WITHDRAWN: "The subscription goes on",
    Variant.PAUSED: "The free trial ended without a payment method",
    Variant.RESUMED: "The subscription is active again",
    Variant.COLLECTION_RESUMED: "Payments are collected again",
    Variant.UNPAID: "Every attempt to charge it failed; new invoices stay drafts",
}
"""What happened, where the headline does not say it all."""
_AS_WELL: Final[Mapping[str, str]] = {
    "payouts_off": "Payouts are switched off as well",
    "payouts_on": "Payouts are switched on as well",
}
"""What was switched together with payments, by the status that the account's reader gives it."""
_NEXT_STEPS: Final[Mapping[Variant, str]] = {
    Variant.CONFIRMATION_NEEDED: "Ask the customer to open the invoice and confirm",
    Variant.OVERDUE: "Remind the customer",
    Variant.PAST_DUE: "Remind the customer",
    Variant.NOT_FINALIZED: "It cannot be charged until this is fixed in Stripe",
    Variant.REFUND_FAILED: "The money is back in your Stripe balance; refund the customer another way",
    Variant.REFUND_CANCELED: "The money stays with you",
    Variant.WON: "The money comes back to you",
    Variant.LOST: "The money went back to the customer",
    Variant.INQUIRY_CLOSED: "It did not become a dispute",
    Variant.PREVENTED: "Nothing is left to do",
    Variant.REVIEW: "Approve or refund it in Stripe",
    Variant.PAYOUT_CANCELED: "The money stays in your Stripe balance",
    Variant.UNPAID: "Ask the customer for another payment method",
    Variant.PAYMENTS_OFF: "Customers cannot pay until this is fixed in Stripe",
    Variant.PAYMENTS_ON: "Customers can pay",
    Variant.PAYOUTS_OFF: "The money stays in the Stripe balance until this is fixed",
    Variant.PAYOUTS_ON: "Money can be paid out to the bank",
    Variant.RESTRICTED: "See in Stripe what it may still do",
    Variant.INFORMATION_NEEDED: "Provide it in Stripe; there is no deadline yet",
    Variant.INFORMATION_COMPLETE: "Stripe needs nothing more",
    Variant.CAPABILITY_ON: "It can be used now",
    Variant.CAPABILITY_OFF: "See in Stripe what is missing for it",
    Variant.BANK_ADDED: "If nobody on your team did this, check your Stripe account at once",
    Variant.BANK_CHANGED: "If nobody on your team did this, check your Stripe account at once",
    Variant.BANK_REMOVED: "If nobody on your team did this, check your Stripe account at once",
    Variant.APPLICATION_ADDED: "It can use this Stripe account now",
    Variant.APPLICATION_REMOVED: "It can no longer use this Stripe account",
    Variant.TOP_UP_FAILED: "The Stripe balance was not topped up",
}
"""What that means, and what to do now."""
_NEXT_STEPS_AFTER: Final[Mapping[tuple[Kind | Variant | None, str], str]] = {
    (
        Variant.REFUND_FAILED,
        "charge_for_pending_refund_disputed",
    ): "Answer the dispute; a second refund would pay twice",
    (Variant.REFUND_FAILED, "insufficient_funds"): "Top up the Stripe balance, then refund again",
    (Variant.REFUND_FAILED, "merchant_request"): "The money stays with you",
    (Kind.PAYOUT_FAILED, "insufficient_funds"): "It can be paid out once the balance is sufficient",
}
"""The same where a failure's reason asks for something else."""
_NAME, _SUBJECT, _SENTENCE = 60, 120, 160


def particulars(occurrence: Occurrence, account: Account, language: Language) -> list[Clean]:
    """The lines of the body, the last of them with account, mode and time."""
    details = occurrence.details
    lines = [
        *_who(details, language),
        *_for_what(occurrence, language),
        *_paid_with(details, language),
        *_settled(details, language),
        *_fee_and_net(occurrence, language),
        *_part_of_whole(occurrence, language),
        *_refers_back(occurrence, language),
        *_story(occurrence, language),
        *_why(occurrence, language),
        *_attempts(occurrence, language),
        *_to_the_bank(occurrence, language),
        *_trial(occurrence, language),
        *_price_before(details, language),
        *_a_month(details, language),
        *_balance(details, language),
        *_deadline(occurrence, language),
        *_what_now(occurrence, language),
        _where_and_when(occurrence, account, language),
    ]
    return [line for line in lines if line]


def account_name(account: Account, limit: int = _NAME) -> Clean:
    """The account's name, or its id in the configuration where the name holds nothing visible."""
    return clean(account.name, limit) or clean(account.id, limit)


def connected_name(account: Account, limit: int = _NAME) -> Clean:
    """The name of the connected account that it happened on, or its id; nothing for the account itself."""
    connected = account.connected
    return Clean("") if connected is None else clean(connected.name or "", limit) or clean(connected.id, limit)


def mode_name(account: Account, language: Language) -> Clean:
    """Whether real money moves."""
    return language.say("test mode" if account.mode is Mode.TEST else "live mode")


def _who(details: Details, language: Language) -> Iterator[Clean]:
    name = clean(details.customer_name or "", _NAME)
    email = clean(details.customer_email or "", _SUBJECT)
    country = language.country(details.customer_country) if details.customer_country else Clean("")
    yield Clean(", ".join(part for part in (name, email if email != name else "", country) if part))


def _for_what(occurrence: Occurrence, language: Language) -> Iterator[Clean]:
    details = occurrence.details
    if details.variant in (Variant.CAPABILITY_ON, Variant.CAPABILITY_OFF):
        yield _capability(details.what or "", language)
    elif what := clean(details.what or "", _SUBJECT):
        # An account's is the application that the headline speaks of.
        yield what if occurrence.kind is Kind.ACCOUNT else language.say("For {what}", what=what)
    if number := clean(details.number or "", _NAME):
        yield language.say("Invoice {number}", number=number)


def _capability(code: str, language: Language) -> Clean:
    """What an account may do, by its code: as a rule to take payments by a method."""
    method = code.removesuffix("_payments")
    msgid = CAPABILITIES.get(code) or DESCRIBED_METHODS.get(method)
    return language.say(msgid) if msgid is not None else clean(method_name(method), _NAME)


def _paid_with(details: Details, language: Language) -> Iterator[Clean]:
    last4 = clean(details.card_last4 or "", 4)
    if details.card_brand or last4:
        brand = clean(brand_name(details.card_brand or "unknown") or "", _NAME) or language.say("Card")
        yield language.say("{brand} •••• {last4}", brand=brand, last4=last4) if last4 else brand
    elif details.payment_method:
        described = DESCRIBED_METHODS.get(details.payment_method)
        yield clean(method_name(details.payment_method), _NAME) if described is None else language.say(described)


def _settled(details: Details, language: Language) -> Iterator[Clean]:
    """What it comes to in the account's own currency, in which its fee is too."""
    if details.settled is not None and details.exchange_rate is not None:
        rate = Clean(format_decimal(details.exchange_rate, "#,##0.######", locale=language.locale))
        yield language.say("{amount} at a rate of {rate}", amount=language.money(details.settled), rate=rate)


def _fee_and_net(occurrence: Occurrence, language: Language) -> Iterator[Clean]:
    fee, net = occurrence.details.fee, occurrence.details.net
    if fee is None:
        return
    if occurrence.kind in (Kind.SALE, Kind.RENEWAL) and net is not None:
        yield language.say("Fee {fee}, net {net}", fee=language.money(fee), net=language.money(net))
    elif fee.amount > 0:
        yield language.say("Fee {fee}", fee=language.money(fee))


def _part_of_whole(occurrence: Occurrence, language: Language) -> Iterator[Clean]:
    part, whole = occurrence.details.money, occurrence.details.whole
    if part is None or whole is None or part.currency != whole.currency:
        return
    if occurrence.kind is Kind.REFUND:
        if occurrence.details.variant is None:
            yield _refunded(part, occurrence.details.so_far or part, whole, language)
    elif (msgid := _PARTS.get(occurrence.kind)) is not None and part.amount < whole.amount:
        yield language.say(msgid, part=language.money(part), whole=language.money(whole))


def _refunded(part: Money, so_far: Money, whole: Money, language: Language) -> Clean:
    """What is paid back now, and with what was before: a payment can be refunded in steps."""
    amounts = {"part": language.money(part), "whole": language.money(whole)}
    if part.amount >= whole.amount:
        return language.say("The whole payment is refunded")
    if so_far.amount >= whole.amount:
        return language.say("{part} refunded; the whole payment of {whole} is refunded now", **amounts)
    if so_far.amount > part.amount:
        return language.say("{part} refunded, {total} of {whole} so far", **amounts, total=language.money(so_far))
    return language.say("{part} of {whole} refunded", **amounts)


def _refers_back(occurrence: Occurrence, language: Language) -> Iterator[Clean]:
    paid_at = occurrence.details.paid_at
    if paid_at is not None and occurrence.kind in AFTER_A_PAYMENT:
        yield language.say("Paid on {day}", day=language.day(paid_at))


def _story(occurrence: Occurrence, language: Language) -> Iterator[Clean]:
    details = occurrence.details
    if details.variant is not None and (msgid := _STORIES.get(details.variant)) is not None:
        yield language.say(msgid)
    if occurrence.kind is Kind.ACCOUNT and (msgid := _AS_WELL.get(details.status or "")) is not None:
        yield language.say(msgid)
    match details.variant:
        case Variant.CANCELLATION_SCHEDULED if details.effective is not None:
            yield language.say("Ends on {day}", day=language.day(details.effective))
        case Variant.COLLECTION_PAUSED if details.effective is not None:
            yield language.say("Nothing is charged until {day}", day=language.day(details.effective))
        case Variant.COLLECTION_PAUSED:
            yield language.say("Nothing is charged until it is resumed")
        case Variant.RECOVERED if details.attempt is not None:
            yield language.say("Paid on attempt {attempt}", attempt=Clean(str(details.attempt)))
        case _:
            return


def _why(occurrence: Occurrence, language: Language) -> Iterator[Clean]:
    """The reason in plain words; for a code that is newer than the list, Stripe's sentence or the code's own words."""
    details, known = occurrence.details, _reasons_of(occurrence)
    if known is None:
        return
    if known is reasons.CANCELLATIONS:
        if details.canceled_by_request and occurrence.kind is Kind.SUBSCRIPTION_CANCELED:
            yield language.say("Cancelled on request")
        if (msgid := known.get(details.reason or "")) is not None:
            yield language.say(msgid)
        if comment := clean(details.explanation or "", _SENTENCE):
            yield language.say("“{comment}”", comment=comment)
        return
    explanation = clean(details.explanation or "", _SENTENCE)
    msgid = known.get(details.reason or "")
    if msgid is not None and not (explanation and details.reason == reasons.LEAVES_IT_TO_THE_SENTENCE):
        yield language.say(msgid)
    elif explanation:
        yield explanation
    elif words := clean((details.reason or "").replace("_", " ").replace(".", " "), _SENTENCE):
        yield Clean(words[:1].upper() + words[1:])


def _reasons_of(occurrence: Occurrence) -> Mapping[str, str] | None:
    match occurrence.details.variant:
        case Variant.REVIEW:
            return reasons.REVIEWS
        case Variant.CAPABILITY_ON | Variant.PAYMENTS_ON | Variant.PAYOUTS_ON | Variant.INFORMATION_COMPLETE:
            return None  # what an account still lacks elsewhere is no reason for a gain
        case variant if occurrence.kind is Kind.SUBSCRIPTION_CHANGED and variant is not Variant.CANCELLATION_SCHEDULED:
            return None
        case _:
            return _REASONS.get(occurrence.kind)


def _attempts(occurrence: Occurrence, language: Language) -> Iterator[Clean]:
    details = occurrence.details
    if occurrence.kind is not Kind.FAILED_PAYMENT:
        return
    if details.attempt is None:
        if details.next_attempt is not None:
            yield language.say("Next attempt on {day}", day=language.day(details.next_attempt))
        return
    attempt = Clean(str(details.attempt))
    if details.next_attempt is not None:
        yield language.say("Attempt {attempt}, next on {day}", attempt=attempt, day=language.day(details.next_attempt))
    else:
        yield language.say("Attempt {attempt}, no further attempt is planned", attempt=attempt)


def _to_the_bank(occurrence: Occurrence, language: Language) -> Iterator[Clean]:
    details = occurrence.details
    if occurrence.kind not in (Kind.PAYOUT, Kind.PAYOUT_FAILED, Kind.ACCOUNT):
        return
    bank = clean(details.bank or "", _NAME) or language.say("Bank account")
    last4 = clean(details.bank_last4 or "", 4)
    if last4:
        yield language.say("{bank} •••• {last4}", bank=bank, last4=last4)
    elif details.bank:
        yield bank
    if occurrence.kind is Kind.PAYOUT and details.variant is None:
        if details.automatic is not None:
            yield language.say("Automatic payout" if details.automatic else "Manual payout")
        if details.money is not None and details.money.amount < 0:
            yield language.say("Stripe takes this from your bank account")
        elif details.arrives is not None:
            sentence = "Arrived on {day}" if details.status == "paid" else "Arrives on {day}"
            yield language.say(sentence, day=language.bank_day(details.arrives))


def _trial(occurrence: Occurrence, language: Language) -> Iterator[Clean]:
    details = occurrence.details
    if details.trial_end is None:
        return
    if occurrence.kind is Kind.TRIAL_ENDING or details.variant is Variant.TRIAL_MOVED:
        yield language.say("The free trial ends on {day}", day=language.day(details.trial_end))
    elif details.variant is Variant.TRIAL:
        yield language.say("Free trial until {day}", day=language.day(details.trial_end))


def _price_before(details: Details, language: Language) -> Iterator[Clean]:
    if details.before is None:
        return
    price = language.price(details.before)
    what = clean(details.before.what or "", _SUBJECT) if details.before.what != details.what else Clean("")
    if price is not None and what:
        yield language.say("Before: {what}, {price}", what=what, price=price)
    elif price is not None or what:
        yield language.say("Before: {what}", what=what if price is None else price)


def _a_month(details: Details, language: Language) -> Iterator[Clean]:
    """What a change comes to a month where a period before or after is none; each amount in its own currency."""
    before = details.before
    if details.monthly is None and (before is None or before.monthly is None):
        return
    now = details.monthly or details.money
    then = None if before is None else before.monthly or before.money
    if now is not None and then is not None:
        yield language.say("{now} a month, before {then}", now=language.money(now), then=language.money(then))
    elif now is not None:
        yield language.say("{now} a month", now=language.money(now))


def _balance(details: Details, language: Language) -> Iterator[Clean]:
    for available in details.available or ():
        yield language.say("{amount} available", amount=language.money(available))


def _deadline(occurrence: Occurrence, language: Language) -> Iterator[Clean]:
    details = occurrence.details
    if details.missing is not None and details.variant in (Variant.PAYMENTS_OFF, Variant.INFORMATION_OVERDUE):
        yield language.say_count(
            "{count} piece of information is overdue", "{count} pieces of information are overdue", details.missing
        )
    elif details.missing is not None and details.variant is Variant.INFORMATION_NEEDED:
        yield language.say_count(
            "{count} piece of information is missing", "{count} pieces of information are missing", details.missing
        )
    if details.due_by is None:
        if details.variant is Variant.INFORMATION_REJECTED:
            yield language.say("Provide it again in Stripe")
        return
    day = language.deadline(details.due_by)
    if details.variant is Variant.OVERDUE:
        yield language.say("Was due on {day}", day=day)
    elif details.variant is Variant.INFORMATION_SOONER and details.before is not None and details.before.due_by:
        yield language.say(
            "Provide it in Stripe by {day}, not only by {before}",
            day=day,
            before=language.deadline(details.before.due_by),
        )
    elif details.variant in (Variant.INFORMATION_OVERDUE, Variant.INFORMATION_SOONER):
        yield language.say("Provide it in Stripe by {day}", day=day)
    elif details.variant is Variant.INFORMATION_REJECTED:
        yield language.say("Provide it again in Stripe by {day}", day=day)
    elif occurrence.kind is Kind.OTHER:
        yield language.say("Due on {day}", day=day)


def _what_now(occurrence: Occurrence, language: Language) -> Iterator[Clean]:
    details = occurrence.details
    if (msgid := _NEXT_STEPS_AFTER.get(_failure(occurrence))) is not None:
        yield language.say(msgid)
        return
    if details.variant is not None and (msgid := _NEXT_STEPS.get(details.variant)) is not None:
        yield language.say(msgid)
    match occurrence.kind:
        case Kind.DISPUTE if details.status in (None, "needs_response", "warning_needs_response"):
            if details.variant is Variant.INQUIRY:
                yield language.say("No money has been withdrawn yet")
            if details.due_by is not None:
                yield language.say("Answer with evidence by {day}", day=language.deadline(details.due_by))
            else:
                yield language.say("Answer with evidence in Stripe")
        case Kind.FRAUD_WARNING if details.variant is None:
            settled = details.status == "settled"
            yield language.say(
                "It has already been refunded or disputed" if settled else "A refund now can avoid a dispute"
            )
        case Kind.REFUND if details.variant is None and details.status == "requires_action":
            yield language.say("Stripe is asking the customer where to send the money")
        case Kind.PAYOUT_FAILED:
            yield language.say("Check the bank account in Stripe")
        case _:
            return


def _failure(occurrence: Occurrence) -> tuple[Kind | Variant | None, str]:
    """What failed, and the reason. A payout of less than nothing is money that was to come from the bank."""
    details = occurrence.details
    failed = details.variant if occurrence.kind is Kind.REFUND else occurrence.kind
    from_bank = details.money is not None and details.money.amount < 0
    return None if from_bank else failed, details.reason or ""


def _where_and_when(occurrence: Occurrence, account: Account, language: Language) -> Clean:
    name, connected = account_name(account), connected_name(account)
    if connected:
        name = language.say("{account}, connected to {platform}", account=connected, platform=name)
    account_and_mode = {"account": name, "mode": mode_name(account, language)}
    if occurrence.created <= 0:
        return language.say("{account} · {mode}", **account_and_mode)
    return language.say("{account} · {mode} · {when}", **account_and_mode, when=language.moment(occurrence.created))
