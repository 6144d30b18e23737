"""Simulated days and months of the whole daemon on its real record. ``python -m tests.soak`` has longer ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.soak.mutations import MUTANTS

ROOT = Path(__file__).parents[2]


def soaked(*asked: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own: what it holds is what is measured, and what is set aside there stays there."""
    command = [sys.executable, "-m", "tests.soak", *asked]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_some_days_leave_nothing_behind_and_miscount_nothing() -> None:
    done = soaked("--days", "6", "--page", "25")

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_some_months_leave_nothing_behind_and_miscount_nothing() -> None:
    done = soaked("--months", "4", "--keep", "40", "--page", "25")

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", [one.name for one in MUTANTS])
def test_a_daemon_that_wears_out_is_told_from_ours(name: str) -> None:
    done = soaked("--mutant", name)

    assert done.returncode == 0, done.stdout + done.stderr
