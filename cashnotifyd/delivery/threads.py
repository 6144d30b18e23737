"""The threads that sends run in, since they block: as many as are under way, and no channel takes those of others.

A send that was given up keeps its thread until it ends, and its place among those of its channel with it. A channel all
of whose places are taken so begins no other: its sends wait, and are given up as not sent.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

AT_ONCE = 200
"""Sends under way at a time. The units allow 256 threads, and a service that hangs holds one until its deadline."""

OF_ONE = 8
"""Those of one channel, however many recipients it has."""

_SHARED = AT_ONCE // 2
"""As long as fewer are under way, a channel may have more than one: the other half is for those that have none."""


class Threads:
    """Threads for all lanes: hundreds of channels that have nothing to send have none."""

    def __init__(self, at_once: int = AT_ONCE, of_one: int = OF_ONE, shared: int = _SHARED) -> None:
        self._at_once, self._of_one, self._shared = at_once, of_one, shared
        self._lock = threading.Lock()
        self._under_way: Counter[str] = Counter()
        self._waiting: list[tuple[str, Future[object], Callable[[], object]]] = []

    def of(self, lane: str) -> Executor:
        """What a lane sends in; lanes of one name share what one channel may have. It may end its own, not others'."""
        return _Lent(self, lane)

    def begin(self, lane: str, done: Future[T], work: Callable[[], T]) -> None:
        """Do the work in a thread as soon as there is one for it."""
        with self._lock:
            self._waiting.append((lane, done, work))  # type: ignore[arg-type]  # (a future that is only set)
            self._begin_those_that_may()

    def _begin_those_that_may(self) -> None:
        still = []
        for lane, done, work in self._waiting:
            if done.cancelled():
                continue
            if not self._may_begin(lane):
                still.append((lane, done, work))
            elif done.set_running_or_notify_cancel():
                self._under_way[lane] += 1
                threading.Thread(target=self._do, args=(lane, done, work), name=f"send {lane}").start()
        self._waiting = still

    def _may_begin(self, lane: str) -> bool:
        mine, all_ = self._under_way[lane], self._under_way.total()
        return all_ < self._at_once and (mine == 0 or (mine < self._of_one and all_ < self._shared))

    def _do(self, lane: str, done: Future[object], work: Callable[[], object]) -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 (as every executor does: it is whoever asked who has it)
            self._end(lane)
            done.set_exception(error)
        else:
            self._end(lane)
            done.set_result(result)

    def _end(self, lane: str) -> None:
        with self._lock:
            self._under_way[lane] -= 1
            if not self._under_way[lane]:
                del self._under_way[lane]
            self._begin_those_that_may()


class _Lent(Executor):
    def __init__(self, threads: Threads, lane: str) -> None:
        self._threads = threads
        self._lane = lane

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        done: Future[T] = Future()
        self._threads.begin(self._lane, done, lambda: fn(*args, **kwargs))
        return done
