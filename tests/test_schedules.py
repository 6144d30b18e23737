"""Quiet hours and digests by the calendar: across midnight, and over the days on which the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cashnotifyd.schedules import DigestSchedule, Every, QuietHours, Span

PARIS, NEW_YORK = ZoneInfo("Europe/Paris"), ZoneInfo("America/New_York")
# Where midnight itself is skipped (24 April 2026), and where it is repeated (1 November 2026).
CAIRO, HAVANA = ZoneInfo("Africa/Cairo"), ZoneInfo("America/Havana")

# 2026: the clock goes from 02:00 to 03:00, and from 03:00 (Paris) or 02:00 (New York) back an hour.
PARIS_SPRING, PARIS_AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
NEW_YORK_SPRING, NEW_YORK_AUTUMN = date(2026, 3, 8), date(2026, 11, 1)

STEP = 1800  # seconds


def at(day: date, hour: int, minute: int = 0) -> float:
    """A moment by the clock of UTC."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC).timestamp()


def local(moment: float, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(moment, zone).strftime("%m-%d %H:%M %z")


def quiet(text: str, zone: ZoneInfo) -> QuietHours:
    begin, end = map(time.fromisoformat, text.split("-"))
    return QuietHours(begin, end, zone)


class TestQuietHours:
    def test_lie_within_a_day(self) -> None:
        hours, day = quiet("13:00-14:30", ZoneInfo("UTC")), date(2026, 7, 1)
        assert hours.around(at(day, 12, 59)) is None
        assert hours.around(at(day, 13)) == Span(at(day, 13), at(day, 14, 30))
        assert hours.around(at(day, 14, 30) - 0.001) == Span(at(day, 13), at(day, 14, 30))
        assert hours.around(at(day, 14, 30)) is None

    def test_go_across_midnight(self) -> None:
        hours, day, after = quiet("22:00-07:00", ZoneInfo("UTC")), date(2026, 7, 1), date(2026, 7, 2)
        night = Span(at(day, 22), at(after, 7))
        assert hours.around(at(day, 21, 59)) is None
        assert [hours.around(at(day, 22)), hours.around(at(after, 0)), hours.around(at(after, 6, 59))] == [night] * 3
        assert hours.around(at(after, 7)) is None

    def test_end_at_midnight(self) -> None:
        hours, day, after = quiet("22:00-00:00", ZoneInfo("UTC")), date(2026, 7, 1), date(2026, 7, 2)
        assert hours.around(at(day, 23, 59)) == Span(at(day, 22), at(after, 0))
        assert hours.around(at(after, 0)) is None

    def test_the_latest_are_those_that_have_begun_last(self) -> None:
        hours, day, before = quiet("22:00-07:00", ZoneInfo("UTC")), date(2026, 7, 2), date(2026, 7, 1)
        assert hours.latest(at(day, 12)) == Span(at(before, 22), at(day, 7))
        assert hours.latest(at(day, 22)) == Span(at(day, 22), at(date(2026, 7, 3), 7))

    @pytest.mark.parametrize(
        ("text", "zone", "day", "since", "until"),
        [
            # Nights are shorter or longer by the hour.
            ("22:00-07:00", PARIS, PARIS_SPRING, "03-28 22:00 +0100", "03-29 07:00 +0200"),
            ("22:00-07:00", PARIS, PARIS_AUTUMN, "10-24 22:00 +0200", "10-25 07:00 +0100"),
            ("22:00-07:00", NEW_YORK, NEW_YORK_SPRING, "03-07 22:00 -0500", "03-08 07:00 -0400"),
            ("22:00-07:00", NEW_YORK, NEW_YORK_AUTUMN, "10-31 22:00 -0400", "11-01 07:00 -0500"),
            # Begin or end in the hour that is skipped: the moment of the change.
            ("02:30-06:00", PARIS, PARIS_SPRING, "03-29 03:00 +0200", "03-29 06:00 +0200"),
            ("02:30-03:15", PARIS, PARIS_SPRING, "03-29 03:00 +0200", "03-29 03:15 +0200"),
            ("22:00-02:30", PARIS, PARIS_SPRING, "03-28 22:00 +0100", "03-29 03:00 +0200"),
            ("02:30-06:00", NEW_YORK, NEW_YORK_SPRING, "03-08 03:00 -0400", "03-08 06:00 -0400"),
            ("22:00-02:30", NEW_YORK, NEW_YORK_SPRING, "03-07 22:00 -0500", "03-08 03:00 -0400"),
            # Begin or end in the hour that is repeated: the first time.
            ("02:30-06:00", PARIS, PARIS_AUTUMN, "10-25 02:30 +0200", "10-25 06:00 +0100"),
            ("22:00-02:30", PARIS, PARIS_AUTUMN, "10-24 22:00 +0200", "10-25 02:30 +0200"),
            ("02:15-02:45", PARIS, PARIS_AUTUMN, "10-25 02:15 +0200", "10-25 02:45 +0200"),
            ("01:30-06:00", NEW_YORK, NEW_YORK_AUTUMN, "11-01 01:30 -0400", "11-01 06:00 -0500"),
            ("22:00-01:30", NEW_YORK, NEW_YORK_AUTUMN, "10-31 22:00 -0400", "11-01 01:30 -0400"),
        ],
    )
    def test_on_the_days_on_which_the_clock_changes(
        self, text: str, zone: ZoneInfo, day: date, since: str, until: str
    ) -> None:
        hours = quiet(text, zone)
        noon = datetime.combine(day, time(12), zone).timestamp()
        span = hours.latest(noon)
        assert (local(span.since, zone), local(span.until, zone)) == (since, until)
        assert hours.around(span.since - 1) is None
        assert hours.around(span.since) == hours.around(span.until - 1) == span
        assert hours.around(span.until) is None

    def test_wholly_in_the_hour_that_is_skipped_there_are_none(self) -> None:
        hours = quiet("02:15-02:45", PARIS)
        begin = at(PARIS_SPRING, 0)
        assert all(hours.around(begin + minutes * 60) is None for minutes in range(6 * 60))

    @given(
        begin=st.times().map(lambda it: it.replace(second=0, microsecond=0)),
        end=st.times().map(lambda it: it.replace(second=0, microsecond=0)),
        zone=st.sampled_from([PARIS, NEW_YORK, CAIRO, HAVANA, ZoneInfo("UTC"), ZoneInfo("Australia/Lord_Howe")]),
        now=st.one_of(
            st.floats(at(date(2026, 1, 1), 0), at(date(2027, 1, 1), 0)),
            st.sampled_from([PARIS_SPRING, PARIS_AUTUMN, NEW_YORK_SPRING, NEW_YORK_AUTUMN]).flatmap(
                lambda day: st.floats(at(day, 0) - 43_200, at(day, 0) + 86_400)
            ),
        ),
    )
    @example(begin=time(2, 30), end=time(3, 15), zone=PARIS, now=at(PARIS_SPRING, 1, 10))
    @example(begin=time(3, 15), end=time(2, 45), zone=PARIS, now=at(PARIS_SPRING, 1, 10))
    def test_it_is_just_when_the_clock_on_the_wall_says_so(
        self, begin: time, end: time, zone: ZoneInfo, now: float
    ) -> None:
        if begin == end:
            return
        hours = QuietHours(begin, end, zone)
        span = hours.around(now)
        if span is not None:
            assert span.since <= now < span.until
        clock = datetime.fromtimestamp(now, zone)
        if clock.fold == 0:  # the second time round, hours that begin or end in what is repeated have done so already
            wall = clock.time()
            within = begin <= wall < end if begin < end else wall >= begin or wall < end
            assert (span is not None) is within


class TestDigests:
    @pytest.mark.parametrize(
        ("every", "now", "since", "until", "due"),
        [
            (Every.DAILY, "2026-07-02 08:00", "07-01 00:00 +0200", "07-02 00:00 +0200", "07-02 08:00 +0200"),
            (Every.DAILY, "2026-07-02 07:59", "06-30 00:00 +0200", "07-01 00:00 +0200", "07-01 08:00 +0200"),
            # 2026-07-06 is a Monday.
            (Every.WEEKLY, "2026-07-06 08:00", "06-29 00:00 +0200", "07-06 00:00 +0200", "07-06 08:00 +0200"),
            (Every.WEEKLY, "2026-07-06 07:59", "06-22 00:00 +0200", "06-29 00:00 +0200", "06-29 08:00 +0200"),
            (Every.WEEKLY, "2026-07-12 23:59", "06-29 00:00 +0200", "07-06 00:00 +0200", "07-06 08:00 +0200"),
            (Every.MONTHLY, "2026-03-01 08:00", "02-01 00:00 +0100", "03-01 00:00 +0100", "03-01 08:00 +0100"),
            (Every.MONTHLY, "2026-03-01 07:59", "01-01 00:00 +0100", "02-01 00:00 +0100", "02-01 08:00 +0100"),
            (Every.MONTHLY, "2026-01-31 12:00", "12-01 00:00 +0100", "01-01 00:00 +0100", "01-01 08:00 +0100"),
            # The days, the weeks and the months in which the clock changes.
            (Every.DAILY, "2026-03-30 09:00", "03-29 00:00 +0100", "03-30 00:00 +0200", "03-30 08:00 +0200"),
            (Every.DAILY, "2026-10-26 09:00", "10-25 00:00 +0200", "10-26 00:00 +0100", "10-26 08:00 +0100"),
            (Every.WEEKLY, "2026-03-30 09:00", "03-23 00:00 +0100", "03-30 00:00 +0200", "03-30 08:00 +0200"),
            (Every.MONTHLY, "2026-11-01 09:00", "10-01 00:00 +0200", "11-01 00:00 +0100", "11-01 08:00 +0100"),
        ],
    )
    def test_the_latest_is_the_last_one_that_is_due(
        self, every: Every, now: str, since: str, until: str, due: str
    ) -> None:
        schedule = DigestSchedule(every, time(8), PARIS)
        period = schedule.latest(datetime.fromisoformat(now).replace(tzinfo=PARIS).timestamp())
        told = (local(period.since, PARIS), local(period.until, PARIS), local(schedule.due(period), PARIS))
        assert told == (since, until, due)

    @pytest.mark.parametrize(
        ("when", "zone", "now", "due"),
        [
            (time(2, 30), PARIS, at(PARIS_SPRING, 12), "03-29 03:00 +0200"),
            (time(2, 30), PARIS, at(PARIS_AUTUMN, 12), "10-25 02:30 +0200"),
            (time(2, 30), NEW_YORK, at(NEW_YORK_SPRING, 12), "03-08 03:00 -0400"),
            (time(1, 30), NEW_YORK, at(NEW_YORK_AUTUMN, 12), "11-01 01:30 -0400"),
            (time(), CAIRO, at(date(2026, 4, 24), 12), "04-24 01:00 +0300"),
            (time(), HAVANA, at(date(2026, 11, 1), 12), "11-01 00:00 -0400"),
        ],
    )
    def test_times_that_the_clock_skips_or_repeats(self, when: time, zone: ZoneInfo, now: float, due: str) -> None:
        schedule = DigestSchedule(Every.DAILY, when, zone)
        assert local(schedule.due(schedule.latest(now)), zone) == due

    @pytest.mark.parametrize(
        ("every", "when", "zone", "count"),
        [
            (Every.DAILY, time(2, 30), PARIS, 365),
            (Every.DAILY, time(1, 30), NEW_YORK, 365),
            (Every.DAILY, time(), CAIRO, 365),
            (Every.WEEKLY, time(2, 30), NEW_YORK, 52),
            (Every.MONTHLY, time(23, 50), PARIS, 12),
        ],
    )
    def test_in_a_year_each_comes_once_and_follows_the_one_before(
        self, every: Every, when: time, zone: ZoneInfo, count: int
    ) -> None:
        schedule = DigestSchedule(every, when, zone)
        now = datetime(2026, 1, 1, tzinfo=zone).timestamp()
        end = datetime(2027, 1, 1, tzinfo=zone).timestamp()
        told = [schedule.latest(now - STEP)]
        while now < end:
            period = schedule.latest(now)
            if period != told[-1]:
                assert now - STEP < schedule.due(period) <= now
                told.append(period)
            now += STEP
        assert len(told) - 1 == count
        for earlier, later in pairwise(told):
            assert earlier.until == later.since
            assert schedule.after(earlier) == later
            assert schedule.before(later) == earlier

    @given(
        every=st.sampled_from(Every),
        when=st.times().map(lambda it: it.replace(second=0, microsecond=0)),
        zone=st.sampled_from([PARIS, NEW_YORK, CAIRO, HAVANA]),
        now=st.floats(at(date(2026, 1, 1), 0), at(date(2029, 1, 1), 0)),
    )
    def test_the_latest_is_due_and_the_next_is_not(self, every: Every, when: time, zone: ZoneInfo, now: float) -> None:
        schedule = DigestSchedule(every, when, zone)
        period = schedule.latest(now)
        following = schedule.after(period)
        assert period.since < period.until == following.since < following.until
        assert period.until <= schedule.due(period) <= now < schedule.due(following)
        assert schedule.before(following) == period
        assert schedule.latest(schedule.due(period)) == period
        length = timedelta(seconds=period.until - period.since)
        longest = {Every.DAILY: 1, Every.WEEKLY: 7, Every.MONTHLY: 31}[every]
        assert length <= timedelta(days=longest, hours=1)
