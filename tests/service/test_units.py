"""The shipped units with the paths of one installation in them."""

from __future__ import annotations

import plistlib
from pathlib import Path

import pytest

from cashnotifyd.refusal import Refusal
from cashnotifyd.service import units
from cashnotifyd.service.shipped import shipped
from cashnotifyd.service.values import Daemon

HOME = Path("/home/ada")
DAEMON = Daemon(
    program=("/home/ada/.local/share/pipx/venvs/cashnotifyd/bin/cashnotifyd",),
    config=HOME / ".config/cashnotifyd/config.yaml",
    record=HOME / ".local/state/cashnotifyd/cursor.db",
    home=HOME,
)


def but(**changes: object) -> Daemon:
    values = {name: getattr(DAEMON, name) for name in Daemon.__slots__}
    return Daemon(**(values | changes))


def user_lines(daemon: Daemon) -> list[str]:
    return units.user_unit(shipped("systemd/user/cashnotifyd.service"), daemon).splitlines()


def system_lines(daemon: Daemon) -> list[str]:
    return units.system_unit(shipped("systemd/cashnotifyd.service"), daemon).splitlines()


def test_a_users_unit_runs_this_installation_with_that_file() -> None:
    lines = user_lines(DAEMON)
    assert f"ExecStart={DAEMON.program[0]} run --config {DAEMON.config}" in lines
    assert "ReadWritePaths=%h/.local/state/cashnotifyd" in lines
    assert "systemctl --user edit cashnotifyd" in lines[1]
    assert not [line for line in lines if "pipx install" in line]


def test_a_record_elsewhere_may_be_written_there() -> None:
    lines = user_lines(but(record=Path("/srv/money box/cursor.db")))
    assert 'ReadWritePaths="/srv/money box"' in lines
    assert 'ExecStartPre=+/bin/mkdir -p -m 0700 "/srv/money box"' in lines


def test_the_system_unit_is_handed_the_configuration_and_what_lies_beside_it() -> None:
    config = Path("/srv/shop/config.yaml")
    lines = system_lines(
        but(program=("/opt/x/bin/cashnotifyd",), config=config, credentials=(("shop.key", Path("/srv/shop/shop.key")),))
    )
    assert "ExecStart=/opt/x/bin/cashnotifyd run --config %d/config.yaml" in lines
    at = lines.index("LoadCredential=config.yaml:/srv/shop/config.yaml")
    assert lines[at + 1] == "LoadCredential=shop.key:/srv/shop/shop.key"
    assert "AssertPathExists=/srv/shop/config.yaml" in lines
    assert not [line for line in lines if "/opt/cashnotifyd" in line]


@pytest.mark.parametrize("lines", [user_lines, system_lines])
def test_variables_come_from_a_file(lines: object) -> None:
    assert callable(lines)
    assert "EnvironmentFile=/etc/money.env" in lines(but(environment=Path("/etc/money.env")))
    assert not [line for line in lines(DAEMON) if line.startswith("EnvironmentFile")]


def test_spaces_and_percent_signs_stay_what_they_are() -> None:
    lines = user_lines(but(program=("/srv/my 100%/bin/cashnotifyd",)))
    assert f'ExecStart="/srv/my 100%%/bin/cashnotifyd" run --config {DAEMON.config}' in lines


@pytest.mark.parametrize("path", ['/srv/a"b', "/srv/a\nExecStart=/bin/sh", "/srv/$HOME", "/srv/a:b", "/srv/a\\b"])
def test_what_systemd_would_read_as_something_else_is_refused(path: str) -> None:
    with pytest.raises(Refusal, match="cannot be given the path"):
        user_lines(but(config=Path(path) / "config.yaml"))
    with pytest.raises(Refusal, match="cannot be given the path"):
        system_lines(but(config=Path(path) / "config.yaml"))


def test_the_interpreter_where_there_is_no_command() -> None:
    lines = user_lines(but(program=("/usr/bin/python3", "-m", "cashnotifyd")))
    assert f"ExecStart=/usr/bin/python3 -m cashnotifyd run --config {DAEMON.config}" in lines


def test_the_agent_has_whole_paths_and_no_home_of_nobody() -> None:
    daemon = but(home=Path("/Users/ada & co"), config=Path("/Users/ada & co/Library/config.yaml"))
    text = units.launch_agent(shipped("launchd/org.cashnotifyd.plist"), daemon)
    agent = plistlib.loads(text.encode())
    assert agent["ProgramArguments"] == [DAEMON.program[0], "run", "--config", "/Users/ada & co/Library/config.yaml"]
    assert agent["StandardErrorPath"] == "/Users/ada & co/Library/Logs/cashnotifyd.log"
    assert "/Users/YOU" not in text
    assert units.written_by_us(text)


def test_our_files_are_known_and_others_are_not() -> None:
    shipped_unit = shipped("systemd/user/cashnotifyd.service")
    assert not units.written_by_us(shipped_unit)
    assert units.written_by_us(units.user_unit(shipped_unit, DAEMON))
    assert units.written_by_us(units.beside(shipped("systemd/cashnotifyd-again.service")))


def test_a_file_that_is_not_shipped_is_refused() -> None:
    with pytest.raises(Refusal, match="has no systemd/other"):
        shipped("systemd/other.service")
