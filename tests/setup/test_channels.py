from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from cashnotifyd.config.settings import AccountSettings, ChannelSettings
from cashnotifyd.delivery.apprise_door.endpoints import Endpoint, service_of
from cashnotifyd.setup.channels import examine_channel, unheard
from cashnotifyd.setup.findings import Verdict
from cashnotifyd.vocabulary import Disclosure, Mode
from tests.setup.making import settings_of

TOKENS = ("u1234567890abcdefghij1234567890", "a" * 30)


def channel(
    url: str, *, accounts: frozenset[str] | None = None, modes: frozenset[Mode] | None = None
) -> ChannelSettings:
    return ChannelSettings("phone", SecretStr(url), accounts, modes, None, Disclosure.FULL)


def account(id_: str, mode: Mode) -> AccountSettings:
    return AccountSettings(id_, SecretStr(f"rk_{mode}_51{id_}"), None, "https://api.stripe.com", mode)


@asynccontextmanager
async def listening(context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate")
    file = tmp_path / "server.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", file, "-out", tmp_path / "c"],
        check=True, capture_output=True,
    )  # fmt: skip
    file.write_text(file.read_text() + (tmp_path / "c").read_text())
    return file


@pytest.mark.parametrize(
    ("url", "name", "endpoint"),
    [
        ("ntfys://ntfy.sh/topic", "ntfy", Endpoint("ntfy.sh", 443, tls=True, web=True)),
        ("ntfy://example.org:8080/topic", "ntfy", Endpoint("example.org", 8080, tls=False, web=True)),
        ("pover://{}@{}".format(*TOKENS), "Pushover", Endpoint("api.pushover.net", 443, tls=True, web=True)),
        ("jsons://example.org/x", "JSON", Endpoint("example.org", 443, tls=True, web=True)),
        (
            "mailtos://me:word@example.org?to=me@example.org",
            "E-Mail",
            Endpoint("example.org", 587, tls=False, web=False),
        ),
        ("mailtos://me:word@example.org?mode=ssl", "E-Mail", Endpoint("example.org", 465, tls=True, web=False)),
    ],
)
def test_where_messages_go(url: str, name: str, endpoint: Endpoint) -> None:
    service = service_of(url)
    assert (service.name, service.endpoints, service.desktop) == (name, (endpoint,), False)


async def test_a_server_that_listens() -> None:
    async with listening() as port:
        found = await examine_channel(channel(f"json://127.0.0.1:{port}/secret-path"))
    assert (found.verdict, found.text) == (Verdict.OK, f"JSON: 127.0.0.1:{port} answers")


async def test_a_server_that_does_not() -> None:
    async with listening() as port:
        pass
    found = await examine_channel(channel(f"json://127.0.0.1:{port}/secret-path"))
    assert found.verdict is Verdict.PROBLEM
    assert found.text == f"JSON: 127.0.0.1:{port} cannot be reached: connection refused"
    assert found.next_step


async def test_a_name_that_nobody_has() -> None:
    found = await examine_channel(channel("json://nobody.invalid/x"))
    assert "the host name cannot be resolved" in found.text


async def test_tls_is_tried_with_the_authorities_that_sending_trusts(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    async with listening(context) as port:
        untrusted = await examine_channel(channel(f"jsons://localhost:{port}/x"))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        trusted = await examine_channel(channel(f"jsons://localhost:{port}/x"))
    assert "certificate cannot be trusted" in untrusted.text
    assert (trusted.verdict, trusted.text) == (Verdict.OK, f"JSON: localhost:{port} answers over TLS")


async def test_a_proxy_is_what_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening() as port:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        found = await examine_channel(channel("jsons://nobody.invalid/x"))
    assert found.verdict is Verdict.OK


async def test_a_service_whose_servers_are_not_known() -> None:
    found = await examine_channel(channel("opsgenie://a1234567-b123-c123-d123-e12345678901"))
    assert found.verdict is Verdict.UNKNOWN
    assert "send-test" in found.next_step


async def test_without_a_session_bus_there_is_no_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
    found = await examine_channel(channel("dbus://"))
    assert found.verdict is Verdict.PROBLEM
    assert "the session bus cannot be reached" in found.text


def test_an_account_that_nobody_is_told_of() -> None:
    accounts = (account("shop", Mode.LIVE), account("shop-test", Mode.TEST), account("other", Mode.LIVE))
    channels = (
        channel("json://h/x", modes=frozenset({Mode.LIVE}), accounts=frozenset({"shop", "shop-test"})),
        channel("json://h/y", accounts=frozenset({"other"})),
    )
    found = unheard(settings_of(accounts, channels))
    assert list(found) == ["shop-test"]
    assert "test mode" in found["shop-test"].text
