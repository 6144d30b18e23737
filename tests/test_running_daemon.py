"""The real daemon as a user's service manager and a user's Stripe would have it."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from cashnotifyd.simulator import families
from cashnotifyd.simulator.account import SimulatedAccount
from cashnotifyd.simulator.faults import Status
from cashnotifyd.simulator.server import Simulator
from cashnotifyd.vocabulary import Mode
from tests.faults.figures import Figures
from tests.running import PATIENCE, Notices, Receiver, RunningDaemon, until


class Scene:
    """A simulated Stripe with one shop, a receiver, and the daemon between them (not started)."""

    def __init__(self, folder: Path, stripe: Simulator, receiver: Receiver) -> None:
        self.stripe = stripe
        self.receiver = receiver
        self.shop = stripe.account("acct_1Shop", name="Acme Shop")
        self.key = self.shop.key()
        self.daemon = RunningDaemon(folder, self.settings())

    def settings(self, **changes: object) -> dict[str, object]:
        return {
            "poll_interval": "1s",
            "cursor_file": "cursor.db",
            "stripe_api_base": self.stripe.base,
            "accounts": {"shop": {"api_key": self.key}},
            "channels": {"phone": {"url": self.receiver.url("phone"), "burst": "off"}},
            **changes,
        }

    async def started(self) -> None:
        await self.daemon.start()
        await self.told(1)

    async def told(self, count: int) -> list[str]:
        """Wait for so many messages on the phone; their titles."""
        await self.receiver.until(lambda: len(self.receiver.titles("phone")) >= count)
        return self.receiver.titles("phone")


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with Simulator() as stripe, Receiver() as receiver:
        scene = Scene(tmp_path, stripe, receiver)
        scene.daemon.write(scene.settings(cursor_file=str(tmp_path / "cursor.db")))
        try:
            yield scene
        finally:
            await scene.daemon.__aexit__(None, None, None)


def polls(account: SimulatedAccount) -> int:
    return sum(request.path == "/v1/events" for request in account.requests)


async def polled(account: SimulatedAccount, times: int) -> None:
    """Wait for so many more polls."""
    goal = polls(account) + times
    await until(lambda: polls(account) >= goal)


async def test_first_contact_is_quiet_and_then_each_sale_is_told_once(scene: Scene) -> None:
    for _ in range(30):
        families.checkout_sale(scene.shop)
    await scene.started()

    families.checkout_sale(scene.shop, amount=4900)

    titles = await scene.told(2)
    await polled(scene.shop, 2)
    assert titles == ["Now watching · Acme Shop", "Sale $49.00 · Acme Shop"]
    assert len(scene.receiver.got["phone"]) == 2
    assert await scene.daemon.stop() == 0


@pytest.mark.fault(8, lost=0, repeated=0)
async def test_an_event_that_becomes_visible_after_newer_ones_is_told(scene: Scene) -> None:
    await scene.started()
    now = scene.shop.now()
    charge = families.charge_sale(scene.shop).charge
    await scene.told(2)

    late = {**charge, "id": "ch_late", "amount": 1234, "amount_captured": 1234}
    scene.shop.emit("charge.succeeded", late, created=now - 60)

    assert (await scene.told(3))[2] == "Sale $12.34 · Acme Shop"


@pytest.mark.fault(7, 12, lost=0, repeated=0)
async def test_a_failing_account_holds_up_no_other_and_a_revoked_key_is_told_once(scene: Scene) -> None:
    failing = scene.stripe.account("acct_1Failing", name="Failing")
    revoked = scene.stripe.account("acct_1Revoked", name="Revoked")
    failing.fail(Status(500))
    revoked_key = revoked.key()
    revoked.revoke(revoked_key)
    scene.daemon.write(
        scene.settings(
            cursor_file=str(scene.daemon.folder / "cursor.db"),
            accounts={
                "failing": {"api_key": failing.key()},
                "revoked": {"api_key": revoked_key},
                "shop": {"api_key": scene.key},
            },
        )
    )
    await scene.started()
    await scene.told(2)
    for _ in range(2):
        families.charge_sale(scene.shop, amount=1000)
        await polled(scene.shop, 1)

    titles = await scene.told(4)

    assert titles.count("Sale $10.00 · Acme Shop") == 2
    assert titles.count("Stripe refuses the key · revoked") == 1
    # Told once across restarts, too.
    assert await scene.daemon.stop() == 0
    await scene.daemon.start()
    await scene.daemon.until_logged("the key is refused", times=2)
    families.charge_sale(scene.shop, amount=2000)
    await scene.told(5)
    assert scene.receiver.titles("phone")[4:] == ["Sale $20.00 · Acme Shop"]
    # And the all-clear when it works again.
    revoked.restore(revoked_key)
    scene.daemon.signal(signal.SIGHUP)
    await scene.told(7)
    assert sorted(scene.receiver.titles("phone")[5:]) == ["Now watching · Revoked", "The key works again · Revoked"]


async def test_a_rotated_key_goes_on_and_a_key_of_another_account_starts_afresh(scene: Scene) -> None:
    await scene.started()
    assert await scene.daemon.stop() == 0
    families.charge_sale(scene.shop, amount=1500)
    scene.key = scene.shop.key()
    scene.daemon.write(scene.settings(cursor_file=str(scene.daemon.folder / "cursor.db")))

    await scene.daemon.start()

    assert (await scene.told(2))[1] == "Sale $15.00 · Acme Shop"
    assert await scene.daemon.stop() == 0
    other = scene.stripe.account("acct_1Other", name="Other Shop")
    families.charge_sale(other)
    scene.key = other.key()
    scene.daemon.write(scene.settings(cursor_file=str(scene.daemon.folder / "cursor.db")))
    await scene.daemon.start()
    assert (await scene.told(3))[2] == "Now watching · Other Shop"
    assert "another Stripe account than before (Acme Shop)" in scene.receiver.got["phone"][2]["message"]


async def test_test_mode_is_visibly_test(scene: Scene) -> None:
    sandbox = scene.stripe.account("acct_1Shop", name="Acme Shop", mode=Mode.TEST)
    scene.key = sandbox.key()
    scene.daemon.write(scene.settings(cursor_file=str(scene.daemon.folder / "cursor.db")))
    await scene.started()

    families.charge_sale(sandbox, amount=700)

    assert (await scene.told(2))[1] == "[TEST] Sale $7.00 · Acme Shop"


GATE = """
import importlib.abc, os, pathlib, sys

class Gate(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "stripe":
            sys.meta_path.remove(self)
            pathlib.Path(os.environ["REACHED"]).touch()
            open(os.environ["GATE"]).close()

sys.meta_path.insert(0, Gate())
"""


class Gate:
    """Holds a starting daemon in the middle of its imports."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(GATE)
        self._gate, self._reached = folder / "gate", folder / "reached"
        os.mkfifo(self._gate)
        self.environment = {"PYTHONPATH": str(folder), "GATE": str(self._gate), "REACHED": str(self._reached)}

    async def reached(self) -> None:
        await until(self._reached.exists)

    async def open(self) -> None:
        """Let it go on."""
        await asyncio.to_thread(lambda: self._gate.open("w").close())


async def test_told_to_stop_before_it_has_begun_it_ends_well(scene: Scene, tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    await scene.daemon.start(**gate.environment)
    await gate.reached()

    scene.daemon.signal(signal.SIGTERM)

    assert scene.daemon.process is not None
    assert await scene.daemon.process.wait() == 0
    assert scene.daemon.log.read_text() == ""


async def test_told_to_reload_before_it_has_begun_it_reloads_when_it_has(scene: Scene, tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    await scene.daemon.start(**gate.environment)
    await gate.reached()

    scene.daemon.signal(signal.SIGHUP)
    await gate.open()

    await scene.daemon.until_logged("the configuration has been reloaded")
    await scene.told(1)
    assert await scene.daemon.stop() == 0


async def test_what_could_not_be_delivered_is_delivered_when_the_channel_is_back(scene: Scene) -> None:
    await scene.started()
    scene.receiver.status = 503
    families.charge_sale(scene.shop, amount=900)
    line = await scene.daemon.until_logged("not delivered, to be tried again")
    assert "503" in line["reason"]
    await scene.daemon.kill()
    scene.receiver.status = 200
    await scene.daemon.start()

    assert (await scene.told(2))[1] == "Sale $9.00 · Acme Shop"


@pytest.mark.fault(30, lost=0, repeated=0)
async def test_a_stop_waits_for_the_send_under_way(scene: Scene, tmp_path: Path) -> None:
    with Notices(tmp_path / "notify") as notices:
        scene.daemon.environment = {"NOTIFY_SOCKET": notices.address}
        await scene.started()
        scene.receiver.answering.clear()
        families.charge_sale(scene.shop, amount=900)
        await until(lambda: scene.receiver.waiting > 0)

        stopping = asyncio.create_task(scene.daemon.stop())
        await until(lambda: notices.hears("STOPPING=1"))
        assert not stopping.done()
        scene.receiver.answering.set()

        assert await stopping == 0
    assert scene.receiver.titles("phone")[1:] == ["Sale $9.00 · Acme Shop"]


async def test_a_reload_takes_up_a_new_account_and_leaves_the_others_alone(scene: Scene) -> None:
    await scene.started()
    other = scene.stripe.account("acct_1Other", name="Other Shop")
    accounts = {"shop": {"api_key": scene.key}, "other": {"api_key": other.key()}}
    scene.daemon.write(scene.settings(cursor_file=str(scene.daemon.folder / "cursor.db"), accounts=accounts))

    scene.daemon.signal(signal.SIGHUP)

    assert (await scene.told(2))[1] == "Now watching · Other Shop"
    assert sum(request.path == "/v1/account" for request in scene.shop.requests) == 1


@pytest.mark.fault(32, lost=0, repeated=0)
async def test_a_bad_reload_keeps_the_old_configuration_and_says_why(scene: Scene) -> None:
    await scene.started()
    scene.daemon.config.write_text("accounts: {shop: {api_key: pk_live_secret123}}\nchanels: {}\n")

    scene.daemon.signal(signal.SIGHUP)

    await scene.daemon.until_logged("the new configuration is refused, the old one stays")
    families.charge_sale(scene.shop, amount=800)
    assert (await scene.told(2))[1] == "Sale $8.00 · Acme Shop"
    assert "chanels" in scene.daemon.log.read_text()
    assert "secret123" not in scene.daemon.log.read_text()


async def test_a_type_of_event_that_stripe_does_not_have_is_in_the_log_at_start_and_at_reload(scene: Scene) -> None:
    def written(*events: str) -> None:
        phone = {"url": scene.receiver.url("phone"), "events": [*events, "watch", "account"]}
        settings = scene.settings(cursor_file=str(scene.daemon.folder / "cursor.db"), channels={"phone": phone})
        scene.daemon.write(settings)

    written("payout.payed")
    await scene.started()
    assert "Did you mean payout.paid?" in scene.daemon.log.read_text()
    written("payout.paid", "chrge.*")

    scene.daemon.signal(signal.SIGHUP)

    await scene.daemon.until_logged("the configuration has been reloaded")
    assert "channels.phone.events[1]: Stripe has no such type of event" in scene.daemon.log.read_text()


TIMED = """
import atexit, pathlib, time

def idle():
    busy, queued = pathlib.Path("/proc/self/schedstat").read_text().split()[:2]
    return time.monotonic() - (int(busy) + int(queued)) / 1e9

def tell():
    print(idle() - begun)

if pathlib.Path("/proc/self/schedstat").exists():
    begun = idle()
    atexit.register(tell)
from cashnotifyd.cli import main
main()
"""
"""Says at its end how long it neither ran nor waited for a processor: no other process makes that longer."""


@pytest.mark.fault(26, lost=0, repeated=0)
async def test_a_second_daemon_on_the_same_file_ends_at_once(scene: Scene, figures: Figures) -> None:
    await scene.started()
    begun = time.monotonic()
    second = await asyncio.create_subprocess_exec(
        sys.executable, "-c", TIMED, "run", "--config", str(scene.daemon.config),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip

    async with asyncio.timeout(PATIENCE):
        idle, said = await second.communicate()
    took = f"the second had ended after {time.monotonic() - begun:.1f} s, Python's start included"
    if idle:
        assert float(idle) < 1
        took += f", {abs(float(idle)):.2f} s of it idle"
    figures(measured=took)

    assert second.returncode == 1
    assert b"another cashnotifyd" in said
    assert b"Traceback" not in said
    assert str(scene.daemon.process.pid if scene.daemon.process else "?").encode() in said


async def test_bad_configuration_is_exit_78(scene: Scene) -> None:
    scene.daemon.config.write_text("accounts:\n  shop:\n    api_key: pk_live_secret123\nchannels: {}\n")
    await scene.daemon.start()
    assert scene.daemon.process is not None

    status = await scene.daemon.process.wait()

    said = scene.daemon.log.read_text()
    assert status == 78
    assert f"{scene.daemon.config}:3:5: accounts.shop.api_key" in said
    assert "secret123" not in said
    assert "Traceback" not in said


async def test_the_cursor_file_is_its_owners_alone(scene: Scene) -> None:
    await scene.started()
    modes = set()
    for path in scene.daemon.folder.glob("cursor.db*"):
        with suppress(FileNotFoundError):  # some live for a transaction
            modes.add(stat.S_IMODE(path.stat().st_mode))
    assert modes == {0o600}


async def test_the_service_manager_hears_of_start_progress_reload_and_stop(scene: Scene, tmp_path: Path) -> None:
    with Notices(tmp_path / "notify") as notices:
        await scene.daemon.start(NOTIFY_SOCKET=notices.address, WATCHDOG_USEC="4000000")
        await scene.told(1)
        await until(lambda: notices.hears("WATCHDOG=1"))
        scene.daemon.signal(signal.SIGHUP)
        await until(lambda: notices.heard.count("READY=1") == 2)
        assert await scene.daemon.stop() == 0
        heard = notices.heard
    assert heard.index("READY=1") < next(i for i, notice in enumerate(heard) if "RELOADING=1" in notice)
    assert heard.count("READY=1") == 2
    assert "STATUS=watching 1 account, telling 1 channel" in heard
    assert "STOPPING=1" in heard


async def test_a_stop_does_not_wait_for_a_reload_that_waits_for_a_send(scene: Scene, tmp_path: Path) -> None:
    await scene.started()
    await scene.daemon.stop()
    with Notices(tmp_path / "notify") as notices:
        scene.receiver.answering.clear()
        families.charge_sale(scene.shop, amount=900)
        await scene.daemon.start(NOTIFY_SOCKET=notices.address)
        await until(lambda: scene.receiver.waiting > 0)
        discreet = {"phone": {"url": scene.receiver.url("phone"), "details": "private"}}
        scene.daemon.write(scene.settings(cursor_file=str(tmp_path / "cursor.db"), channels=discreet))
        scene.daemon.signal(signal.SIGHUP)
        await until(lambda: notices.hears("RELOADING=1"))

        stopping = asyncio.create_task(scene.daemon.stop())
        await until(lambda: notices.hears("STOPPING=1"))
        scene.receiver.answering.set()
        assert await stopping == 0
    assert scene.receiver.titles("phone")[1:] == ["Sale $9.00 · Acme Shop"]


async def test_a_stop_does_not_wait_for_a_host_name_that_nobody_resolves(scene: Scene, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    script = (
        "import pathlib, socket, sys, time\n"
        f"socket.getaddrinfo = lambda *_, **__: (pathlib.Path({str(asked)!r}).touch(), time.sleep(600))\n"
        "from cashnotifyd.cli import main; main()"
    )
    scene.daemon.write(scene.settings(cursor_file=str(tmp_path / "cursor.db"), stripe_api_base="https://stripe.test"))
    scene.daemon.program = ("-c", script)
    await scene.daemon.start()
    await until(asked.exists)

    assert await scene.daemon.stop() == 0
    assert [line["event"] for line in scene.daemon.logged()] == ["starting", "stopped"]


async def test_what_waits_when_a_channel_is_made_discreet_goes_out_discreetly(scene: Scene, tmp_path: Path) -> None:
    await scene.started()
    scene.receiver.status = 503
    families.checkout_sale(scene.shop, amount=4900)
    await scene.daemon.until_logged("not delivered, to be tried again")

    discreet = {"url": scene.receiver.url("phone"), "details": "private"}
    full = {"url": scene.receiver.url("office")}
    scene.daemon.write(
        scene.settings(
            cursor_file=str(tmp_path / "cursor.db"), locale="de_DE", channels={"phone": discreet, "office": full}
        )
    )
    scene.receiver.status = 200
    scene.daemon.signal(signal.SIGHUP)
    await scene.daemon.until_logged("the configuration has been reloaded")
    assert await scene.told(2) == ["Now watching · Acme Shop", "Sale · Acme Shop"]

    families.checkout_sale(scene.shop, amount=4900)
    assert (await scene.told(3))[-1] == "Verkauf · Acme Shop"
    await scene.receiver.until(lambda: bool(scene.receiver.titles("office")))
    assert scene.receiver.titles("office") == ["Verkauf 49,00\N{NO-BREAK SPACE}$ · Acme Shop"]
    assert "@" in scene.receiver.got["office"][0]["message"]
    assert not any("@" in message["message"] for message in scene.receiver.got["phone"])


# Watching the watcher


@pytest.mark.slow
@pytest.mark.timeout(150)
async def test_a_channel_that_refuses_is_told_on_the_other_and_so_is_its_return(scene: Scene) -> None:
    receiver, hooks = scene.receiver, {"phone": "off", "mail": "off"}
    channels = {name: {"url": receiver.url(name), "burst": burst} for name, burst in hooks.items()}
    scene.daemon.write(
        scene.settings(
            cursor_file=str(scene.daemon.folder / "cursor.db"),
            channels=channels,
            heartbeat=f"http://127.0.0.1:{receiver.port}/alive-s3cret",
        )
    )
    await scene.started()
    receiver.refusing["phone"] = 401
    families.charge_sale(scene.shop, amount=4900)
    await receiver.until(lambda: any("Channel phone fails" in title for title in receiver.titles("mail")))
    await receiver.until(lambda: receiver.visits["alive-s3cret"] > 0)
    assert not any("Channel phone fails" in title for title in receiver.titles("phone"))
    assert sum(title.startswith("Sale $49.00") for title in receiver.titles("mail")) == 1

    del receiver.refusing["phone"]
    await scene.daemon.stop()
    await scene.daemon.start()
    await receiver.until(lambda: any("works again" in title for title in receiver.titles("mail")))
    assert sum(title.startswith("Sale $49.00") for title in receiver.titles("phone")) == 1
    assert "s3cret" not in scene.daemon.log.read_text()
