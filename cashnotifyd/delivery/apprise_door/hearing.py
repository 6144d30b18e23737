"""What a service answered, and what Apprise says of a failure's cause.

Apprise 2.2 answers yes or no, and speaks of causes only in its log, in English and on levels that also print tokens. So
while a plugin sends, this module listens in two places. From the log it takes the exception that is being handled when
a line is written, not the line. From requests, which all plugins use, it takes the answers: their status, and how long
a service asks to wait, which no log line has.

requests has no hook for what other code sends with it (its hooks and adapters belong to a session, and each plugin
makes its own), so ``Session.send`` is wrapped, once and for the process. A thread that opened no :class:`Ear` passes
through untouched.
"""

from __future__ import annotations

import functools
import logging
import sys
import threading
from collections.abc import Callable
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, Final, Self

import requests

from cashnotifyd.delivery.apprise_door.answers import Answer
from cashnotifyd.delivery.failures import is_of_transport

_LOG: Final = logging.getLogger("apprise")
_PART: Final = 64 * 1024
_LONGEST_ANSWER: Final = 1024 * 1024
"""Bytes. What services say of a message fits a thousandth of it."""

_LOG.propagate = False
_LOG.setLevel(logging.DEBUG)
# At DEBUG the HTTP client beneath Apprise logs request paths, and those hold bot tokens.
logging.getLogger("urllib3").setLevel(logging.WARNING)


class AskedToWait(Exception):  # noqa: N818 (it names what the service said, not a mistake)
    """A plugin would have asked a service again that had just answered that it gets too many requests."""


class Ear(logging.Handler):
    """Hears what Apprise logs and is answered in the thread that opened it, while it is open.

    Of lines below WARNING it takes the exception alone: their text holds tokens, headers and bodies.
    """

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._thread = threading.get_ident()
        self._older = sys.exception()
        self._opened: Token[Ear | None] | None = None
        self.warnings: list[str] = []
        self.causes: list[BaseException] = []
        self.answers: list[Answer] = []

    def __enter__(self) -> Self:
        _LOG.addHandler(self)
        self._opened = _OPEN.set(self)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        if self._opened is not None:
            _OPEN.reset(self._opened)
        _LOG.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps the record's text if it is a warning, and the failure of transport that it was written for."""
        if threading.get_ident() != self._thread:
            return
        cause = sys.exception()
        if cause is not None and is_of_transport(cause) and cause is not self._older and cause not in self.causes:
            self.causes.append(cause)
        if record.levelno >= logging.WARNING:
            self.warnings.append(record.getMessage())

    def ask(self, send: Callable[[], requests.Response]) -> requests.Response:
        """One request of a plugin's. Discord's and Matrix's would repeat theirs at once, or after a sleep.

        Raises:
            AskedToWait: the service has answered a request of this very message that it gets too many.
        """
        if any(answer.throttles for answer in self.answers):
            raise AskedToWait
        response = send()
        # One that streams is left to whoever reads it.
        read = response.content if isinstance(response._content, bytes) else b""  # noqa: SLF001 (there is no public way to ask whether a body was read)
        self.answers.append(Answer(response.status_code, response.headers, read))
        return response


def _bounded(response: requests.Response) -> requests.Response:
    """The answer with the beginning of its body. requests itself would read one without an end until memory has one."""
    taken = bytearray()
    for part in response.iter_content(_PART):
        taken += part
        if len(taken) >= _LONGEST_ANSWER:
            response.close()
            break
    response._content = bytes(taken)  # noqa: SLF001 (as requests does it)
    response._content_consumed = True  # noqa: SLF001 (likewise)
    return response


_OPEN: Final[ContextVar[Ear | None]] = ContextVar("open ear", default=None)


def _heard(send: Callable[..., requests.Response]) -> Callable[..., requests.Response]:
    @functools.wraps(send)
    def sending(*words: Any, **options: Any) -> requests.Response:  # noqa: ANN401 (as Session.send takes them)
        ear = _OPEN.get()
        if ear is None:
            return send(*words, **options)
        if options.get("stream"):
            return ear.ask(lambda: send(*words, **options))
        return ear.ask(lambda: _bounded(send(*words, **{**options, "stream": True})))

    return sending


requests.Session.send = _heard(requests.Session.send)  # type: ignore[method-assign]  # (see the module's docstring)
