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
import http.client
import logging
import sys
import threading
import traceback
from collections.abc import Callable
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, Final, Self

import requests

from cashnotifyd.delivery.apprise_door.answers import Answer
from cashnotifyd.delivery.apprise_door.cutting import check_not_given_up
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
        self.broken: BaseException | None = None
        """Why the rest of an answer could not be read whose status says yes."""

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
            GivenUp: nobody waits for this send any more.
        """
        check_not_given_up()
        if any(answer.throttles for answer in self.answers):
            raise AskedToWait
        response = send()
        # One that streams is left to whoever reads it.
        read = response.content if isinstance(response._content, bytes) else b""  # noqa: SLF001 (there is no public way to ask whether a body was read)
        self.answers.append(Answer(response.status_code, response.headers, read))
        return response


def _whole(ear: Ear, send: Callable[[], requests.Response]) -> requests.Response:
    """The answer, or what came of it: its status says already what became of the message.

    Whoever has to read more finds nothing to its liking, and the send is in doubt; for all others it is answered.
    """
    try:
        response = send()
    except (requests.RequestException, OSError) as error:
        status = _status_within(error)
        if status is None:
            raise
        response = requests.Response()
        response.status_code = status
        response._content = b""  # noqa: SLF001 (as requests does it)
        response._content_consumed = True  # noqa: SLF001 (likewise)
        ear.broken = error if response.ok else ear.broken
        return response
    if (broken := _read(response)) is not None and response.ok:
        ear.broken = broken
    return response


def _read(response: requests.Response) -> BaseException | None:
    """Read the beginning of a body. requests itself would read one without an end until memory has one.

    Returns what it broke off with.
    """
    taken = bytearray()
    broken: BaseException | None = None
    try:
        for part in response.iter_content(_PART):
            taken += part
            if len(taken) >= _LONGEST_ANSWER:
                response.close()
                break
    except (requests.RequestException, OSError) as error:
        broken = error
        response.close()
    response._content = bytes(taken)  # noqa: SLF001 (as requests does it)
    response._content_consumed = True  # noqa: SLF001 (likewise)
    return broken


def _status_within(error: BaseException | None) -> int | None:
    """The final status that had been read when the rest of an answer's head could not be. http.client keeps it local.

    Of an interim one (1xx) there is nothing to say.
    """
    while error is not None:
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if (frame.f_code.co_filename, frame.f_code.co_name) == (http.client.__file__, "begin"):
                status = frame.f_locals.get("status")
                if isinstance(status, int) and status >= 200 and "self" in frame.f_locals:  # noqa: PLR2004 (HTTP's own line)
                    return status
        error = error.__context__
    return None


_OPEN: Final[ContextVar[Ear | None]] = ContextVar("open ear", default=None)


def _heard(send: Callable[..., requests.Response]) -> Callable[..., requests.Response]:
    @functools.wraps(send)
    def sending(*words: Any, **options: Any) -> requests.Response:  # noqa: ANN401 (as Session.send takes them)
        ear = _OPEN.get()
        if ear is None:
            return send(*words, **options)
        if options.get("stream"):
            return ear.ask(lambda: send(*words, **options))
        return ear.ask(lambda: _whole(ear, lambda: send(*words, **{**options, "stream": True})))

    return sending


requests.Session.send = _heard(requests.Session.send)  # type: ignore[method-assign]  # (see the module's docstring)
