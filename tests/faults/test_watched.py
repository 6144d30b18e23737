"""Faults of the way to Stripe that take their time, on the real process."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from cashnotifyd.simulator.faults import Stall, Status
from cashnotifyd.simulator.server import Simulator
from tests.faults.figures import Figures
from tests.faults.scene import scene
from tests.running import Notices, until
from tests.test_bursts import peak_memory

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


# A connection that stalls


@pytest.mark.fault(3)
async def test_a_stall_is_given_up_and_the_watchdog_is_fed(tmp_path: Path, figures: Figures) -> None:
    loop = asyncio.get_running_loop()
    with Notices(tmp_path / "notify") as notices:
        async with scene(tmp_path, shops=2) as shops:
            stalled, well = shops.shops.values()
            await shops.daemon.start(NOTIFY_SOCKET=notices.address, WATCHDOG_USEC="4000000")
            await shops.is_known()
            begun, before = loop.time(), notices.heard.count("WATCHDOG=1")
            stalled.fail(Stall())
            asked = len(well.requests)
            for _ in range(6):
                shops.sell()
            await shops.receiver.until(lambda: len(shops.told("phone")) == 3)
            await shops.daemon.until_logged("the poll failed", seconds=150)
            took, polls = loop.time() - begun, len(well.requests) - asked
            meals = notices.heard.count("WATCHDOG=1") - before
            stalled.mend()
            await shops.all_is_told()
            assert await shops.daemon.stop() == 0
    assert shops.counted() == {"lost": 0, "repeated": 0}
    assert "no progress" not in shops.daemon.log.read_text()
    assert meals >= took / 3
    figures(
        **shops.counted(),
        measured=f"given up after {took:.0f} s, the watchdog fed {meals} times, the other account polled {polls} times",
    )


# Certificates


def openssl(*words: str | Path) -> None:
    try:
        subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=30)
    except FileNotFoundError:
        pytest.skip("openssl is not installed: no certificate can be made here")


class Authority:
    """Signs certificates, and one that it has not signed; all for a server of our own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.certificate = folder / "authority.crt"
        self._key = folder / "authority.key"
        self._make(self.certificate, self._key, "/CN=authority")

    def _make(self, certificate: Path, key: Path, subject: str, *more: str | Path) -> None:
        openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", subject, "-keyout", key, "-out", certificate, *more,
        )  # fmt: skip

    def signed(self, name: str, *, days: str = "2") -> ssl.SSLContext:
        """For a server that is called so."""
        key, request, certificate = (self._folder / f"{name}{days}.{kind}" for kind in ("key", "csr", "crt"))
        names = self._folder / f"{name}{days}.ext"
        names.write_text(f"subjectAltName = {'IP' if name[0].isdigit() else 'DNS'}:{name}\n")
        openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
            "-keyout", key, "-out", request,
        )  # fmt: skip
        openssl(
            "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial",
            "-days", days, "-extfile", names, "-out", certificate,
        )  # fmt: skip
        return _serving(certificate, key)

    def unsigned(self) -> ssl.SSLContext:
        """For our address, and by nobody in particular."""
        key, certificate = self._folder / "unsigned.key", self._folder / "unsigned.crt"
        self._make(certificate, key, "/CN=127.0.0.1", "-addext", "subjectAltName = IP:127.0.0.1")
        return _serving(certificate, key)


def _serving(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


@pytest.mark.fault(4)
async def test_only_a_certificate_that_fits_gets_a_key(tmp_path: Path, figures: Figures) -> None:
    authority = Authority(tmp_path)
    contexts = {
        "right": authority.signed("127.0.0.1"),
        "foreign": authority.signed("api.stripe.com"),
        "expired": authority.signed("127.0.0.1", days="-1"),
        "unsigned": authority.unsigned(),
    }
    async with AsyncExitStack() as stack:
        servers = {name: await stack.enter_async_context(Simulator(tls=context)) for name, context in contexts.items()}
        keys = {name: server.account(f"acct_{name}", name=name).key() for name, server in servers.items()}
        accounts = {name: {"api_key": keys[name], "stripe_api_base": servers[name].base} for name in servers}
        shop = await stack.enter_async_context(scene(tmp_path, accounts=accounts))
        await shop.daemon.start(SSL_CERT_FILE=str(authority.certificate))
        await shop.daemon.until_logged("the poll failed", times=3)
        await shop.receiver.until(lambda: bool(shop.receiver.titles("phone")))
        assert await shop.daemon.stop() == 0
        failed = [line for line in shop.daemon.logged() if line["event"] == "the poll failed"]
    assert {line["account"] for line in failed} == {"foreign", "expired", "unsigned"}
    assert {line["reason"] for line in failed} == {"the server's certificate could not be verified"}
    heard = {name: len(server.requests) for name, server in servers.items() if server.requests}
    assert heard.keys() == {"right"}
    figures(measured="for another host, expired, signed by nobody: 0 requests, 0 bytes of the key sent")


# Much at once


@pytest.mark.timeout(900)
@pytest.mark.fault(14)
async def test_a_backlog_of_ten_thousand_sales(tmp_path: Path, figures: Figures) -> None:
    sales = 10_000
    async with scene(tmp_path, channels=("phone", "mail"), poll_interval="30s") as shop:
        shop.daemon.config.write_text(shop.daemon.config.read_text().replace("burst: 'off'", "burst: {}"))
        await shop.daemon.start()
        await shop.is_known()
        assert await shop.daemon.stop() == 0
        for _ in range(sales):
            shop.sell()
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await shop.daemon.start()

        def counted(name: str) -> int:
            return sum(int(title.split()[0].replace(",", "")) for title in shop.receiver.titles(name)[1:])

        await shop.receiver.until(lambda: all(counted(name) == sales for name in shop.channels), 600)
        took = loop.time() - begun
        assert shop.daemon.process is not None
        peak = peak_memory(shop.daemon.process.pid)
        assert await shop.daemon.stop() == 0
    money = sum(1000 + number for number in range(sales)) / 100
    for name in shop.channels:
        sums = [title.split()[2].replace(",", "").removeprefix("$") for title in shop.receiver.titles(name)[1:]]
        assert sum(map(float, sums)) == pytest.approx(money)
    messages = max(len(shop.receiver.titles(name)) - 1 for name in shop.channels)
    assert messages <= 4
    assert peak < 192
    figures(
        lost=0,
        repeated=0,
        measured=f"{sales:,} sales in {messages} message(s) a channel after {took:.0f} s; RSS {peak:.0f} MiB at most",
    )


# One account of several


@pytest.mark.fault(7)
async def test_a_storm_of_5xx_does_not_delay_the_other_account(tmp_path: Path, figures: Figures) -> None:
    async with scene(tmp_path, shops=2) as shops:
        ill, well = shops.shops.values()
        loop = asyncio.get_running_loop()
        await shops.daemon.start()
        await shops.is_known()

        async def delay() -> float:
            """Seconds until a sale of the account that is well has been told; the other one sells as well."""
            begun = loop.time()
            shops.sell()
            shops.sell()
            number = f"${10 + (shops.sold - 1) / 100:.2f}"
            await shops.receiver.until(lambda: number in shops.told("phone"))
            return loop.time() - begun

        before = [await delay() for _ in range(10)]
        ill.fail(Status(503))
        during = [await delay() for _ in range(10)]
        ill.mend()
        await until(lambda: len(shops.told("phone")) == shops.sold)
        assert await shops.daemon.stop() == 0
    assert well.requests
    assert shops.counted() == {"lost": 0, "repeated": 0}
    slower = sorted(during)[5] - sorted(before)[5]
    figures(**shops.counted(), measured=f"the other account's sales {slower:+.1f} s (median, poll of 1 s)")
