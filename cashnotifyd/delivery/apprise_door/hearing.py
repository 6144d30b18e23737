"""What Apprise says of a failure's cause.

Apprise 2.2 speaks of it only in its log, on levels that also print tokens; so while a plugin sends, this module listens
to that log and reads the exception that is being handled when a line is written, not the line.
"""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType
from typing import Final, Self

from cashnotifyd.delivery.failures import is_of_transport

_LOG: Final = logging.getLogger("apprise")
_LOG.propagate = False
_LOG.setLevel(logging.DEBUG)
# At DEBUG the HTTP client beneath Apprise logs request paths, and those hold bot tokens.
logging.getLogger("urllib3").setLevel(logging.WARNING)


class Ear(logging.Handler):
    """Hears what Apprise logs in the thread that opened it, while it is open.

    Of lines below WARNING it takes the exception alone: their text holds tokens, headers and bodies.
    """

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._thread = threading.get_ident()
        self._older = sys.exception()
        self.warnings: list[str] = []
        self.causes: list[BaseException] = []

    def __enter__(self) -> Self:
        _LOG.addHandler(self)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
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
