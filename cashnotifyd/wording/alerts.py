"""The daemon's own alerts: what is wrong, since when, what that means, and what to do now. And when all is well again.

They speak of no customer and of no amount. Times are seconds since 1970 UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale

from cashnotifyd.permissions import EVENTS
from cashnotifyd.vocabulary import Account, Kind, Message, Urgency
from cashnotifyd.wording.catalogues import translation_for
from cashnotifyd.wording.headlines import title
from cashnotifyd.wording.language import Language
from cashnotifyd.wording.particulars import account_name, mode_name
from cashnotifyd.wording.safe_text import Clean, clean

_ADDED_BY: Final[Mapping[str, str]] = {
    "rak_balance_read": "With it, messages would show the fee and the net amount",
    "rak_invoice_read": "With it, messages would say what each payment is for",
    "rak_customer_read": "With it, messages would show the customer's name, e-mail address and country",
    "rak_product_read": "With it, messages would call products by their names",
    "rak_subscription_read": "With it, messages would say what each subscription is for",
    "rak_payout_read": "With it, messages would say when each payout arrives",
}
_REASON: Final = 300
_CHANNEL: Final = 40
_FIVE_MINUTES: Final = 300


@dataclass(frozen=True, slots=True)
class Alerts:
    """The alerts for one locale (such as ``en_US``) and time zone.

    Raises ``ValueError`` or ``babel.UnknownLocaleError`` when the locale is none.
    """

    locale: str
    timezone: ZoneInfo

    def __post_init__(self) -> None:
        self._language()

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
            clean(reason, _REASON),
            language.say("There are no messages about this account until its key works again"),
            language.say("Put a valid key into the configuration"),
        ]
        return self._alert(account, language.say("Stripe refuses the key"), lines, Urgency.HIGH)

    def permission_missing(self, account: Account, permission: str | None) -> Message:
        """Stripe lists no events to the key, which is valid: nothing can be seen until it may read them.

        Stripe does not always say which permission that takes. What can only not be looked up is told by
        :meth:`permission_would_add`.
        """
        language = self._language()
        slug = clean(permission or "", 80)
        named = Clean(f"{EVENTS.label} ({slug})") if slug == EVENTS.slug else slug
        lines = [
            language.say("The key needs the permission {permission}", permission=named)
            if named
            else language.say("The key needs one more permission"),
            language.say("There are no messages about this account until its key works again"),
            language.say("Nothing is lost if it works again within 30 days"),
            language.say(
                "Give the key this permission in Stripe, or make a new one with the link of: cashnotifyd key-url"
            ),
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

    def not_polled(self, account: Account, since: float | None, reason: str) -> Message:
        """Stripe has not answered for this account; ``since``: when it last did, None for never."""
        language = self._language()
        lines = [
            clean(reason, _REASON),
            language.say("Nothing could be read yet")
            if since is None
            else language.say("Nothing could be read since {since}", since=language.moment(since)),
            language.say("Until it works again, there are no messages about this account"),
            language.say("Nothing is lost if it works again within 30 days"),
            language.say("Check this machine's network, and status.stripe.com"),
        ]
        return self._alert(account, language.say("No contact with Stripe"), lines, Urgency.HIGH)

    def polled_again(self, account: Account, since: float, now: float) -> Message:
        """After :meth:`not_polled`."""
        language = self._language()
        lines = [
            language.say(
                "Nothing could be read for {duration} ({period}); what happened meanwhile is told now",
                duration=language.duration(now - since),
                period=language.hours(since, now),
            )
        ]
        return self._alert(account, language.say("In contact with Stripe again"), lines, Urgency.NORMAL)

    def no_sales(self, account: Account, since: float, usual: float, now: float) -> Message:
        """No sale since the last one, where there is one every ``usual`` seconds as a rule."""
        language = self._language()
        roughly = round(usual / _FIVE_MINUTES) * _FIVE_MINUTES if usual > 2 * _FIVE_MINUTES else usual
        lines = [
            language.say("Usually there is one every {duration}", duration=language.duration(roughly)),
            language.say("Last sale: {moment}", moment=language.moment(since)),
            language.say("Check that customers can pay: buy something yourself, and look into Stripe's dashboard"),
        ]
        what = language.say("No sale for {duration}", duration=language.duration(now - since))
        return self._alert(account, what, lines, Urgency.HIGH)

    def sales_again(self, account: Account, since: float, now: float) -> Message:
        """After :meth:`no_sales`; ``since`` is as it was there."""
        language = self._language()
        lines = [
            language.say(
                "There was none for {duration} ({period})",
                duration=language.duration(now - since),
                period=language.hours(since, now),
            )
        ]
        return self._alert(account, language.say("Sales again"), lines, Urgency.NORMAL)

    def channel_failing(self, channel: str, since: float, reason: str, refused: bool, waiting: int) -> Message:  # noqa: FBT001 (an outcome's own field)
        """A channel takes nothing, for the others; ``refused``: nor will it until somebody changes something."""
        language = self._language()
        name = clean(channel, _CHANNEL)
        what_now = (
            (
                language.say("Trying again will not help until something is changed"),
                language.say(
                    "Check the URL and the token of channels.{channel} in the configuration, then reload", channel=name
                ),
            )
            if refused
            else (
                language.say("It is tried again and again"),
                language.say(
                    "If it lasts, check the service, and channels.{channel} in the configuration", channel=name
                ),
            )
        )
        lines = [
            clean(reason, _REASON),
            language.say("Nothing got through since {since}", since=language.moment(since)),
            language.say_count(
                "{count} message waits for it and is not lost", "{count} messages wait for it; none is lost", waiting
            )
            if waiting
            else language.say("What comes meanwhile waits for it; nothing is lost"),
            *what_now,
            language.say("To try again at once: cashnotifyd retry {channel}", channel=name),
        ]
        return _of_a_channel(language.say("Channel {channel} fails", channel=name), lines, Urgency.HIGH)

    def channel_works_again(self, channel: str, since: float, waited: int, now: float) -> Message:
        """After :meth:`channel_failing`. ``waited``: how many messages, of which most are told by now."""
        language = self._language()
        lines = [
            language.say(
                "It took nothing for {duration} ({period})",
                duration=language.duration(now - since),
                period=language.hours(since, now),
            ),
        ]
        if waited:
            lines.append(
                language.say_count(
                    "{count} message waited for it and is delivered or on its way",
                    "{count} messages waited for it and are delivered or on their way",
                    waited,
                )
            )
        what = language.say("Channel {channel} works again", channel=clean(channel, _CHANNEL))
        return _of_a_channel(what, lines, Urgency.NORMAL)

    def undeliverable(self, channel: str, reason: str) -> Message:
        """A message was given up on a channel, and stays on record."""
        language = self._language()
        name = clean(channel, _CHANNEL)
        lines = [
            clean(reason, _REASON),
            language.say("The message is kept, but not tried again by itself"),
            language.say("To send it again: cashnotifyd retry {channel}", channel=name),
        ]
        what = language.say("Message not delivered: channel {channel}", channel=name)
        return _of_a_channel(what, lines, Urgency.HIGH)

    def _alert(self, account: Account, what: Clean, lines: list[Clean], urgency: Urgency) -> Message:
        language = self._language()
        where = language.say("{account} · {mode}", account=account_name(account), mode=mode_name(account, language))
        return Message(
            kind=Kind.WATCH,
            title=title(what, account, language),
            body="\n".join(line for line in [*lines, where] if line),
            urgency=urgency,
            icon=account.icon,
        )

    def _language(self) -> Language:
        return _language(self.locale, self.timezone)


@cache
def _language(name: str, timezone: ZoneInfo) -> Language:
    locale = Locale.parse(name)
    return Language(locale, timezone, translation_for(locale))


def _of_a_channel(what: Clean, lines: list[Clean], urgency: Urgency) -> Message:
    return Message(kind=Kind.WATCH, title=what, body="\n".join(line for line in lines if line), urgency=urgency)
