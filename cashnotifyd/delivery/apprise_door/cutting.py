"""The connections of a send, so that another thread can end it.

Every limit that Apprise sets is of one read: a service that sends a byte a second keeps within it for ever. So what a
send connects is noted, and is shut down when the send is given up. Sockets have no hook either, hence
``socket.socket.connect`` is wrapped, once and for the process; what is not part of a send passes through untouched.
"""

from __future__ import annotations

import functools
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, Final, Self


class GivenUp(Exception):  # noqa: N818 (it names what was decided, not a mistake)
    """The send was given up meanwhile: nothing more may leave for it."""


class Connections:
    """Those that are made in the thread that entered it, until it is left."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: list[socket.socket] = []
        self._opened: Token[Connections | None] | None = None
        self.given_up = False

    def __enter__(self) -> Self:
        self._opened = _OPEN.set(self)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        if self._opened is not None:
            _OPEN.reset(self._opened)
        with self._lock:
            for one in self._kept:
                one.close()
            self._kept.clear()

    def give_up(self) -> None:
        """Cut what there is, and let nothing more be connected. From any thread."""
        with self._lock:
            self.given_up = True
            for one in self._kept:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def check(self) -> None:
        """Raises GivenUp."""
        if self.given_up:
            raise GivenUp

    def keep(self, connected: socket.socket) -> None:
        """Note one. By a descriptor of its own: TLS takes the first one out of its socket."""
        with self._lock:
            self.check()
            self._kept.append(socket.socket(fileno=os.dup(connected.fileno())))


def check_not_given_up() -> None:
    """Raises GivenUp where this is part of a send that was."""
    if (connections := _OPEN.get()) is not None:
        connections.check()


_OPEN: Final[ContextVar[Connections | None]] = ContextVar("open connections", default=None)


def _noted(connect: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(connect)
    def connecting(self: socket.socket, address: Any) -> None:  # noqa: ANN401 (as there)
        connections = _OPEN.get()
        if connections is None:
            connect(self, address)
            return
        connections.check()
        connect(self, address)
        connections.keep(self)

    return connecting


socket.socket.connect = _noted(socket.socket.connect)  # type: ignore[method-assign]  # (see the module's docstring)
