"""Simulated time: a clock that moves only where nobody has anything left to do, and an event loop that runs on it."""

from __future__ import annotations

import asyncio
import signal
from asyncio.base_events import BaseEventLoop
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class StandstillError(Exception):
    """Everybody waits, and nothing is ever going to happen."""


class Clock:
    """The world's time, which is Stripe's, and what the two clocks of the daemon's machine make of it."""

    def __init__(self, begins_at: float) -> None:
        self._begins_at = begins_at
        self.elapsed = 0.0
        """Seconds since the simulation began."""
        self.ahead = 0.0
        """Seconds that the machine's wall clock is ahead of Stripe's."""
        self.asleep = 0.0
        """Seconds in which the machine was suspended: its monotonic clock stood."""

    def pass_to(self, elapsed: float, *, asleep: bool = False) -> None:
        """Let time pass, up to then; ``asleep``: while the machine is suspended."""
        passed = max(elapsed - self.elapsed, 0.0)
        self.elapsed += passed
        self.asleep += passed if asleep else 0.0

    def true(self) -> float:
        """Stripe's time (s since 1970)."""
        return self._begins_at + self.elapsed

    def time(self) -> float:
        """As :func:`time.time` on the machine."""
        return self._begins_at + self.elapsed + self.ahead

    def monotonic(self) -> float:
        """As :func:`time.monotonic` on the machine."""
        return self.elapsed - self.asleep


class _Selector:
    """Nothing comes from outside: where the loop would wait for it, time passes at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise StandstillError
        self._clock.elapsed += timeout
        return []


class SimulatedLoop(BaseEventLoop):
    """An event loop without sockets, threads and signals of the system. ``handlers``: what a signal would call."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._selector = _Selector(clock)
        self.handlers: dict[int, Callable[[], object]] = {}

    def time(self) -> float:
        return self._clock.monotonic()

    def run_in_executor(
        self,
        executor: Executor | None,  # noqa: ARG002 (asyncio's)
        func: Callable[[*Ts], T],
        *args: *Ts,
    ) -> asyncio.Future[T]:
        """Do it at once: threads would come in between in an order that no seed decides."""
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 (the caller's, as from a thread)
            done.set_exception(error)
        return done

    def add_signal_handler(self, sig: int, callback: Callable[[*Ts], Any], *args: *Ts) -> None:
        self.handlers[sig] = lambda: callback(*args)

    def tell(self, sig: signal.Signals) -> None:
        """Send the process a signal, which it takes once it listens."""
        if sig in self.handlers:
            self.handlers[sig]()

    def abandon(self) -> None:
        """End all tasks, as they are, and close."""
        tasks = asyncio.all_tasks(self)
        for task in tasks:
            task.cancel()
        while not all(task.done() for task in tasks):
            with suppress(KeyboardInterrupt):  # a group passes on what ended one of its tasks
                self.run_until_complete(asyncio.wait(tasks, timeout=3600.0))
        for task in tasks:
            if task.done() and not task.cancelled():
                task.exception()
        self.run_until_complete(self.shutdown_asyncgens())
        self.close()

    def _process_events(self, event_list: list[Any]) -> None:
        pass

    def _write_to_self(self) -> None:
        pass
