from __future__ import annotations

import pytest

from cashnotifyd.oversight.contact import Contact, Contacts, Seen, verdict
from cashnotifyd.oversight.verdict import Verdict
from cashnotifyd.vocabulary import Account, Mode
from tests.clock import Clock

STALE = 900.0


def seen(polled_at: float | None, interval: float = 60.0, id_: str = "shop") -> Seen:
    return Seen(Account(id_, "Acme Shop", Mode.LIVE), 1, polled_at, None, interval)


def contact(polled_at: float | None, *, in_time: bool = True) -> Contact:
    return Contact(in_time, 0, polled_at, polled_at, STALE)


class Looker:
    """Looks every 15 seconds, as the daemon does."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.contacts = Contacts()

    def look(self, *accounts: Seen) -> Contact:
        found = {seen.account.id: contact for seen, contact in self.contacts.look(accounts, STALE, self.clock())}
        return found["shop"]

    def until_lost(self, account: Seen, most: float = 5000) -> float:
        """Seconds from now."""
        begun = self.clock()
        while self.look(account).in_time and self.clock() - begun < most:
            self.clock.now += 15
        return self.clock() - begun


def test_a_start_gives_everybody_the_whole_time() -> None:
    assert Looker().until_lost(seen(None)) == STALE + 15


def test_the_time_counts_from_the_last_poll() -> None:
    looker = Looker()
    looker.look(seen(None))
    looker.clock.now += 90
    assert looker.until_lost(seen(looker.clock() - 10)) == STALE


def test_three_pauses_between_polls_are_no_loss() -> None:
    assert Looker().until_lost(seen(None, interval=518)) == 1560


@pytest.mark.fault(34)
def test_a_machine_that_was_asleep_has_the_whole_time_again() -> None:
    looker = Looker()
    polled = looker.clock()
    looker.look(seen(polled))
    looker.clock.now += 8 * 3600

    assert looker.until_lost(seen(polled)) == STALE + 15


@pytest.mark.fault(33)
def test_a_clock_that_is_set_back_hides_no_loss() -> None:
    looker = Looker()
    polled = looker.clock()
    looker.look(seen(polled))
    looker.clock.now -= 86400

    assert looker.until_lost(seen(polled)) == STALE + 15


@pytest.mark.fault(33)
def test_a_poll_of_a_clock_that_was_ahead_gives_the_whole_time_again_once() -> None:
    looker = Looker()
    for _ in range(100):
        looker.look(seen(looker.clock()))
        looker.clock.now += 15
    ahead = seen(looker.clock() + 86400)  # it was set forward, polled, and set back between two looks

    found = looker.look(ahead)

    assert found.in_time
    assert found.polled_at == looker.clock()
    assert looker.until_lost(ahead) == STALE + 15


def test_a_reload_that_shortens_the_pauses_gives_the_next_poll_its_time() -> None:
    looker = Looker()
    looker.look(seen(looker.clock(), interval=3600))
    for _ in range(100):
        looker.clock.now += 15
        looker.look(seen(None, interval=3600))

    assert looker.look(seen(None, interval=60)).in_time
    looker.look(seen(looker.clock(), interval=60))
    assert looker.until_lost(seen(looker.clock(), interval=60)) == STALE + 15


def test_a_watch_that_a_reload_begins_anew_goes_on_from_the_last_poll() -> None:
    looker = Looker()
    looker.look(seen(looker.clock()))
    looker.clock.now += 100

    assert looker.look(seen(None)).polled_at == looker.clock() - 100
    assert looker.until_lost(seen(None)) == 810


def test_an_account_that_a_reload_adds_has_the_whole_time() -> None:
    looker = Looker()
    for _ in range(100):
        looker.clock.now += 15
        contact = looker.look(seen(looker.clock()), seen(looker.clock(), id_="other"))
    assert list(looker.contacts.look([seen(looker.clock(), id_="other")], STALE, looker.clock()))

    assert contact.in_time
    assert looker.until_lost(seen(None)) == STALE + 15


def test_all_is_well_when_every_account_was_polled() -> None:
    polled, late, lost = contact(1), contact(None), contact(1, in_time=False)

    assert verdict([polled, polled]) is Verdict.WELL
    assert verdict([polled, late]) is Verdict.UNKNOWN
    assert verdict([polled, late, lost]) is Verdict.UNWELL
    assert verdict([]) is Verdict.UNKNOWN
