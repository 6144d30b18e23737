"""How long to wait."""

from __future__ import annotations

import random

import pytest

from cashnotifyd.lookups.allowance import Budget, Terms
from cashnotifyd.polling.pace import (
    Why,
    automatic_interval,
    jittered,
    pace,
    pause_after_failures,
    pause_after_refusal,
)
from cashnotifyd.vocabulary import Mode


@pytest.mark.parametrize(("transactions", "seconds"), [(0, 576), (20, 591.8), (100, 149), (1000, 12.08)])
def test_on_average_it_is_what_nine_tenths_of_half_the_read_allowance_carry(transactions: int, seconds: float) -> None:
    assert automatic_interval(transactions) == pytest.approx(seconds, rel=1e-3)


def test_automatic_stays_above_a_second() -> None:
    assert automatic_interval(10_000_000) == 1.0


def test_a_failing_server_is_left_alone_for_longer_and_longer_up_to_five_minutes() -> None:
    rng = random.Random(1)
    pauses = [pause_after_failures(n, 1.0, rng) for n in range(1, 100)]
    assert 3 <= pauses[0] <= 4
    assert pauses[5] > 10 * pauses[0]
    assert all(225 <= pause <= 300 for pause in pauses[10:])


def test_with_a_slow_interval_it_is_tried_again_soon_and_in_the_end_no_oftener_than_usual() -> None:
    rng = random.Random(1)
    assert 3 <= pause_after_failures(1, 900.0, rng) <= 4
    assert all(675 <= pause_after_failures(n, 900.0, rng) <= 900 for n in range(10, 100))


def test_a_server_that_says_when_is_left_alone_until_then() -> None:
    rng = random.Random(1)
    assert 400 <= pause_after_failures(1, 1.0, rng, asked=400.0) <= 440
    assert 225 <= pause_after_failures(50, 1.0, rng, asked=5.0) <= 300, "it makes no pause shorter"
    many = {pause_after_failures(1, 1.0, rng, asked=400.0) for _ in range(100)}
    assert max(many) - min(many) > 20, "many accounts do not come back at the same moment"


def test_a_refused_key_is_tried_again_but_seldom() -> None:
    rng = random.Random(1)
    assert 45 <= pause_after_refusal(1, 1.0, rng) <= 60
    assert 2700 <= pause_after_refusal(50, 1.0, rng) <= 3600


def test_jitter_never_lengthens_nor_goes_below_a_second() -> None:
    rng = random.Random(1)
    assert jittered(1.0, rng) == 1.0
    assert all(9 <= jittered(10, rng) <= 10 for _ in range(100))


@pytest.mark.parametrize(("quiet", "seconds"), [(0, 5), (599, 5), (600, 30), (3599, 30), (3600, 120), (1e9, 120)])
def test_a_test_account_is_asked_oftener_while_something_happens(quiet: float, seconds: float) -> None:
    found = pace(Budget(Terms(Mode.TEST), left=-1000.0), quiet)
    assert (found.seconds, found.why) == (seconds, Why.TEST)


@pytest.mark.parametrize(("known_for", "seconds"), [(0, 30), (3599, 30), (3600, 120), (-1, 120)])
def test_a_new_test_account_without_any_event_is_asked_every_30_seconds_for_an_hour(
    known_for: float, seconds: float
) -> None:
    assert pace(Budget(Terms(Mode.TEST)), known_for=known_for).seconds == seconds


def test_a_new_account_is_asked_every_half_minute_for_an_hour() -> None:
    assert pace(Budget(), known_for=0.0).seconds == pytest.approx(28.8)
    assert pace(Budget(), known_for=3600.0).seconds > 300


def test_a_fixed_interval_is_kept_whatever_was_read() -> None:
    found = pace(Budget(Terms(interval=30.0), left=-1000.0), 0.0)
    assert (found.seconds, found.why) == (30.0, Why.FIXED)


def test_after_news_it_is_soon_and_after_a_quiet_time_late() -> None:
    budget = Budget(left=150.0)
    pauses = [pace(budget, quiet).seconds for quiet in (0.0, 3600.0, 20_000.0, 90_000.0)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == 3 * pauses[0]


def test_what_is_owed_doubles_the_interval_and_no_more_than_an_hour_of_it() -> None:
    owing = pace(Budget(left=-1.0))
    assert owing.seconds == pytest.approx(1152)
    assert owing.why is Why.OVERDRAWN
    assert pace(Budget(Terms(share=0.2), left=-1e6)).seconds == pytest.approx(2880)
    assert pace(Budget(Terms(share=0.1), left=-1e6)).seconds == 3600
    assert pace(Budget(Terms(share=0.01), left=-1e6)).seconds == pytest.approx(28_800)
