"""The desktop's notices, against a session bus of a few lines; a real bus with a real dunst is in tests/real."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cashnotifyd.delivery import desktop
from cashnotifyd.delivery.apprise_door.urls import open_targets
from cashnotifyd.delivery.outcome import Delivered, NotSent, Unconfirmed
from cashnotifyd.vocabulary import Icon, Kind, Message, Urgency

if sys.platform != "linux":
    pytest.skip("notices over a session bus are Linux's", allow_module_level=True)

import dbus_fast
from dbus_fast._private.unmarshaller import Unmarshaller

SALE = Message(Kind.SALE, "€49.00 from <b>Zoë</b>", "Acme & Söhne\n2 x <i>Widget</i>", Urgency.NORMAL)


@dataclass
class SessionBus:
    """A bus and the notification service on it in one; ``silent_on`` names a call that it never answers."""

    capabilities: list[str] = field(default_factory=lambda: ["body", "body-markup"])
    silent_on: str | None = None
    fails_on: str | None = None
    notices: list[dbus_fast.Message] = field(default_factory=list)

    def answer(self, call: dbus_fast.Message) -> dbus_fast.Message | None:
        if call.member == "Notify":
            self.notices.append(call)
        if call.member == self.silent_on:
            return None
        if call.member == self.fails_on:
            return dbus_fast.Message.new_error(call, "org.freedesktop.DBus.Error.ServiceUnknown", "")
        signature, body = {
            "Hello": ("s", [":1.1"]),
            "GetCapabilities": ("as", [self.capabilities]),
            "Notify": ("u", [1]),
        }[str(call.member)]
        return dbus_fast.Message.new_method_return(call, signature, body)  # type: ignore[arg-type]

    def serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rwb") as stream:
            stream.readline()
            stream.write(b"OK 1234deadbeef1234deadbeef1234dead\r\n")
            stream.flush()
            while stream.readline() not in (b"BEGIN\r\n", b""):
                pass
            unmarshaller = Unmarshaller(stream)
            with contextlib.suppress(EOFError, ConnectionError):
                while call := unmarshaller.unmarshall():
                    unmarshaller = Unmarshaller(stream)
                    if reply := self.answer(call):
                        reply.serial = 1
                        stream.write(reply._marshall(False))  # noqa: FBT003 (dbus-fast's)
                        stream.flush()


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SessionBus]:
    path = tmp_path / "bus"
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={path}")
    serving = SessionBus()
    threads = []
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    threads.append(threading.Thread(target=serving.serve, args=[connection]))
                    threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        yield serving
        server.shutdown(socket.SHUT_RDWR)
        for thread in (accepting, *threads):
            thread.join()


def notice(bus: SessionBus) -> tuple[str, str, dict[str, object]]:
    (call,) = bus.notices
    _app, _replaces, _icon, title, body, _actions, hints, _expires = call.body
    return title, body, {name: hint.value for name, hint in hints.items()}


def test_a_name_stays_as_it_is_where_the_desktop_reads_markup(bus: SessionBus) -> None:
    (target,) = open_targets("dbus://")
    assert target.send(SALE) == Delivered()
    title, body, hints = notice(bus)
    assert title == SALE.title  # a summary is never markup
    assert body == "Acme &amp; Söhne\n2 x &lt;i&gt;Widget&lt;/i&gt;"
    assert hints == {"urgency": 1, "desktop-entry": "cashnotifyd"}


def test_nothing_is_escaped_where_the_desktop_reads_no_markup(bus: SessionBus) -> None:
    bus.capabilities = ["body"]
    (target,) = open_targets("dbus://")
    assert target.send(SALE) == Delivered()
    assert notice(bus)[1] == SALE.body


@pytest.mark.parametrize(
    ("url", "urgency", "level"),
    [
        ("dbus://", Urgency.EMERGENCY, 2),
        ("dbus://", Urgency.HIGH, 1),
        ("dbus://", Urgency.LOW, 0),
        ("dbus://?urgency=low", Urgency.EMERGENCY, 0),
        ("dbus://_/?urgency=emergency", Urgency.LOW, 2),
    ],
)
def test_an_emergency_stays_on_the_screen(bus: SessionBus, url: str, urgency: Urgency, level: int) -> None:
    (target,) = open_targets(url)
    assert target.send(Message(Kind.SALE, "Sale", "Acme", urgency)) == Delivered()
    assert notice(bus)[2]["urgency"] == level


def test_an_icon_goes_by_its_address(bus: SessionBus, tmp_path: Path) -> None:
    desktop.notify("Sale", "Acme", urgency=Urgency.NORMAL, icon=tmp_path / "acme logo.png", app_name="cashnotifyd")
    assert notice(bus)[2]["image-path"] == f"file://{tmp_path}/acme%20logo.png"


def test_the_icon_of_a_message_is_shown(bus: SessionBus, tmp_path: Path) -> None:
    (target,) = open_targets("dbus://")
    message = Message(Kind.SALE, "Sale", "Acme", Urgency.NORMAL, icon=Icon(None, str(tmp_path / "acme.png")))
    assert target.send(message) == Delivered()
    assert notice(bus)[2]["image-path"] == f"file://{tmp_path}/acme.png"


def test_a_desktop_that_shows_no_notices_is_surely_not_sent(bus: SessionBus) -> None:
    bus.fails_on = "GetCapabilities"
    (target,) = open_targets("dbus://")
    outcome = target.send(SALE)
    assert outcome == NotSent("nothing on this desktop shows notices (org.freedesktop.DBus.Error.ServiceUnknown)")


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("Hello", NotSent("the session bus cannot be reached (TimeoutError)")),
        ("GetCapabilities", NotSent("the session bus cannot be reached (TimeoutError)")),
        ("Notify", Unconfirmed("no answer in time")),
    ],
)
def test_a_desktop_that_hangs_is_not_waited_for(
    bus: SessionBus, monkeypatch: pytest.MonkeyPatch, call: str, expected: object
) -> None:
    monkeypatch.setattr(desktop, "_PATIENCE", 0.2)
    bus.silent_on = call
    (target,) = open_targets("dbus://")
    assert target.send(SALE) == expected


@pytest.mark.parametrize("address", ["unix:path=/nowhere/bus", "nonsense", None])
def test_without_a_session_it_fails_fast(monkeypatch: pytest.MonkeyPatch, address: str | None) -> None:
    if address is None:
        monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
        monkeypatch.setattr(os, "getuid", lambda: 4_000_000)
    else:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    (target,) = open_targets("dbus://")
    outcome = target.send(SALE)
    assert isinstance(outcome, NotSent)
    assert "session" in outcome.reason


def in_thread(function: Callable[[], object]) -> list[object]:
    got: list[object] = []
    thread = threading.Thread(target=lambda: got.append(function()))
    thread.start()
    thread.join()
    return got


async def test_a_thread_beside_a_running_loop_may_send(bus: SessionBus) -> None:
    (target,) = open_targets("dbus://")
    assert in_thread(lambda: target.send(SALE)) == [Delivered()]
    assert len(bus.notices) == 1
