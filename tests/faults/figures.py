"""What tests of faults measure, kept in a file for docs/faults.md: ``CASHNOTIFYD_FIGURES=FILE pytest -m fault``.

A test that is marked ``fault(27)`` shows that row of the catalogue. What it counted it says through the fixture
``figures``; where passing is the figure, the mark says so: ``fault(12, lost=0, repeated=0)``. Only a test that passes
in all its cases has figures, and those of one that was not run this time stay as they were.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

VARIABLE = "CASHNOTIFYD_FIGURES"
KEPT = Path(__file__).parent / "figures.json"
Figures = Callable[..., None]


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Figures:
    """Say what was counted: ``figures(lost=0, repeated=3, measured="200 kills", seed=7)``, each of them if known."""

    def say(
        *, lost: int | None = None, repeated: int | None = None, measured: str = "", seed: int | None = None
    ) -> None:
        record_property("figures", _known(lost=lost, repeated=repeated, measured=measured, seed=seed))

    return say


def _known(**figures: object) -> dict[str, object]:
    return {name: value for name, value in figures.items() if value not in (None, "")}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Hand the marks to the reports, which also reach the process that writes when tests run in several."""
    for item in items:
        for mark in item.iter_markers("fault"):
            item.user_properties.append(("fault", _known(**mark.kwargs)))


class Collector:
    """Gathers the figures of one run, and puts them into the file at its end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: dict[str, dict[str, Any]] = {}
        self._failed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what a test that passed has to say."""
        properties, node = dict(report.user_properties), report.nodeid.partition("[")[0]
        if report.failed:
            self._failed.add(node)
        if report.when != "call" or not report.passed or "fault" not in properties:
            return
        said = {**_mapping(properties["fault"]), **_mapping(properties.get("figures", {}))}
        self._found[node] = _joined(self._found.get(node, {}), said)

    def pytest_sessionfinish(self) -> None:
        """Write."""
        known = json.loads(self._path.read_text("utf-8")) if self._path.exists() else {}
        today = datetime.now(UTC).date().isoformat()
        known |= {node: {**figures, "on": today} for node, figures in self._found.items() if node not in self._failed}
        self._path.write_text(json.dumps(known, indent=1, sort_keys=True, ensure_ascii=False) + "\n", "utf-8")


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _joined(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of two cases of one test."""
    joined = {**before, **now}
    for name in ("lost", "repeated"):
        if name in before and name in now:
            joined[name] = before[name] + now[name]
    texts = dict.fromkeys(text for one in (before, now) if (text := one.get("measured")))
    if texts:
        joined["measured"] = "; ".join(texts)
    return joined


def pytest_configure(config: pytest.Config) -> None:
    """Collect where a file is named, in the one process that hears of all tests."""
    path = os.environ.pop(VARIABLE, None)  # or a daemon that a test starts takes it for a setting
    if path and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Collector(Path(path)))
