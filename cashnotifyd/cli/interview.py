"""The dialogue of ``cashnotifyd init``: one account or channel after the other, each tried out at once."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Sequence

import click

from cashnotifyd.cli import asking
from cashnotifyd.cli.checking import Screen
from cashnotifyd.cli.ground import Ground, Secret, new_id, suggested_account_id, suggested_channel_id
from cashnotifyd.cli.trying import try_channel, try_key
from cashnotifyd.config.values import as_text, mode_of_key
from cashnotifyd.delivery.apprise_door.urls import examine
from cashnotifyd.delivery.desktop import Desktop, DesktopUnavailable
from cashnotifyd.permissions import NEEDED, creation_link
from cashnotifyd.setup.composing import Entry, Section
from cashnotifyd.setup.findings import Finding, Verdict, count
from cashnotifyd.setup.keys import KeyReport
from cashnotifyd.setup.latest import latest_titles
from cashnotifyd.vocabulary import Account, Mode

_TITLES = 5
_FOR_LATER = frozenset({"events_missing", "stripe_unreachable", "stripe_failing", "stripe_busy"})
"""What the same key may get over."""

_URLS = """\
For instance pover://USER_KEY@API_TOKEN for Pushover, or for e-mail
mailtos://USER:PASSWORD@example.org?to=me@example.org
https://appriseit.com has the URL of every service."""


class Interview:
    """Asks for accounts and channels. ``entries`` are what is to be written."""

    def __init__(self, ground: Ground, screen: Screen) -> None:
        self.entries: list[Entry] = []
        self._ground = ground
        self._screen = screen

    def accounts(self) -> None:
        """Ask for accounts, for at least one where there is none."""
        self._screen.heading("A Stripe account")
        if not self._wanted("accounts", "Add an account?"):
            return
        while True:
            self.entries.append(self._account())
            if not asking.yes("Another account?", default=False):
                return

    def channels(self) -> None:
        """Ask for channels, for at least one where there is none."""
        self._screen.heading("A place to be told")
        if not self._wanted("channels", "Add a channel?"):
            return
        while True:
            if (entry := self._channel()) is not None:
                self.entries.append(entry)
            if self._taken("channels") and not asking.yes("Another channel?", default=False):
                return

    def _wanted(self, section: Section, question: str) -> bool:
        if (why_not := self._ground.why_not(section)) is not None:
            self._screen.say(why_not)
            return False
        return not self._taken(section) or asking.yes(question)

    def _taken(self, section: Section) -> list[str]:
        return [*self._ground.taken(section), *(entry.id for entry in self.entries if entry.section == section)]

    # An account

    def _account(self) -> Entry:
        self._screen.say(
            "This link fills in Stripe's form for a restricted key that can read what is needed and do nothing else."
            " Open it in the mode that you want to watch, live or test, create the key, and copy it."
        )
        self._screen.say()
        self._screen.say(creation_link(NEEDED), "cyan")
        self._screen.say()
        key, report = self._working_key()
        mode, name = mode_of_key(key.value), report.account.name
        self._show_latest(report, name, mode)
        # Where Stripe tells its name, the daemon asks for that each time it starts.
        given = asking.word("What is it called, in messages?", "My shop", as_text) if name is None else None
        taken = self._taken("accounts")
        id_ = asking.word(
            "A short word for it in the configuration",
            suggested_account_id(given or name, mode, taken),
            lambda text: new_id(text, taken),
        )
        return self._ground.account(id_, key, given)

    def _working_key(self) -> tuple[Secret, KeyReport]:
        key = self._asked_for_key()
        while True:
            click.echo("Asking Stripe …")
            report, findings = try_key(key, self._ground)
            self._screen.findings(_with_mode(findings, mode_of_key(key.value)))
            if report.standings is not None:
                self._screen.permissions(report.standings)
            match self._next(findings):
                case "on":
                    return key, report
                case "other":
                    key = self._asked_for_key()

    def _asked_for_key(self) -> Secret:
        return asking.hidden("Paste the key (it is not shown)", self._new_key)

    def _new_key(self, text: str) -> Secret:
        return self._ground.key(text)

    def _next(self, findings: Sequence[Finding]) -> str:
        names = {finding.name for finding in findings}
        if count(findings, Verdict.PROBLEM):
            usual = "again" if names & _FOR_LATER else "other"
            return asking.choice("Try it again, or another key?", ["again", "other"], usual)
        if "permissions_missing" in names:
            question = "Go on with it, try it again when you have edited it, or take another?"
            return asking.choice(question, ["on", "again", "other"], "on")
        if "full_secret_key" in names:
            return asking.choice("Take it all the same, or another?", ["on", "other"], "other")
        return "on"

    def _show_latest(self, report: KeyReport, name: str | None, mode: Mode) -> None:
        account = Account("new", name or "your account", mode, report.account.stripe_id)
        titles = latest_titles(report.latest, account, self._ground.words, _TITLES)
        if not titles:
            self._screen.say("Nothing happened in this account in the last 30 days that you would be told of.")
            return
        self._screen.say("Its latest events, as you would have been told of them:")
        for title in titles:
            self._screen.say(f"  {title}")

    # A channel

    def _channel(self) -> Entry | None:
        """None where nobody wants it in the end."""
        url = self._asked_for_place()
        while True:
            click.echo("Sending a test message …")
            findings = try_channel(url, self._ground)
            self._screen.findings(findings)
            sent = count(findings, Verdict.OK) == len(findings)
            if sent and asking.yes("Did it arrive?"):
                break
            question = "Try it again, another place, or keep it all the same?"
            match asking.choice(question, ["again", "other", "keep"], "other" if sent else "again"):
                case "keep":
                    break
                case "other":
                    url = self._asked_for_place()
        taken = self._taken("channels")
        id_ = asking.word(
            "A short word for it in the configuration",
            suggested_channel_id(url.value, taken),
            lambda text: new_id(text, taken),
        )
        return self._ground.channel(id_, url)

    def _asked_for_place(self) -> Secret:
        desktop = _desktop_url()
        places = {
            **({"desktop": "notices on this desktop"} if desktop else {}),
            "ntfy": "the ntfy app on your phone (https://ntfy.sh), without an account",
            "url": "Pushover, e-mail, Slack, Telegram, …: any URL of Apprise's",
        }
        for place, what in places.items():
            self._screen.say(f"  {place:<7}  {what}")
        match asking.choice("Where do you want to be told?", list(places), next(iter(places))):
            case "desktop" if desktop:
                return self._ground.url(desktop)
            case "ntfy":
                return self._new_topic()
        click.echo(_URLS)
        return asking.hidden("The URL (it is not shown)", self._ground.url)

    def _new_topic(self) -> Secret:
        self._screen.say("Whoever knows a topic can read what is sent there. Nobody guesses this one.")
        suggested = f"cashnotifyd-{secrets.token_hex(12)}"
        return asking.word("Subscribe to it in the app, or name another", suggested, self._topic)

    def _topic(self, text: str) -> Secret:
        return self._ground.url(f"ntfys://ntfy.sh/{text}")


def _with_mode(findings: Sequence[Finding], mode: Mode) -> list[Finding]:
    """With the mode behind the words that say whose key it is."""
    return [
        Finding(one.name, one.verdict, f"{one.text}, {mode} mode", one.next_step) if one.name == "key" else one
        for one in findings
    ]


def _desktop_url() -> str | None:
    """This platform's own, if notices would be shown now."""
    if sys.platform == "darwin":
        return "macosx://" if examine("macosx://").problem is None else None
    desktop = Desktop()
    try:
        desktop.server()
    except (DesktopUnavailable, TimeoutError):
        return None
    finally:
        desktop.close()
    return "dbus://"
