"""What happened as a message to people, and the daemon's own alerts.

::

                               ┌─▶ headline ────┐
    Occurrence ─▶ what a channel ─▶ particulars ─┼─▶ Message
                     may know  └─▶ dashboard ───┘

The locale decides how amounts and dates look, and its language in which sentences they stand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale

from cashnotifyd.occurrences.reading import Occurrence
from cashnotifyd.vocabulary import Account, Disclosure, Kind, Message, Mode, Urgency, Wordings
from cashnotifyd.wording.catalogues import translation_for
from cashnotifyd.wording.dashboard import dashboard_link
from cashnotifyd.wording.headlines import headline
from cashnotifyd.wording.language import Language
from cashnotifyd.wording.particulars import account_name, mode_name, particulars
from cashnotifyd.wording.privacy import disclosed
from cashnotifyd.wording.safe_text import Clean, clean
from cashnotifyd.wording.urgencies import urgency

_NAME_IN_TITLE = 40

_ADDED_BY: Final[Mapping[str, str]] = {
    "rak_balance_read": "With it, messages would show the fee and the net amount",
    "rak_invoice_read": "With it, messages would say what each payment is for",
    "rak_customer_read": "With it, messages would show the customer's name, e-mail address and country",
    "rak_product_read": "With it, messages would call products by their names",
    "rak_subscription_read": "With it, messages would say what each subscription is for",
    "rak_payout_read": "With it, messages would say when each payout arrives",
}


@dataclass(frozen=True, slots=True)
class Words:
    """The words for one locale (such as ``en_US``) and time zone.

    Raises ``ValueError`` or ``babel.UnknownLocaleError`` when the locale is none.
    """

    locale: str
    timezone: ZoneInfo

    def __post_init__(self) -> None:
        self._language()

    def wordings(self, occurrence: Occurrence, account: Account) -> Wordings:
        """The messages that tell ``occurrence``, one for each level of detail."""
        return Wordings(
            full=self.message(occurrence, account),
            masked=self.message(disclosed(occurrence, Disclosure.MASKED), account),
            private=self.message(disclosed(occurrence, Disclosure.PRIVATE), account),
        )

    def message(self, occurrence: Occurrence, account: Account) -> Message:
        """The message that tells ``occurrence``, in full."""
        language = self._language()
        details = occurrence.details
        return Message(
            kind=occurrence.kind,
            title=_title(headline(occurrence, language), account, language),
            body="\n".join(particulars(occurrence, account, language)),
            urgency=urgency(occurrence),
            link=dashboard_link(account, details.object_type, details.object_id),
            icon=account.icon,
        )

    def now_watching(self, account: Account, history: int, changed_from: str | None) -> Message:
        """The first contact with an account; ``changed_from`` names the account that the key belonged to before."""
        language = self._language()
        lines = []
        if changed_from is not None:
            lines.append(
                language.say(
                    "The key belongs to another Stripe account than before ({before}), so this one starts afresh",
                    before=clean(changed_from, 60),
                )
            )
        if history > 0:
            lines.append(
                language.say_count(
                    "{count} earlier event is kept as history; what happens from now on is reported",
                    "{count} earlier events are kept as history; what happens from now on is reported",
                    history,
                )
            )
        else:
            lines.append(language.say("What happens from now on is reported"))
        return self._alert(account, language.say("Now watching"), lines, Urgency.LOW)

    def key_refused(self, account: Account, reason: str) -> Message:
        """Stripe does not accept the key: nothing can be seen until it is replaced."""
        language = self._language()
        lines = [
            clean(reason, 300),
            language.say("There are no messages about this account until its key works again"),
            language.say("Put a valid key into the configuration"),
        ]
        return self._alert(account, language.say("Stripe refuses the key"), lines, Urgency.HIGH)

    def permission_missing(self, account: Account, permission: str | None) -> Message:
        """The key works but may not read what it needs; Stripe does not always say what that is."""
        language = self._language()
        named = clean(permission or "", 80)
        lines = [
            language.say("The key needs the permission {permission}", permission=named)
            if named
            else language.say("The key needs one more permission"),
            language.say("Until then, messages may be missing or say less"),
        ]
        return self._alert(account, language.say("Permission missing"), lines, Urgency.HIGH)

    def permission_would_add(self, account: Account, permission: str, reads: str) -> Message:
        """All is told without a permission, but could say more. ``reads``: the permission by its usual name."""
        language = self._language()
        lines = [
            language.say("The key lacks the permission {permission}", permission=clean(permission, 80)),
            language.say(_ADDED_BY.get(reads, "With it, messages would say more")),
            language.say("No event is missed without it"),
        ]
        return self._alert(account, language.say("Messages could say more"), lines, Urgency.LOW)

    def key_works_again(self, account: Account) -> Message:
        """After :meth:`key_refused` or :meth:`permission_missing`."""
        language = self._language()
        return self._alert(account, language.say("The key works again"), [], Urgency.NORMAL)

    def gap(self, account: Account, since: int, until: int) -> Message:
        """Events between two times (seconds since 1970) were gone from Stripe's list before they could be read."""
        language = self._language()
        lines = [
            language.say(
                "What happened between {since} and {until} was not seen: Stripe lists events for 30 days only",
                since=language.moment(since),
                until=language.moment(until),
            ),
            language.say("Check these days in Stripe's dashboard"),
        ]
        return self._alert(account, language.say("Events missed"), lines, Urgency.HIGH)

    def _alert(self, account: Account, what: Clean, lines: list[Clean], urgency: Urgency) -> Message:
        language = self._language()
        where = language.say("{account} · {mode}", account=account_name(account), mode=mode_name(account, language))
        return Message(
            kind=Kind.WATCH,
            title=_title(what, account, language),
            body="\n".join(line for line in [*lines, where] if line),
            urgency=urgency,
            icon=account.icon,
        )

    def _language(self) -> Language:
        locale = Locale.parse(self.locale)
        return Language(locale, self.timezone, translation_for(locale))


def _title(what: Clean, account: Account, language: Language) -> str:
    title = language.say("{what} · {account}", what=what, account=account_name(account, _NAME_IN_TITLE))
    return language.say("[TEST] {title}", title=title) if account.mode is Mode.TEST else title
