"""Whole lives of the daemon, from seeds. A seed that fails is run again by ``python -m tests.simulation --seed N``."""

from __future__ import annotations

import pytest

from tests.simulation.simulation import simulate

SEEDS = range(30)
MANY = 1000


@pytest.mark.parametrize("begin", range(0, len(SEEDS), 10))
def test_nothing_is_lost_nor_repeated_whatever_happens(begin: int) -> None:
    failed = {seed: report.findings for seed in SEEDS[begin : begin + 10] if (report := simulate(seed)).findings}

    assert failed == {}


def test_a_seed_replays_effect_by_effect() -> None:
    lives: list[list[str]] = [[], []]

    reports = [simulate(7, trace=life.append) for life in lives]

    assert reports[0] == reports[1]
    assert lives[0] == lives[1]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_thousand_lives() -> None:
    failed = {seed: report.findings for seed in range(MANY) if (report := simulate(seed)).findings}

    assert failed == {}
