"""What all tests have in common."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """What a shell starts in its background ignores SIGINT, and so would all that tests start and interrupt."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
