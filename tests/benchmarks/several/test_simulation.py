"""Several daemons on one record keep what one daemon promises, whatever befalls them; and the checks see when not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.several_daemons.failover import NO_MARGIN, delays, tally
from benchmarks.several_daemons.leases import Record
from benchmarks.several_daemons.mutations import SameEpoch, ToldBlindly, Unfenced
from benchmarks.several_daemons.simulation import Fault, Misfortune, Rules, Scene, misfortunes, run, violations

RULES = Rules(lease=10.0, margin=1.0)


def test_nothing_is_lost_or_repeated_beyond_what_was_in_flight() -> None:
    found = tally(RULES, range(40))

    assert found.example == ""
    assert found.changes > 100
    assert 0 < found.repeated <= found.in_flight


@pytest.mark.parametrize(
    ("mutation", "seen"),
    [
        (Unfenced, "came too late and counted"),
        (SameEpoch, "was sent to in epoch 0 by"),
        (ToldBlindly, "was told to channel"),
    ],
)
def test_what_holds_the_design_together_is_missed_when_it_is_gone(mutation: type[Record], seen: str) -> None:
    assert any(seen in one for seed in range(40) for one in _violations(seed, mutation))


def _violations(seed: int, kept_by: type[Record]) -> list[str]:
    scene = Scene()
    return violations(run(replace(scene, misfortunes=misfortunes(scene, RULES.lease, seed)), RULES, seed, kept_by))


def test_a_clock_that_is_not_looked_at_costs_repeats_and_nothing_else() -> None:
    found = tally(replace(RULES, margin=NO_MARGIN), range(40))

    assert found.example == ""
    assert found.repeated > tally(RULES, range(40)).repeated


def test_a_daemon_that_stands_still_for_less_than_its_lease_loses_nothing() -> None:
    short = Misfortune(at=100.0, daemon=1, fault=Fault.PAUSE, lasts=3.0)

    paused = run(Scene(misfortunes=(short,)), Rules(), seed=7)

    assert paused.changes == run(Scene(), Rules(), seed=7).changes
    assert paused.repeats == 0


def test_what_a_crashed_daemon_had_is_taken_over_within_a_lease_and_a_look_or_two() -> None:
    found = delays(RULES, range(10))

    assert len(found.takeovers) > 20
    assert sorted(found.takeovers)[len(found.takeovers) // 2] < RULES.lease + RULES.renew_every


def test_a_seed_gives_the_same_run_always() -> None:
    scene = Scene(misfortunes=misfortunes(Scene(), RULES.lease, 3))

    assert run(scene, RULES, 3).arrivals == run(scene, RULES, 3).arrivals
