"""A PostgreSQL server for as long as a measurement takes: on a socket in a folder of its own, as an ordinary user."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SETTINGS = ("listen_addresses=", "fsync=on", "synchronous_commit=on", "max_connections=50")


@contextmanager
def server(binaries: Path, folder: Path, user: str) -> Iterator[str]:
    """A new cluster below ``folder``, as a connection string.

    ``user``: who runs it if we are root, as which PostgreSQL refuses to run.
    """
    owner = user if os.geteuid() == 0 else None
    place = Path(tempfile.mkdtemp(prefix="pg-", dir=folder))
    try:
        if owner is not None:
            shutil.chown(place, owner)
        create = (binaries / "initdb", "-D", place / "data", "-U", "bench", "-A", "trust", "--no-sync")
        subprocess.run(create, user=owner, check=True, cwd=place, stdout=subprocess.DEVNULL)
        settings = [part for setting in _SETTINGS for part in ("-c", setting)]
        command: list[str | Path] = [binaries / "postgres", "-D", place / "data", "-k", place, *settings]
        with (place / "log").open("wb") as log:
            process = subprocess.Popen(command, user=owner, cwd=place, stdout=log, stderr=log)
        try:
            _wait_for(place / ".s.PGSQL.5432", process)
            yield f"host={place} user=bench dbname=postgres"
        finally:
            process.send_signal(signal.SIGINT)  # its fast way to stop
            process.wait(60)
    finally:
        shutil.rmtree(place)


def _wait_for(socket: Path, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 30.0
    while not socket.exists():
        assert process.poll() is None, "PostgreSQL ended at once"
        assert time.monotonic() < until, "PostgreSQL does not listen"
        time.sleep(0.05)
    time.sleep(0.5)  # it answers a moment after it listens
