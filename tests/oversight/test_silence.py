from __future__ import annotations

import random
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from cashnotifyd.cursor_file.selling import SellingHour
from cashnotifyd.oversight.silence import silence
from tests.oversight.simulated_shops import SHOPS, Shop, by_gaps, by_hour, ours, outcome

PARIS = ZoneInfo("Europe/Paris")
HOUR, DAY = 3600, 86400
MONDAY = datetime(2026, 6, 1, tzinfo=PARIS).timestamp()
USUAL, OFFICE = SHOPS[4], SHOPS[5]


def month(times: list[float]) -> list[SellingHour]:
    return by_hour(sorted(int(at) for at in times), max(times) + 1)


def regular(every: float, days: int) -> list[float]:
    return [MONDAY + index * every for index in range(int(days * DAY / every))]


def office() -> list[float]:
    """Two sales an hour, Monday to Friday, nine to five, four weeks."""
    return [MONDAY + day * DAY + 9 * HOUR + index * HOUR / 2 for day in range(28) if day % 7 < 5 for index in range(16)]


def first_alarm(hours: list[SellingHour]) -> float:
    """Seconds of silence after which it is one."""
    last = hours[-1].last
    return next(seconds for seconds in range(0, 40 * DAY, 600) if silence(hours, PARIS, last + seconds) is not None)


def test_a_shop_that_sells_every_40_minutes_is_silent_before_half_a_day() -> None:
    hours = month(regular(2400, 30))
    last = hours[-1].last

    assert silence(hours, PARIS, last + 3 * HOUR) is None
    found = silence(hours, PARIS, last + 10 * HOUR)
    assert found is not None
    assert found.since == last
    assert found.usual == pytest.approx(2400, rel=0.01)


def test_half_an_hour_is_no_silence_in_any_shop() -> None:
    assert first_alarm(month(regular(20, 10))) == 1800


def test_a_weekend_is_no_silence_for_an_office_and_a_monday_is() -> None:
    hours = month(office())
    friday_evening = hours[-1].last
    monday = MONDAY + 28 * DAY

    assert monday - friday_evening > 2 * DAY
    assert silence(hours, PARIS, monday + 9 * HOUR) is None
    found = silence(hours, PARIS, monday + 16 * HOUR)
    assert found is not None
    assert found.since == friday_evening


@pytest.mark.parametrize(
    "times",
    [regular(2400, 6), regular(DAY * 1.6, 30), [*regular(60, 1)[:600], MONDAY + 20 * DAY]],
    ids=["six days", "nineteen sales", "one burst and one sale"],
)
def test_where_there_is_no_rhythm_yet_there_is_no_silence(times: list[float]) -> None:
    hours = month(times)

    assert all(silence(hours, PARIS, hours[-1].last + days * DAY) is None for days in range(1, 40))
    assert silence([], PARIS, MONDAY) is None


def test_days_that_are_unlike_each_other_take_longer() -> None:
    rng = random.Random(1)
    steady = month(regular(2400, 30))
    moody = month([MONDAY + day * DAY + rng.uniform(0, DAY) for day in range(30) for _ in range(rng.choice((2, 70)))])

    assert first_alarm(moody) > 2 * first_alarm(steady)


def test_one_broken_checkout_does_not_make_the_next_one_go_unnoticed() -> None:
    whole = regular(2400, 30)
    broken = [at for at in whole if not 10 * DAY < at - MONDAY < 12 * DAY]

    assert first_alarm(month(broken)) < 1.5 * first_alarm(month(whole))


def test_a_clock_that_is_behind_stripes_is_no_silence() -> None:
    hours = month(regular(2400, 30))

    assert silence(hours, PARIS, hours[-1].last - 2 * DAY) is None


def test_the_day_is_that_of_the_time_zone() -> None:
    sales = month([at for at in regular(600, 30) if 9 <= datetime.fromtimestamp(at, PARIS).hour < 21])
    nine_in_the_evening = sales[-1].last

    assert silence(sales, PARIS, nine_in_the_evening + 12 * HOUR) is None
    assert silence(sales, PARIS, nine_in_the_evening + 15 * HOUR) is not None


def test_winter_time_is_no_silence() -> None:
    """The night of the change is an hour longer, and the shop opens at nine by the new clock."""
    begin = datetime(2026, 9, 28, tzinfo=PARIS).timestamp()
    every_ten_minutes = [begin + index * 600 for index in range(27 * 144)]
    sales = month([at for at in every_ten_minutes if 9 <= datetime.fromtimestamp(at, PARIS).hour < 21])
    opening = datetime(2026, 10, 25, 9, 30, tzinfo=PARIS).timestamp()

    assert silence(sales, PARIS, opening) is None


@pytest.mark.parametrize("shop", [USUAL, OFFICE], ids=lambda shop: shop.name)
def test_it_is_noticed_sooner_than_by_the_longest_gap_and_cries_wolf_no_more_often(shop: Shop) -> None:
    by_rhythm, plain = (outcome(rule, shop, years=0.5, breaks=10) for rule in (ours, by_gaps))

    assert by_rhythm.false_a_year == 0
    assert by_rhythm.median < 0.7 * plain.median


@pytest.mark.slow
@pytest.mark.parametrize(
    ("index", "false_a_year", "hours"),
    [(0, 0.6, 200), (2, 0.2, 70), (3, 0.6, 60), (4, 0.2, 12), (5, 0.4, 30), (8, 1.5, 60), (10, 0.2, 3)],
)
def test_the_figures_of_the_decision(index: int, false_a_year: float, hours: float) -> None:
    found = outcome(ours, SHOPS[index], years=5, breaks=60)

    assert found.false_a_year <= false_a_year
    assert found.median <= hours
