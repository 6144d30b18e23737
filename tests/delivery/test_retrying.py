"""What becomes of a delivery, and of a channel that fails."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from cashnotifyd.cursor_file.values import Delivery
from cashnotifyd.delivery.outcome import Delivered, NotSent, Unconfirmed
from cashnotifyd.delivery.retrying import GIVE_UP_AFTER, Abandoned, Done, DueAgain, Health, after
from cashnotifyd.vocabulary import Kind, Message, Urgency

NOW = 1_790_000_000.0
FRESH = Delivery(1, "phone", 0, Message(Kind.SALE, "t", "b", Urgency.NORMAL), 0, 0, NOW)
RNG = random.Random(1)


def test_delivered_is_done() -> None:
    assert after(FRESH, Delivered(), NOW, RNG) == Done()


@pytest.mark.parametrize(("attempts", "seconds"), [(0, 5), (1, 10), (4, 80), (9, 2560), (10, 3600), (60, 3600)])
def test_what_was_not_sent_is_due_again_after_seconds_then_hours(attempts: int, seconds: float) -> None:
    fate = after(replace(FRESH, attempts=attempts), NotSent("503"), NOW, RNG)

    assert isinstance(fate, DueAgain)
    assert 0.75 * seconds <= fate.due - NOW <= 1.25 * seconds
    assert fate.reason == "503"


def test_after_three_days_it_is_abandoned_with_the_last_reason() -> None:
    old = replace(FRESH, created=NOW - GIVE_UP_AFTER, attempts=80)
    assert after(old, NotSent("503"), NOW, RNG) == Abandoned("503")


def test_the_last_try_is_not_put_beyond_the_end() -> None:
    old = replace(FRESH, created=NOW - GIVE_UP_AFTER + 10, attempts=80)
    fate = after(old, NotSent("503"), NOW, RNG)
    assert isinstance(fate, DueAgain)
    assert fate.due == pytest.approx(NOW + 10)


def test_what_may_have_arrived_is_sent_once_more_and_no_oftener() -> None:
    first = after(FRESH, Unconfirmed("no answer"), NOW, RNG)
    assert isinstance(first, DueAgain)
    assert first.unconfirmed == 1
    assert first.due - NOW >= 45
    second = after(replace(FRESH, unconfirmed=1, attempts=1), Unconfirmed("no answer"), NOW, RNG)
    assert second == Abandoned("may have arrived: no answer")


def test_a_sure_failure_after_an_unsure_one_is_tried_on() -> None:
    fate = after(replace(FRESH, unconfirmed=1, attempts=1), NotSent("refused"), NOW, RNG)
    assert isinstance(fate, DueAgain)
    assert fate.unconfirmed == 1


def test_one_message_that_fails_does_not_make_a_channel_bad() -> None:
    health = Health()
    for _ in range(5):
        health.failed(1)
    assert not health.down
    assert health.pause(RNG) == 0.0


def test_two_messages_that_fail_do_until_one_gets_through() -> None:
    health = Health()
    health.failed(1)
    health.failed(2)
    first = health.pause(RNG)
    for _ in range(20):
        health.failed(1)
    assert 3 <= first <= 5
    assert 225 <= health.pause(RNG) <= 300
    assert [health.succeeded(), health.succeeded()] == [True, False]
    assert health.pause(RNG) == 0.0
