"""The real daemon on a wall clock that a test sets."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.running import RunningDaemon

_PROGRAM = """
import mmap, struct, sys, time
with open({path!r}, "rb") as file:
    shift = mmap.mmap(file.fileno(), 8, prot=mmap.PROT_READ)
true = time.time
time.time = lambda: true() + struct.unpack("d", shift)[0]
from cashnotifyd.cli import main
main()
"""


class ShiftedDaemon(RunningDaemon):
    """``cashnotifyd run`` whose wall clock is off by so many seconds as the test says, also while it runs.

    Its monotonic clock is the machine's: so it is when somebody sets the time, and when a machine wakes from sleep, in
    which Linux lets that clock stand still.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        super().__init__(folder, settings)
        self._file = folder / "shift"
        self._file.write_bytes(bytes(8))
        self.program = ("-c", _PROGRAM.format(path=str(self._file)))

    def shift(self, seconds: float) -> None:
        """Be off by that much from now on."""
        with self._file.open("r+b") as file, mmap.mmap(file.fileno(), 8) as memory:
            memory[:] = struct.pack("d", seconds)
