"""A soak, and all that was found wrong in it."""

from __future__ import annotations

from pathlib import Path

from tests.quick_disk import quick_folder
from tests.soak.months import Mutation, Report, Soak
from tests.soak.mutations import SHORT, Mutant
from tests.soak.verdict import judged

SMALL_PAGE = 25
"""Events a request, where time is short: most of it goes into reading them."""


def soaked(
    seed: int, days: int, keep: int, page: int = SMALL_PAGE, mutate: Mutation | None = None
) -> tuple[Report, list[str]]:
    """A soak, and all that was found wrong in it."""
    with quick_folder() as folder:
        report = Soak(seed, days, keep, Path(folder), page).run(mutate)
    return report, [*report.findings, *judged(report)]


def caught(mutant: Mutant, seed: int = 0) -> list[str]:
    """What tells it from our daemon."""
    return soaked(seed, mutant.days, SHORT, mutate=mutant.mutate)[1]
