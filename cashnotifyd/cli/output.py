"""The standard output: what it does not take is known as that, and so is a reader that has left."""

from __future__ import annotations

import errno
import io
import os
import select
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_INPUT, _OUTPUT, _ERROR = range(3)
_GONE: Final = getattr(select, "POLLERR", 0) | getattr(select, "POLLHUP", 0)


class OutputLost(Exception):  # noqa: N818 (what became of the output, not an error in the program)
    """The standard output did not take what was written. No OSError, which others would take for one of their own."""

    def __init__(self, cause: OSError) -> None:
        super().__init__("it is closed" if cause.errno == errno.EBADF else cause.strerror or str(cause))
        self.reader_left = cause.errno == errno.EPIPE


class _Output(io.FileIO):
    """Tells its own errors from those of all other files."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            raise OutputLost(error) from None


def watch_output() -> None:
    """Has the standard output raise OutputLost; a closed one too."""
    _occupy()
    stdout: object = sys.stdout
    if stdout is None:
        sys.stdout = io.TextIOWrapper(io.BufferedWriter(_Output(_OUTPUT, "w", closefd=False)), errors="replace")
    elif isinstance(stdout, io.TextIOWrapper) and isinstance(getattr(stdout.buffer, "raw", stdout.buffer), io.FileIO):
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(_Output(stdout.fileno(), "w", closefd=False)),
            encoding=stdout.encoding,
            errors=stdout.errors,
            line_buffering=stdout.line_buffering or stdout.write_through,
        )


def discard(stream: object) -> None:
    """What is left in this stream goes nowhere, or the interpreter would complain as it flushes at its end."""
    if isinstance(stream, io.TextIOWrapper):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def leave_with_reader() -> None:
    """Raises OutputLost where nobody reads any more. Who has nothing to write would not notice."""
    if not _GONE:
        return
    try:
        number = sys.stdout.fileno()
    except OSError:
        return  # it is no file
    poll = select.poll()
    poll.register(number, 0)
    if any(events & _GONE for _, events in poll.poll(0)):
        raise OutputLost(BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE)))


def _occupy() -> None:
    """The standard streams' numbers where they are closed: the record would get one, and be written over."""
    for number, access in ((_INPUT, os.O_RDONLY), (_OUTPUT, os.O_RDONLY), (_ERROR, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, access)  # takes the lowest number that is free; what is written to it is refused
