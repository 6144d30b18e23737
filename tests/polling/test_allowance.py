"""The budget of reads: what comes in, what lies ready, and that no more is spent, whatever happens."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashnotifyd.cursor_file.values import Usage
from cashnotifyd.lookups.allowance import MONTH, Budget, Terms, read_allowance
from cashnotifyd.polling.pace import Why, pace
from cashnotifyd.vocabulary import Mode

DAY = 86400.0
STEADY = Usage(transactions=1000, recent=30, reads=100_000)


@pytest.mark.parametrize(("transactions", "reads"), [(0, 10_000), (20, 10_000), (21, 10_500), (1000, 500_000)])
def test_stripe_allows_500_reads_a_transaction_and_10_000_at_least(transactions: int, reads: int) -> None:
    assert read_allowance(transactions) == reads


def test_it_begins_full_and_a_month_brings_the_share_and_no_more() -> None:
    budget = Budget()
    assert budget.ready == pytest.approx(500)
    assert budget.capacity + budget.a_second * MONTH == pytest.approx(5000)


@pytest.mark.parametrize("transactions", [41, 100, 1000, 100_000])
def test_steady_sales_bring_no_more_than_their_share(transactions: int) -> None:
    recent = round(transactions / 30 * min(max(900 / transactions, 1 / 12), 3.0))
    budget = Budget(usage=Usage(transactions, recent))
    assert budget.capacity + budget.a_second * MONTH <= 0.5 * read_allowance(transactions)


def test_two_watches_over_one_account_have_half_each() -> None:
    one, two = Budget(usage=STEADY), Budget(Terms(sharers=2), replace(STEADY, reads=0))
    assert two.a_second == pytest.approx(one.a_second / 2)
    assert two.capacity == pytest.approx(one.capacity / 2)


def test_look_ups_leave_a_quarter_to_polls_and_a_bulk_of_them_half() -> None:
    assert Budget().covers(1000, 1) == 375
    assert Budget().covers(1000, 100) == 250
    assert Budget(left=100.0).covers(1, 1) == 0
    assert Budget().covers(3, 1) == 3


def test_where_the_share_is_used_up_nothing_is_looked_up() -> None:
    assert Budget(usage=Usage(reads=5000)).covers(1, 1) == 0


def test_where_polls_do_not_go_by_it_look_ups_do_nevertheless() -> None:
    fixed, test = Budget(Terms(interval=10.0), Usage(reads=5000)), Budget(Terms(Mode.TEST), Usage(reads=5000))
    assert fixed.covers(6, 1) == test.covers(6, 1) == 6
    assert fixed.less(500).covers(1, 1) == 0


def test_a_clock_that_is_set_back_or_far_forward_brings_nothing_beyond_the_capacity() -> None:
    spent = Budget(left=10.0, at=1000 * DAY)
    assert spent.by(999 * DAY).ready == 10
    assert spent.by(999 * DAY).by(1000 * DAY).ready == pytest.approx(10 + DAY * spent.a_second)
    assert spent.by(9999 * DAY).ready == spent.capacity


def test_a_days_sales_count_for_twice_the_days_before_at_most() -> None:
    usual, black_friday = Usage(300, 30, 0), Usage(3270, 3000, 0)
    assert Budget(usage=black_friday).a_second < 12 * Budget(usage=usual).a_second
    stopped = Budget(usage=Usage(300, 0, 0))
    assert stopped.a_second == pytest.approx(Budget().a_second)


# What happens to an account: a pause in hours, and meanwhile transactions, reads that must be (further pages, a
# restart), and what somebody would like to look up.
_HAPPENINGS = st.lists(
    st.tuples(
        st.floats(0.01, 100.0),
        st.integers(0, 3000),
        st.sampled_from([0, 0, 0, 2, 5]),
        st.sampled_from([0, 6, 60, 6000]),
    ),
    min_size=1,
    max_size=60,
)


@given(happenings=_HAPPENINGS, share=st.floats(0.01, 1.0), sharers=st.integers(1, 3))
def test_no_more_is_spent_than_lay_ready_and_came_in(
    happenings: list[tuple[float, int, int, int]], share: float, sharers: int
) -> None:
    """The bucket's bound, over every span of a history in which each poll waits as long as it is told to."""
    budget = Budget(Terms(share=share, sharers=sharers), Usage(days=0.0), at=1.0)
    at, transactions, spent, came_in, forced_ever = 1.0, 0, 0, 0.0, 0
    marks: list[tuple[int, float, float, int]] = []
    for hours, sold, forced, wanted in happenings:
        transactions += sold
        until = at + hours * 3600
        polls = 0
        while at < until and polls < 50:
            wait = pace(budget, quiet=0.0 if sold else DAY).seconds
            came_in += budget.a_second * wait
            at += wait
            budget = budget.by(at).less(1)
            spent, polls = spent + 1, polls + 1
        looked_up = budget.covers(wanted, 1)
        budget = budget.less(looked_up + forced)
        spent, forced_ever = spent + looked_up + forced, forced_ever + forced
        # A restart in between keeps what was left, and nothing else.
        budget = Budget(budget.terms, budget.usage, budget.ready, budget.at)
        for mark_spent, mark_came_in, capacity, mark_forced in marks:
            bound = capacity + (came_in - mark_came_in) + (forced_ever - mark_forced)
            assert spent - mark_spent <= bound + 1 + 1e-6
        marks.append((spent, came_in, max(budget.ready, 0.0), forced_ever))
        budget = replace(budget, usage=Usage(transactions, min(sold, transactions), 0, min(at / DAY, 30.0)))


@given(
    transactions=st.integers(0, 40),
    recent=st.integers(0, 40),
    reads=st.integers(0, 20_000),
    share=st.floats(0.01, 1.0),
)
def test_up_to_forty_transactions_a_month_never_bring_more_than_the_share(
    transactions: int, recent: int, reads: int, share: float
) -> None:
    budget = Budget(Terms(share=share), Usage(transactions, min(recent, transactions), reads))
    assert budget.capacity + budget.a_second * MONTH <= share * 10_000 * (1 + 1e-9)


@given(
    left=st.floats(-1e6, 1e6),
    usage=st.builds(Usage, st.integers(0, 10**7), st.integers(0, 10**5), st.integers(0, 10**8), st.floats(0.0, 30.0)),
    share=st.floats(0.001, 1.0),
    sharers=st.integers(1, 9),
    quiet=st.floats(0.0, 1e9),
    known_for=st.floats(0.0, 1e9),
)
def test_it_is_never_asked_more_than_once_a_second_nor_left_alone_for_no_reason(
    left: float, usage: Usage, share: float, sharers: int, quiet: float, known_for: float
) -> None:
    budget = Budget(Terms(share=share, sharers=sharers), usage, left, 1.0)
    found = pace(budget, quiet, known_for)
    assert found.seconds >= 1
    assert found.seconds <= max(300.0, 2.0 / budget.a_second)
    assert (found.seconds > 300) <= (found.why in {Why.SCARCE, Why.OVERDRAWN})
