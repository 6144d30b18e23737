"""The lines below a headline: who, for what, how, why, what to do now. Each stands there only when it is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from cashnotifyd.occurrences.reading import Details, Occurrence, Variant
from cashnotifyd.vocabulary import Account, Kind, Mode
from cashnotifyd.wording import reasons
from cashnotifyd.wording.language import Language
from cashnotifyd.wording.payment_methods import brand_name, method_name
from cashnotifyd.wording.safe_text import Clean, clean

_REASONS: Final[Mapping[Kind, Mapping[str, str]]] = {
    Kind.FAILED_PAYMENT: reasons.DECLINES,
    Kind.REFUND: reasons.REFUNDS,
    Kind.DISPUTE: reasons.DISPUTES,
    Kind.DISPUTE_CLOSED: reasons.DISPUTES,
    Kind.FRAUD_WARNING: reasons.FRAUD_WARNINGS,
    Kind.PAYOUT_FAILED: reasons.PAYOUTS,
    Kind.SUBSCRIPTION_CANCELED: reasons.CANCELLATIONS,
}
_PARTS: Final[Mapping[Kind, str]] = {
    Kind.REFUND: "{part} of {whole} refunded",
    Kind.DISPUTE: "{part} of {whole} disputed",
    Kind.DISPUTE_CLOSED: "{part} of {whole} disputed",
}
_NAME, _SUBJECT, _SENTENCE = 60, 120, 160


def particulars(occurrence: Occurrence, account: Account, language: Language) -> list[Clean]:
    """The lines of the body, the last of them with account, mode and time."""
    lines = [
        *_who(occurrence.details, language),
        *_for_what(occurrence.details, language),
        *_paid_with(occurrence.details, language),
        *_part_of_whole(occurrence, language),
        *_why(occurrence, language),
        *_attempts(occurrence.details, language),
        *_to_the_bank(occurrence, language),
        *_trial(occurrence, language),
        *_what_now(occurrence, language),
        _where_and_when(occurrence, account, language),
    ]
    return [line for line in lines if line]


def account_name(account: Account, limit: int = _NAME) -> Clean:
    """The account's name, or its id in the configuration where the name holds nothing visible."""
    return clean(account.name, limit) or clean(account.id, limit)


def mode_name(account: Account, language: Language) -> Clean:
    """Whether real money moves."""
    return language.say("test mode" if account.mode is Mode.TEST else "live mode")


def _who(details: Details, language: Language) -> Iterator[Clean]:
    name = clean(details.customer_name or "", _NAME)
    email = clean(details.customer_email or "", _SUBJECT)
    country = language.country(details.customer_country) if details.customer_country else Clean("")
    yield Clean(", ".join(part for part in (name, email if email != name else "", country) if part))


def _for_what(details: Details, language: Language) -> Iterator[Clean]:
    if what := clean(details.what or "", _SUBJECT):
        yield language.say("For {what}", what=what)
    if number := clean(details.number or "", _NAME):
        yield language.say("Invoice {number}", number=number)


def _paid_with(details: Details, language: Language) -> Iterator[Clean]:
    last4 = clean(details.card_last4 or "", 4)
    if details.card_brand or last4:
        brand = clean(brand_name(details.card_brand or "unknown") or "", _NAME) or language.say("Card")
        yield language.say("{brand} •••• {last4}", brand=brand, last4=last4) if last4 else brand
    elif details.payment_method:
        yield clean(method_name(details.payment_method), _NAME)


def _part_of_whole(occurrence: Occurrence, language: Language) -> Iterator[Clean]:
    part, whole = occurrence.details.money, occurrence.details.whole
    msgid = _PARTS.get(occurrence.kind)
    if msgid is None or part is None or whole is None or occurrence.details.variant is Variant.REFUND_FAILED:
        return
    if part.currency == whole.currency and part.amount < whole.amount:
        yield language.say(msgid, part=language.money(part), whole=language.money(whole))


def _why(occurrence: Occurrence, language: Language) -> Iterator[Clean]:
    """The reason in plain words; for a code that is newer than the list, Stripe's sentence or the code's own words."""
    details, known = occurrence.details, _REASONS.get(occurrence.kind)
    if known is None:
        return
    if occurrence.kind is Kind.SUBSCRIPTION_CANCELED:
        if details.canceled_by_request:
            yield language.say("Cancelled on request")
        if (msgid := known.get(details.reason or "")) is not None:
            yield language.say(msgid)
        if comment := clean(details.explanation or "", _SENTENCE):
            yield language.say("“{comment}”", comment=comment)
        return
    if (msgid := known.get(details.reason or "")) is not None:
        yield language.say(msgid)
    elif explanation := clean(details.explanation or "", _SENTENCE):
        yield explanation
    elif words := clean((details.reason or "").replace("_", " "), _SENTENCE):
        yield Clean(words[:1].upper() + words[1:])


def _attempts(details: Details, language: Language) -> Iterator[Clean]:
    if details.attempt is None:
        return
    attempt = Clean(str(details.attempt))
    if details.next_attempt is not None:
        yield language.say("Attempt {attempt}, next on {day}", attempt=attempt, day=language.day(details.next_attempt))
    else:
        yield language.say("Attempt {attempt}, no further one is planned", attempt=attempt)


def _to_the_bank(occurrence: Occurrence, language: Language) -> Iterator[Clean]:
    details = occurrence.details
    if occurrence.kind not in (Kind.PAYOUT, Kind.PAYOUT_FAILED):
        return
    bank = clean(details.bank or "", _NAME) or language.say("Bank account")
    last4 = clean(details.bank_last4 or "", 4)
    if last4:
        yield language.say("{bank} •••• {last4}", bank=bank, last4=last4)
    elif details.bank:
        yield bank
    if occurrence.kind is Kind.PAYOUT:
        if details.money is not None and details.money.amount < 0:
            yield language.say("Stripe takes this from your bank account")
        elif details.arrives is not None:
            sentence = "Arrived on {day}" if details.status == "paid" else "Arrives on {day}"
            yield language.say(sentence, day=language.bank_day(details.arrives))


def _trial(occurrence: Occurrence, language: Language) -> Iterator[Clean]:
    details = occurrence.details
    if details.trial_end is None:
        return
    if occurrence.kind is Kind.TRIAL_ENDING:
        yield language.say("The free trial ends on {day}", day=language.day(details.trial_end))
    elif occurrence.kind is Kind.SUBSCRIPTION_STARTED and details.status == "trialing":
        yield language.say("Free trial until {day}", day=language.day(details.trial_end))


def _what_now(occurrence: Occurrence, language: Language) -> Iterator[Clean]:
    details = occurrence.details
    match occurrence.kind:
        case Kind.DISPUTE if details.status in (None, "needs_response", "warning_needs_response"):
            if details.variant is Variant.INQUIRY:
                yield language.say("No money is withdrawn yet")
            if details.due_by is not None:
                yield language.say("Answer with evidence by {day}", day=language.deadline(details.due_by))
            else:
                yield language.say("Answer with evidence in Stripe")
        case Kind.DISPUTE_CLOSED if details.variant is Variant.WON:
            yield language.say("The money is yours")
        case Kind.DISPUTE_CLOSED if details.variant is Variant.LOST:
            yield language.say("The money went back to the customer")
        case Kind.DISPUTE_CLOSED if details.variant is Variant.INQUIRY_CLOSED:
            yield language.say("It did not become a dispute")
        case Kind.FRAUD_WARNING:
            yield language.say("A refund now can avoid a dispute")
        case Kind.PAYOUT_FAILED:
            yield language.say("Check the bank account in Stripe")
        case Kind.REFUND if details.variant is Variant.REFUND_FAILED:
            yield language.say("The money is back in your Stripe balance; refund the customer another way")
        case _:
            return


def _where_and_when(occurrence: Occurrence, account: Account, language: Language) -> Clean:
    account_and_mode = {"account": account_name(account), "mode": mode_name(account, language)}
    if occurrence.created <= 0:
        return language.say("{account} · {mode}", **account_and_mode)
    return language.say("{account} · {mode} · {when}", **account_and_mode, when=language.moment(occurrence.created))
