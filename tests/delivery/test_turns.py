"""What a channel may do now: be silent, catch up, sum up, or send."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from cashnotifyd.cursor_file.values import (
    Away,
    Busy,
    FailureBurst,
    Lately,
    Mute,
    Muted,
    Quiet,
    Standing,
    Stream,
    Turn,
    Unreachable,
)
from cashnotifyd.delivery.turns import Manners, is_alarming, lately, turn
from cashnotifyd.schedules import Burst, QuietHours, Span

PARIS = ZoneInfo("Europe/Paris")
NIGHT = QuietHours(time(22), time(7), PARIS)
BURST = Burst(above=5, within=60.0)
USUAL = Manners(burst=BURST)


def at(day: int, hour: int, minute: int = 0) -> float:
    return datetime(2026, 10, day, hour, minute, tzinfo=PARIS).timestamp()


NOON = at(5, 12)


def live(due: int, *, oldest: float = NOON, newest: float | None = None, recent: int | None = None) -> Standing:
    return Standing((stream("live", due, oldest=oldest, newest=newest, recent=recent),))


def stream(
    name: str, due: int, *, oldest: float = NOON, newest: float | None = None, recent: int | None = None
) -> Stream:
    return Stream(name, due, oldest, oldest if newest is None else newest, due if recent is None else recent)


def continued(due: int, since_last: float, summarized: Span) -> Standing:
    return Standing((replace(stream("live", due, oldest=NOON + since_last), summarized=summarized),))


def decide(standing: Standing, manners: Manners = USUAL, *, now: float = NOON, down: Span | None = None) -> Turn:
    return turn(standing, manners, down, now)


def test_a_few_are_sent_one_by_one_and_at_once() -> None:
    assert decide(live(5)) == Turn()


def test_with_bursts_off_it_is_always_one_by_one() -> None:
    assert decide(live(5000), Manners()) == Turn()


def test_more_than_that_wait_a_moment_for_the_rest_and_become_one() -> None:
    waits = decide(live(6), now=NOON + 1)
    assert (waits.held, waits.gather, waits.until) == (("live",), (), NOON + 2)
    assert decide(live(6), now=NOON + 2) == Turn(gather=("live",), cause=Busy(), began=NOON)


def test_a_backlog_that_is_still_being_understood_is_waited_for_but_not_for_ever() -> None:
    backlog = replace(live(200), unsettled=True)
    assert decide(backlog, now=NOON + 30).held == ("live",)
    assert decide(backlog, now=NOON + 60).gather == ("live",)


def test_what_trickles_in_beyond_the_first_few_is_summed_up_after_as_long_as_a_burst_lasts() -> None:
    sixth = live(1, recent=6)
    assert decide(sixth, now=NOON + 5).until == NOON + 60
    both = live(2, recent=7)
    assert decide(both, now=NOON + 60).gather == ("live",)


def test_one_message_alone_is_no_summary() -> None:
    assert decide(live(1, recent=6), now=NOON + 60) == Turn()


@pytest.mark.parametrize(("lasted", "pause"), [(60, 60), (300, 300), (7200, 900)])
def test_summaries_of_a_burst_that_does_not_end_come_at_growing_intervals(lasted: float, pause: float) -> None:
    standing = continued(50, 1, Span(NOON - lasted, NOON))

    assert decide(standing, now=NOON + 30).until == NOON + pause
    assert decide(standing, now=NOON + pause) == Turn(gather=("live",), began=NOON - lasted)


def test_what_a_clock_that_was_ahead_has_dated_waits_for_no_such_time() -> None:
    """Found by the simulation: set back by a day, the clock held a burst for that day."""
    tomorrow = NOON + 86_400
    assert decide(live(6, oldest=tomorrow)).gather == ("live",)
    assert decide(live(1, oldest=NOON - 10, newest=tomorrow, recent=6)) == Turn()

    standing = continued(50, 0, Span(tomorrow - 60, tomorrow))
    assert decide(standing, now=NOON + 2) == Turn(gather=("live",), began=NOON)


def test_a_burst_after_a_quiet_while_is_another_one() -> None:
    standing = continued(50, 60, Span(NOON - 300, NOON))
    assert decide(standing, now=NOON + 62) == Turn(gather=("live",), began=NOON + 60)


def test_test_mode_does_not_push_live_news_into_a_summary() -> None:
    standing = Standing((stream("live", 2), stream("test", 50)))
    assert decide(standing, now=NOON + 2).gather == ("test",)


def test_urgent_news_does_not_wait_for_the_sales_of_a_busy_shop() -> None:
    sales = replace(stream("live", 50, oldest=NOON + 1), summarized=Span(NOON - 3600, NOON))
    busy = Standing((sales, stream("live urgent", 1, oldest=NOON + 2)))
    assert decide(busy, now=NOON + 3) == Turn(held=("live",), until=NOON + 900)


def test_many_urgent_ones_are_a_burst_of_their_own() -> None:
    standing = Standing((stream("live", 3), stream("live urgent", 20)))
    assert decide(standing, now=NOON + 2).gather == ("live urgent",)


def test_after_an_alert_of_failed_payments_the_next_one_comes_ten_minutes_later() -> None:
    more = replace(stream("live failures", 7, oldest=NOON + 5), summarized=Span(NOON - 60, NOON))
    assert decide(Standing((more,)), now=NOON + 70).until == NOON + 600


def test_failed_payments_count_together_for_ten_minutes() -> None:
    assert lately(BURST) == Lately(failures=600, others=60)
    assert lately(Burst(5, 1800)) == Lately(failures=1800, others=1800)


@pytest.mark.parametrize(
    ("count", "usual", "alarming"),
    [(6, None, True), (5, None, False), (18, 1.0, True), (18, 5.0, False), (6, 0.1, True)],
)
def test_what_is_alarming(count: int, usual: float | None, alarming: bool) -> None:  # noqa: FBT001 (a table's column)
    assert is_alarming(FailureBurst(count, 600, usual), BURST) is alarming


# Quiet hours


def test_quiet_hours_hold_all_but_emergencies() -> None:
    quiet = decide(live(2), replace(USUAL, quiet_hours=NIGHT), now=at(5, 23))
    assert quiet == Turn(emergencies=True, silent=True, until=at(6, 7))


def test_what_they_held_comes_at_their_end_as_one_message_if_it_is_more_than_a_few() -> None:
    manners, night = replace(USUAL, quiet_hours=NIGHT), Span(at(5, 22), at(6, 7))
    assert decide(live(3, oldest=at(5, 23)), manners, now=at(6, 7)) == Turn()
    caught_up = decide(live(4, oldest=at(5, 23)), manners, now=at(6, 7))
    assert (caught_up.gather, caught_up.cause) == (("live",), Quiet(night))


def test_a_machine_that_was_asleep_when_they_ended_tells_when_it_wakes() -> None:
    caught_up = decide(live(40, oldest=at(5, 23)), replace(USUAL, quiet_hours=NIGHT), now=at(6, 9, 30))
    assert isinstance(caught_up.cause, Quiet)


def test_with_bursts_off_they_hold_and_then_let_each_go() -> None:
    manners = Manners(quiet_hours=NIGHT)
    assert decide(live(40), manners, now=at(5, 23)).silent
    assert decide(live(40, oldest=at(5, 23)), manners, now=at(6, 7)) == Turn()


# Mutes


def test_a_mute_holds_emergencies_too() -> None:
    mute = Mute(Span(NOON, NOON + 7200), drops=False)
    muted = decide(replace(live(2), mute=mute), now=NOON + 60)
    assert muted == Turn(emergencies=False, silent=True, until=NOON + 7200)


def test_a_dropping_mute_says_so() -> None:
    mute = Mute(Span(NOON, NOON + 7200), drops=True)
    assert decide(replace(live(2), mute=mute), now=NOON + 60).drops is mute


def test_what_a_mute_held_is_caught_up_with() -> None:
    mute = Mute(Span(NOON, NOON + 7200), drops=False)
    over = decide(replace(live(4, oldest=NOON + 60), mute=mute), now=NOON + 7200)
    assert over.cause == Muted(mute.span)


# Coming back


def test_a_channel_that_is_back_is_told_what_it_missed_in_one() -> None:
    down = Span(NOON - 1500, NOON)
    back = decide(live(30, oldest=NOON - 1400, newest=NOON - 60), down=down)
    assert (back.gather, back.cause) == (("live",), Unreachable(down))


def test_so_is_one_whose_daemon_was_away() -> None:
    away = Span(NOON - 12000, NOON)
    assert decide(replace(live(4), away=away), now=NOON + 2).held == ("live",)
    back = decide(replace(live(4), away=away), now=NOON + 10)
    assert (back.gather, back.cause) == (("live",), Away(away))
    assert decide(replace(live(3), away=away), now=NOON + 2) == Turn()
