"""Real peers, each started for a test on loopback and ended by it; skipped where one is not installed."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from cashnotifyd.vocabulary import Kind, Message, Urgency
from tests.running import PATIENCE

HERE = Path(__file__).parent
REAL = HERE.parents[1] / ".venv" / "real"


def program(name: str) -> str:
    """Its path; skips the test where it is not installed."""
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))
    if found is None:
        pytest.skip(f"{name} is not installed: tests/real/install installs it on Debian, as root")
    return found


def free_port() -> int:
    """For a peer that cannot take any port that is free: one that the system gives to nobody unasked."""
    for port in random.SystemRandom().sample(range(20_000, 30_000), 100):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    pytest.fail("no port is free")


def wait_until(ready: Callable[[], bool], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, "the peer did not become ready"
        time.sleep(0.02)


def listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


@contextmanager
def running(*command: str | Path, log: Path, env: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A process of our own, ended by its id."""
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output, env=env) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture
def started() -> Iterator[ExitStack]:
    """What is entered into it ends with the test, last first."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def sale() -> Message:
    return Message(
        Kind.SALE,
        "€49.00 from <b>Zoë Müller</b>",
        "Acme & Söhne\n2 x <i>Widget</i>",
        Urgency.NORMAL,
        "https://dashboard.stripe.com/payments/pi_1",
    )
