"""Whether each account has been polled in time: a pure decision but for what the last look saw."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from cashnotifyd.oversight.verdict import Verdict
from cashnotifyd.vocabulary import Account

_INTERVALS = 3
"""Polls that fail to come are a loss of contact, however long the pauses between them are."""

_ASLEEP = 120.0
"""Seconds between two looks after which the machine has been asleep, or somebody has set its clock."""


_LOOKING = 10.0
"""Seconds that a look takes at most, with all accounts there can be."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a watch tells of its account. ``number`` is the record's, None where it is not known yet.

    ``polled_at``: when the last poll succeeded (s since 1970 UTC) that this watch made. ``failure``: why the last one
    did not. ``interval``: seconds between two polls.
    """

    account: Account
    number: int | None
    polled_at: float | None
    failure: str | None
    interval: float


@dataclass(frozen=True, slots=True)
class Contact:
    """How it stands with an account. ``watched_from``: since when somebody could have polled, without a break.

    ``polled_at`` is None where that was not since the daemon's start; of a poll that a clock has noted which has been
    set back since, it is when that was found out. ``noted_at`` is what the watch itself said. ``patience``: seconds
    without a poll that are not too many.
    """

    in_time: bool
    watched_from: float
    polled_at: float | None
    noted_at: float | None
    patience: float


class Contacts:
    """The contact with all accounts. Whoever has just begun, or was asleep, has all the time again."""

    def __init__(self) -> None:
        self._looked: float | None = None
        self._known: dict[str, Contact] = {}

    def look(self, accounts: Iterable[Seen], stale_after: float, now: float) -> Iterator[tuple[Seen, Contact]]:
        """How it stands with each, found out as it is asked for: of many, others get on between two of them.

        ``stale_after``: seconds without a poll that are too many. ``now``: when the look began.
        """
        if self._looked is not None and not 0 <= now - self._looked <= _ASLEEP:
            self._known = {id_: replace(one, watched_from=now) for id_, one in self._known.items()}
        self._looked = now
        known = {}
        for seen in accounts:
            contact = known[seen.account.id] = self._of(seen, stale_after, now)
            yield seen, contact
        self._known = known

    def _of(self, seen: Seen, stale_after: float, now: float) -> Contact:
        before = self._known.get(seen.account.id)
        patience = max(stale_after, _INTERVALS * seen.interval)
        if before is None:
            return self._since(now, seen.polled_at, seen.polled_at, patience, now)
        # A watch that a reload has begun anew has made no poll yet.
        noted_at = before.noted_at if seen.polled_at is None else seen.polled_at
        if noted_at == before.noted_at:
            # A reload that shortens the pauses does not make the one before it too long.
            return self._since(before.watched_from, before.polled_at, noted_at, max(patience, before.patience), now)
        return self._since(before.watched_from, noted_at, noted_at, patience, now)

    @staticmethod
    def _since(
        watched_from: float, polled_at: float | None, noted_at: float | None, patience: float, now: float
    ) -> Contact:
        # A poll in the future was before the clock was set back, unless it was during this very look.
        if polled_at is not None and polled_at > now + _LOOKING:
            polled_at = watched_from = now
        last = watched_from if polled_at is None else max(polled_at, watched_from)
        return Contact(now - last <= patience, watched_from, polled_at, noted_at, patience)


def verdict(contacts: Collection[Contact]) -> Verdict:
    """What is to be said of all of them."""
    if not all(contact.in_time for contact in contacts):
        return Verdict.UNWELL
    return Verdict.WELL if contacts and all(one.polled_at is not None for one in contacts) else Verdict.UNKNOWN
