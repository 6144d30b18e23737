"""One way out for everything that is logged, by the daemon or by the libraries under it, without secrets.

A line goes: structlog or logging -> the root handler -> rendered (console or JSON) -> redacted -> stderr. What ends the
process (an exception nobody caught, in any thread) takes the same way.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import threading
import traceback
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from cashnotifyd.redaction import Redaction, escape_controls

# Below WARNING these print keys and personal data: Apprise tokens, Authorization headers and webhook addresses
# (measured with apprise 2.2.0), stripe the customers' e-mail addresses and amounts (measured with stripe 16.1.0),
# pydantic-settings every value it reads, before anybody knows which are secret ($PYDANTIC_SETTINGS_DEBUG).
_APPRISE = "apprise"
_KEPT_AT_WARNING = {_APPRISE, "aiohttp", "asyncio", "httpcore", "httpx", "pydantic_settings", "stripe", "urllib3"}

_LONGEST = 4000
_LONGEST_TRACEBACK = 20_000
"""Characters of a value. What comes from outside may be as long as an answer."""

# sd-daemon(3): SD_DEBUG, SD_INFO, SD_WARNING, SD_ERR, SD_CRIT.
_PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}


def configure(
    secrets: Iterable[str],
    *,
    level: str = "INFO",
    stream: TextIO | None = None,
    environ: Mapping[str, str] = os.environ,
) -> None:
    """Sends all logs, warnings and crashes to ``stream`` (stderr unless given), with ``secrets`` masked.

    People at a terminal get a console line, everything else JSON lines, the journal with its priorities. ``level`` is
    one of logging's names. May be called again: the new settings replace the old, the secrets add up.

    Raises:
        ValueError: there is no such level.
    """
    root = logging.getLogger()
    threshold = logging.getLevelNamesMapping().get(level.upper())
    if threshold is None:
        raise ValueError(f"no such log level: {level}")
    before = _installed()
    redaction = before.redaction if before else Redaction()
    redaction.add(secrets)
    lines = _RedactedLines(sys.stderr if stream is None else stream, redaction, environ)
    root.addHandler(lines)
    if before:
        root.removeHandler(before)
    root.setLevel(threshold)
    for name in _KEPT_AT_WARNING - {_APPRISE}:
        logging.getLogger(name).setLevel(max(threshold, logging.WARNING))
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared_steps(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    sys.excepthook = _log_crash
    threading.excepthook = _log_thread_crash
    sys.unraisablehook = _log_unraisable


def add_secrets(secrets: Iterable[str]) -> None:
    """Masks these as well from now on, for instance the keys of a configuration that was reloaded."""
    installed = _installed()
    if installed:
        installed.redaction.add(secrets)


def redact(text: str) -> str:
    """Text for people, without the secrets that the logs know, or without what looks like one before that."""
    installed = _installed()
    return installed.redaction(text) if installed else Redaction()(text)


def as_error(text: str) -> str:
    """What a command says as it fails, beside the log: without secrets, and to the journal an error."""
    installed = _installed()
    return installed.finish(text, logging.ERROR) if installed else redact(text)


class _RedactedLines(logging.StreamHandler[TextIO]):
    """Renders a record for the stream that it has, and lets nothing through that the redaction has not seen."""

    def __init__(self, stream: TextIO, redaction: Redaction, environ: Mapping[str, str]) -> None:
        super().__init__(stream)
        self.redaction = redaction
        self._for_journal = _leads_to_journal(stream, environ)
        self.setFormatter(
            structlog.stdlib.ProcessorFormatter(
                foreign_pre_chain=_shared_steps(),
                processors=[
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    self._shorten,
                    *(_console_steps(environ) if stream.isatty() else _json_steps()),
                ],
            ),
        )

    def filter(self, record: logging.LogRecord) -> bool:
        """Holds foreign lines to WARNING, whatever level their loggers have.

        Apprise's has to be at DEBUG: only there it says why a send failed, to the door that listens to it.
        """
        if record.levelno < logging.WARNING and record.name.split(".", 1)[0] in _KEPT_AT_WARNING:
            return False
        return bool(super().filter(record))

    def format(self, record: logging.LogRecord) -> str:
        return self.finish(super().format(record), record.levelno)

    def _shorten(self, _logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
        """Values that are too long, cut. They are redacted first: half of a secret is not known as one."""
        return {key: self._shortened(key, value) for key, value in event.items()}

    def _shortened(self, key: str, value: object) -> object:
        limit = _LONGEST_TRACEBACK if key in {"exception", "stack"} else _LONGEST
        text = value if isinstance(value, str) else repr(value)
        if len(text) <= limit:
            return value
        text = self.redaction(text)
        return f"{text[: limit // 2]} … {len(text) - limit} characters … {text[-limit // 2 :]}"

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's name)
        """A record that cannot be shown. Logging's own way would print its arguments, keys and all."""
        problem = traceback.format_exc().splitlines()[-1]
        note = escape_controls(f"a log line of {record.name} was lost: {problem}")
        with contextlib.suppress(OSError, ValueError):  # the stream itself is gone: there is nowhere left to say so
            self.stream.write(self.finish(note, logging.ERROR) + "\n")

    def finish(self, text: str, level: int) -> str:
        """The text without secrets; for the journal, which makes a record of each line, each with its priority."""
        text = self.redaction(text)
        if not self._for_journal:
            return text
        priority = next((_PRIORITIES[step] for step in sorted(_PRIORITIES, reverse=True) if level >= step), 7)
        return "\n".join(f"<{priority}>{line}" for line in text.split("\n"))


def _installed() -> _RedactedLines | None:
    return next((each for each in logging.getLogger().handlers if isinstance(each, _RedactedLines)), None)


def _leads_to_journal(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether the stream is the one that systemd opened to the journal, and not since sent elsewhere.

    See systemd.exec(5), $JOURNAL_STREAM: "device:inode" of the stream's file descriptor, in decimal.
    """
    try:
        here = os.fstat(stream.fileno())
    except (OSError, ValueError):  # a stream in memory, or a closed one
        return False
    return environ.get("JOURNAL_STREAM") == f"{here.st_dev}:{here.st_ino}"


def _shared_steps() -> list[Processor]:
    """What a line of the daemon and a foreign line have in common."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,  # as text, without local variables: they hold keys
    ]


def _json_steps() -> list[Processor]:
    # ASCII only: then nothing that came from outside can act on the terminal where the line is read in the end.
    return [structlog.processors.JSONRenderer(serializer=json.dumps, ensure_ascii=True, default=repr)]


def _console_steps(environ: Mapping[str, str]) -> list[Processor]:
    colours = not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"  # https://no-color.org
    return [
        _keep_on_one_line,
        structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=structlog.dev.plain_traceback),
    ]


def _keep_on_one_line(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Escapes what could pose as a line of its own. Tracebacks keep their lines, indented."""
    return {escape_controls(key): _shown(key, value) for key, value in event.items()}


def _shown(key: str, value: object) -> object:
    if key in {"exception", "stack"}:
        return "\n".join("    " + escape_controls(part) for part in str(value).split("\n"))
    if key in {"event", "level", "logger", "timestamp"}:
        return escape_controls(str(value))
    plain = value is None or isinstance(value, int | float) or (isinstance(value, str) and value.isprintable())
    return value if plain else _Notation(escape_controls(repr(value)))


class _Notation:
    """A value already in Python's notation, which the renderer would otherwise quote a second time."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def _log_crash(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    logging.getLogger("cashnotifyd").critical("crashed", exc_info=error)


def _log_thread_crash(crash: threading.ExceptHookArgs) -> None:
    if crash.exc_type is SystemExit:  # a thread's ordinary way to end
        return
    name = crash.thread.name if crash.thread else "unknown"
    logging.getLogger("cashnotifyd").critical("thread %s crashed", name, exc_info=crash.exc_value)


def _log_unraisable(failure: sys.UnraisableHookArgs) -> None:
    what = failure.err_msg or "exception ignored in"
    logging.getLogger("cashnotifyd").error("%s %r", what, failure.object, exc_info=failure.exc_value)
