"""The real daemon as a process of its own, and a receiver that counts what reaches it."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml
from aiohttp import web

PATIENCE = 90.0
"""Seconds after which what a test waits for will not come any more, on a machine however busy."""


async def until(happened: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Look again and again until it has happened in another process: nobody there can set an event."""
    async with asyncio.timeout(seconds):
        while not happened():  # noqa: ASYNC110 (see above)
            await asyncio.sleep(0.02)


_LIFE = "X-Life"
IN_WHICH_LIFE = f"+{_LIFE}=${{LIFE}}"
"""In the query of a receiver's URL: has the daemon say with each message how often it had been started by then."""


class Receiver:
    """A web hook on loopback that Apprise's ``json://`` posts to; one channel a path."""

    def __init__(self) -> None:
        self.got: dict[str, list[dict[str, str]]] = {}
        self.lives: dict[str, list[str]] = {}
        """In which life of the daemon each of these was sent, where its URL says so: see :data:`IN_WHICH_LIFE`."""
        self.status = 200
        self.refusing: dict[str, int] = {}
        """The status that a path answers with instead."""
        self.visits: Counter[str] = Counter()
        """How often each path was asked for, as by a heartbeat."""
        self.answering = asyncio.Event()
        self.answering.set()
        self.waiting = 0
        """Messages that are here and not answered yet."""
        self._arrived = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self.port = 0

    def url(self, path: str) -> str:
        return f"json://127.0.0.1:{self.port}/{path}"

    def titles(self, path: str) -> list[str]:
        return [message["title"] for message in self.got.get(path, [])]

    def links(self, path: str) -> Counter[str]:
        """How often each message came, told apart by its dashboard link."""
        return Counter(message["message"].rsplit("\n", 1)[-1] for message in self.got.get(path, []))

    def repeats(self, path: str, told_apart: Callable[[dict[str, str]], str | None]) -> Counter[str]:
        """How many messages came once more, by the life of the daemon that had sent them before.

        ``told_apart``: what no other message has; None of one that does not count.

        A lane sends one after the other. So of what a life has sent the next ones may repeat the last alone, which was
        under way at its end.
        """
        repeated, sent_by = Counter[str](), dict[str, str]()
        for message, life in zip(self.got.get(path, []), self.lives.get(path, []), strict=True):
            if (mark := told_apart(message)) is None:
                continue
            if (before := sent_by.get(mark)) is not None:
                assert before != life, f"sent twice by one life of the daemon: {message['title']}"
                repeated[before] += 1
            sent_by[mark] = life
        return repeated

    async def until(self, happened: Callable[[], bool], seconds: float = PATIENCE) -> None:
        """Wait until what has arrived is enough."""
        async with asyncio.timeout(seconds), self._arrived:
            await self._arrived.wait_for(happened)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/{path:.*}", self._take)
        app.router.add_get("/{path:.*}", self._visit)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        message = await request.json()
        self.waiting += 1
        await self.answering.wait()
        self.waiting -= 1
        path = request.match_info["path"]
        status = self.refusing.get(path, self.status)
        if status == 200:
            async with self._arrived:
                self.got.setdefault(path, []).append(message)
                self.lives.setdefault(path, []).append(request.headers.get(_LIFE, ""))
                self._arrived.notify_all()
        return web.Response(status=status)

    async def _visit(self, request: web.Request) -> web.Response:
        async with self._arrived:
            self.visits[request.match_info["path"]] += 1
            self._arrived.notify_all()
        return web.Response()


class Notices:
    """A service manager's socket, read as notices come: it holds ten, and then takes no more."""

    def __init__(self, path: Path) -> None:
        self.address = str(path)
        self._heard: list[str] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)  # noqa: FBT003 (socket's signature)
        self._socket.bind(self.address)

    @property
    def heard(self) -> list[str]:
        """All that have come until now."""
        with suppress(BlockingIOError):
            while True:
                self._heard.append(self._socket.recv(4096).decode())
        return self._heard

    def hears(self, notice: str) -> bool:
        return any(notice in each for each in self.heard)

    def __enter__(self) -> Self:
        asyncio.get_running_loop().add_reader(self._socket, lambda: self.heard)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()


class RunningDaemon:
    """``cashnotifyd run`` in a folder of its own; what it logs goes to a file there."""

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        self.folder = folder
        self.config = folder / "config.yaml"
        self.log = folder / "log"
        self.write({"cursor_file": str(folder / "cursor.db"), "timezone": "Europe/Paris", **settings})
        self.process: asyncio.subprocess.Process | None = None
        self.program: tuple[str, ...] = ("-m", "cashnotifyd")
        self.options: tuple[str, ...] = ()
        self.environment: dict[str, str] = {}
        self.lives = 0
        """How often it was started."""

    def write(self, settings: Mapping[str, Any]) -> None:
        self.config.touch(mode=0o600)
        self.config.write_text(yaml.safe_dump(dict(settings), sort_keys=False))

    async def start(self, **environment: str) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CASHNOTIFYD_")}
        self.lives += 1
        with self.log.open("ab") as log:
            self._logged_before = log.tell()
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, *self.program, "run", "--config", str(self.config), *self.options,
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
                env={**inherited, "LIFE": str(self.lives), **self.environment, **environment},
            )  # fmt: skip

    async def kill(self) -> None:
        """As the power does, or the kernel when memory is short."""
        assert self.process is not None
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        """As a service manager does. Returns the exit status.

        Waits for its first words: until Python runs the program, a signal ends the process as it ends any other.
        """
        assert self.process is not None
        process = self.process
        await until(lambda: process.returncode is not None or self.log.stat().st_size > self._logged_before)
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(PATIENCE):
            return await process.wait()

    def signal(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def logged(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    async def until_logged(self, event: str, times: int = 1, seconds: float = PATIENCE) -> dict[str, Any]:
        """Wait for the ``times``-th line that says so."""

        def lines() -> list[dict[str, Any]]:
            return [line for line in self.logged() if line.get("event") == event]

        await until(lambda: len(lines()) >= times, seconds)
        return lines()[times - 1]

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        if error is not None and self.log.exists():
            print(self.log.read_text()[-8000:])  # noqa: T201 (pytest shows it with the failure)
