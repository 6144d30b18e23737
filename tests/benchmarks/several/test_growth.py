"""The sums behind the table of ceilings, and how tables are drawn."""

from __future__ import annotations

import pytest

from benchmarks.several_daemons.ceilings import Costs, ceilings
from benchmarks.several_daemons.cursor_file import Aged, Rates
from benchmarks.several_daemons.growth import Shops, events_per_second, interval, kept_bytes, polls_per_second
from benchmarks.several_daemons.table import rounded, table


@pytest.mark.parametrize(("sales", "seconds"), [(0, 518), (100, 106), (1_000, 11), (10**9, 1)])
def test_an_account_is_polled_as_often_as_half_of_its_allowance_carries(sales: int, seconds: int) -> None:
    assert round(interval(sales)) == seconds


def test_a_fleet_is_the_sum_of_its_shops() -> None:
    fleet = (Shops(0.5, 0), Shops(0.5, 100))

    assert polls_per_second(200, fleet) == pytest.approx(100 / interval(0) + 100 / interval(100))
    assert events_per_second(200, fleet) == pytest.approx(100 * 100 * 5 / 2_592_000)
    assert kept_bytes(200, 10.0, fleet) == pytest.approx(events_per_second(200, fleet) * 400 * 86_400 * 10.0)


def test_the_lowest_ceiling_comes_first_and_half_the_cost_carries_twice_the_accounts() -> None:
    rates = Rates(300, 100, 300, 300, 8_000, 300)
    aged = Aged(1_000_000, 1.0, 0.1, 200.0, 0.05)

    found = ceilings(Costs(), rates, 6_000.0, aged, 18_000.0)

    accounts = [one.accounts for one in found]
    assert accounts == sorted(accounts)
    dear, cheap = (
        next(one.accounts for one in ceilings(costs, rates, 6_000.0, aged, 18_000.0) if one.resource == "memory")
        for costs in (Costs(account=50_000), Costs(account=25_000))
    )
    assert cheap == 2 * dear


@pytest.mark.parametrize(
    ("figure", "text"),
    [(0.12345, "0.123"), (12.345, "12.3"), (123.45, "123"), (1_234.5, "1,200"), (123_456.0, "120,000")],
)
def test_figures_claim_no_more_than_was_measured(figure: float, text: str) -> None:
    assert rounded(figure) == text


def test_columns_stand_under_each_other() -> None:
    assert table(("a", "long"), [("bbb", "c")]) == "| a   | long |\n|-----|------|\n| bbb | c    |"
