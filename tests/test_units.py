from __future__ import annotations

import plistlib
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from cashnotifyd.service import units
from cashnotifyd.service.shipped import shipped
from cashnotifyd.service.values import Daemon
from cashnotifyd.service_manager import ServiceManager
from tests.faults.figures import Figures

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


def installed(tmp_path: Path) -> Daemon:
    """What `service install` would fill in, with a program that is there and a name that is hard to quote."""
    home = tmp_path / "a home, 100% full"
    return Daemon(
        program=("/bin/true",),
        config=home / "config.yaml",
        record=home / "record/cursor.db",
        home=tmp_path,
        credentials=(("shop.key", home / "shop.key"),),
        environment=home / "money.env",
    )


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
@pytest.mark.parametrize("manager", ["--system", "--user"])
def test_systemd_has_no_complaint_of_what_is_installed(manager: str, tmp_path: Path) -> None:
    folder, fill = ("systemd", units.system_unit) if manager == "--system" else ("systemd/user", units.user_unit)
    unit = fill(shipped(f"{folder}/cashnotifyd.service"), installed(tmp_path))
    (tmp_path / "cashnotifyd.service").write_text(unit)
    (tmp_path / "cashnotifyd-again.service").write_text(units.beside(shipped(f"{folder}/cashnotifyd-again.service")))

    done = analyze(tmp_path, manager, "verify", "./cashnotifyd.service", "./cashnotifyd-again.service")

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


@pytest.mark.fault(31)
@pytest.mark.parametrize("folder", [SYSTEM, USER])
def test_a_crash_loop_starts_at_most_fifty_times_in_four_hours(folder: Path, figures: Figures) -> None:
    unit, again = settings(folder / "cashnotifyd.service"), settings(folder / "cashnotifyd-again.service")
    burst, minutes = int(unit["StartLimitBurst"][0]), int(unit["StartLimitIntervalSec"][0].removesuffix("min"))
    assert f"sleep {minutes}m " in again["ExecStart"][0]
    starts = (4 * 60 // minutes + 1) * burst
    assert starts <= 50
    figures(measured=f"{starts} starts in 4 h, worked out from {folder.relative_to(ROOT)}/*.service")


def test_newer_keys_stay_out_of_the_units_that_older_ones_read() -> None:
    newer = {"RestartSteps", "RestartMaxDelaySec"}
    for folder in (SYSTEM, USER):
        assert not newer & settings(folder / "cashnotifyd.service").keys()
        assert newer < settings(folder / "cashnotifyd.service.d" / "systemd-254.conf").keys()


# Apple's PropertyList-1.0.dtd, which every property list names.
PROPERTY_LIST = """
<!ENTITY % object "(array | data | date | dict | real | integer | string | true | false)">
<!ELEMENT plist %object;>
<!ATTLIST plist version CDATA "1.0">
<!ELEMENT array (%object;)*>
<!ELEMENT dict (key, %object;)*>
<!ELEMENT key (#PCDATA)>
<!ELEMENT string (#PCDATA)>
<!ELEMENT data (#PCDATA)>
<!ELEMENT date (#PCDATA)>
<!ELEMENT true EMPTY>
<!ELEMENT false EMPTY>
<!ELEMENT real (#PCDATA)>
<!ELEMENT integer (#PCDATA)>
"""
# launchd.plist(5): the keys that are used here, and what they take.
AGENT_KEYS: dict[str, type] = {
    "Label": str,
    "ProgramArguments": list,
    "RunAtLoad": bool,
    "KeepAlive": dict,
    "ThrottleInterval": int,
    "ExitTimeOut": int,
    "ProcessType": str,
    "LimitLoadToSessionType": str,
    "Umask": int,
    "WorkingDirectory": str,
    "StandardOutPath": str,
    "StandardErrorPath": str,
}


def agents(tmp_path: Path) -> list[Path]:
    """The agent as it is shipped, and as it is installed."""
    filled = tmp_path / AGENT.name
    filled.write_text(units.launch_agent(AGENT.read_text("utf-8"), installed(tmp_path)), "utf-8")
    return [AGENT, filled]


@pytest.mark.skipif(shutil.which("xmllint") is None, reason="xmllint is not installed: the DTD stays unasked here")
def test_launch_agent_passes_apples_dtd(tmp_path: Path) -> None:
    for agent in agents(tmp_path):
        text = agent.read_text("utf-8")
        assert xmllint(text, tmp_path) == (0, "")
        status, complaint = xmllint(text.replace("<true/>", "<yes/>"), tmp_path)
        assert (status, "does not validate" in complaint) == (3, True)


def xmllint(text: str, tmp_path: Path) -> tuple[int, str]:
    """What it says of a property list that names no DTD itself: the one it names lies in the network."""
    grammar, document = tmp_path / "PropertyList-1.0.dtd", tmp_path / "agent.xml"
    grammar.write_text(PROPERTY_LIST)
    document.write_text(re.sub(r"<!DOCTYPE.*>\n", "", text), "utf-8")
    check = ["xmllint", "--noout", "--nonet", "--dtdvalid", str(grammar), str(document)]
    done = subprocess.run(check, capture_output=True, text=True, check=False, timeout=30)
    return done.returncode, done.stderr


def test_launch_agent_has_keys_that_launchd_knows_each_once(tmp_path: Path) -> None:
    for agent in agents(tmp_path):
        root = ET.parse(agent).getroot()
        (top,) = root
        assert (root.tag, root.get("version"), top.tag) == ("plist", "1.0", "dict")
        keys = [str(child.text) for child in top[::2]]
        assert {child.tag for child in top[::2]} == {"key"}
        assert sorted(keys) == sorted(set(keys))
        values = plistlib.loads(agent.read_bytes())
        assert {key: type(value) for key, value in values.items()} == AGENT_KEYS
        assert all(Path(values[key]).is_absolute() for key in values if key.endswith(("Path", "Directory")))
        assert all(isinstance(word, str) for word in values["ProgramArguments"])


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
