"""The real process under strain, for a minute or less: it leaves nothing open and keeps nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.mutations import Mutant
from tests.soak.process import Strain, judged, mutants, strained

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


async def test_a_minute_of_sales_and_reloads_leaves_nothing_behind(tmp_path: Path) -> None:
    run = await strained(tmp_path, Strain(75.0))

    assert judged(run) == []


@pytest.mark.parametrize("mutant", list(mutants()), ids=lambda one: one.name)
async def test_a_process_that_leaves_something_behind_is_told_from_ours(tmp_path: Path, mutant: Mutant) -> None:
    run = await strained(tmp_path, Strain(45.0), mutant)

    assert judged(run)
