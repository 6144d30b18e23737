"""The service commands against stand-ins for systemctl and loginctl, which are found on PATH as the real ones are."""

from __future__ import annotations

import io
import json
import os
import plistlib
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from cashnotifyd.cli.service import service
from cashnotifyd.refusal import Refusal
from cashnotifyd.service import machine, planning
from cashnotifyd.service.values import Flavour

if sys.platform != "linux":
    pytest.skip("these stand in for systemd", allow_module_level=True)

# What stands in files is the answer to a command that names them: failing, lingering, shown, variables.
SYSTEMCTL = """#!/bin/sh
echo "systemctl $*" >>"$STANDIN/calls"
[ ! -e "$STANDIN/unreachable" ] || { cat "$STANDIN/unreachable" >&2; exit 1; }
case "$*" in
*--property=Version*) echo "252.38-1" ;;
*show-environment*) cat "$STANDIN/variables" ;;
*"show cashnotifyd.service"*) cat "$STANDIN/shown" ;;
*) for word; do [ ! -e "$STANDIN/failing-$word" ] || { echo "Job failed." >&2; exit 1; }; done ;;
esac
"""
LOGINCTL = """#!/bin/sh
echo "loginctl $*" >>"$STANDIN/calls"
case "$*" in
*show-user*) cat "$STANDIN/lingering" ;;
enable-linger*) [ ! -e "$STANDIN/failing-linger" ] || { echo "Access denied" >&2; exit 1; } ;;
esac
"""
LAUNCHCTL = """#!/bin/sh
echo "launchctl $*" >>"$STANDIN/calls"
case "$*" in print*) printf '{\\n\\tstate = running\\n\\tpid = 42\\n}\\n' ;; esac
"""
JOURNALCTL = """#!/bin/sh
echo "cashnotifyd: another daemon uses the record"
"""
CONFIG = """
accounts:
  shop: {api_key: "rk_test_51AbCdEfGhIjKlMnOp"}
channels:
  phone: {url: "json://127.0.0.1:9/phone"}
"""


class Terminal(io.StringIO):
    """A person's answers."""

    def isatty(self) -> bool:
        return True


@dataclass
class Ended:
    status: int
    out: str
    refusal: Refusal | None

    @property
    def said(self) -> str:
        return str(self.refusal)


class Desk:
    """Somebody's machine: a home, a configuration, and the commands that stand in for systemd's."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys
        self.home, self.standin, self.bin = folder / "home", folder / "standin", folder / "bin"
        for path in (self.home, self.standin, self.bin):
            path.mkdir()
        commands = {"systemctl": SYSTEMCTL, "loginctl": LOGINCTL, "journalctl": JOURNALCTL, "launchctl": LAUNCHCTL}
        for name, script in commands.items():
            (self.bin / name).write_text(script)
            (self.bin / name).chmod(0o755)
        self.answer("variables", f"HOME={self.home}\nPATH=/usr/bin\n")
        self.answer("lingering", "yes\n")
        self.answer("shown", "FragmentPath=\n")
        self.config = self.home / ".config/cashnotifyd/config.yaml"
        self.config.parent.mkdir(parents=True)
        self.configure(CONFIG)
        for name in [name for name in os.environ if name.startswith(("CASHNOTIFYD_", "XDG_"))]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("HOME", str(self.home))
        monkeypatch.setenv("STANDIN", str(self.standin))
        monkeypatch.setenv("PATH", f"{self.bin}:/usr/bin:/bin")
        # Here everything is in /tmp, which a service would not see.
        monkeypatch.setitem(machine._HIDDEN, Flavour.USER, ())
        self.units = self.home / ".config/systemd/user"

    def answer(self, name: str, text: str = "") -> None:
        (self.standin / name).write_text(text)

    def configure(self, text: str) -> None:
        self.config.touch(mode=0o600)
        self.config.write_text(text)

    def calls(self) -> list[str]:
        """What was run to change something."""
        calls = (self.standin / "calls").read_text().splitlines() if (self.standin / "calls").exists() else []
        return [call for call in calls if " show" not in call.replace("--user", "")]

    def __call__(self, *arguments: str, answers: str | None = None) -> Ended:
        """Type it; ``answers`` None: not on a terminal."""
        self._monkeypatch.setattr(sys, "stdin", io.StringIO() if answers is None else Terminal(answers))
        refusal, status = None, 0
        try:
            service.main(list(arguments), prog_name="cashnotifyd service", standalone_mode=False)
        except Refusal as refused:
            refusal, status = refused, refused.status
        return Ended(status, self._capsys.readouterr().out, refusal)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, monkeypatch, capsys)


def test_install_shows_asks_and_does(desk: Desk) -> None:
    ended = desk("install", answers="y\n")

    assert ended.status == 0
    unit = desk.units / planning.UNIT
    assert f"write    {unit} (new)" in ended.out
    assert f"Configuration: {desk.config}" in ended.out
    assert f" run --config {desk.config}\n" in unit.read_text()
    assert (unit.stat().st_mode & 0o777) == 0o644
    assert desk.calls() == [
        "systemctl --user daemon-reload",
        "systemctl --user reset-failed cashnotifyd.service",
        "systemctl --user enable cashnotifyd.service",
        "systemctl --user restart cashnotifyd.service",
    ]


def test_a_no_does_nothing(desk: Desk) -> None:
    ended = desk("install", answers="n\n")
    assert (ended.status, ended.said) == (1, "nothing was done")
    assert (desk.units.exists(), desk.calls()) == (False, [])


def test_where_nobody_can_be_asked_it_is_shown_and_refused(desk: Desk) -> None:
    ended = desk("install")
    assert ended.status == 2
    assert "--yes" in ended.said
    assert "write " in ended.out
    assert (desk.units.exists(), desk.calls()) == (False, [])


def test_a_bad_configuration_is_told_first(desk: Desk) -> None:
    desk.configure(CONFIG + "acounts: {}\n")
    ended = desk("install", "--yes")
    assert ended.status == 78
    assert f"{desk.config}:6:1: acounts" in ended.said
    assert (desk.units.exists(), ended.out, desk.calls()) == (False, "", [])


def test_a_variable_of_the_shell_is_not_the_services(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    key = "rk_test_51AbCdEfGhIjKlMnOp"
    desk.configure(CONFIG.replace(key, "${SHOP_STRIPE_KEY}"))
    monkeypatch.setenv("SHOP_STRIPE_KEY", key)
    ended = desk("install", "--yes")
    assert ended.status == 78
    assert "--environment-file" in ended.said

    variables = desk.home / "money.env"
    variables.write_text(f"# keys\nSHOP_STRIPE_KEY='{key}'\n")
    assert desk("install", "--environment-file", str(variables), "--yes").status == 0
    assert f"EnvironmentFile={variables}\n" in (desk.units / planning.UNIT).read_text()


def test_a_variable_of_the_manager_is_the_services(desk: Desk) -> None:
    desk.configure(CONFIG.replace("rk_test_51AbCdEfGhIjKlMnOp", "${SHOP_STRIPE_KEY}"))
    desk.answer("variables", "SHOP_STRIPE_KEY=$'rk_test_51AbCdEfGhIjKlMnOp'\n")
    assert desk("install", "--yes").status == 0


def test_a_file_of_variables_that_is_not_there(desk: Desk) -> None:
    ended = desk("install", "--environment-file", "nowhere", "--yes")
    assert ended.status == 1
    assert "nowhere cannot be used" in ended.said


def test_lingering_is_explained_and_offered(desk: Desk) -> None:
    desk.answer("lingering", "no\n")
    user = machine.user_name()

    declined = desk("install", answers="y\nn\n")
    assert "would end when you log out" in declined.out
    assert f"loginctl enable-linger {user}" not in desk.calls()

    desk("install", answers="y\ny\n")
    assert f"loginctl enable-linger {user}" in desk.calls()
    desk("uninstall", "--yes")
    assert f"loginctl disable-linger {user}" in desk.calls()


def test_lingering_that_root_alone_may_switch_on(desk: Desk) -> None:
    desk.answer("lingering", "no\n")
    desk.answer("failing-linger")
    ended = desk("install", "--yes")
    assert ended.status == 1
    assert f"sudo loginctl enable-linger {machine.user_name()}" in ended.said
    desk("uninstall", "--yes")
    assert f"loginctl disable-linger {machine.user_name()}" not in desk.calls()


def test_an_update_says_what_changes_and_keeps_drop_ins(desk: Desk) -> None:
    desk("install", "--yes")
    theirs = desk.units / "cashnotifyd.service.d/override.conf"
    theirs.parent.mkdir()
    theirs.write_text("[Service]\nRestartSec=9\n")
    other = desk.config.with_name("other.yaml")
    desk.config.rename(other)

    ended = desk("install", "--config", str(other), "--yes")

    assert "(changed)" in ended.out
    assert "(unchanged)" in ended.out
    (was,) = [line for line in ended.out.splitlines() if line.strip().startswith("-ExecStart=")]
    assert was.endswith(f"--config {desk.config}")
    assert theirs.exists()


def test_uninstall_leaves_the_configuration_and_what_others_wrote(desk: Desk) -> None:
    desk("install", "--yes")
    theirs = desk.units / "cashnotifyd.service.d/override.conf"
    theirs.parent.mkdir()
    theirs.write_text("[Service]\nRestartSec=9\n")

    ended = desk("uninstall", "--yes")

    assert ended.status == 0
    assert f"did not write it: {theirs}" in ended.out
    assert [path for path in desk.units.rglob("*") if path.is_file()] == [theirs]
    assert desk.config.exists()
    assert "systemctl --user disable --now cashnotifyd.service" in desk.calls()


def test_uninstall_asks_as_well(desk: Desk) -> None:
    desk("install", "--yes")
    assert desk("uninstall").status == 2
    assert desk("uninstall", answers="n\n").status == 1
    assert (desk.units / planning.UNIT).exists()


def test_nothing_to_uninstall(desk: Desk) -> None:
    ended = desk("uninstall", "--yes")
    assert (ended.status, ended.refusal and ended.refusal.problem) == (1, "no systemd user service is installed")


def test_a_service_that_does_not_start_is_told_with_its_last_words(desk: Desk) -> None:
    desk.answer("failing-restart")
    ended = desk("install", "--yes")
    assert ended.status == 1
    assert "restart cashnotifyd.service` failed: Job failed." in ended.said
    assert "another daemon uses the record" in ended.said
    assert "journalctl --user-unit cashnotifyd" in ended.said


def test_without_systemd_the_foreground_is_left(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(desk.home))
    ended = desk("install", "--yes")
    assert (ended.status, ended.refusal and ended.refusal.problem) == (
        1,
        "there is no systemd here: systemctl is not installed",
    )
    assert "cashnotifyd run" in ended.said


def test_a_bad_configuration_is_told_before_a_missing_systemd(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(desk.home))
    ended = desk("install", "--config", str(desk.home / "nope.yaml"), "--yes")
    assert ended.status == 78
    assert "nope.yaml" in ended.said


def test_without_a_user_manager_it_says_how_to_get_one(desk: Desk) -> None:
    desk.answer("unreachable", "Failed to connect to bus: No medium found\nMore.\n")
    ended = desk("install", "--yes")
    assert ended.status == 1
    assert "cannot be reached (Failed to connect to bus: No medium found)" in ended.said
    assert "enable-linger" in ended.said or "export XDG_RUNTIME_DIR=" in ended.said


def test_the_system_service_needs_root(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    for command in ("install", "uninstall"):
        ended = desk(command, "--system", "--yes")
        assert ended.status == 1
        assert f"service {command} --system" in ended.said
    assert desk.calls() == []


@pytest.fixture
def server(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Root at a machine where all may read what lies there, in /tmp as well. Nothing is written without a yes."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setitem(machine._HIDDEN, Flavour.SYSTEM, ())
    monkeypatch.setattr(machine, "_mode", lambda _path: 0o755)
    return desk


def install_system(server: Desk) -> Ended:
    return server("install", "--system", "--config", str(server.config))


def test_the_plan_for_the_whole_machine(server: Desk) -> None:
    for name, text in (("shop.key", "rk_test_51AbCdEfGhIjKlMnOp"), ("phone.url", "json://127.0.0.1:9/phone")):
        (server.config.parent / name).write_text(text)
        (server.config.parent / name).chmod(0o600)
    server.configure(
        "accounts:\n  shop: {api_key_file: shop.key}\n"
        "channels:\n  phone: {url_file: phone.url}\n  desk: {url: 'dbus://'}\n"
    )

    ended = install_system(server)

    assert ended.status == 2
    assert "Handed over beside it: shop.key, phone.url" in ended.out
    assert "Record: /var/lib/cashnotifyd/cursor.db" in ended.out
    assert "write    /etc/systemd/system/cashnotifyd.service (new)" in ended.out
    assert "run      systemctl enable cashnotifyd.service" in ended.out
    assert "reaches no desktop" in ended.out
    assert server.calls() == []


def test_a_record_where_the_system_service_cannot_write(server: Desk) -> None:
    server.configure(CONFIG + "cursor_file: /srv/cursor.db\n")
    ended = install_system(server)
    assert (ended.status, "take cursor_file out" in ended.said) == (78, True)


def test_a_key_that_the_system_service_could_not_read(server: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    key = server.home / "shop.key"
    key.write_text("rk_test_51AbCdEfGhIjKlMnOp")
    key.chmod(0o600)
    server.configure(CONFIG.replace('api_key: "rk_test_51AbCdEfGhIjKlMnOp"', f'api_key_file: "{key}"'))
    monkeypatch.setattr(machine, "_mode", lambda path: 0o600 if path == key else 0o755)

    ended = install_system(server)

    assert ended.status == 1
    assert f"accounts.shop.api_key_file names {key}, and only its owner may read it" in ended.said
    assert "name it without a folder" in ended.said


def test_an_installation_that_the_system_service_could_not_run(server: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    program = machine.installation().program[0]
    monkeypatch.setitem(machine._HIDDEN, Flavour.SYSTEM, (str(Path(program).parent),))
    ended = install_system(server)
    assert ended.status == 1
    assert f"this installation needs {program}" in ended.said
    assert "/opt/cashnotifyd/bin/cashnotifyd service install --system" in ended.said


def test_a_folder_that_only_its_owner_may_enter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(machine._HIDDEN, Flavour.SYSTEM, ())
    modes = {tmp_path / "closed": 0o700}
    monkeypatch.setattr(machine, "_mode", lambda path: modes.get(path, 0o755))
    assert machine.out_of_sight(tmp_path / "closed/bin/program", Flavour.SYSTEM) == (
        f"only its owner may enter {tmp_path / 'closed'}"
    )
    assert machine.out_of_sight(tmp_path / "open/program", Flavour.SYSTEM) is None


def test_a_configuration_that_the_service_would_not_see(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(machine._HIDDEN, Flavour.USER, (str(desk.config.parent),))
    ended = desk("install", "--yes")
    assert ended.status == 1
    assert f"{desk.config}, and it lies in {desk.config.parent}" in ended.said


def test_on_a_mac_it_is_a_launch_agent(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    agent = desk.home / "Library/LaunchAgents/org.cashnotifyd.plist"
    domain = f"gui/{os.getuid()}"

    assert desk("install", "--system").status == 2
    assert "file of variables" in desk("install", "--config", str(desk.config), "--environment-file", "x").said
    assert desk("install", "--config", str(desk.config), "--yes").status == 0
    assert plistlib.loads(agent.read_bytes())["ProgramArguments"][1:] == ["run", "--config", str(desk.config)]
    (shown,) = json.loads(desk("show", "--json").out)
    assert (shown["service"], shown["state"], shown["pid"]) == ("LaunchAgent", "running", 42)
    assert desk("uninstall", "--yes").status == 0
    assert not agent.exists()
    assert [call for call in desk.calls() if "print" not in call] == [
        f"launchctl bootstrap {domain} {agent}",
        f"launchctl bootout {domain}/org.cashnotifyd",
    ]


def test_show_where_there_is_nothing(desk: Desk) -> None:
    assert desk("show").out == "No service is installed. `cashnotifyd service install` does it.\n"
    assert json.loads(desk("show", "--json").out) == []


def test_show_tells_how_it_does(desk: Desk) -> None:
    desk("install", "--yes")
    unit = desk.units / planning.UNIT
    desk.answer(
        "shown",
        f"FragmentPath={unit}\nActiveState=active\nSubState=running\nActiveEnterTimestamp=@1795514400\nMainPID=42\n"
        "NRestarts=1\nUnitFileState=enabled\nResult=success\nStatusText=watching 1 account\n",
    )

    words = desk("show").out
    found = {one["service"]: one for one in json.loads(desk("show", "--json").out)}

    assert "restarts  1" in words
    assert "log       journalctl --user-unit cashnotifyd" in words
    assert "with the machine (lingering)" in words
    assert all(len(line) <= 80 for line in words.splitlines() if "file" not in line)
    user = found["systemd user service"]
    assert (user["state"], user["pid"], user["since"]) == ("active", 42, "2026-11-24T10:00:00+00:00")
    assert user["files"] == [str(unit), str(desk.units / planning.AGAIN)]


def test_show_where_the_manager_cannot_be_asked(desk: Desk) -> None:
    desk("install", "--yes")
    desk.answer("unreachable", "Failed to connect to bus: No medium found\n")
    ended = desk("show")
    assert ended.status == 0
    assert "state     unknown" in ended.out
    assert "No medium found" in ended.out
