"""Speaks to the service manager that started the daemon, and judges whether the daemon still gets on.

The protocol of sd_notify(3): a datagram of ``KEY=value`` lines to the Unix socket named in ``$NOTIFY_SOCKET``. Started
by hand or by launchd there is no such socket, and every notice is for nobody.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import structlog

_log = structlog.stdlib.get_logger(__name__)

_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class ServiceManager:
    """Whom to tell, and how often it wants a sign of life.

    ``address`` is the socket's path, or its name after an ``@`` in Linux's abstract namespace. ``watchdog_interval`` is
    in seconds: half of the time after which the manager takes the daemon for hung, as sd_watchdog_enabled(3) advises.
    """

    address: str | None = None
    watchdog_interval: float | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """The manager that these variables tell of. A watchdog that waits for another process is not ours to feed."""
        microseconds = environ.get("WATCHDOG_USEC", "")
        ours = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        watched = ours and microseconds.isdecimal() and int(microseconds) > 0
        return cls(
            address=environ.get("NOTIFY_SOCKET") or None,
            watchdog_interval=int(microseconds) / _MICROSECONDS / 2 if watched else None,
        )

    def ready(self) -> None:
        """Start-up, or a reload, is over."""
        self._tell("READY=1")

    def status(self, text: str) -> None:
        """What `systemctl status` shows. One line: a line break would begin a notice of its own."""
        self._tell("STATUS=" + " ".join(text.split()))

    def reloading(self) -> None:
        """A reload begins; :meth:`ready` ends it. The time lets the manager tell one reload from the next."""
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """The daemon has begun to stop."""
        self._tell("STOPPING=1")

    def feed_watchdog(self) -> None:
        """A sign of life, due every :attr:`watchdog_interval` seconds."""
        self._tell("WATCHDOG=1")

    def _tell(self, notice: str) -> None:
        if self.address is None:
            return
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
            door.setblocking(False)  # noqa: FBT003 (socket's signature) - a manager that does not read must not stop us
            try:
                door.sendto(notice.encode(), address)
            except OSError as problem:
                _log.warning("the service manager did not take a notice", notice=notice, problem=str(problem))


@dataclass(slots=True)
class Progress:
    """Who promised to get on by when. Times are seconds of a monotonic clock.

    The watchdog is fed only while nobody is overdue: fed by a timer of its own it would call a daemon alive whose work
    hangs.
    """

    _due: dict[str, float] = field(default_factory=dict)

    def beat(self, name: str, within: float, now: float) -> None:
        """``name`` got on, and will again in at most ``within`` seconds."""
        self._due[name] = now + within

    def forget(self, name: str) -> None:
        """``name`` is done, and promises nothing more."""
        self._due.pop(name, None)

    def overdue(self, now: float) -> list[str]:
        """Those whose time is up, longest overdue first."""
        return [name for _, name in sorted((due, name) for name, due in self._due.items() if due < now)]
