"""The units under a real systemd, as `cashnotifyd service install` writes them from the built wheel.

Each machine is booted once and carries the system service and then a user's. The tests of one service come in the
order of its life; each leaves it running.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults.figures import Figures
from tests.real.booted import PROGRAM, USER, Machine, Shop, booted, eventually
from tests.real.conftest import HERE, REAL

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

MACHINES = {"this machine": Path("/"), "Debian 13": REAL / "debian-13"}
WATCHDOG = 6  # seconds, so that the test does not take the two minutes of the shipped units
RESTART = 2  # seconds, the shipped units'
HANGS = {"it stands still": "STOP", "its loop hangs": "USR2"}
"""Signals; in the latter other threads go on."""
_HANGING = 'import signal; signal.signal(signal.SIGUSR2, lambda *_: __import__("time").sleep(3600))'
EXPOSURE = {"system": 1.1, "user": 2.0}


@dataclass
class Service:
    """One of the two services on a machine, and what a person needs to know of it."""

    kind: str
    machine: Machine
    shop: Shop

    @property
    def user(self) -> str:
        return "root" if self.kind == "system" else USER

    @property
    def option(self) -> tuple[str, ...]:
        return ("--system",) if self.kind == "system" else ()

    @property
    def folder(self) -> str:
        return "/etc/cashnotifyd" if self.kind == "system" else f"/home/{USER}/.config/cashnotifyd"

    @property
    def units(self) -> str:
        return "/etc/systemd/system" if self.kind == "system" else f"/home/{USER}/.config/systemd/user"

    @property
    def record(self) -> str:
        return "/var/lib/private/cashnotifyd" if self.kind == "system" else f"/home/{USER}/.local/state/cashnotifyd"

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.machine.run(*words, user=self.user)

    def command(self, name: str, *options: str) -> subprocess.CompletedProcess[str]:
        return self.run(PROGRAM, "service", name, *self.option, *options)

    def control(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.run("systemctl", *(() if self.kind == "system" else ("--user",)), *words)

    def signal(self, name: str, pid: int) -> None:
        """As the shell does: a small system has no kill of its own."""
        self.machine.ok("sh", "-c", f"kill -{name} {pid}", user=self.user)

    def start(self) -> None:
        """Start it by hand; the starts before are forgotten, as so many at once are no person's."""
        self.control("reset-failed", "cashnotifyd")
        done = self.control("start", "cashnotifyd")
        assert done.returncode == 0, done.stderr

    def shown(self) -> dict[str, Any]:
        """What `service show --json` says of it."""
        services = json.loads(self.run(PROGRAM, "service", "show", "--json").stdout)
        (found,) = (one for one in services if one["service"] == f"systemd {self.kind} service")
        return dict(found)

    def noted(self, what: str) -> float:
        """When systemd saw that, in seconds of the monotonic clock, which is the same in there."""
        return int(self.control("show", "--value", f"--property={what}TimestampMonotonic", "cashnotifyd").stdout) / 1e6

    def configure(self, *, name: str = "Acme Shop", key: str = "shop.key") -> None:
        desktop = "desktop: {url: 'dbus://', burst: off}" if self.kind == "user" else ""
        self.machine.write(
            f"{self.folder}/config.yaml",
            f"""
poll_interval: 1s
stripe_api_base: {self.shop.base}
accounts:
  shop: {{api_key_file: {key}, name: {name}}}
channels:
  phone: {{url: '{self.shop.phone}', burst: off}}
  mail: {{url: '{self.shop.mail}', burst: off}}
  {desktop}
""",
            user=self.user,
        )

    def told(self, title: str) -> int:
        """How often the phone was told."""
        return Counter(one.partition(" · ")[0] for one in self.shop.told("phone"))[title]

    def tells_once(self, title: str, seconds: float = 60) -> None:
        eventually(lambda: self.told(title), seconds)
        time.sleep(1.5)  # a poll, in which a second message would come
        assert self.told(title) == 1


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    built = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(folder), str(HERE.parents[1])]
    done = subprocess.run(built, capture_output=True, text=True, check=False, timeout=80)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module", params=list(MACHINES))
def machine_and_shop(request: pytest.FixtureRequest, wheel: Path) -> Iterator[tuple[Machine, Shop]]:
    lower = MACHINES[request.param]
    if os.geteuid() != 0:
        not_run(request, "a systemd of one's own takes root")
    if not (lower / "usr/lib/systemd/systemd").exists():
        not_run(request, f"{request.param}: there is no systemd in {lower}, tests/real/install puts Debian 13's there")
    try:
        with booted(lower, wheel) as machine_and_shop:
            yield machine_and_shop
    except pytest.skip.Exception as reason:
        not_run(request, f"{request.param}: {reason}")


def not_run(request: pytest.FixtureRequest, reason: str) -> None:
    """Skip, and say so where it is seen: a run that leaves this out looks like one that did it."""
    say(request, f"units not tested under systemd: {reason}")
    pytest.skip(reason)


def say(request: pytest.FixtureRequest, line: str) -> None:
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print(f"\n  {line}", end="", flush=True)  # noqa: T201 (a figure is worth a line)


@pytest.fixture(scope="module", params=["system", "user"])
def service(request: pytest.FixtureRequest, machine_and_shop: tuple[Machine, Shop]) -> Iterator[Service]:
    """The service, installed as a person does, with a quick watchdog and its key as a credential."""
    made = Service(request.param, *machine_and_shop)
    machine, secret = made.machine, f"{made.folder}/shop.key"
    override = f"[Service]\nWatchdogSec={WATCHDOG}\n"
    if made.kind == "user":
        secret = f"/home/{USER}/secrets/shop.key"  # not beside the configuration: the credential is all there is of it
        override += f"LoadCredential=shop.key:{secret}\n"
    machine.write(secret, made.shop.key, user=made.user)
    machine.ok("sh", "-c", f"echo '{_HANGING}' >$(echo /opt/cashnotifyd/lib/*/site-packages)/hanging.pth")
    machine.write(f"{made.units}/cashnotifyd.service.d/override.conf", override, user=made.user)
    made.configure(key="shop.key" if made.kind == "system" else secret)
    done = made.command("install", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    made.configure()
    assert made.control("restart", "cashnotifyd").returncode == 0
    yield made
    made.command("uninstall", "--yes")


@pytest.fixture(autouse=True)
def last_words(machine_and_shop: tuple[Machine, Shop], service: Service) -> Iterator[None]:  # noqa: ARG001 (see below)
    """Named in this order, so that pytest boots each machine once, for both services."""
    yield
    print(service.control("status", "--no-pager", "--full", "--lines=30", "cashnotifyd").stdout)  # noqa: T201 (pytest shows it with a failure)


def test_it_is_ready_and_its_credentials_reach_it(service: Service, request: pytest.FixtureRequest) -> None:
    version = service.run("systemctl", "--version").stdout.splitlines()[0]
    say(request, f"{version}: {service.kind} service")

    shown = service.shown()

    assert (shown["state"], shown["enabled"], shown["restarts"], shown["ended"]) == ("active", True, 0, None)
    assert shown["says"].startswith("watching 1 account")
    assert f"{service.units}/cashnotifyd.service" in shown["files"]
    assert "shop.key" in service.run("ls", credentials_of(service)).stdout
    service.tells_once(service.shop.sale())


def credentials_of(service: Service) -> str:
    root = "/run" if service.kind == "system" else f"/run/user/{service.run('id', '-u').stdout.strip()}"
    return f"{root}/credentials/cashnotifyd.service"


def test_mail_arrives_and_notices_show(service: Service) -> None:
    if service.kind == "system":
        title = service.shop.sale()
    else:
        with service.machine.running("/opt/tests/desk.py", user=USER) as desk:
            assert desk.stdout is not None
            assert desk.stdout.readline() == "ready\n"
            title = service.shop.sale()
            while title not in (line := desk.stdout.readline()):
                assert line, "the desktop has ended"
    eventually(lambda: any(title in subject for subject in service.shop.told("mail")))


def test_systemd_has_no_complaint_and_the_exposure_is_small(service: Service, request: pytest.FixtureRequest) -> None:
    analyze = ("systemd-analyze", *(() if service.kind == "system" else ("--user",)))
    units = service.run("sh", "-c", f"ls {service.units}/cashnotifyd*.service").stdout.split()

    verified = service.run(*analyze, "verify", *units)
    rated = service.run(*analyze, "security", "--no-pager", "cashnotifyd.service").stdout

    assert (verified.returncode, verified.stderr) == (0, "")
    figure = re.search(r"Overall exposure level .*: (\d+\.\d)", rated)
    assert figure is not None
    say(request, f"exposure of the {service.kind} service: {figure[1]}")
    assert float(figure[1]) <= EXPOSURE[service.kind]


def test_killed_it_is_back_and_nothing_is_lost(service: Service, request: pytest.FixtureRequest) -> None:
    before = service.shown()
    began = time.monotonic()

    service.signal("KILL", before["pid"])
    title = service.shop.sale()
    eventually(lambda: is_another(service, before))
    after = service.shown()

    say(request, f"back {time.monotonic() - began:.1f} s after kill -9")
    assert after["restarts"] == before["restarts"] + 1
    service.tells_once(title)


@pytest.mark.fault(28, lost=0, repeated=0)
@pytest.mark.parametrize("hang", HANGS)
def test_hung_it_is_started_again_by_the_watchdog(
    service: Service, hang: str, request: pytest.FixtureRequest, figures: Figures
) -> None:
    service.control("reset-failed", "cashnotifyd")  # not all of its starts, as so many at once are no person's
    service.control("restart", "cashnotifyd")  # by hand: from systemd 254 on the pause grows with each crash after it
    before = service.shown()

    service.signal(HANGS[hang], before["pid"])
    hung = time.monotonic()
    title = service.shop.sale()
    eventually(lambda: is_another(service, before), WATCHDOG + 60)

    # As systemd noted it: what looks for it here takes a second itself.
    killed, started, ready = (service.noted(what) - hung for what in ("ActiveExit", "ExecMainStart", "ActiveEnter"))
    back = f"{hang}: killed after {killed:.1f} s, started again after {started:.1f} s, ready after {ready:.1f} s"
    say(request, back)
    figures(measured=f"{back}, with WatchdogSec={WATCHDOG} and RestartSec={RESTART}")
    assert killed <= WATCHDOG + 1
    assert started <= WATCHDOG + RESTART + 1
    assert service.shown()["restarts"] == before["restarts"] + 1
    service.tells_once(title)


def is_another(service: Service, before: dict[str, Any]) -> bool:
    shown = service.shown()
    return shown["state"] == "active" and shown["pid"] not in {None, before["pid"]}


def test_a_reload_takes_effect_without_a_restart(service: Service) -> None:
    before = service.shown()
    service.configure(name="Renamed")

    done = service.control("reload", "cashnotifyd")

    assert done.returncode == 0, done.stderr
    title = service.shop.sale()
    service.tells_once(title)
    after = service.shown()
    assert (after["pid"], after["restarts"], after["state"]) == (before["pid"], before["restarts"], "active")
    # The system service reads a copy, which is made at the start.
    name = "Acme Shop" if service.kind == "system" else "Renamed"
    assert f"{title} · {name}" in service.shop.told("phone")
    service.configure()


def test_a_bad_configuration_is_78_and_no_restart_loop(service: Service) -> None:
    service.machine.write(f"{service.folder}/config.yaml", "acounts: {}\n", user=service.user)

    refused = service.command("install", "--yes")
    still = service.shown()
    service.control("restart", "cashnotifyd")
    time.sleep(5)  # two and a half times RestartSec=
    after = service.shown()

    assert (refused.returncode, still["state"]) == (78, "active")
    assert "config.yaml:1:1" in refused.stderr
    assert (after["state"], after["restarts"], after["ended"]) == ("failed", 0, "exit-code, status 78")
    service.configure()
    title = service.shop.sale()
    service.start()
    service.tells_once(title)


def test_it_stops_in_time_and_says_that_it_did(service: Service, request: pytest.FixtureRequest) -> None:
    began = time.monotonic()

    done = service.control("stop", "cashnotifyd")

    took = time.monotonic() - began
    say(request, f"stopped within {took:.1f} s")
    assert done.returncode == 0
    assert took < 20
    assert (service.shown()["state"], service.shown()["ended"]) == ("inactive", None)
    title = service.shop.sale()
    service.start()
    service.tells_once(title)


def test_installed_once_more_it_changes_nothing_of_ours_nor_theirs(service: Service) -> None:
    if service.kind == "user":
        service.configure(key=f"/home/{USER}/secrets/shop.key")
    files = service.shown()["files"]

    refused = service.command("install")
    done = service.command("install", "--yes")

    assert (refused.returncode, done.returncode) == (2, 0), done.stderr
    assert "--yes" in refused.stderr
    assert done.stdout.count("(unchanged)") == 2
    assert "wrote" not in done.stdout
    assert service.shown()["files"] == files
    assert any(path.endswith("override.conf") for path in files)


def test_removed_it_leaves_what_was_told_and_no_trace_else(service: Service) -> None:
    done = service.command("uninstall", "--yes")

    assert done.returncode == 0, done.stderr
    assert "override.conf" in done.stdout
    assert service.run("sh", "-c", f"ls -A {service.units} | grep cashnotifyd").stdout.split() == [
        "cashnotifyd.service.d"
    ]
    assert service.run("sh", "-c", f"ls {service.units}/cashnotifyd.service.d").stdout.split() == ["override.conf"]
    listed = service.control("list-units", "--all", "--plain", "--no-legend", "cashnotifyd*")
    assert listed.stdout == ""
    assert service.run("ls", service.record, service.folder).stdout.count("cursor.db") >= 1
    assert "No service is installed" in service.run(PROGRAM, "service", "show").stdout
