from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cashnotifyd.service.condition import Condition
from cashnotifyd.service.values import Flavour
from cashnotifyd.setup.findings import Verdict
from cashnotifyd.setup.services import on_services

MINE = Condition(
    Flavour.USER, (Path("/u"),), "journalctl --user -u cashnotifyd", "active", enabled=True, lingering=True
)


@pytest.mark.parametrize(
    ("found", "verdict", "said"),
    [
        (MINE, Verdict.OK, "the systemd user service runs"),
        (replace(MINE, lingering=False), Verdict.WARNING, "ends when you log out"),
        (replace(MINE, enabled=False), Verdict.WARNING, "does not start by itself"),
        (replace(MINE, state="failed", ended="exit-code, status 78"), Verdict.PROBLEM, "exit-code, status 78"),
        (replace(MINE, problem="no bus"), Verdict.UNKNOWN, "cannot be asked: no bus"),
        (Condition(Flavour.AGENT, (), "tail x", state="running", enabled=True), Verdict.OK, "the LaunchAgent runs"),
        (Condition(Flavour.SYSTEM, (), "journalctl -u cashnotifyd", "active", enabled=True), Verdict.OK, "runs"),
    ],
)
def test_a_service_that_is_installed(found: Condition, verdict: Verdict, said: str) -> None:
    (finding,) = on_services([found])
    assert (finding.verdict, said in finding.text) == (verdict, True), finding
    assert bool(finding.next_step) == (verdict in {Verdict.PROBLEM, Verdict.WARNING})
