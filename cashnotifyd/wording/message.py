"""What happened as a message to people: the one door to all words.

::

                               ┌─▶ headline ────┐
    Occurrence ─▶ what a channel ─▶ particulars ─┼─▶ Message
                     may know  └─▶ dashboard ───┘

The locale decides how amounts and dates look, and its language in which sentences they stand.
"""

from __future__ import annotations

from dataclasses import dataclass

from cashnotifyd.cursor_file.values import Cause, FailureBurst, Tally
from cashnotifyd.occurrences.reading import Occurrence
from cashnotifyd.schedules import Span
from cashnotifyd.vocabulary import Account, Disclosure, Message, Wordings
from cashnotifyd.wording.alerts import Alerts
from cashnotifyd.wording.dashboard import dashboard_link
from cashnotifyd.wording.digest_pictures import drawing
from cashnotifyd.wording.digests import Report, digest
from cashnotifyd.wording.drawings import Drawing
from cashnotifyd.wording.headlines import headline, title
from cashnotifyd.wording.particulars import particulars
from cashnotifyd.wording.privacy import disclosed
from cashnotifyd.wording.summaries import summary
from cashnotifyd.wording.urgencies import urgency


@dataclass(frozen=True, slots=True)
class Words(Alerts):
    """The words for one locale and time zone, the daemon's own alerts among them."""

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
            title=title(headline(occurrence, language), account, language),
            body="\n".join(particulars(occurrence, account, language)),
            urgency=urgency(occurrence, account),
            link=dashboard_link(account, details.object_type, details.object_id),
            icon=account.icon,
        )

    def summary(self, tally: Tally, cause: Cause, failures: FailureBurst | None, within: Account | None) -> Wordings:
        """One message in the place of many; ``within`` is the account that all of it concerns, if it is one."""
        return summary(tally, cause, failures, within, self._language())

    def digest(self, report: Report) -> Wordings:
        """What a day, a week or a month came to."""
        return digest(report, self._language())

    def digest_picture(self, report: Report, before: Span) -> Drawing | None:
        """The picture that goes with it, if there is anything to see. ``before`` is the period before."""
        return drawing(report, before, self._language())
