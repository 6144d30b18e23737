"""The real process under strain: Stripe over HTTP, a real receiver, reload after reload, looked at each second."""

from __future__ import annotations

import asyncio
import random
import signal
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cashnotifyd.simulator.faults import RateLimited, Status
from tests.faults.scene import Scene, scene
from tests.running import RunningDaemon, until
from tests.soak.flatness import growth, slope
from tests.soak.gauges import Held, Kept, held
from tests.soak.mutations import MUTANTS, Mutant
from tests.soak.verdict import LOG_LIMIT, MIB

CHANNELS = ("phone", "desk", "office")
ROOT = Path(__file__).parents[2]

_WARM = 0.3
"""Part of the time until caches are full."""

_OBJECTS_A_SALE = 0.5
_BYTES_A_SALE = 1_024
"""What a sale may leave in memory. A payload alone is more, and the system counts what is free and in pieces."""

WARM_MINUTES = 5.0
"""Until the system's count of memory says something: caches fill, and what is free is in pieces."""

_EVENTS_A_SALE = 2

_HANDLES = 2
"""Files and threads by which thirds of the time may differ: a send has one, and takes its time."""

_PROGRAM = """

from tests.soak.probe import begin, mutate
begin({answers!r})
mutate({name!r})
from cashnotifyd.cli import main
main()
"""


@dataclass(frozen=True, slots=True)
class Strain:
    """How much. ``seconds`` without start and end; ``sales`` in a second; ``reload_every``: seconds."""

    seconds: float
    sales: int = 8
    reload_every: int = 3
    probe_every: int | None = 3
    """Seconds, where the interpreter is asked from within; None: it is the very program that people start."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A second. ``sold``: sales until then, ``events``: on record."""

    at: float
    sold: int
    held: Held
    kept: Kept | None


@dataclass(frozen=True, slots=True)
class Strained:
    """What came of it."""

    moments: tuple[Moment, ...]
    sold: int
    reloads: int
    lost: int
    repeated: int
    stopped: int
    """The exit status."""
    events: int
    """On record at the end."""


async def strained(folder: Path, strain: Strain, mutant: Mutant | None = None, seed: int = 0) -> Strained:
    """Strain the daemon, or a worse one."""
    moments: list[Moment] = []
    async with scene(folder, shops=2, channels=CHANNELS) as shops:
        daemon = shops.daemon
        answers = folder / "answers"
        if strain.probe_every is not None:
            daemon.program = ("-c", _PROGRAM.format(answers=str(answers), name=mutant and mutant.name))
            daemon.environment["PYTHONPATH"] = str(ROOT)
        await daemon.start()
        await shops.is_known()
        rng, loop = random.Random(seed), asyncio.get_running_loop()
        begun, reloads = loop.time(), 0
        assert daemon.process is not None
        for second in range(round(strain.seconds)):
            for _ in range(strain.sales):
                shops.sell()
            if second % 10 == 5:
                _trouble(shops, rng)
            if second % strain.reload_every == 0:
                reloads += 1
                daemon.write(_settings(shops, reloads))
                daemon.signal(signal.SIGHUP)
            # Where the machine is busy, a second may be late, and is not made up for.
            await asyncio.sleep(max(begun + second + 1 - loop.time(), 0.1))
            kept = None
            if strain.probe_every is not None and second % strain.probe_every == 0:
                kept = await _asked(daemon, answers)
            moments.append(
                Moment(loop.time() - begun, shops.sold, held(daemon.process.pid, folder / "cursor.db"), kept)
            )
        shops.receiver.mend()
        await shops.all_is_told(120.0 + strain.seconds)
        stopped = await daemon.stop()
        counted = shops.counted()
    lost, repeated, events = counted["lost"], counted["repeated"], _events(folder / "cursor.db")
    return Strained(tuple(moments), shops.sold, reloads, lost, repeated, stopped, events)


def judged(run: Strained) -> list[str]:
    """What grew, or went wrong otherwise."""
    findings = []
    if (run.lost, run.repeated, run.stopped) != (0, 0, 0):
        findings.append(f"{run.lost} lost, {run.repeated} repeated, exit status {run.stopped}")
    if run.events != _EVENTS_A_SALE * run.sold:
        findings.append(f"{run.events} events are on record of {run.sold} sales")
    warm = run.moments[round(_WARM * len(run.moments)) :]
    return [*findings, *_grown(warm), *_logged(run.moments)]


def _grown(moments: Sequence[Moment]) -> Iterator[str]:
    known = [(float(one.sold), one.kept) for one in moments if one.kept is not None]
    if known:
        each = slope([(sold, float(kept.objects)) for sold, kept in known])
        if each > _OBJECTS_A_SALE:
            yield f"{each:.1f} objects stay with each sale"
    else:
        each = slope([(float(one.sold), float(one.held.rss)) for one in moments])
        if each > _BYTES_A_SALE:
            yield f"{each:,.0f} bytes of memory stay with each sale"
    for name, values in (
        ("open files", [one.held.fds for one in moments]),
        ("threads", [one.held.threads for one in moments]),
    ):
        if growth(values) > _HANDLES:
            yield f"{name} grow: {values[0]}, then {values[-1]}"


def _logged(moments: Sequence[Moment]) -> Iterator[str]:
    most = max(one.held.log for one in moments)
    if most > LOG_LIMIT:
        yield f"the log grows: {most / MIB:.1f} MiB"


def mutants() -> Iterator[Mutant]:
    """Those that a real process shows in a minute."""
    names = {"keeps events", "leaves files", "leaves threads", "leaves a transaction", "never writes back"}
    return (one for one in MUTANTS if one.name in names)


def _trouble(shops: Scene, rng: random.Random) -> None:
    shops.receiver.fail(rng.choice(CHANNELS), Status(503), Status(500))
    rng.choice(list(shops.shops.values())).fail(rng.choice((RateLimited(), Status(500))), times=3)


async def _asked(daemon: RunningDaemon, answers: Path) -> Kept:
    """What the interpreter says of itself."""
    answers.unlink(missing_ok=True)
    daemon.signal(signal.SIGUSR1)
    await until(answers.exists)
    return Kept(*map(int, answers.read_text().split()))


def _settings(shops: Scene, number: int) -> Mapping[str, Any]:
    """As before, but for a channel that is reached otherwise, now and then a key, and a channel that comes and goes."""
    names = [*CHANNELS, *(["extra"] if number % 2 else [])]
    changed = names[number % len(CHANNELS)]
    channels = {
        name: {"url": shops.receiver.url(name) + (f"?rto={10 + number % 7}" if name == changed else ""), "burst": "off"}
        for name in names
    }
    accounts = {}
    for place, (id_, shop) in enumerate(shops.shops.items()):
        if number % 4 == place:
            shop._keys.clear()
            shop.key()
        accounts[id_] = {"api_key": next(iter(shop._keys))}
    return {
        "cursor_file": str(shops.daemon.folder / "cursor.db"),
        "timezone": "Europe/Paris",
        "poll_interval": "1s",
        "stripe_api_base": shops.stripe.base,
        "accounts": accounts,
        "channels": channels,
    }


def _events(database: Path) -> int:
    with closing(sqlite3.connect(database)) as db:
        return int(db.execute("SELECT count(*) FROM events").fetchone()[0])
