"""What would be written, removed and run."""

from __future__ import annotations

from pathlib import Path

import pytest

from cashnotifyd.refusal import Refusal
from cashnotifyd.service import planning, units
from cashnotifyd.service.shipped import shipped
from cashnotifyd.service.values import Daemon, Flavour, Manager, Plan, Standing
from tests.service.test_units import DAEMON, HOME, but

FOLDER = HOME / ".config/systemd/user"
OLDER = Manager(Flavour.USER, FOLDER, uid=1000, version=252)
NEWER = Manager(Flavour.USER, FOLDER, uid=1000, version=257)
AGENT = Manager(Flavour.AGENT, Path("/Users/ada/Library/LaunchAgents"), uid=501)


def install(
    manager: Manager = OLDER, there: dict[Path, str] | None = None, daemon: Daemon = DAEMON
) -> tuple[Plan, dict[Path, str]]:
    """The plan, and what files there are afterwards."""
    plan = planning.install(manager, daemon, there or {}, shipped)
    after = {**(there or {}), **{change.path: change.text for change in plan.write}}
    return plan, {path: text for path, text in after.items() if path not in plan.remove}


def names(plan: Plan) -> list[str]:
    return [str(change.path.relative_to(FOLDER)) for change in plan.write]


def test_an_older_systemd_gets_the_unit_that_starts_it_again() -> None:
    plan, _ = install()
    assert names(plan) == [planning.UNIT, planning.AGAIN]
    assert [change.standing for change in plan.write] == [Standing.NEW, Standing.NEW]
    assert [str(step) for step in plan.after] == [
        "systemctl --user daemon-reload",
        "systemctl --user reset-failed cashnotifyd.service",
        "systemctl --user enable cashnotifyd.service",
        "systemctl --user restart cashnotifyd.service",
    ]


def test_a_newer_one_gets_the_drop_in() -> None:
    plan, _ = install(NEWER)
    assert names(plan) == [planning.UNIT, planning.DROP_IN]


def test_after_an_upgrade_of_systemd_the_other_one_goes() -> None:
    _, there = install(OLDER)
    plan, after = install(NEWER, there)
    assert plan.remove == (FOLDER / planning.AGAIN,)
    assert set(after) == {FOLDER / planning.UNIT, FOLDER / planning.DROP_IN}


def test_once_more_changes_nothing() -> None:
    _, there = install()
    plan, _ = install(there=there)
    assert {change.standing for change in plan.write} == {Standing.SAME}
    assert plan.remove == ()


def test_another_file_of_the_configuration_is_a_change() -> None:
    _, there = install()
    plan, _ = install(there=there, daemon=but(config=HOME / "other.yaml"))
    assert [change.standing for change in plan.write] == [Standing.CHANGED, Standing.SAME]


def test_somebody_elses_unit_is_named_as_such_and_not_removed() -> None:
    there = {FOLDER / planning.UNIT: "[Service]\nExecStart=/bin/true\n"}
    plan, _ = install(there=there)
    assert plan.write[0].standing is Standing.FOREIGN
    with pytest.raises(Refusal, match="was not written by"):
        planning.uninstall(OLDER, there, "ada")


def test_uninstall_takes_away_all_that_was_written() -> None:
    _, there = install()
    theirs = FOLDER / planning.DROP_IN
    plan = planning.uninstall(OLDER, {**there, theirs: "[Service]\nRestartSec=9\n"}, "ada")
    assert [str(step) for step in plan.before] == ["systemctl --user disable --now cashnotifyd.service"]
    assert set(plan.remove) == set(there)
    assert [str(step) for step in plan.after if step.essential] == ["systemctl --user daemon-reload"]


def test_nothing_to_uninstall() -> None:
    with pytest.raises(Refusal, match="no systemd user service is installed"):
        planning.uninstall(OLDER, {}, "ada")


def test_lingering_that_was_switched_on_for_it_is_switched_off_with_it() -> None:
    installed, there = install()
    plan = planning.linger(OLDER, installed, "ada")
    assert [str(step) for step in (*plan.before, *plan.after)] == [
        "loginctl enable-linger ada",
        "systemctl --user daemon-reload",
    ]
    there |= {change.path: change.text for change in plan.write}

    # The note outlives an update, and is written once.
    again, there = install(there=there)
    assert {change.standing for change in again.write} == {Standing.SAME}
    assert there[FOLDER / planning.UNIT].count(units.LINGERING) == 1

    assert str(planning.uninstall(OLDER, there, "ada").after[-1]) == "loginctl disable-linger ada"


def test_lingering_that_was_there_before_stays() -> None:
    _, there = install()
    steps = [str(step) for step in planning.uninstall(OLDER, there, "ada").after]
    assert not [step for step in steps if "linger" in step]


def test_the_system_service_is_spoken_to_without_user() -> None:
    manager = Manager(Flavour.SYSTEM, Path("/etc/systemd/system"), uid=0, version=257)
    plan = planning.install(manager, but(config=Path("/etc/cashnotifyd/config.yaml")), {}, shipped)
    assert str(plan.after[0]) == "systemctl daemon-reload"
    assert [str(change.path) for change in plan.write] == [
        "/etc/systemd/system/cashnotifyd.service",
        "/etc/systemd/system/cashnotifyd.service.d/systemd-254.conf",
    ]


def test_the_agent_is_loaded_and_unloaded() -> None:
    plan, there = install(AGENT)
    (path,) = there
    assert plan.before == ()
    assert [str(step) for step in plan.after] == [f"launchctl bootstrap gui/501 {path}"]
    updated, _ = install(AGENT, there)
    assert [str(step) for step in updated.before] == ["launchctl bootout gui/501/org.cashnotifyd"]
    removed = planning.uninstall(AGENT, there, "ada")
    assert (removed.remove, removed.after) == ((path,), ())
