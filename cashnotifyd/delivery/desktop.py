"""Notices on a Linux desktop, by the freedesktop.org notification specification 1.2 over the session bus.

Apprise's own ``dbus://`` needs dbus-python, which compiles against the system's headers; dbus-fast comes as a wheel.
"""

from __future__ import annotations

import asyncio
import html
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cashnotifyd.vocabulary import Urgency

if TYPE_CHECKING:
    from dbus_fast.aio import MessageBus

_PATIENCE: Final = 5.0
_SERVICE: Final = "org.freedesktop.Notifications"
_LEVELS: Final = {Urgency.LOW: 0, Urgency.NORMAL: 1, Urgency.HIGH: 1, Urgency.EMERGENCY: 2}
"""The specification's urgencies. Critical (2) stays on the screen until somebody closes it: emergencies alone do."""


class DesktopUnavailable(Exception):  # noqa: N818 (it names a state of the machine, not a mistake)
    """No notice was shown, and why."""


def notify(title: str, body: str, *, urgency: Urgency, icon: Path | None, app_name: str) -> None:
    """Shows one notice and returns when the desktop has taken it; blocks the calling thread for 5 s at most.

    ``title`` and ``body`` are plain text, whatever signs they hold. ``icon`` is an image file.

    Raises:
        DesktopUnavailable: nothing was shown: there is no session bus, or nothing on it that shows notices.
        TimeoutError: the desktop was asked and did not answer: the notice may appear yet.
    """
    asyncio.run(_notify(title, body, urgency, None if icon is None else icon.absolute().as_uri(), app_name))


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


async def _notify(title: str, body: str, urgency: Urgency, icon: str | None, app_name: str) -> None:
    # Imported here because only a desktop needs it: 15 ms and 4 MiB beside a loaded asyncio, on CPython 3.11.
    from dbus_fast import Variant  # noqa: PLC0415
    from dbus_fast.errors import AuthError, DBusError, InvalidAddressError  # noqa: PLC0415

    asked = False
    try:
        async with asyncio.timeout(_PATIENCE), _session_bus(_bus_address()) as bus:
            if "body-markup" in await _call(bus, "GetCapabilities", "", []):
                body = html.escape(body, quote=False)
            hints = {"urgency": Variant("y", _LEVELS[urgency]), "desktop-entry": Variant("s", app_name)}
            if icon is not None:
                hints["image-path"] = Variant("s", icon)
            asked = True
            await _call(bus, "Notify", "susssasa{sv}i", [app_name, 0, "", title, body, [], hints, -1])
    except (OSError, EOFError, AuthError, InvalidAddressError) as error:  # a TimeoutError is an OSError
        if asked:
            raise TimeoutError("the desktop did not answer") from error
        raise DesktopUnavailable(f"the session bus cannot be reached ({type(error).__name__})") from error
    except DBusError as error:
        raise DesktopUnavailable(f"nothing on this desktop shows notices ({error.type})") from error


@asynccontextmanager
async def _session_bus(address: str) -> AsyncIterator[MessageBus]:
    from dbus_fast.aio import MessageBus  # noqa: PLC0415 (see _notify)

    bus = await MessageBus(bus_address=address).connect()
    try:
        yield bus
    finally:
        bus.disconnect()
        with suppress(OSError, EOFError):
            # Or the loop would end before the socket is closed.
            await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]


async def _call(bus: MessageBus, member: str, signature: str, body: list[Any]) -> list[str]:
    """Calls the notification service; answers the first value that it returned."""
    from dbus_fast import Message, MessageType  # noqa: PLC0415 (see _notify)
    from dbus_fast.errors import DBusError  # noqa: PLC0415

    reply = await bus.call(
        Message(
            destination=_SERVICE,
            path="/org/freedesktop/Notifications",
            interface=_SERVICE,
            member=member,
            signature=signature,
            body=body,
        )
    )
    if reply.message_type is MessageType.ERROR:
        raise DBusError(reply.error_name or "org.freedesktop.DBus.Error.Failed", "")
    answer: list[str] = reply.body[0]
    return answer
