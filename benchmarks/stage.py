"""The look-alike as whoever conducts a measurement has it: a process, and its desk."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.processes import Process


class LookAlike:
    """The look-alike's process: ``with LookAlike(folder) as stripe: …``."""

    def __init__(self, folder: Path) -> None:
        self._process = Process("benchmarks.lookalike", (), folder)
        self._desk = http.client.HTTPConnection("127.0.0.1", int(self._process.first_line()), timeout=60)
        self._numbers = 0
        self.watched: list[Process] = []
        """Who is at work: what they do is waited for only while they are."""

    @property
    def base(self) -> str:
        """What stands in place of ``https://api.stripe.com``."""
        return f"http://127.0.0.1:{self._desk.port}"

    @property
    def hook(self) -> str:
        """The web hook, as Apprise is told of it."""
        return f"json://127.0.0.1:{self._desk.port}/hook"

    def open(self, count: int, *, old: int = 0, age: int = 0, type_: str | None = None) -> range:
        """So many new accounts, each with ``old`` events of ``age`` seconds ago. Returns their numbers."""
        first = self._numbers
        self._numbers += count
        self.do("open", first=first, count=count, old=old, age=age, **({} if type_ is None else {"type": type_}))
        return range(first, first + count)

    def do(self, what: str, **arguments: int | str) -> Any:  # noqa: ANN401 (JSON)
        """Have something done, or ask something."""
        query = "&".join(f"{name}={value}" for name, value in arguments.items())
        self._desk.request("POST", f"/bench/{what}?{query}", b"")
        answer = self._desk.getresponse()
        said = json.loads(answer.read())
        if answer.status != 200:
            raise RuntimeError(said)
        return said

    def state(self) -> dict[str, Any]:
        """What has happened since the last ``reset``."""
        said: dict[str, Any] = self.do("state")
        return said

    def until(self, happened: Callable[[dict[str, Any]], bool], seconds: float = 60.0) -> dict[str, Any]:
        """Look again and again until it has happened.

        Raises:
            TimeoutError: it has not.
            RuntimeError: somebody who is at work is so no more.
        """
        deadline = time.monotonic() + seconds
        while not happened(state := self.state()):
            if time.monotonic() > deadline:
                raise TimeoutError(state)
            if fallen := [process for process in self.watched if process.has_fallen()]:
                raise RuntimeError(fallen[0].last_words())
            time.sleep(0.05)
        return state

    @property
    def cpu(self) -> float:
        """Seconds of CPU that the look-alike itself has used."""
        return self._process.cpu()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._desk.close()
        self._process.end()
