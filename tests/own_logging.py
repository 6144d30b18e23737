"""Gives back what the logs change in the process that they are set up in."""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import structlog


@contextmanager
def own_logging() -> Iterator[None]:
    """What is configured within ends with it."""
    root = logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in ("aiohttp", "apprise", "asyncio", "stripe", "urllib3")}
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    handlers, level, show = list(root.handlers), root.level, warnings.showwarning
    try:
        yield
    finally:
        logging.captureWarnings(capture=False)
        sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
        root.handlers[:], root.level, warnings.showwarning = handlers, level, show
        for name, was in levels.items():
            logging.getLogger(name).setLevel(was)
        structlog.reset_defaults()
