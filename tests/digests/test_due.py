"""Which digests are due, by the calendar and what has been told."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from cashnotifyd.cursor_file.figures import Watched
from cashnotifyd.digests.due import MOST, Due, begin, bounds, calendar_end, due, is_read, waits_until, was_watched
from cashnotifyd.schedules import Every, Span
from cashnotifyd.vocabulary import Mode
from tests.digests.ledger import DAY, HOUR, KIRITIMATI, NEW_YORK, PAGO_PAGO, PARIS, at, schedule

MONDAY = Span(at("2026-11-23 00:00"), at("2026-11-24 00:00"))
TOLD_MONDAY = calendar_end(schedule(), MONDAY)


def shop(**known: float | bool | None) -> Watched:
    given: dict[str, object] = {"since": 0.0, "polled_at": MONDAY.until + HOUR, "unsettled": False, **known}
    return Watched(1, "shop", Mode.LIVE, **given)  # type: ignore[arg-type]  # fields by name


def test_a_new_schedule_begins_with_the_next_that_falls_due() -> None:
    until = begin(schedule(), at("2026-11-24 07:59"))

    assert due(schedule(), until, at("2026-11-24 07:59")) == Due(())
    assert due(schedule(), until, at("2026-11-24 08:00")) == Due((MONDAY,))


def test_what_has_been_told_is_not_due_again() -> None:
    assert due(schedule(), TOLD_MONDAY, at("2026-11-25 07:59")) == Due(())


def test_what_was_missed_is_due_and_the_oldest_comes_first() -> None:
    found = due(schedule(), TOLD_MONDAY, at("2026-11-27 12:00"))

    assert [span.until for span in found.periods] == [at(f"2026-11-{day} 00:00") for day in (25, 26, 27)]


def test_after_very_long_the_last_ones_are_due() -> None:
    found = due(schedule(), TOLD_MONDAY, at("2027-01-03 12:00"))

    assert len(found.periods) == MOST
    assert found.periods[-1].until == at("2027-01-03 00:00")
    assert found.passed_over == 40 - MOST


@pytest.mark.parametrize("told_in", [KIRITIMATI, PARIS, NEW_YORK, PAGO_PAGO])
@pytest.mark.parametrize("there", [KIRITIMATI, PARIS, NEW_YORK, PAGO_PAGO])
@pytest.mark.parametrize(
    ("every", "told", "now", "next_end"),
    [
        (Every.DAILY, "2026-11-24", "2026-11-25 09:00", "2026-11-25 00:00"),
        (Every.WEEKLY, "2026-11-23", "2026-11-30 09:00", "2026-11-30 00:00"),
        (Every.MONTHLY, "2026-11-01", "2026-12-01 09:00", "2026-12-01 00:00"),
    ],
)
def test_another_time_zone_skips_no_day_of_the_calendar_and_repeats_none(
    told_in: ZoneInfo, there: ZoneInfo, every: Every, told: str, now: str, next_end: str
) -> None:
    """The two farthest ones are 25 hours apart."""
    before = schedule(every, told_in)
    until = calendar_end(before, before.latest(at(f"{told} 12:00", told_in)))
    moved = schedule(every, there)

    assert due(moved, until, at(f"{told} 12:00", there)) == Due(())
    assert [span.until for span in due(moved, until, at(now, there)).periods] == [at(next_end, there)]


@pytest.mark.parametrize(
    ("watched", "read"),
    [
        (shop(), True),
        (shop(polled_at=None), False),
        (shop(polled_at=MONDAY.until + 10), False),
        (shop(unsettled=True), False),
    ],
)
def test_an_account_is_read_when_it_was_read_beyond_the_end_and_understood(watched: Watched, *, read: bool) -> None:
    assert is_read(watched, MONDAY) == read


def test_it_waits_an_hour_or_after_a_sleep_ten_minutes() -> None:
    at_eight = at("2026-11-24 08:00")

    assert waits_until(at_eight, at_eight + 5) == at_eight + HOUR
    assert waits_until(at_eight, at_eight + DAY) == at_eight + DAY + 600


def test_a_period_was_watched_if_the_first_record_is_older() -> None:
    assert was_watched([shop(since=MONDAY.since)], MONDAY)
    assert not was_watched([shop(since=MONDAY.since + 1)], MONDAY)
    assert not was_watched([shop(), shop(since=None)], MONDAY)


@pytest.mark.parametrize("timezone", [PARIS, NEW_YORK])
@pytest.mark.parametrize("day", ["2026-03-08", "2026-03-29", "2026-10-25", "2026-11-01", "2026-11-23"])
def test_each_day_has_24_hours_by_the_clock_on_the_wall(timezone: object, day: str) -> None:
    given = schedule(timezone=timezone)  # type: ignore[arg-type]  # one of the two
    period = given.latest(at(f"{day} 12:00", given.timezone) + DAY)

    found = bounds(given, period)

    assert len(found) == 25
    assert found == sorted(found)
    assert (found[0], found[-1]) == (period.since, period.until)


@pytest.mark.parametrize(("every", "days"), [(Every.WEEKLY, 7), (Every.MONTHLY, 31)])
def test_weeks_and_months_have_days(every: Every, days: int) -> None:
    period = schedule(every).latest(at("2026-11-03 09:00"))

    assert len(bounds(schedule(every), period)) == days + 1
