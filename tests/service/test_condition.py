"""What the managers' answers come to."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cashnotifyd.service.condition import from_launchd, from_systemd
from cashnotifyd.service.planning import Lingering
from cashnotifyd.service.values import Flavour, Manager

USER = Manager(Flavour.USER, Path("/home/ada/.config/systemd/user"), uid=1000, version=252)
RUNNING = {
    "FragmentPath": "/home/ada/.config/systemd/user/cashnotifyd.service",
    "DropInPaths": "/home/ada/.config/systemd/user/cashnotifyd.service.d/override.conf",
    "ActiveState": "active",
    "SubState": "running",
    "ActiveEnterTimestamp": "@1795514400",
    "InactiveEnterTimestamp": "@0",
    "MainPID": "251",
    "NRestarts": "2",
    "UnitFileState": "enabled",
    "Result": "success",
    "ExecMainStatus": "0",
    "StatusText": "watching 1 account, telling 1 channel",
}
PLIST = Path("/Users/ada/Library/LaunchAgents/org.cashnotifyd.plist")
LOG = Path("/Users/ada/Library/Logs/cashnotifyd.log")
# The form is that of `launchctl print gui/501/NAME` on macOS, shortened.
PRINTED = """gui/501/org.cashnotifyd = {
\tactive count = 1
\tpath = /Users/ada/Library/LaunchAgents/org.cashnotifyd.plist
\tstate = running

\tprogram = /opt/x/bin/cashnotifyd
\truns = 3
\tpid = 4242
\tlast exit code = 78
}
"""


def test_a_running_service() -> None:
    one = from_systemd(USER, RUNNING, Lingering.OFF)
    assert one is not None
    assert (one.state, one.pid, one.restarts, one.enabled, one.lingering) == ("active", 251, 2, True, False)
    assert one.since == datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
    assert [path.name for path in one.files] == ["cashnotifyd.service", "override.conf"]
    assert one.log == "journalctl --user-unit cashnotifyd"
    assert one.ended is None


def test_one_that_has_failed_for_good() -> None:
    failed = {**RUNNING, "ActiveState": "failed", "Result": "exit-code", "ExecMainStatus": "78", "MainPID": "0"}
    one = from_systemd(USER, {**failed, "InactiveEnterTimestamp": "@1795514460"}, Lingering.ON)
    assert one is not None
    assert (one.state, one.pid, one.ended) == ("failed", None, "exit-code, status 78")
    assert one.since == datetime(2026, 11, 24, 10, 1, tzinfo=UTC)


def test_one_that_is_between_two_starts() -> None:
    one = from_systemd(USER, {**RUNNING, "ActiveState": "activating", "SubState": "auto-restart"}, Lingering.UNKNOWN)
    assert one is not None
    assert (one.state, one.since, one.lingering) == ("activating (auto-restart)", None, None)


def test_no_such_service() -> None:
    assert from_systemd(USER, {"FragmentPath": "", "ActiveState": "inactive"}, Lingering.ON) is None


def test_a_running_agent() -> None:
    one = from_launchd(PLIST, LOG, PRINTED)
    assert (one.state, one.pid, one.restarts, one.enabled) == ("running", 4242, 2, True)
    assert one.ended == "status 78"
    assert one.log == f"tail {LOG}"


@pytest.mark.parametrize("printed", [None, ""])
def test_an_agent_of_which_nothing_is_known(printed: str | None) -> None:
    one = from_launchd(PLIST, LOG, printed)
    assert (one.pid, one.restarts, one.state) == (None, None, "not loaded" if printed is None else "unknown")
