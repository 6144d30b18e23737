"""How long to wait."""

from __future__ import annotations

import random

import pytest

from cashnotifyd.polling.pace import automatic_interval, jittered, pause_after_failures, pause_after_refusal


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


def test_a_refused_key_is_tried_again_but_seldom() -> None:
    rng = random.Random(1)
    assert 45 <= pause_after_refusal(1, 1.0, rng) <= 60
    assert 2700 <= pause_after_refusal(50, 1.0, rng) <= 3600


def test_jitter_never_lengthens() -> None:
    rng = random.Random(1)
    assert all(9 <= jittered(10, rng) <= 10 for _ in range(100))
