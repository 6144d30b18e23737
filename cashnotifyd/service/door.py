"""The one place where commands of the service manager are run."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import dataclass

_PATIENCE = 120.0
"""Seconds. `systemctl restart` waits for the daemon to be ready, or for systemd's patience of 90 seconds to end."""
_NOT_FOUND = 127  # what a shell says of a command that is not there
_TIMED_OUT = 124  # what timeout(1) says


@dataclass(frozen=True, slots=True)
class Answer:
    """How a command ended and what it said, without the line break at the end."""

    status: int
    out: str
    err: str


def run(words: tuple[str, ...]) -> Answer:
    """Run a command and wait for its end. One that is not there answers 127, one that hangs 124."""
    try:
        done = subprocess.run(  # noqa: S603 (the words are ours, and no shell reads them)
            words, capture_output=True, text=True, errors="replace", check=False, timeout=_PATIENCE,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except FileNotFoundError:
        return Answer(_NOT_FOUND, "", f"{words[0]}: command not found")
    except subprocess.TimeoutExpired:
        return Answer(_TIMED_OUT, "", f"{shlex.join(words)}: no answer within {_PATIENCE:g} s")
    return Answer(done.returncode, done.stdout.rstrip("\n"), done.stderr.strip())
