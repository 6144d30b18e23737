"""What of the process is the simulation's while a run lasts, in one place, and as it was afterwards."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest
import structlog

from cashnotifyd.daemon import running, watches
from cashnotifyd.digests.pictures import Pictures
from cashnotifyd.polling import walk
from cashnotifyd.simulator import account
from cashnotifyd.telling import pending, unhurried
from tests.simulation.network import LibraryFault
from tests.simulation.world import World

TICK = 30.0
"""Seconds between two looks of what tends the daemon: at five, these would be most of a run."""


@contextmanager
def patched(world: World, page: int, overlap: int) -> Iterator[pytest.MonkeyPatch]:
    """Let the process live in ``world``. ``page``: events a request; ``overlap`` (s) of walks."""
    state, logging = random.getstate(), structlog.get_config()
    random.seed(world.rng.random())  # tenacity asks it for the pauses between attempts
    structlog.configure(
        processors=[_listening(world)], wrapper_class=structlog.make_filtering_bound_logger(40), logger_factory=_Silent
    )
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(time, "time", world.clock.time)
            patch.setattr(time, "monotonic", world.clock.monotonic)
            patch.setattr(unhurried, "perf_counter", world.clock.monotonic)
            patch.setattr(watches, "_settle", lambda: None)  # hundreds of runs must not be set aside for ever
            patch.setattr(running, "_TICK", TICK)
            patch.setattr(account, "copy", _Copying)
            patch.setattr(Pictures, "draw", _no_picture)
            # Small, so that few events fill pages and batches.
            patch.setattr(walk, "PAGE", page)
            patch.setattr(walk.Trail.is_whole, "__defaults__", (overlap,))
            patch.setattr(walk, "GLANCE_OVERLAP", min(overlap // 3, walk.GLANCE_OVERLAP))
            patch.setattr(walk, "HISTORY", 10)
            patch.setattr(walk, "GLANCE", 4)
            patch.setattr(pending, "BATCH", 10)
            patch.setattr(pending, "PORTION", 3)
            yield patch
    finally:
        random.setstate(state)
        structlog.configure(**logging)


async def _no_picture(*_: object) -> None:
    """A process of its own draws it: there is none here."""


class _Copying:
    """Copies JSON a dozen times as fast as what copies anything."""

    @staticmethod
    def deepcopy(value: object) -> object:
        return msgspec.json.decode(msgspec.json.encode(value))


class _Silent:
    """A logger that nothing reaches."""

    def __init__(self, *_: object) -> None:
        pass

    def msg(self, *_: object, **__: object) -> None:
        pass

    debug = info = warning = error = critical = exception = msg


def _listening(world: World) -> Any:  # noqa: ANN401 (a processor of structlog's)
    """Hears of whatever tripped the daemon and did not end it."""

    def listen(_logger: object, _method: str, event: MutableMapping[str, Any]) -> str:
        error = sys.exc_info()[1]
        if event.get("exc_info") and error is not None and not _is_expected(error):
            world.found(f"{event['event']}: {type(error).__name__}: {error}")
        world.say(f"log: {event}")
        raise structlog.DropEvent

    return listen


def _is_expected(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return all(_is_expected(one) for one in error.exceptions)
    return isinstance(error, LibraryFault)
