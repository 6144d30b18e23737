"""The threads that sends run in, since they block: as many as are under way at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

AT_ONCE = 200
"""Sends under way at a time. The units allow 256 threads, and a service that hangs holds one for some seconds."""


class Threads:
    """Threads for all lanes: hundreds of channels that have nothing to send have none."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="send")

    def of(self, _lane: str) -> Executor:
        """What a lane sends in. It may end its own, not everybody's."""
        return _Lent(self._pool)


class _Lent(Executor):
    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        return self._pool.submit(fn, *args, **kwargs)
