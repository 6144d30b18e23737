"""A digest for each period: none skipped, none twice, whatever happens to the machine and its clock."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from cashnotifyd.cursor_file.figures import Digest
from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.cursor_file.values import ListedEvent, Recipient
from cashnotifyd.digests.pictures import Pictures
from cashnotifyd.digests.telling import Digests, Subscriber
from cashnotifyd.money import Money
from cashnotifyd.schedules import Every
from cashnotifyd.vocabulary import Disclosure, Kind, Message, Mode, Urgency, Wordings
from cashnotifyd.wording.drawings import Drawing
from cashnotifyd.wording.message import Words
from tests.digests.ledger import (
    CAFE,
    DAY,
    HOUR,
    KIRITIMATI,
    NEW_YORK,
    PARIS,
    SHOP,
    TEST_SHOP,
    Till,
    at,
    digests,
    eur,
    opened,
    schedule,
    told,
)

MAIL = Subscriber("mail", 1, schedule())
WEEKLY = Subscriber("mail", 1, schedule(Every.WEEKLY))


async def watched_since(till: Till, written: str) -> None:
    """The account is watched and the channel has digests from then on."""
    await till.first_contact(at(written))
    await digests(till.record, MAIL).tend(at(written))


async def polled_and_tended(till: Till, now: float, subscriber: Subscriber = MAIL) -> None:
    await till.is_polled(now)
    await digests(till.record, subscriber).tend(now)


def last_lines(record: CursorFile) -> list[str]:
    return [one.body.splitlines()[-1].rpartition(" · ")[2] for one in told(record)]


async def test_a_day_is_told_the_next_morning(till: Till) -> None:
    await watched_since(till, "2026-11-20 12:00")
    await polled_and_tended(till, at("2026-11-23 09:00"))
    await till.takes(at("2026-11-22 23:59"), eur(100))
    await till.takes(at("2026-11-23 00:00"), eur(4900), fee=eur(172), net=eur(4728))
    await till.takes(at("2026-11-23 23:59"), eur(5100), fee=eur(178), net=eur(4922))
    await till.takes(at("2026-11-24 00:00"), eur(100))

    await polled_and_tended(till, at("2026-11-24 07:59"))
    before = len(told(till.record))
    await polled_and_tended(till, at("2026-11-24 08:00"))
    await polled_and_tended(till, at("2026-11-24 08:01"))

    (digest,) = told(till.record)[before:]
    assert digest.title == "Your Monday: €100.00 · Acme Shop"
    assert digest.body.splitlines()[:2] == [
        "€100.00 from 2 payments, €1.00 on the day before",
        "Fees €3.50; €96.50 left after fees",
    ]
    assert digest.private_title == "Your Monday: 2 payments · Acme Shop"


async def test_every_recipient_of_the_channel_is_told_and_nobody_else(till: Till) -> None:
    two = replace(MAIL, targets=2)
    await watched_since(till, "2026-11-20 12:00")
    await polled_and_tended(till, at("2026-11-21 09:00"), two)

    assert [(one.channel, one.target) for one in told(till.record)] == [("mail", 0), ("mail", 1)]


async def test_what_is_told_wakes_the_lanes(till: Till, tmp_path: Path) -> None:
    woken: list[str] = []
    await watched_since(till, "2026-11-20 12:00")
    await till.is_polled(at("2026-11-21 09:00"))
    there = Digests(
        till.record, lambda: [MAIL], lambda: [SHOP], lambda: Words("en_US", PARIS), Pictures(tmp_path),
        woken.extend,
    )  # fmt: skip
    await there.tend(at("2026-11-21 09:00"))

    assert woken == ["mail"]


@pytest.mark.parametrize(
    ("every", "timezone", "first", "last", "count"),
    [
        (Every.DAILY, PARIS, "2026-03-27", "2026-03-31", 4),
        (Every.DAILY, PARIS, "2026-10-23", "2026-10-27", 4),
        (Every.DAILY, NEW_YORK, "2026-03-06", "2026-03-10", 4),
        (Every.DAILY, NEW_YORK, "2026-10-30", "2026-11-03", 4),
        (Every.WEEKLY, PARIS, "2026-10-20", "2026-11-03", 2),
        (Every.WEEKLY, NEW_YORK, "2026-03-03", "2026-03-17", 2),
        (Every.MONTHLY, PARIS, "2026-10-24", "2026-11-02", 1),
    ],
)
async def test_one_each_over_the_days_on_which_the_clocks_change(
    till: Till, every: Every, timezone: ZoneInfo, first: str, last: str, count: int
) -> None:
    """With a restart before each look."""
    mail = Subscriber("mail", 1, schedule(every, timezone))
    now = at(f"{first} 12:00", timezone)
    await till.first_contact(now)
    while now < at(f"{last} 12:00", timezone):
        await polled_and_tended(till, now, mail)
        now += HOUR / 2

    due = [datetime.fromtimestamp(one.put, timezone) for one in told(till.record)]
    assert [(one.hour, one.minute) for one in due] == [(8, 0)] * count
    assert len(set(last_lines(till.record))) == count


@pytest.mark.parametrize(
    ("timezone", "day", "next_day"), [(PARIS, "2026-03-29", "2026-03-30"), (NEW_YORK, "2026-10-31", "2026-11-01")]
)
async def test_a_machine_that_was_asleep_at_the_due_time_tells_it_when_it_wakes(
    till: Till, timezone: ZoneInfo, day: str, next_day: str
) -> None:
    mail = Subscriber("mail", 1, schedule(timezone=timezone))
    await till.first_contact(at(f"{day} 22:00", timezone))
    there = digests(till.record, mail)
    await there.tend(at(f"{day} 22:00", timezone))
    woken = at(f"{next_day} 15:00", timezone)

    await there.tend(woken)
    assert told(till.record) == [], "nothing has been read since"
    await till.is_polled(woken + 20)
    await there.tend(woken + 30)
    await there.tend(woken + 60)

    (digest,) = told(till.record)
    assert "could not be read" not in digest.body


async def test_after_three_weeks_the_last_seven_are_told(till: Till) -> None:
    await watched_since(till, "2026-11-01 12:00")
    with capture_logs() as logged:
        await polled_and_tended(till, at("2026-11-23 12:00"))
        await polled_and_tended(till, at("2026-11-23 13:00"))

    assert last_lines(till.record) == [f"Nov {day}, 2026" for day in range(16, 23)]
    assert [line["count"] for line in logged if "passed over" in line["event"]] == [15]
    said = [one.body.count("15 older digests were passed over") for one in told(till.record)]
    assert said == [1, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("there", [NEW_YORK, KIRITIMATI])
async def test_on_a_journey_each_month_is_told_once(till: Till, there: ZoneInfo) -> None:
    home, away = Subscriber("mail", 1, schedule(Every.MONTHLY)), Subscriber("mail", 1, schedule(Every.MONTHLY, there))
    await till.first_contact(at("2026-09-10 12:00"))
    await digests(till.record, home).tend(at("2026-10-05 12:00"))
    await polled_and_tended(till, at("2026-11-01 09:00"), home)
    for written in ("2026-11-20 12:00", "2026-12-01 07:59", "2026-12-01 08:00"):
        await polled_and_tended(till, at(written, there), away)

    assert last_lines(till.record) == ["October 2026", "November 2026"]


async def test_a_clock_that_is_set_back_tells_nothing_twice(till: Till) -> None:
    await watched_since(till, "2026-11-20 12:00")
    for written in ("2026-11-21 08:01", "2026-11-20 20:00", "2026-11-21 07:00", "2026-11-21 08:02"):
        await polled_and_tended(till, at(written))

    assert last_lines(till.record) == ["Nov 20, 2026"]


async def test_a_clock_that_was_far_ahead_silences_nobody(till: Till) -> None:
    await till.first_contact(at("2026-11-01 12:00"))
    await digests(till.record, MAIL).tend(at("2027-11-20 12:00"))
    await polled_and_tended(till, at("2026-11-20 12:00"))
    await polled_and_tended(till, at("2026-11-21 08:00"))

    assert last_lines(till.record) == ["Nov 20, 2026"]


class Sketches(Pictures):
    """Pictures that are made in no time."""

    async def draw(self, drawing: Drawing, name: str) -> Path | None:
        path = self._folder / f"{name}.png"
        path.write_text(drawing.when)
        return path


@pytest.mark.parametrize(("details", "drawn"), [("full", True), ("masked", True), ("private", False)])
async def test_a_picture_goes_with_it_where_amounts_may(
    till: Till, tmp_path: Path, details: str, *, drawn: bool
) -> None:
    mail = replace(MAIL, details=Disclosure(details))
    await watched_since(till, "2026-11-20 12:00")
    await till.takes(at("2026-11-20 13:00"), eur(100))
    await till.is_polled(at("2026-11-21 08:00"))
    await digests(till.record, mail, pictures=Sketches(tmp_path)).tend(at("2026-11-21 08:00"))

    (digest,) = told(till.record)
    assert digest.picture == (str(tmp_path / "mail-daily-2026-11-20.png") if drawn else None)


async def test_the_record_takes_no_digest_twice(till: Till) -> None:
    await till.record.begin_digests("mail", Every.DAILY, 1000.0)
    words = Wordings.alike(Message(Kind.ACCOUNT, "x", "x", Urgency.LOW))
    digest = Digest("mail", Every.DAILY, 2000.0, words, (Recipient("mail", 0, Urgency.LOW),))

    assert await till.record.tell_digest(digest, 3000.0)
    assert not await till.record.tell_digest(digest, 3001.0)
    assert not await till.record.tell_digest(replace(digest, channel="another"), 3001.0)
    assert len(told(till.record)) == 1
    assert await till.record.digests() == {("mail", Every.DAILY): 2000.0}


class Dying(Pictures):
    """The daemon is killed as soon as there is a picture."""

    async def draw(self, drawing: Drawing, name: str) -> Path | None:
        (self._folder / f"{name}.png").write_text(drawing.when)
        raise asyncio.CancelledError


async def test_killed_between_picture_and_record_it_tells_once(till: Till, tmp_path: Path) -> None:
    await watched_since(till, "2026-11-20 12:00")
    await till.takes(at("2026-11-20 13:00"), eur(100))
    await till.is_polled(at("2026-11-21 08:00"))
    with pytest.raises(asyncio.CancelledError):
        await digests(till.record, MAIL, pictures=Dying(tmp_path)).tend(at("2026-11-21 08:00"))

    assert told(till.record) == []
    await polled_and_tended(till, at("2026-11-21 08:01"))
    await polled_and_tended(till, at("2026-11-21 08:02"))
    assert len(told(till.record)) == 1


async def test_a_record_that_is_opened_again_knows_what_was_told(tmp_path: Path) -> None:
    for written in ("2026-11-20 12:00", "2026-11-21 08:00", "2026-11-21 08:01"):
        with opened(tmp_path) as record:
            till = Till(record)
            known = await record.accounts("shop", Mode.LIVE, None)
            if known:
                till.number = known[0].id
            else:
                await till.first_contact(at(written))
            await polled_and_tended(till, at(written))
            count = len(told(record))
    assert count == 1


async def test_another_schedule_begins_anew_and_so_does_the_old_one(till: Till) -> None:
    await watched_since(till, "2026-11-01 12:00")
    await polled_and_tended(till, at("2026-11-02 09:00"))
    for written in ("2026-11-02 10:00", "2026-11-09 08:00"):
        await polled_and_tended(till, at(written), WEEKLY)
    for written in ("2026-11-12 10:00", "2026-11-13 08:00"):
        await polled_and_tended(till, at(written))

    assert last_lines(till.record) == ["Nov 1, 2026", "Nov 2\u2009–\u20098, 2026", "Nov 12, 2026"]  # noqa: RUF001 (Babel's)


async def test_an_account_that_cannot_be_read_is_waited_for_an_hour(till: Till) -> None:
    await watched_since(till, "2026-11-20 12:00")
    await till.is_polled(at("2026-11-20 20:00"))
    there = digests(till.record, MAIL)
    for written in ("2026-11-21 08:00", "2026-11-21 08:59"):
        await there.tend(at(written))
        assert told(till.record) == []
    await there.tend(at("2026-11-21 09:00"))

    (digest,) = told(till.record)
    assert "Acme Shop could not be read since Nov 20, 2026, 8:00\u202fPM: more may come" in digest.body


async def test_what_is_recorded_and_not_understood_is_waited_for(till: Till) -> None:
    await watched_since(till, "2026-11-20 12:00")
    pending = ListedEvent("evt_1", "charge.succeeded", int(at("2026-11-20 23:00")), "{}", "pending")
    await till.record.record_page(till.number, [pending], at("2026-11-21 08:00"))
    await polled_and_tended(till, at("2026-11-21 08:00"))

    assert told(till.record) == []


async def test_no_period_is_compared_that_was_not_wholly_watched(till: Till) -> None:
    await till.first_contact(at("2026-11-11 12:00"))
    await digests(till.record, WEEKLY).tend(at("2026-11-11 12:00"))
    for written in ("2026-11-12 10:00", "2026-11-17 10:00", "2026-11-25 10:00"):
        await till.takes(at(written), eur(1000))
    for written in ("2026-11-16 08:00", "2026-11-23 08:00", "2026-11-30 08:00"):
        await polled_and_tended(till, at(written), WEEKLY)

    first, second, third = (one.body.splitlines() for one in told(till.record))
    assert first[:2] == [
        "€10.00 from 1 payment",
        "Acme Shop has been watched since Nov 11, 2026, 12:00\u202fPM only",
    ]
    assert second[0] == "€10.00 from 1 payment"
    assert third[0] == "€10.00 from 1 payment, as in the week before"


async def test_several_accounts_are_one_digest_and_test_mode_stands_apart(till: Till) -> None:
    cafe, play = Till(till.record, CAFE), Till(till.record, TEST_SHOP)
    for one in (till, cafe, play):
        await one.first_contact(at("2026-11-20 12:00"))
    there = digests(till.record, MAIL, SHOP, CAFE, TEST_SHOP)
    await there.tend(at("2026-11-20 12:00"))
    yesterday = at("2026-11-20 14:00")
    await till.takes(yesterday, eur(1000))
    await till.takes(yesterday, Money(900, "usd"))
    await till.takes(yesterday, eur(300), Kind.REFUND)
    await cafe.takes(yesterday, eur(500))
    await play.takes(yesterday, eur(99_900))
    for one in (till, cafe, play):
        await one.is_polled(at("2026-11-21 08:00"))
    await there.tend(at("2026-11-21 08:00"))

    (digest,) = told(till.record)
    assert digest.title == "Your Friday: €15.00 and $9.00"
    assert digest.body.splitlines() == [
        "€15.00 from 2 payments",
        "$9.00 from 1 payment",
        "1 refund (€3.00)",
        "Acme Shop: €10.00 and $9.00 from 2 payments",
        "Acme Café: €5.00 from 1 payment",
        "[TEST] €999.00 from 1 payment",
        "Acme Shop has been watched since Nov 20, 2026, 12:00\u202fPM only",
        "Acme Café has been watched since Nov 20, 2026, 12:00\u202fPM only",
        "2 accounts · live mode · Nov 20, 2026",
    ]


async def test_a_channel_hears_of_its_own_accounts_and_modes(till: Till) -> None:
    cafe, play = Till(till.record, CAFE), Till(till.record, TEST_SHOP)
    picky = replace(MAIL, accounts=frozenset({"shop", "shop-test"}), modes=frozenset({Mode.LIVE}))
    for one in (till, cafe, play):
        await one.first_contact(at("2026-11-20 12:00"))
        await one.takes(at("2026-11-20 14:00"), eur(1000))
    there = digests(till.record, picky, SHOP, CAFE, TEST_SHOP)
    await there.tend(at("2026-11-20 12:00"))
    await till.is_polled(at("2026-11-21 08:00"))
    await there.tend(at("2026-11-21 08:00"))

    (digest,) = told(till.record)
    assert digest.title == "Your Friday: €10.00 · Acme Shop"
    assert "TEST" not in digest.body


async def test_a_quiet_day_is_told_too(till: Till) -> None:
    await watched_since(till, "2026-11-20 12:00")
    await polled_and_tended(till, at("2026-11-23 08:00"))

    assert [one.title for one in told(till.record)] == [
        "Your Friday, as far as known: no payments · Acme Shop",
        "A quiet day: no payments · Acme Shop",
        "A quiet day: no payments · Acme Shop",
    ]
    assert told(till.record)[-1].body == "Acme Shop · live mode · Nov 22, 2026"


async def test_nothing_is_told_of_a_day_on_which_nobody_looked(till: Till) -> None:
    await digests(till.record, MAIL).tend(at("2026-11-21 07:00"))
    await till.first_contact(at("2026-11-21 07:00"))
    for written in ("2026-11-21 08:00", "2026-11-22 08:00"):
        await polled_and_tended(till, at(written))

    assert last_lines(till.record) == ["Nov 21, 2026"]


async def test_a_digest_that_cannot_be_worded_does_not_stand_in_the_way(till: Till) -> None:
    class Speechless(Words):
        __slots__ = ()

        def digest(self, _report: object) -> object:  # type: ignore[override]  # it never answers
            raise KeyError

    await watched_since(till, "2026-11-20 12:00")
    await till.is_polled(at("2026-11-21 08:00"))
    there = Digests(
        till.record, lambda: [MAIL], lambda: [SHOP], lambda: Speechless("en_US", PARIS), Pictures(Path("none")),
        lambda _channels: None,
    )  # fmt: skip
    with capture_logs() as logged:
        await there.tend(at("2026-11-21 08:00"))
    await polled_and_tended(till, at("2026-11-22 08:00"))

    assert [line["log_level"] for line in logged if "could not be worded" in line["event"]] == ["error"]
    assert last_lines(till.record) == ["Nov 21, 2026"]


async def test_a_channel_without_accounts_waits_for_some(till: Till) -> None:
    nobody = replace(MAIL, accounts=frozenset({"gone"}))
    await watched_since(till, "2026-11-20 12:00")
    await polled_and_tended(till, at("2026-11-20 12:00") + 3 * DAY, nobody)

    assert told(till.record) == []
