"""What becomes of a delivery, and of a channel that fails."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise

import pytest

from cashnotifyd.cursor_file.values import Delivery
from cashnotifyd.delivery.outcome import Delivered, NotSent, Pace, Refused, Throttled, Unconfirmed
from cashnotifyd.delivery.retrying import GIVE_UP_AFTER, Abandoned, Allowance, Done, DueAgain, Health, Trouble, after
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


@pytest.mark.fault(21, measured="given up after three days")
def test_after_three_days_it_is_abandoned_with_the_last_reason() -> None:
    old = replace(FRESH, created=NOW - GIVE_UP_AFTER, attempts=80)
    assert after(old, NotSent("503"), NOW, RNG) == Abandoned("503")


def test_the_last_try_is_not_put_beyond_the_end() -> None:
    old = replace(FRESH, created=NOW - GIVE_UP_AFTER + 10, attempts=80)
    fate = after(old, NotSent("503"), NOW, RNG)
    assert isinstance(fate, DueAgain)
    assert fate.due == pytest.approx(NOW + 10)


def test_what_may_have_arrived_is_sent_once_more_where_others_get_through() -> None:
    health = Health()
    first = after(FRESH, Unconfirmed("no answer"), NOW, RNG, health.bears(FRESH))
    assert isinstance(first, DueAgain)
    assert first.unconfirmed == 1
    assert 45 <= first.due - NOW <= 75
    health.failed(FRESH, Unconfirmed("no answer"), NOW, first.due)
    health.succeeded(other(2))
    again = replace(FRESH, unconfirmed=1, attempts=1)
    assert after(again, Unconfirmed("no answer"), NOW, RNG, health.bears(again)) == Abandoned(
        "may have arrived: no answer"
    )


def test_where_nothing_gets_through_a_message_is_given_up_for_its_age_and_is_not_sent_often_until_then() -> None:
    health, now, delivery, sent = Health(), NOW, FRESH, []
    while True:
        sent.append(now - NOW)
        fate = after(delivery, Unconfirmed("no answer"), now, RNG, health.bears(delivery))
        if not isinstance(fate, DueAgain):
            break
        health.failed(delivery, Unconfirmed("no answer"), now, fate.due)
        now, delivery = fate.due, replace(delivery, unconfirmed=fate.unconfirmed, attempts=delivery.attempts + 1)

    assert fate == Abandoned("may have arrived: no answer")
    assert 9 <= len(sent) <= 12
    assert sent[-1] == GIVE_UP_AFTER
    assert all(later <= 10 * sooner for sooner, later in pairwise(sent[1:]))


def test_restarts_do_not_send_what_is_in_doubt_for_ever() -> None:
    fate = after(replace(FRESH, unconfirmed=59), Unconfirmed("no answer"), NOW, RNG, Health().bears(FRESH))
    assert isinstance(fate, Abandoned)


def test_a_sure_failure_after_an_unsure_one_is_tried_on() -> None:
    fate = after(replace(FRESH, unconfirmed=1, attempts=1), NotSent("refused"), NOW, RNG)
    assert isinstance(fate, DueAgain)
    assert fate.unconfirmed == 1


@pytest.mark.parametrize(("seconds", "wait"), [(None, 0), (30, 30), (1e9, 3600)])
def test_what_a_service_could_not_take_is_due_when_it_wants(seconds: float | None, wait: float) -> None:
    assert after(FRESH, Throttled("429", seconds), NOW, RNG) == DueAgain(NOW + wait, "429", 0)


def test_a_service_that_never_wants_it_ends_it_after_three_days() -> None:
    old = replace(FRESH, created=NOW - GIVE_UP_AFTER, attempts=80)
    assert after(old, Throttled("429", None), NOW, RNG) == Abandoned("429")


def test_a_message_that_is_refused_for_itself_is_given_up_after_three_tries() -> None:
    fates = [after(replace(FRESH, attempts=n), Refused("400", "message"), NOW, RNG) for n in range(3)]
    assert [type(fate) for fate in fates] == [DueAgain, DueAgain, Abandoned]


def test_a_channel_that_is_refused_may_be_mended_for_three_days() -> None:
    assert isinstance(after(replace(FRESH, attempts=50), Refused("401", "channel"), NOW, RNG), DueAgain)


FAILED = NotSent("no answer")
LATER = NOW + 5


def other(number: int, attempts: int = 0) -> Delivery:
    return replace(FRESH, id=number, attempts=attempts)


def test_a_message_that_fails_is_waited_for_until_it_is_its_own_trouble() -> None:
    health = Health()
    health.failed(other(1), FAILED, NOW, LATER)
    assert (health.down, health.pause(RNG)) == (True, 5.0)
    health.failed(other(1, attempts=1), FAILED, LATER, LATER + 10)
    assert (health.down, health.pause(RNG)) == (True, 10.0)
    health.failed(other(1, attempts=2), FAILED, LATER + 10, LATER + 30)
    assert (health.down, health.pause(RNG)) == (False, 0.0)
    assert health.trouble == Trouble(NOW, "no answer", refused=False)


def test_two_messages_that_fail_do_until_one_gets_through() -> None:
    health = Health()
    health.failed(other(1, attempts=2), FAILED, NOW, LATER)
    health.failed(other(2), FAILED, NOW + 1, LATER)
    first = health.pause(RNG)
    for _ in range(20):
        health.failed(other(1, attempts=9), FAILED, NOW + 2, LATER)
    assert 3 <= first <= 5
    assert 225 <= health.pause(RNG) <= 300
    assert [health.succeeded(other(3)), health.succeeded(other(3))] == [Trouble(NOW, "no answer", refused=False), None]
    assert (health.down, health.pause(RNG)) == (False, 0.0)


def test_a_channel_that_is_refused_is_down_at_once() -> None:
    health = Health()
    health.failed(other(1), Refused("401", "channel"), NOW, LATER)
    assert health.trouble == Trouble(NOW, "401", refused=True)
    assert 600 <= health.pause(RNG) <= 900


def test_messages_that_are_refused_for_themselves_say_nothing_of_the_channel() -> None:
    health = Health()
    for number in range(5):
        health.failed(other(number), Refused("400", "message"), NOW, None)
    assert not health.down
    assert health.trouble is None


@pytest.mark.parametrize(("asked", "at_least", "at_most"), [(None, 3.75, 5), (20.0, 20, 20), (1e9, 3600, 3600)])
def test_a_service_that_gets_too_many_is_left_alone_as_long_as_it_asks(
    asked: float | None, at_least: float, at_most: float
) -> None:
    health = Health()
    health.failed(other(1), Throttled("429", asked), NOW, LATER)
    assert health.down
    assert at_least <= health.pause(RNG) <= at_most


def test_a_channel_that_does_not_answer_is_tried_with_what_may_have_arrived_and_then_ever_less() -> None:
    health = Health()
    health.failed(other(1), Unconfirmed("no answer"), NOW, NOW + 62)
    assert (health.down, health.pause(RNG)) == (True, 62.0)
    again = replace(other(1, attempts=1), unconfirmed=1)
    health.failed(again, Unconfirmed("no answer"), NOW + 72, NOW + 552)
    assert 90 <= health.pause(RNG) <= 120  # another one is tried meanwhile
    health.failed(other(2), Unconfirmed("no answer"), NOW + 200, NOW + 262)
    assert 180 <= health.pause(RNG) <= 240
    health.succeeded(other(2))
    assert not health.down


def test_an_allowance_is_spent_and_comes_back() -> None:
    allowance = Allowance(Pace(at_once=2, every=5.0))
    assert allowance.wait(NOW) == 0.0
    for _ in range(2):
        allowance.spend()
    assert allowance.wait(NOW) == pytest.approx(5.0)
    assert allowance.wait(NOW + 4) == pytest.approx(1.0)
    assert allowance.wait(NOW + 5) == pytest.approx(0.0)


@pytest.mark.fault(33)
def test_an_allowance_survives_a_clock_that_is_set_back() -> None:
    allowance = Allowance(Pace(at_once=1, every=5.0))
    allowance.wait(NOW)
    allowance.spend()
    assert allowance.wait(NOW - 86400) == pytest.approx(5.0)
    assert allowance.wait(NOW - 86400 + 5) == pytest.approx(0.0)


def test_a_service_without_a_limit_is_never_waited_for() -> None:
    allowance = Allowance(Pace(at_once=1, every=0.0))
    for _ in range(100):
        allowance.spend()
    assert allowance.wait(NOW) == 0.0
