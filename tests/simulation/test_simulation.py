"""Whole lives of the daemon, from seeds. A seed that fails is run again by ``python -m tests.simulation --seed N``."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.simulation.command import documented
from tests.simulation.mutations import MUTANTS
from tests.simulation.network import Weather
from tests.simulation.plan import Story, planned
from tests.simulation.simulation import Simulation, simulate

ROOT = Path(__file__).parents[2]


def simulated(*asked: str) -> None:
    """A process of its own, in which the order of sets is the same each time: what fails is printed and replays."""
    command = [sys.executable, "-m", "tests.simulation", *asked]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_is_lost_nor_repeated_whatever_happens() -> None:
    simulated("--runs", "12")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_is_lost_nor_repeated_in_a_thousand_runs() -> None:
    simulated("--runs", "1000", "--seed", "1000")


def test_the_simulation_tells_worse_daemons_from_ours() -> None:
    simulated("--mutants", "--every", "2")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_simulation_tells_all_of_them_from_ours() -> None:
    simulated("--mutants")


def test_the_document_has_the_seed_that_caught_each() -> None:
    assert documented().keys() == {one.name for one in MUTANTS}


def test_a_seed_replays_effect_by_effect() -> None:
    lives: list[list[str]] = [[], []]

    reports = [simulate(176, trace=life.append) for life in lives]

    assert reports[0] == reports[1]
    assert lives[0] == lives[1]


def test_a_walk_that_trips_after_its_first_page_leaves_nothing_untold() -> None:
    """Found by seed 90: what had been recorded waited for the next news."""
    plan = replace(
        planned(1), entries=((50.0, Story(0)),), interval=40.0, page=12, both_live=True, history=0, ends=120.0
    )
    run = Simulation(1, plan=plan)
    tripped: list[float] = []

    def trip(now: float, query: Sequence[tuple[str, str]]) -> Weather | None:
        if now > 50.0 and not tripped and any(name == "starting_after" for name, _ in query):
            tripped.append(now)
            return "bug"
        return None

    run.network.forced = trip
    report = run.run()

    assert tripped
    assert report.findings == ()
