"""Notices on a Linux desktop, by the freedesktop.org notification specification 1.2 over the session bus.

Apprise's own ``dbus://`` needs dbus-python, which compiles against the system's headers; dbus-fast comes as a wheel.

Whoever wants to hear of a click has to be on the bus when it comes, and a desktop may tell it to the sender of the
notice alone. So there is one connection for all notices, in a thread with a loop of its own.
"""

from __future__ import annotations

import asyncio
import html
import os
import re
import threading
import weakref
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import structlog

from cashnotifyd.delivery.browser import browse
from cashnotifyd.vocabulary import Urgency

if TYPE_CHECKING:
    from dbus_fast import Message
    from dbus_fast.aio import MessageBus

log = structlog.get_logger(__name__)

LinkOpener: TypeAlias = Callable[["MessageBus", str, str], Coroutine[Any, Any, None]]
"""Opens a link for the user: over the bus or not, the link, the desktop's activation token (may be empty)."""

_PATIENCE: Final = 5.0
_LEVELS: Final = {Urgency.LOW: 0, Urgency.NORMAL: 1, Urgency.HIGH: 1, Urgency.EMERGENCY: 2}
"""The specification's urgencies. Critical (2) stays on the screen until somebody closes it: emergencies alone do."""
_EXPIRIES: Final = {Urgency.HIGH: 60_000}
"""Milliseconds on the screen; -1, the desktop's own, for all others. What is high has the level of a sale and would go
after its few seconds. dunst keeps to it (measured with 1.9.0); GNOME Shell does not, says notify-send(1)."""
_LINK: Final = re.compile(r"https://dashboard\.stripe\.com/[\w/.?=&#%-]*", re.ASCII)
_TAG: Final = re.compile(r"<(?=[A-Za-z/!?])")
_LINK_TITLE: Final = "Stripe Dashboard"
_MOST_LINKS: Final = 200
"""Of how many notices the links are remembered. Not every desktop tells when a notice is gone."""
_UNTAKEN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
"""Signs that the bus does not carry (NUL, halves of surrogate pairs), that a desktop might obey, or that turn a line
around. The wording lets none through; a notice must not depend on it."""


@dataclass(frozen=True, slots=True)
class _Service:
    """A D-Bus object and the one interface of it that is called."""

    name: str
    path: str
    interface: str


_BUS: Final = _Service("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
_NOTIFICATIONS: Final = _Service(
    "org.freedesktop.Notifications", "/org/freedesktop/Notifications", "org.freedesktop.Notifications"
)
_PORTAL: Final = _Service(
    "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop", "org.freedesktop.portal.OpenURI"
)


class DesktopUnavailable(Exception):  # noqa: N818 (it names a state of the machine, not a mistake)
    """No notice was shown, and why."""


class Desktop:
    """The desktop of this user. Its first notice begins a thread, which ends with :meth:`close` or with this object."""

    def __init__(self, open_link: LinkOpener | None = None) -> None:
        self._open_link = open_link or open_by_portal
        self._beginning = threading.Lock()
        self._session: _Session | None = None

    def notify(
        self, title: str, body: str, *, urgency: Urgency, icon: Path | None, link: str | None, app_name: str
    ) -> None:
        """Shows one notice and returns when the desktop has taken it; blocks the calling thread for 5 s at most.

        ``title`` and ``body`` are plain text, whatever signs they hold. ``icon`` is an image file. While this object
        lives, a click on the notice opens ``link``, where the desktop tells of clicks and the link leads into Stripe's
        dashboard.

        Raises:
            DesktopUnavailable: nothing was shown: there is no session bus, or nothing on it that shows notices.
            TimeoutError: the desktop was asked and did not answer: the notice may appear yet.
        """
        notice = _Notice(
            app_name=app_name,
            title=_UNTAKEN.sub("", title),
            body=_UNTAKEN.sub("", body),
            level=_LEVELS[urgency],
            expiry=_EXPIRIES.get(urgency, -1),
            icon="" if icon is None else icon.absolute().as_uri(),
            link=link if link is not None and _LINK.fullmatch(link) else None,
        )
        address = _bus_address()
        self._begun().show(notice, address)

    def server(self) -> str:
        """What shows notices here, by its own name and version. Shows nothing; blocks for 5 s at most.

        Raises:
            DesktopUnavailable: there is no session bus, or nothing on it that shows notices.
        """
        return self._begun().server(_bus_address())

    def close(self) -> None:
        """Leaves the bus and waits until it is left. A notice after that begins anew."""
        with self._beginning:
            if self._session is not None:
                self._session.end()
                self._session.thread.join(_PATIENCE)
                self._session = None

    def _begun(self) -> _Session:
        with self._beginning:
            if self._session is None or not self._session.thread.is_alive():
                self._session = _Session(self._open_link)
                # Its thread keeps the session alive, and not this object: whoever owns it lets go of it at a reload.
                weakref.finalize(self, self._session.end)
            return self._session


@dataclass(frozen=True, slots=True)
class _Notice:
    app_name: str
    title: str
    body: str
    level: int
    expiry: int
    icon: str
    link: str | None


@dataclass(slots=True)
class _Clickable:
    link: str
    activation_token: str = ""


class _Session:
    """A thread on the session bus: shows notices and hears of clicks. A connection that was lost is made again."""

    def __init__(self, open_link: LinkOpener) -> None:
        self._open_link = open_link
        self._ending = asyncio.Event()
        self._connecting = asyncio.Lock()
        self._bus: MessageBus | None = None
        self._clickable: dict[tuple[str | None, int], _Clickable] = {}
        """By the unique name of the desktop's connection and the number that it gave the notice. Another desktop, or
        this one after a restart, gives the same numbers to notices of others."""
        self._opening: set[asyncio.Task[None]] = set()
        begun: Future[asyncio.AbstractEventLoop] = Future()
        # The end of the process does not wait for clicks.
        self.thread = threading.Thread(target=lambda: asyncio.run(self._live(begun)), name="desktop", daemon=True)
        self.thread.start()
        self._loop = begun.result()

    def show(self, notice: _Notice, address: str) -> None:
        """Called from another thread. Raises what :meth:`Desktop.notify` raises."""
        # It is patient itself: the second more is for a loop that has been ended meanwhile and answers nobody.
        asyncio.run_coroutine_threadsafe(self._show(notice, address), self._loop).result(_PATIENCE + 1)

    def server(self, address: str) -> str:
        """Called from another thread. Raises what :meth:`Desktop.server` raises."""
        return asyncio.run_coroutine_threadsafe(self._server(address), self._loop).result(_PATIENCE + 1)

    def end(self) -> None:
        """Called from any thread, even while its objects are collected; does not wait."""
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._ending.set)

    async def _live(self, begun: Future[asyncio.AbstractEventLoop]) -> None:
        begun.set_result(asyncio.get_running_loop())
        await self._ending.wait()
        async with self._connecting:
            await self._disconnect()

    async def _show(self, notice: _Notice, address: str) -> None:
        # Imported here because only a desktop needs it: 15 ms and 4 MiB beside a loaded asyncio, on CPython 3.11.
        from dbus_fast import Variant  # noqa: PLC0415
        from dbus_fast.errors import AuthError, DBusError, InvalidAddressError  # noqa: PLC0415

        asked = False
        try:
            async with asyncio.timeout(_PATIENCE):
                bus = await self._connected(address)
                capabilities = (await _call(bus, _NOTIFICATIONS, "GetCapabilities", "", [])).body[0]
                body = _shown_by(capabilities, notice.body)
                hints = {"urgency": Variant("y", notice.level), "desktop-entry": Variant("s", notice.app_name)}
                if notice.icon:
                    hints["image-path"] = Variant("s", notice.icon)
                link = notice.link if "actions" in capabilities else None
                actions = ["default", _LINK_TITLE] if link else []
                content = [notice.app_name, 0, notice.icon, notice.title, body, actions, hints, notice.expiry]
                asked = True
                reply = await _call(bus, _NOTIFICATIONS, "Notify", "susssasa{sv}i", content)
        except (OSError, EOFError, AuthError, InvalidAddressError) as error:  # a TimeoutError is an OSError
            if asked:
                raise TimeoutError("the desktop did not answer") from error
            raise DesktopUnavailable(f"the session bus cannot be reached ({type(error).__name__})") from error
        except DBusError as error:
            raise DesktopUnavailable(f"nothing on this desktop shows notices ({error.type})") from error
        # A desktop may put a notice in the place of an earlier one that reads alike, under its number.
        self._clickable.pop((reply.sender, reply.body[0]), None)
        if link:
            self._clickable[reply.sender, reply.body[0]] = _Clickable(link)
            if len(self._clickable) > _MOST_LINKS:
                del self._clickable[next(iter(self._clickable))]

    async def _server(self, address: str) -> str:
        from dbus_fast.errors import AuthError, DBusError, InvalidAddressError  # noqa: PLC0415 (see _show)

        try:
            async with asyncio.timeout(_PATIENCE):
                bus = await self._connected(address)
                name, _, version, *_ = (await _call(bus, _NOTIFICATIONS, "GetServerInformation", "", [])).body
        except (OSError, EOFError, AuthError, InvalidAddressError) as error:
            raise DesktopUnavailable(f"the session bus cannot be reached ({type(error).__name__})") from error
        except DBusError as error:
            raise DesktopUnavailable(f"nothing on this desktop shows notices ({error.type})") from error
        return f"{name} {version}".strip()

    async def _connected(self, address: str) -> MessageBus:
        """The connection, made anew where the bus has gone away; signals of the desktop come in over it."""
        from dbus_fast import Message, MessageFlag  # noqa: PLC0415 (see _show)
        from dbus_fast.aio import MessageBus  # noqa: PLC0415

        async with self._connecting:
            if self._bus is None or not self._bus.connected:
                self._clickable.clear()  # another bus gives the same unique names to others
                self._bus = await MessageBus(bus_address=address).connect()
                self._bus.add_message_handler(self._heard)
                rule = f"type='signal',sender='{_NOTIFICATIONS.name}',interface='{_NOTIFICATIONS.interface}'"
                await self._bus.send(
                    Message(
                        destination=_BUS.name,
                        path=_BUS.path,
                        interface=_BUS.interface,
                        member="AddMatch",
                        signature="s",
                        body=[rule],
                        flags=MessageFlag.NO_REPLY_EXPECTED,
                    )
                )
            return self._bus

    async def _disconnect(self) -> None:
        if self._bus is not None:
            self._bus.disconnect()
            with suppress(OSError, EOFError):
                async with asyncio.timeout(_PATIENCE):
                    # Or the loop would end before the socket is closed.
                    await self._bus.wait_for_disconnect()  # type: ignore[no-untyped-call]

    def _heard(self, message: Message) -> None:
        match message.interface, message.member, message.body:
            case _NOTIFICATIONS.interface, "ActivationToken", [int(number), str(token)]:
                if clickable := self._clickable.get((message.sender, number)):
                    clickable.activation_token = token
            case _NOTIFICATIONS.interface, "ActionInvoked", [int(number), "default"]:
                if self._bus and (clickable := self._clickable.pop((message.sender, number), None)):
                    opening = self._loop.create_task(
                        self._open_link(self._bus, clickable.link, clickable.activation_token)
                    )
                    self._opening.add(opening)
                    opening.add_done_callback(self._opening.discard)
            case _NOTIFICATIONS.interface, "NotificationClosed", [int(number), *_]:  # its number is void by now
                self._clickable.pop((message.sender, number), None)


async def open_by_portal(bus: MessageBus, link: str, activation_token: str) -> None:
    """Has the desktop's portal open ``link``, which a confined process may ask for; without one, a browser is started.

    ``activation_token`` lets the browser's window come to the front; it may be empty.
    """
    from dbus_fast import Variant  # noqa: PLC0415 (see _show)
    from dbus_fast.errors import DBusError  # noqa: PLC0415

    options = {"activation_token": Variant("s", activation_token)} if activation_token else {}
    try:
        async with asyncio.timeout(_PATIENCE):
            await _call(bus, _PORTAL, "OpenURI", "ssa{sv}", ["", link, options])
    except (DBusError, OSError, EOFError) as error:
        log.info("no portal opens links, a browser is started", reason=str(error) or type(error).__name__)
        browse(link, activation_token)


def _shown_by(capabilities: list[str], body: str) -> str:
    """``body`` so that a desktop shows it as it is, whether it reads markup or not. A title is never markup."""
    if "body-markup" in capabilities:
        return html.escape(body, quote=False)
    if "body-hyperlinks" in capabilities:
        # dunst 1.9.0 says only this where its configuration does not set "markup", and reads every tag all the same.
        return _TAG.sub("\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}", body)
    return body


def _bus_address() -> str:
    """The session bus of this user: as the session says, else where systemd puts it (units get no environment)."""
    if address := os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return address
    socket = Path(f"/run/user/{os.getuid()}/bus")
    if socket.exists():
        return f"unix:path={socket}"
    raise DesktopUnavailable(
        "this user has no desktop session (no session bus): run the daemon as the user who is logged in"
    )


async def _call(bus: MessageBus, service: _Service, member: str, signature: str, body: list[Any]) -> Message:
    """The reply. Raises DBusError where it says no."""
    from dbus_fast import Message, MessageType  # noqa: PLC0415 (see _show)
    from dbus_fast.errors import DBusError  # noqa: PLC0415

    reply = await bus.call(
        Message(
            destination=service.name,
            path=service.path,
            interface=service.interface,
            member=member,
            signature=signature,
            body=body,
        )
    )
    if reply.message_type is MessageType.ERROR:
        name = reply.error_name or "org.freedesktop.DBus.Error.Failed"
        raise DBusError(name, name)
    return reply
