"""The desktop's notices, against a session bus of a few lines; a real bus with a real dunst is in tests/real."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import socket
import stat
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from cashnotifyd.delivery import browser, desktop
from cashnotifyd.delivery.apprise_door.urls import open_targets
from cashnotifyd.delivery.desktop import Desktop
from cashnotifyd.delivery.outcome import Delivered, NotSent, Unconfirmed
from cashnotifyd.vocabulary import Icon, Kind, Message, Urgency

if sys.platform != "linux":
    pytest.skip("notices over a session bus are Linux's", allow_module_level=True)

import dbus_fast
from dbus_fast._private.unmarshaller import Unmarshaller
from dbus_fast.aio import MessageBus

from tests.running import PATIENCE

LINK = "https://dashboard.stripe.com/acct_1/payments/pi_1"
SALE = Message(Kind.SALE, "€49.00 from <b>Zoë</b>", "Acme & Söhne\n2 x <i>Widget</i>", Urgency.NORMAL, LINK)
SERVER = ":1.9"


@dataclass
class SessionBus:
    """A bus, the notification service and the portal on it in one; ``silent_on`` names a call that it never answers."""

    path: Path
    capabilities: list[str] = field(default_factory=lambda: ["actions", "body", "body-markup"])
    silent_on: str | None = None
    fails_on: str | None = None
    stacked: int | None = None
    """The number of the next notices, which stand in the place of an earlier one."""
    notices: list[dbus_fast.Message] = field(default_factory=list)
    opened: SimpleQueue[tuple[str, dict[str, str]]] = field(default_factory=SimpleQueue)
    """What the portal was asked to open."""
    connections: list[socket.socket] = field(default_factory=list)
    made: int = 0
    _writing: threading.Lock = field(default_factory=threading.Lock)
    _threads: list[threading.Thread] = field(default_factory=list)

    def click(self, number: int, key: str = "default", sender: str = SERVER) -> None:
        self.signal("ActionInvoked", "us", number, key, sender=sender)

    def signal(self, member: str, signature: str, *body: object, sender: str = SERVER) -> None:
        told = dbus_fast.Message.new_signal(
            "/org/freedesktop/Notifications", "org.freedesktop.Notifications", member, signature, list(body)
        )
        for connection in self.connections:
            self._write(connection, told, sender)

    def vanish(self) -> None:
        """Ends every connection. The next one is taken again, by a bus that counts its notices from 1."""
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self.notices.clear()

    def accept(self, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                self.made += 1
                self._threads.append(threading.Thread(target=self._serve, args=[connection]))
                self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rwb") as stream:
            stream.readline()
            stream.write(b"OK 1234deadbeef1234deadbeef1234dead\r\n")
            stream.flush()
            while stream.readline() not in (b"BEGIN\r\n", b""):
                pass
            self.connections.append(connection)
            with contextlib.suppress(EOFError, ConnectionError):
                while call := Unmarshaller(stream).unmarshall():
                    if reply := self._answer(call):
                        self._write(connection, reply, SERVER)
            self.connections.remove(connection)

    def _write(self, connection: socket.socket, message: dbus_fast.Message, sender: str) -> None:
        message.serial = 1
        with self._writing:
            connection.sendall(stamped(bytes(message._marshall(False)), sender))  # noqa: FBT003 (dbus-fast's)

    def _answer(self, call: dbus_fast.Message) -> dbus_fast.Message | None:
        if call.member == "Notify":
            self.notices.append(call)
        if call.member == self.silent_on or call.flags & dbus_fast.MessageFlag.NO_REPLY_EXPECTED:
            return None
        if call.member == self.fails_on:
            return dbus_fast.Message.new_error(call, "org.freedesktop.DBus.Error.ServiceUnknown", "")
        if call.member == "OpenURI":
            window, link, options = call.body
            assert window == ""
            self.opened.put((link, {name: value.value for name, value in options.items()}))
        signature, body = {
            "Hello": ("s", [":1.1"]),
            "GetCapabilities": ("as", [self.capabilities]),
            "Notify": ("u", [self.stacked or len(self.notices)]),
            "GetServerInformation": ("ssss", ["dunst", "knopwob", "1.9.0", "1.2"]),
            "OpenURI": ("o", ["/org/freedesktop/portal/desktop/request/1_1/t"]),
        }[str(call.member)]
        return dbus_fast.Message.new_method_return(call, signature, body)  # type: ignore[arg-type]


def stamped(message: bytes, sender: str) -> bytes:
    """As a bus passes it on: with the sender's name among its header fields, where dbus-fast itself writes none.

    The fields begin at byte 16 with their length before them; each begins at a multiple of 8, as does the body.
    """

    def padded(part: bytes) -> bytes:
        return part + bytes(-len(part) % 8)

    (length,) = struct.unpack_from("<I", message, 12)
    name = sender.encode()
    fields = padded(message[16 : 16 + length]) + b"\x07\x01s\0" + struct.pack("<I", len(name)) + name + b"\0"
    return (
        message[:12] + struct.pack("<I", len(fields)) + padded(fields) + message[len(padded(message[: 16 + length])) :]
    )


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SessionBus]:
    serving = SessionBus(tmp_path / "bus")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={serving.path}")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(serving.path))
        server.listen()
        accepting = threading.Thread(target=serving.accept, args=[server])
        accepting.start()
        yield serving
        server.shutdown(socket.SHUT_RDWR)
        accepting.join()
        serving.vanish()


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


@pytest.mark.fault(38, measured="0 tags")
def test_no_tag_is_left_where_the_desktop_reads_some(bus: SessionBus) -> None:
    bus.capabilities = ["body", "body-hyperlinks"]
    (target,) = open_targets("dbus://")
    body = "<a href='https://evil.example'>here</a> <!-- 1 < 2 & 3 <- 4"
    assert target.send(Message(Kind.SALE, "Sale", body, Urgency.NORMAL)) == Delivered()
    assert notice(bus)[1] == body.replace("<a", "\u2039a").replace("</", "\u2039/").replace("<!", "\u2039!")


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


@pytest.mark.parametrize(
    ("urgency", "milliseconds"),
    [(Urgency.EMERGENCY, -1), (Urgency.HIGH, 60_000), (Urgency.NORMAL, -1), (Urgency.LOW, -1)],
)
def test_what_is_urgent_stays_longer_than_a_sale(bus: SessionBus, urgency: Urgency, milliseconds: int) -> None:
    (target,) = open_targets("dbus://")
    assert target.send(Message(Kind.DISPUTE, "Dispute", "Acme", urgency)) == Delivered()
    (call,) = bus.notices
    assert call.body[-1] == milliseconds


def test_the_icon_of_a_message_goes_by_its_address(bus: SessionBus, tmp_path: Path) -> None:
    (target,) = open_targets("dbus://")
    message = Message(Kind.SALE, "Sale", "Acme", Urgency.NORMAL, icon=Icon(None, str(tmp_path / "acme logo.png")))
    assert target.send(message) == Delivered()
    assert notice(bus)[2]["image-path"] == f"file://{tmp_path}/acme%20logo.png"
    assert bus.notices[0].body[2] == f"file://{tmp_path}/acme%20logo.png"  # for a desktop that knows no such hint


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
    ask = desktop._call

    async def impatiently(connection: MessageBus, whom: Any, member: str, *words: Any) -> Any:  # noqa: ANN401
        """The answers before take as long as they take: without them, it would be another outcome."""
        async with asyncio.timeout(0.2 if member == "Notify" else None):
            return await ask(connection, whom, member, *words)

    if call == "Notify":
        monkeypatch.setattr(desktop, "_call", impatiently)
    else:
        monkeypatch.setattr(desktop, "_PATIENCE", 0.2)
    bus.silent_on = call
    (target,) = open_targets("dbus://")
    assert target.send(SALE) == expected


@pytest.mark.fault(21, measured="0 crashes")
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


def test_what_shows_notices_is_known_without_showing_one(bus: SessionBus) -> None:
    assert Desktop().server() == "dunst 1.9.0"
    assert bus.notices == []
    bus.fails_on = "GetServerInformation"
    with pytest.raises(desktop.DesktopUnavailable, match="nothing on this desktop shows notices"):
        Desktop().server()


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


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("nul\x00, \x1b[31mred\x1b[0m, \ud800 and \u202egnorw\u202c", "nul, [31mred[0m,  and gnorw"),
        ("a\tb\nc\u202fd\xa0€ 👩‍💻", "a\tb\nc\u202fd\xa0€ 👩‍💻"),
    ],
)
def test_no_sign_is_refused_and_none_is_obeyed(bus: SessionBus, written: str, shown: str) -> None:
    (target,) = open_targets("dbus://")
    assert target.send(Message(Kind.SALE, written, written, Urgency.NORMAL)) == Delivered()
    assert notice(bus)[:2] == (shown, shown)


def test_what_would_cover_the_screen_is_cut_with_a_sign(bus: SessionBus) -> None:
    bus.capabilities = ["body"]
    (target,) = open_targets("dbus://")
    assert target.send(Message(Kind.SALE, "<b>" * 2000, "<i>" * 2000, Urgency.NORMAL)) == Delivered()
    title, body, _ = notice(bus)
    assert (len(title), title[-1], len(body), body[-1]) == (250, "…", 2000, "…")


class Clicks:
    """A desktop whose links are opened here, and how its notices are shown in one word."""

    def __init__(self) -> None:
        self.opened: SimpleQueue[tuple[str, str]] = SimpleQueue()
        self.desktop = Desktop(self._open)

    async def _open(self, bus: MessageBus, link: str, activation_token: str) -> None:
        assert bus.connected
        self.opened.put((link, activation_token))

    def show(self, link: str | None) -> None:
        self.desktop.notify("Sale", "Acme", urgency=Urgency.NORMAL, icon=None, link=link, app_name="cashnotifyd")

    def next(self) -> str:
        return self.opened.get(timeout=PATIENCE)[0]


@pytest.fixture
def clicks(bus: SessionBus) -> Iterator[Clicks]:
    assert not bus.made
    clicks = Clicks()
    yield clicks
    clicks.desktop.close()


def page(number: int) -> str:
    return f"https://dashboard.stripe.com/payments/pi_{number}"


def actions(bus: SessionBus) -> list[list[str]]:
    return [call.body[5] for call in bus.notices]


def test_a_click_opens_the_link_once(bus: SessionBus, clicks: Clicks) -> None:
    clicks.show(page(1))
    clicks.show(page(2))
    assert actions(bus) == [["default", "Stripe Dashboard"]] * 2
    bus.click(1)
    bus.click(1)
    bus.signal("NotificationClosed", "uu", 1, 2)
    bus.click(1)
    bus.click(2)
    assert [clicks.next(), clicks.next()] == [page(1), page(2)]
    assert clicks.opened.empty()
    assert bus.made == 1


def test_a_browser_may_come_to_the_front(bus: SessionBus, clicks: Clicks) -> None:
    clicks.show(LINK)
    bus.signal("ActivationToken", "us", 2, "another's")
    bus.signal("ActivationToken", "us", 1, "gnome-shell/1_TIME2")
    bus.click(1)
    assert clicks.opened.get(timeout=PATIENCE) == (LINK, "gnome-shell/1_TIME2")


@pytest.mark.parametrize(
    ("number", "key", "sender"),
    [(7, "default", SERVER), (1, "settings", SERVER), (1, "default", ":1.66")],
)
def test_a_click_on_a_foreign_notice_opens_nothing(
    bus: SessionBus, clicks: Clicks, number: int, key: str, sender: str
) -> None:
    clicks.show(page(1))
    clicks.show(page(2))
    bus.click(number, key, sender)
    bus.signal("ActionInvoked", "s", "what is this")
    bus.signal("ActivationToken", "uu", 1, 1)
    bus.click(2)
    assert clicks.next() == page(2)
    assert clicks.opened.empty()


def test_a_notice_that_was_closed_opens_nothing(bus: SessionBus, clicks: Clicks) -> None:
    for number in (1, 2, 3):
        clicks.show(page(number))
    for number, reason in ((1, 1), (2, 2)):
        bus.signal("NotificationClosed", "uu", number, reason)
        bus.click(number)
    bus.click(3)
    assert clicks.next() == page(3)
    assert clicks.opened.empty()


def test_a_notice_in_the_place_of_another_has_its_own_link_or_none(bus: SessionBus, clicks: Clicks) -> None:
    for stacked, link in ((1, page(1)), (1, page(2)), (2, page(3)), (2, None), (3, page(4))):
        bus.stacked = stacked
        clicks.show(link)
    for number in (1, 2, 3):
        bus.click(number)
    assert [clicks.next(), clicks.next()] == [page(2), page(4)]
    assert clicks.opened.empty()


def test_the_oldest_links_are_forgotten(bus: SessionBus, clicks: Clicks) -> None:
    for number in range(1, 202):
        clicks.show(page(number))
    bus.click(1)
    bus.click(2)
    bus.click(201)
    assert [clicks.next(), clicks.next()] == [page(2), page(201)]
    assert clicks.opened.empty()


def test_a_desktop_that_tells_of_no_clicks_is_given_no_action(bus: SessionBus, clicks: Clicks) -> None:
    bus.capabilities = ["body"]
    clicks.show(LINK)
    bus.capabilities = ["actions"]
    clicks.show(None)
    clicks.show(page(3))
    assert actions(bus) == [[], [], ["default", "Stripe Dashboard"]]
    for number in (1, 2, 3):
        bus.click(number)
    assert clicks.next() == page(3)


@pytest.mark.parametrize(
    "link",
    [
        "http://dashboard.stripe.com/payments/pi_1",
        "https://dashboard.stripe.com.example.org/",
        "https://dashboard.stripe.com@example.org/",
        "https://dashboard.stripe.com",
        "file:///etc/passwd",
        "https://dashboard.stripe.com/$(id)",
        "https://dashboard.stripe.com/payments/pi_1\n--help",
        "--help",
        "",
    ],
)
def test_only_a_page_of_the_dashboard_is_opened(bus: SessionBus, clicks: Clicks, link: str) -> None:
    clicks.show(link)
    assert actions(bus) == [[]]


def test_the_bus_may_vanish_between_notices(bus: SessionBus, clicks: Clicks) -> None:
    clicks.show(page(1))
    bus.vanish()
    clicks.show(page(2))
    assert bus.made == 2
    bus.click(1)  # the new bus's first notice is the second one
    assert clicks.next() == page(2)


def test_two_notices_at_once_are_two(bus: SessionBus, clicks: Clicks) -> None:
    threads = [threading.Thread(target=clicks.show, args=[page(number)]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(bus.notices) == 8
    assert bus.made == 1
    for number in range(1, 9):
        bus.click(number)
    assert {clicks.next() for _ in range(8)} == {page(number) for number in range(8)}


def test_after_its_end_it_begins_anew(bus: SessionBus, clicks: Clicks) -> None:
    clicks.desktop.close()
    clicks.show(page(1))
    clicks.desktop.close()
    clicks.desktop.close()
    clicks.show(page(2))
    assert bus.made == 2
    bus.click(2)
    assert clicks.next() == page(2)


def listeners() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "desktop"]


def test_nobody_listens_for_a_channel_that_is_gone_and_the_end_waits_for_nobody(bus: SessionBus) -> None:
    before = listeners()
    (target,) = open_targets("dbus://")
    assert not set(listeners()) - set(before)
    for _ in range(3):
        assert target.send(SALE) == Delivered()
    (listening,) = set(listeners()) - set(before)
    assert listening.daemon
    assert bus.made == 1
    del target
    gc.collect()
    listening.join(PATIENCE)
    assert not listening.is_alive()


@pytest.mark.parametrize("token", ["", "token_1"])
def test_the_portal_opens_the_link_of_a_message(bus: SessionBus, token: str) -> None:
    (target,) = open_targets("dbus://")
    assert target.send(SALE) == Delivered()
    if token:
        bus.signal("ActivationToken", "us", 1, token)
    bus.click(1)
    assert bus.opened.get(timeout=PATIENCE) == (LINK, {"activation_token": token} if token else {})


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the PATH where xdg-open and systemd-run tell in ``told`` how they were started."""
    told = tmp_path / "told"
    os.mkfifo(told)
    for name in ("xdg-open", "systemd-run"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        session = "read -r _ _ _ _ _ session _ </proc/$$/stat"
        program.write_text(f'#!/bin/sh\n{session}\n{{ echo {name} "$@"; env; echo $session; echo $$; }} >{told}\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    monkeypatch.setenv("SHOP_STRIPE_KEY", "rk_live_secret")
    monkeypatch.setenv("DISPLAY", ":99")
    monkeypatch.delenv("SYSTEMD_EXEC_PID", raising=False)
    yield told
    for thread in threading.enumerate():
        if thread.name == "browser":
            thread.join()


@pytest.mark.parametrize("fault", ["fails", "hangs"])
def test_without_a_portal_a_browser_is_started(
    bus: SessionBus, programs: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    if fault == "fails":
        bus.fails_on = "OpenURI"
    else:
        bus.silent_on = "OpenURI"
    (target,) = open_targets("dbus://")
    assert target.send(SALE) == Delivered()
    if fault == "hangs":
        monkeypatch.setattr(desktop, "_PATIENCE", 0.3)
    bus.signal("ActivationToken", "us", 1, "token_1")
    bus.click(1)
    started, *variables, session, pid = programs.read_text().splitlines()
    assert started == f"xdg-open {LINK}"
    assert {"XDG_ACTIVATION_TOKEN=token_1", "DISPLAY=:99"} <= set(variables)
    assert not any("secret" in variable for variable in variables)
    assert session == pid  # it does not end with the daemon's terminal


def test_a_confined_daemon_has_the_browser_started_outside() -> None:
    confined = {"SYSTEMD_EXEC_PID": "7"}
    run = ["systemd-run", "--user", "--collect", "--quiet"]
    assert browser.command(LINK, "", confined, 7) == [*run, "--", "xdg-open", LINK]
    assert browser.command(LINK, "t 1", confined, 7) == [
        *run,
        "--setenv=XDG_ACTIVATION_TOKEN=t 1",
        "--",
        "xdg-open",
        LINK,
    ]
    assert browser.command(LINK, "", confined, 8) == ["xdg-open", LINK]  # a shell's child inherits the variable
