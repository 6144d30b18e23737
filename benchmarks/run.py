"""A run of the suite: who is measured, where, how thoroughly, and what came of it."""

from __future__ import annotations

import json
import signal
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.contenders.task import Task
from benchmarks.daemon import Record, daemon, observed_daemon, write_configuration
from benchmarks.figures import Profile
from benchmarks.processes import ROOT, Process
from benchmarks.stage import LookAlike

OURS = "cashnotifyd"
BEFORE = "cashnotifyd before"

PEERS = {
    "sdk": "(a) stripe SDK, as documented",
    "sdk_async": "(b) stripe SDK, async default",
    "sdk_raw": "(b') stripe SDK, raw on aiohttp",
    "limit": "(c) aiohttp + msgspec, no record",
}
"""The programs under :mod:`benchmarks.contenders`, as tables name them."""


@dataclass(frozen=True, slots=True)
class Contender:
    """Somebody who does the job. ``sources``: where the daemon's code comes from; None for the others."""

    id: str
    sources: tuple[Path, ...] | None = None

    def start(self, task: Task, folder: Path) -> Process:
        """Its process, at work."""
        if self.sources is None:
            return Process(f"benchmarks.contenders.{self.id}", task.arguments(), folder)
        return daemon(write_configuration(folder, task), self.sources)


@dataclass(slots=True)
class Run:
    """One run. ``now`` and ``before`` are checkouts of the daemon.

    ``figures`` are measure → contender → values, ``curves`` measure → contender → (size, value) pairs.
    """

    folder: Path
    stripe: LookAlike
    quick: bool
    now: Path
    before: Path | None = None
    figures: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    curves: dict[str, dict[str, list[tuple[float, float]]]] = field(default_factory=dict)
    profiles: dict[str, dict[str, Profile]] = field(default_factory=dict)
    begun: float = field(default_factory=time.monotonic)
    _folders: int = 0

    @property
    def daemons(self) -> list[Contender]:
        """Ours, and ours as it was."""
        earlier = [] if self.before is None else [Contender(BEFORE, (self.before, ROOT))]
        return [Contender(OURS, (self.now, ROOT)), *earlier]

    @property
    def peers(self) -> list[Contender]:
        """What people would write instead. The SDK's async default needs httpx, which the project does not."""
        return [Contender(id_) for id_ in PEERS if id_ != "sdk_async" or find_spec("httpx") is not None]

    @property
    def rounds(self) -> int:
        """How often what the machine's noise disturbs is measured."""
        return 1 if self.quick else 3

    def takes_part(self, contender: str, turn: int) -> bool:
        """Whether a contender is measured in this round: what is past is measured once."""
        return contender != BEFORE or turn == 0

    def new_folder(self) -> Path:
        """A folder that nobody has used."""
        self._folders += 1
        return self.folder / f"{self._folders:03}"

    def task(self, accounts: range, interval: float = 1.0) -> Task:
        """To poll these accounts."""
        return Task(self.stripe.base, self.stripe.hook, accounts.start, len(accounts), interval)

    def start(self, contender: Contender, task: Task, folder: Path | None = None) -> Process:
        """A contender, at work."""
        process = contender.start(task, folder or self.new_folder())
        self.stripe.watched.append(process)
        return process

    def note(self, measure: str, contender: str, value: float) -> None:
        """Keep a figure, and say it."""
        self.figures.setdefault(measure, {}).setdefault(contender, []).append(value)
        print(f"{self._so_far()} {measure:40} {contender:20} {value:12.4g}", flush=True)

    def plot(self, measure: str, contender: str, size: float, value: float) -> None:
        """Keep a point of a curve, and say it. A cost that is lost in the noise around it is none to keep."""
        if value > 0:
            self.curves.setdefault(measure, {}).setdefault(contender, []).append((size, value))
        print(f"{self._so_far()} {measure:40} {contender:20} {value:12.4g} at {size:g}", flush=True)

    def _so_far(self) -> str:
        return f"{time.monotonic() - self.begun:5.0f} s "

    def observe(  # noqa: PLR0913 (what there is to choose)
        self,
        contender: Contender,
        observer: str,
        accounts: range,
        interval: float = 1.0,
        *,
        pace: float = 0.0,
        folder: Path | None = None,
        burst: str = "off",
    ) -> Observed:
        """A daemon under observation; ``pace`` (s) above 0 polls more often than a configuration may ask for."""
        assert contender.sources is not None
        folder = folder or self.new_folder()
        config = write_configuration(folder, self.task(accounts, interval), burst=burst)
        file = folder / f"{observer}-{time.monotonic_ns()}.json"
        process = observed_daemon(config, observer, file, pace, contender.sources)
        self.stripe.watched.append(process)
        return Observed(process, file, Record(folder))


@dataclass(frozen=True, slots=True)
class Observed:
    """A daemon under observation, and where that is written."""

    process: Process
    _file: Path
    record: Record

    def begin(self) -> None:
        """Observe from now on."""
        self.process.signal(signal.SIGUSR1)

    def seen(self) -> Any:  # noqa: ANN401 (JSON)
        """What was observed until now. Once only."""
        self.process.signal(signal.SIGUSR2)
        deadline = time.monotonic() + 60
        while not self._file.exists():
            if time.monotonic() > deadline or not self.process.is_running():
                raise TimeoutError(self.process.log.read_text()[-2000:])
            time.sleep(0.05)
        return json.loads(self._file.read_text())


@dataclass(frozen=True, slots=True)
class Window:
    """What happened in a stretch of time: seconds, the contender's CPU and the look-alike's, polls."""

    seconds: float
    cpu: float
    server_cpu: float
    polls: int
    deep_polls: int


def window(run: Run, process: Process, seconds: float) -> Window:
    """Look on for a while."""
    run.stripe.do("reset")
    begun, cpu, server = time.monotonic(), process.cpu(), run.stripe.cpu
    time.sleep(seconds)
    used, served, state = process.cpu() - cpu, run.stripe.cpu - server, run.stripe.state()
    return Window(time.monotonic() - begun, used, served, state["polls"], state["deep_polls"])


def until(happened: Callable[[], bool], seconds: float) -> bool:
    """Look again and again whether it has; whether it did in time."""
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def all_polled(run: Run, accounts: range, seconds: float = 120.0) -> None:
    """Wait until as many accounts were polled, since the last ``reset``."""
    run.stripe.until(lambda state: state["accounts_polled"] >= len(accounts), seconds)


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)
