"""A real desktop: dunst on a session bus of its own, drawing on a virtual screen.

The picture is kept beside the peers, in .venv/real/desktop.png, for eyes.
"""

from __future__ import annotations

import json
import os
import re
import struct
import subprocess
import zlib
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from cashnotifyd.delivery.apprise_door.urls import open_targets
from cashnotifyd.delivery.outcome import Delivered, NotSent
from cashnotifyd.vocabulary import Icon, Kind, Message, Urgency
from tests.real.conftest import REAL, program, running, wait_until

pytestmark = pytest.mark.real


@dataclass
class Desktop:
    environment: dict[str, str]

    def shown(self) -> list[dict[str, Any]]:
        """The notices on the screen, as dunst tells them after they are closed: newest first."""
        self._ask("dunstctl", "close-all")
        (history,) = json.loads(self._ask("dunstctl", "history"))["data"]
        return [{name: value["data"] for name, value in notice.items()} for notice in history]

    def displayed(self) -> int:
        return int(self._ask("dunstctl", "count", "displayed"))

    def picture(self, path: Path) -> set[str]:
        """Keeps what the screen shows; answers its colours, as #RRGGBB."""
        self._ask(program("import"), "-window", "root", str(path))
        counted = self._ask(program("convert"), str(path), "-depth", "8", "-format", "%c", "histogram:info:-")
        return set(re.findall("#[0-9A-F]{6}", counted))

    def click(self, x: int, y: int) -> None:
        """Clicks with the middle button, by which dunst takes the default action unless it is told otherwise."""
        self._ask(program("xdotool"), "mousemove", str(x), str(y), "click", "2")

    def _ask(self, *command: str) -> str:
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=True, timeout=20
        ).stdout


BUS = """<busconfig>
  <type>session</type>
  <listen>{address}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
</busconfig>
"""
"""Starts no service that this machine may have: its portal would open links in its browser."""


@pytest.fixture
def session(tmp_path: Path, started: ExitStack, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A session bus with nothing on it, in the environment."""
    address = f"unix:path={tmp_path}/bus"
    configuration = tmp_path / "bus.conf"
    configuration.write_text(BUS.format(address=address))
    command = [program("dbus-daemon"), "--nofork", f"--config-file={configuration}"]
    started.enter_context(running(*command, log=tmp_path / "bus.log"))
    wait_until((tmp_path / "bus").exists)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    return {**os.environ, "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}


@pytest.fixture
def desktop(tmp_path: Path, started: ExitStack, session: dict[str, str]) -> Desktop:
    screen = [program("Xvfb"), "-displayfd", "1", "-screen", "0", "720x760x24", "-nolisten", "tcp"]
    log = tmp_path / "display"
    dunst, _ = program("dunst"), program("import")
    started.enter_context(running(*screen, log=log))
    wait_until(lambda: log.read_text().strip().isdigit())
    environment = {**session, "DISPLAY": f":{log.read_text().strip()}"}
    started.enter_context(running(dunst, log=tmp_path / "dunst.log", env=environment))
    desktop = Desktop(environment)

    def ready() -> bool:
        return subprocess.run(["dunstctl", "count"], env=environment, capture_output=True, check=False).returncode == 0

    wait_until(ready)
    return desktop


URGENT = "#900000"
"""What dunst draws behind an emergency."""


def square() -> bytes:
    """A PNG of 48 x 48 pixels in one colour."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = (b"\0" + b"\x63\x5b\xff" * 48) * 48
    header = struct.pack(">IIBBBBB", 48, 48, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_notices_are_shown_as_they_were_written(desktop: Desktop, sale: Message, tmp_path: Path) -> None:
    (target,) = open_targets("dbus://")
    dispute = Message(
        Kind.DISPUTE, "Dispute: €1,280.00, answer by Dec 2", "Acme Shop\nJosé Ñandú: “fraudulent”", Urgency.EMERGENCY
    )
    test = Message(Kind.FAILED_PAYMENT, "TEST Payment failed: 5 000 Kč", "Acme Shop\nŁukasz Żółć", Urgency.LOW)
    icon = tmp_path / "a logo.png"
    icon.write_bytes(square())
    for message in (sale, dispute, test):
        assert target.send(message) == Delivered()
    with_a_logo = Message(Kind.SALE, "With a logo", "Acme & Söhne", Urgency.NORMAL, icon=Icon(file=str(icon)))
    assert target.send(with_a_logo) == Delivered()
    wait_until(lambda: desktop.displayed() == 4)
    # dunst's own for low, normal and critical, and the logo's; the letters have many between them.
    parts = {"#222222", "#285577", URGENT, "#635BFF"}
    wait_until(lambda: parts <= (colours := desktop.picture(REAL / "desktop.png")) and len(colours) > 20)

    shown = {notice["summary"]: notice for notice in desktop.shown()}
    assert shown.keys() == {sale.title, dispute.title, test.title, "With a logo"}
    assert shown["With a logo"]["icon_path"] == str(icon)
    assert {notice["appname"] for notice in shown.values()} == {"cashnotifyd"}
    assert "&lt;i&gt;Widget&lt;/i&gt;" in shown[sale.title]["body"]  # dunst keeps the markup that it was sent


@pytest.fixture
def browsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which a stand-in for xdg-open keeps what it is asked to open."""
    program, told = tmp_path / "bin" / "xdg-open", tmp_path / "browsed"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >>{told}\n')
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    monkeypatch.delenv("SYSTEMD_EXEC_PID", raising=False)
    told.touch()
    return told


def test_a_click_opens_the_page_of_that_notice(desktop: Desktop, sale: Message, browsed: Path) -> None:
    (target,) = open_targets("dbus://")
    upper = replace(sale, link="https://dashboard.stripe.com/acct_1/payments/pi_2", urgency=Urgency.EMERGENCY)
    for message in (sale, upper, replace(sale, title="No page", link=None)):
        assert target.send(message) == Delivered()
    wait_until(lambda: desktop.displayed() == 3)
    wait_until(lambda: URGENT in desktop.picture(REAL / "click.png"))  # drawn
    desktop.click(600, 80)  # the most urgent one is the uppermost
    wait_until(lambda: browsed.read_text() == f"{upper.link}\n")
    wait_until(lambda: desktop.displayed() == 2)
    wait_until(lambda: URGENT not in desktop.picture(REAL / "click.png"))
    desktop.click(600, 80)
    wait_until(lambda: browsed.read_text() == f"{upper.link}\n{sale.link}\n")
    wait_until(lambda: desktop.displayed() == 1)


def test_a_session_without_a_notification_daemon_is_told(
    session: dict[str, str], sale: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert session
    monkeypatch.delenv("DISPLAY", raising=False)
    (target,) = open_targets("dbus://")
    outcome = target.send(sale)
    assert isinstance(outcome, NotSent)
    assert "nothing on this desktop shows notices" in outcome.reason
