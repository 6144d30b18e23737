"""No 30 days take more than our share of the read allowance, and news waits no longer for it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.polling.months import DAY, UNSTEADY, adaptive, every_minute, figures, months, most_used, plain, shop


@pytest.mark.parametrize(("month", "seed"), [(0, 1), (20, 1), (20, 2), (30, 1), (40, 1), (100, 1)])
def test_no_30_days_take_more_than_the_share(month: int, seed: int) -> None:
    assert 0.5 < figures(month, adaptive, 65, seed).used <= 1.0


@pytest.mark.slow
@pytest.mark.parametrize(("month", "days"), [(1000, 65), (10_000, 35), (100_000, 33)])
def test_nor_do_those_of_large_shops(month: int, days: float) -> None:
    assert figures(month, adaptive, days, 1).used <= 1.0


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("600 a month, then 250", marks=pytest.mark.slow),
        pytest.param("500 a month, falling to 50 in three", marks=pytest.mark.slow),
        pytest.param("300 a month, and as many more on one day", marks=pytest.mark.slow),
        pytest.param("400 a month, all on one day of each week", marks=pytest.mark.slow),
        pytest.param("none, growing to 2,000 in two months", marks=pytest.mark.slow),
    ],
)
def test_months_that_differ_keep_within_it(name: str) -> None:
    days, made = UNSTEADY[name]
    transactions = made()
    assert most_used(transactions, months(transactions, adaptive, days, 3), days) <= 1.0


def test_months_that_become_half_as_good_do() -> None:
    transactions = shop((150, 0, 35), (75, 35, 70))
    assert most_used(transactions, months(transactions, adaptive, 70, 3), 70) <= 1.0


def test_where_sales_stop_the_interval_stays_below_twenty_minutes() -> None:
    days, made = UNSTEADY["100 a month, then none"]
    assert months(made(), adaptive, days, 3).longest < 1200


def test_a_large_shop_is_asked_every_second_by_its_second_day() -> None:
    come = months([n * 26.0 for n in range(5000)], adaptive, 1.5, 7)
    times = [at for at, _ in come.reads if at > 1.4 * DAY]
    assert max(then - at for at, then in pairwise(times)) <= 1.0


def test_with_as_many_reads_half_the_news_is_told_sooner_than_by_the_formula_alone() -> None:
    ours, formula = figures(100, adaptive, 65, 3), figures(100, plain(1.0), 65, 3)
    slowed = figures(100, plain(formula.reads / ours.reads), 65, 3)
    assert slowed.reads == pytest.approx(ours.reads, rel=0.1)
    assert ours.median < slowed.median


def test_what_scripts_do_takes_many_times_the_share_of_a_small_shop() -> None:
    assert figures(20, every_minute, 35, 1).used > 8


def test_a_new_account_is_asked_every_half_minute_for_an_hour() -> None:
    times = [at for at, _ in months([], adaptive, 0.1, 1).reads if at < 3600]
    assert max(then - at for at, then in pairwise(times)) < 45
