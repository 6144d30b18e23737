"""Faults whose figure is a time, on simulated time: no machine is too busy for them."""

from __future__ import annotations

import asyncio
import io
import random
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from cashnotifyd import logs
from cashnotifyd.config.loading import Loaded
from cashnotifyd.config.settings import AccountSettings, Settings
from cashnotifyd.daemon import running, watches
from cashnotifyd.daemon.outside import Outside
from cashnotifyd.daemon.running import Daemon
from cashnotifyd.service_manager import ServiceManager
from cashnotifyd.stripe_api import StripeConnections
from cashnotifyd.vocabulary import Mode
from tests.faults.figures import Figures
from tests.in_memory.disk import Disk
from tests.in_memory.record import InMemoryRecord
from tests.own_logging import own_logging
from tests.simulation.clock import Clock, SimulatedLoop
from tests.simulation.plan import Stop, Suspend, planned
from tests.simulation.recipients import Recipient
from tests.simulation.simulation import Simulation
from tests.simulation.world import BEGIN

TICK = running._TICK
"""As it is: simulations make it longer for their own speed."""
STOPPED = 60.0
NIGHT = 8 * 3600.0


# The watchdog


class Hanging(StripeConnections):
    """A way to Stripe on which nothing comes to an end, though everything has been given its time."""

    unrecorded_reads = 0

    def account(self, *_: object, **__: object) -> Any:  # noqa: ANN401 (whatever is asked of it hangs)
        return self

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (see above)
        async def hang(*_: object, **__: object) -> None:
            await asyncio.Event().wait()

        return hang

    async def close(self) -> None:
        pass


def watched(account: str) -> Loaded:
    """A configuration with that account."""
    key = AccountSettings(account, SecretStr("rk_test_1"), None, "https://stripe.invalid", Mode.TEST)
    return Loaded(Settings(30.0, Path("/nonexistent/cursor.db"), "en_US", ZoneInfo("UTC"), {account: key}, {}), (), ())


class Alone:
    """A daemon on simulated time that has one account, and how often it fed the watchdog."""

    def __init__(self, patch: pytest.MonkeyPatch, *loaded: Loaded) -> None:
        self.fed: list[float] = []
        """When, by the monotonic clock."""
        self._configurations = iter(loaded)
        clock = Clock(BEGIN)
        self.loop = SimulatedLoop(clock)
        patch.setattr(time, "time", clock.time)
        patch.setattr(time, "monotonic", clock.monotonic)
        patch.setattr(ServiceManager, "feed_watchdog", lambda _: self.fed.append(clock.monotonic()))
        self._daemon = Daemon(
            next(self._configurations),
            lambda: next(self._configurations),
            InMemoryRecord.open(Disk()),
            ServiceManager(watchdog_interval=3.0),
            Outside(Hanging, rng=random.Random(1)),
        )

    def live(self, seconds: float) -> None:
        """Run for so long, and end."""
        self.loop.call_later(seconds, self.loop.tell, signal.SIGTERM)
        self.loop.run_until_complete(self._daemon.run())
        self.loop.abandon()


@pytest.mark.fault(28)
def test_whoever_does_not_get_on_is_no_reason_to_feed_the_watchdog(
    monkeypatch: pytest.MonkeyPatch, figures: Figures
) -> None:
    alone = Alone(monkeypatch, watched("shop"))

    alone.live(600.0)

    allowed = watches._POLL_ALLOWANCE
    assert allowed - 3.0 <= alone.fed[-1] <= allowed + 1.0
    assert len(alone.fed) >= allowed / 3.0
    figures(measured=f"a poll that does not end: not fed any more after {alone.fed[-1]:.0f} s")


# A reload


@pytest.mark.fault(42, measured="0 hits")
def test_what_a_reload_brings_is_masked_before_anything_is_said_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "correct-horse-battery"
    after = replace(watched("shop"), secrets=(secret,), warnings=(f"the password {secret} is short",))
    with own_logging():
        out = io.StringIO()
        logs.configure([], stream=out, environ={})
        alone = Alone(monkeypatch, watched("shop"), after)
        alone.loop.call_later(10.0, alone.loop.tell, signal.SIGHUP)
        alone.live(20.0)
    assert "is short" in out.getvalue()
    assert secret not in out.getvalue()


# The end


class Stopped(Simulation):
    """Notes how long a stop took, and which channels were being sent to all the same."""

    took = -1.0
    sending: frozenset[str] = frozenset()

    def _check_stop(self, daemon: Daemon) -> None:
        if self.took < 0:
            self.took = self.world.clock.monotonic() - STOPPED
            self.sending = frozenset(daemon.sends_under_way)


@pytest.mark.fault(30)
def test_a_stop_waits_for_no_send_longer_than_its_twenty_seconds(figures: Figures) -> None:
    run = Stopped(1, plan=replace(planned(1), entries=((STOPPED, Stop(1.0)),), ends=STOPPED + 1.0))
    journeys = Recipient.journey

    def never(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(Recipient, "journey", lambda one: journeys(one) if one.world.calm else (1e6, 1e6))

    run.run(never)

    assert run.sending
    assert 0.0 <= run.took <= 20.0
    figures(measured=f"ended after {run.took:.0f} s, with sends that do not end")


# Sleep


@pytest.mark.fault(34)
def test_within_five_seconds_of_waking_every_account_is_polled(figures: Figures) -> None:
    nights = tuple((100.0 + number * (NIGHT + 97.3), Suspend(NIGHT)) for number in range(20))
    run = Simulation(
        1,
        plan=replace(
            planned(1), entries=nights, interval=300.0, share=None, begins_at=BEGIN, ends=nights[-1][0] + 99.0
        ),
    )
    run.run(lambda patch: patch.setattr(running, "_TICK", TICK))

    asked, waits = run.network.requests, list[float]()
    for number in range(len(nights)):
        woken = 100.0 + number * 97.3  # by its monotonic clock, which stands while it sleeps
        waits += [
            min(at for at, name in asked if name == account and at >= woken) - woken
            for account in {who for _, who in asked}
        ]
    assert max(waits) <= 5.0
    figures(measured=f"polled {max(waits):.1f} s after it woke, the longest of {len(nights)} nights")
