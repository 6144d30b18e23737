"""A terminal that a test sits at: a pty with a program on it."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import re
import struct
import sys
import termios
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.running import PATIENCE, until

# Without a controlling terminal there is no Ctrl-C, and getpass would ask elsewhere.
_AT_A_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.executable, sys.argv[1:])"
)
_COLUMNS = 80
_STYLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """``async with Terminal(["init"], environ) as screen: await screen.until("key"); screen.enter("rk_…")``."""

    def __init__(self, arguments: Sequence[str], environ: Mapping[str, str]) -> None:
        self._arguments = arguments
        self._environ = dict(environ)
        self._read = 0
        self._raw = b""
        self._came = asyncio.Event()
        self._ended = False

    @property
    def text(self) -> str:
        """All that has been shown, without colours."""
        return _STYLE.sub("", self._raw.decode("utf-8", "replace")).replace("\r\n", "\n")

    async def until(self, said: str, seconds: float = PATIENCE) -> str:
        """Wait until that is shown, after what was waited for before; what was shown since then."""
        async with asyncio.timeout(seconds):
            while (at := self.text.find(said, self._read)) < 0:
                assert not self._ended, f"ended without {said!r}:\n{self.text}"
                self._came.clear()
                await self._came.wait()
        shown = self.text[self._read : at + len(said)]
        self._read = at + len(said)
        return shown

    def enter(self, line: str = "") -> None:
        """A line, and Enter."""
        os.write(self._master, f"{line}\n".encode())

    async def interrupt(self) -> int:
        """Ctrl-C, as soon as it waits: a program that is about to read sees a signal when it has read.

        Where nobody knows whether it waits, Ctrl-C again if nothing comes of it. Any sooner, that would meet what the
        first one made it do.
        """
        while True:
            await until(self._waits)
            os.write(self._master, b"\x03")
            with suppress(TimeoutError):
                async with asyncio.timeout(10):
                    await self._process.wait()
                return await self.ended()

    def _waits(self) -> bool:
        try:
            stat = Path(f"/proc/{self._process.pid}/stat").read_text()
        except OSError:
            return True  # it has ended, or this is not Linux
        return stat.rpartition(")")[2].split()[0] == "S"

    async def end_input(self) -> int:
        """Ctrl-D."""
        os.write(self._master, b"\x04")
        return await self.ended()

    async def answer(self, *pairs: tuple[str, str]) -> None:
        """Wait for each question and type the answer."""
        for question, line in pairs:
            await self.until(question)
            self.enter(line)

    async def ended(self) -> int:
        """The exit status, when all that it said has been read."""
        async with asyncio.timeout(PATIENCE):
            status = await self._process.wait()
            while not self._ended:
                self._came.clear()
                await self._came.wait()
        return status

    async def __aenter__(self) -> Self:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, _COLUMNS, 0, 0))
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _AT_A_TERMINAL, sys.executable, "-m", "cashnotifyd", *self._arguments,
            stdin=slave, stdout=slave, stderr=slave, env={**self._environ, "TERM": "xterm"}, start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        asyncio.get_running_loop().add_reader(self._master, self._take)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        asyncio.get_running_loop().remove_reader(self._master)
        os.close(self._master)
        if error is not None:
            print(self.text[-4000:])  # noqa: T201 (pytest shows it with the failure)

    def _take(self) -> None:
        try:
            data = os.read(self._master, 65536)
        except OSError:  # EIO: nobody is on the other side any more
            data = b""
        if not data:
            self._ended = True
            asyncio.get_running_loop().remove_reader(self._master)
        self._raw += data
        self._came.set()
