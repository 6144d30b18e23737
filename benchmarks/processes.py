"""Processes as the system sees them: what they have used, how often they woke, and that they end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parent.parent
"""The checkout, which contenders import from unless they are told otherwise."""

MIB = 1 << 20


class Process:
    """``python -m MODULE ARGUMENTS`` in a folder, with what it prints in the file ``log`` there.

    ``sources`` are folders that modules come from, before all others.
    """

    def __init__(
        self,
        module: str,
        arguments: Sequence[str],
        folder: Path,
        sources: Sequence[Path] = (ROOT,),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CASHNOTIFYD_")}
        # No source of somebody's home: what a contender keeps there would be found again by the next.
        paths = [*map(str, sources), *filter(None, [os.environ.get("PYTHONPATH")])]
        inherited |= {"HOME": str(folder), "PYTHONPATH": os.pathsep.join(paths)}
        self.begun = time.monotonic()
        self._asked = False
        self.log = folder / "log"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=folder,
                env=inherited | dict(environment or {}),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE if module == "benchmarks.lookalike" else log,
                stderr=log,
            )

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def first_line(self) -> str:
        """The first line that it prints, of one whose output is read."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().decode().strip()

    def cpu(self) -> float:
        """Seconds of CPU that it has used, all its threads, those that ended as well; to the microsecond.

        The clock of another process (clock_getcpuclockid(3)): the ticks in /proc are hundredths of a second.
        """
        return time.clock_gettime((~self.pid << 3) | 2)

    def resident(self) -> int:
        """Bytes in memory."""
        return self._status("VmRSS")

    def most_resident(self) -> int:
        """The most bytes that it ever had in memory."""
        return self._status("VmHWM")

    def wake_ups(self) -> int:
        """How often its threads have gone to sleep by themselves, and so had to be woken."""
        found = 0
        for status in Path(f"/proc/{self.pid}/task").glob("*/status"):
            if named := re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status.read_text(), re.MULTILINE):
                found += int(named[1])
        return found

    def stand_still(self) -> None:
        """Do nothing until :meth:`go_on`, so that others have the machine."""
        self.signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Go on."""
        self.signal(signal.SIGCONT)

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def has_fallen(self) -> bool:
        """Whether it has ended without being asked to."""
        return not self._asked and not self.is_running()

    def last_words(self) -> str:
        """The end of its log."""
        return f"{self.log}:\n{self.log.read_text('utf-8', 'replace')[-1000:]}"

    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def ask_to_end(self) -> None:
        """Where several end, each is asked before any is waited for: a daemon takes its time to send what is due."""
        self._asked = True
        if self.is_running():
            self.go_on()
            self._process.terminate()

    def end(self, patience: float = 25.0) -> int:
        """Ask it to end, and see that it does. Returns its exit status."""
        self.ask_to_end()
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            return self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
        finally:
            if self._process.stdout is not None:
                self._process.stdout.close()

    def _status(self, name: str) -> int:
        text = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
        return 0 if found is None else int(found[1]) * 1024

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
