from __future__ import annotations

import plistlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from cashnotifyd.service_manager import ServiceManager

ROOT = Path(__file__).parent.parent
SYSTEM = ROOT / "systemd"
USER = SYSTEM / "user"
AGENT = ROOT / "launchd" / "org.cashnotifyd.plist"
pytestmark = pytest.mark.skipif(not SYSTEM.exists(), reason="tested without the checkout")

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed: the units stay unchecked here"
)


def analyze(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs systemd-analyze in ``tmp_path``, which serves as the user manager's runtime folder too."""
    return subprocess.run(
        ["systemd-analyze", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        timeout=30,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "LANG": "C.UTF-8"},
    )


def with_a_program_that_exists(folder: Path, tmp_path: Path) -> list[str]:
    """Copies of the units whose ExecStart= can be found: verify looks for it."""
    for unit in folder.glob("*.service"):
        text = re.sub(r"^ExecStart=\S*/cashnotifyd ", "ExecStart=/bin/true ", unit.read_text(), flags=re.MULTILINE)
        (tmp_path / unit.name).write_text(text)
    return [f"./{unit.name}" for unit in tmp_path.glob("*.service")]


def settings(unit: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in re.findall(r"^(\w+)=(.*)$", unit.read_text(), flags=re.MULTILINE):
        found.setdefault(key, []).append(value)
    return found


@needs_systemd
@pytest.mark.parametrize(("folder", "manager"), [(SYSTEM, "--system"), (USER, "--user")])
def test_systemd_has_no_complaint(folder: Path, manager: str, tmp_path: Path) -> None:
    units = with_a_program_that_exists(folder, tmp_path)
    done = analyze(tmp_path, manager, "verify", *units)
    # It exits 0 with unknown keys too, and says so.
    assert (done.returncode, done.stderr) == (0, "")


@needs_systemd
@pytest.mark.parametrize(("folder", "exposure"), [(SYSTEM, 1.1), (USER, 1.5)])
def test_exposure(folder: Path, exposure: float, tmp_path: Path) -> None:
    with_a_program_that_exists(folder, tmp_path)
    threshold = f"--threshold={round(exposure * 10)}"
    done = analyze(tmp_path, "security", "--offline=true", "--no-pager", threshold, "./cashnotifyd.service")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("folder", [SYSTEM, USER])
def test_what_the_daemon_relies_on(folder: Path) -> None:
    unit = settings(folder / "cashnotifyd.service")
    assert unit["Type"] == ["notify"]
    assert unit["NotifyAccess"] == ["main"]
    assert unit["ExecReload"] == ["/bin/kill -HUP $MAINPID"]
    assert "78" in unit["RestartPreventExitStatus"][0].split()
    assert int(unit["TimeoutStopSec"][0]) > 20
    watchdog = ServiceManager.from_environment({"WATCHDOG_USEC": f"{unit['WatchdogSec'][0]}000000"})
    assert watchdog.watchdog_interval == 60


@pytest.mark.parametrize("folder", [SYSTEM, USER])
def test_a_crash_loop_starts_at_most_fifty_times_in_four_hours(folder: Path) -> None:
    unit, again = settings(folder / "cashnotifyd.service"), settings(folder / "cashnotifyd-again.service")
    burst, minutes = int(unit["StartLimitBurst"][0]), int(unit["StartLimitIntervalSec"][0].removesuffix("min"))
    assert f"sleep {minutes}m " in again["ExecStart"][0]
    assert (4 * 60 // minutes + 1) * burst <= 50


def test_newer_keys_stay_out_of_the_units_that_older_ones_read() -> None:
    newer = {"RestartSteps", "RestartMaxDelaySec"}
    for folder in (SYSTEM, USER):
        assert not newer & settings(folder / "cashnotifyd.service").keys()
        assert newer < settings(folder / "cashnotifyd.service.d" / "systemd-254.conf").keys()


def test_launch_agent() -> None:
    agent = plistlib.loads(AGENT.read_bytes())
    program, *arguments = agent.pop("ProgramArguments")
    assert (Path(program).is_absolute(), arguments) == (True, ["run"])
    assert agent == {
        "Label": AGENT.stem,
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": 30,
        "ExitTimeOut": 20,
        "ProcessType": "Background",
        "LimitLoadToSessionType": "Aqua",
        "Umask": 0o077,
        "WorkingDirectory": "/",
        "StandardOutPath": "/dev/null",
        "StandardErrorPath": "/Users/YOU/Library/Logs/cashnotifyd.log",
    }
