"""No secret reaches a log, a screen, the process list, a child, a message or the cursor file, however loud and ill."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import requests
import yaml
from structlog.testing import capture_logs

from cashnotifyd.config.loading import ConfigError, load
from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.delivery.apprise_door.urls import examine, open_targets
from cashnotifyd.delivery.browser import environment
from cashnotifyd.delivery.outcome import Delivered, NotSent
from cashnotifyd.digests.pictures import Pictures
from cashnotifyd.oversight.verdict import Verdict
from cashnotifyd.simulator import families
from cashnotifyd.simulator.server import Simulator
from cashnotifyd.vocabulary import Kind, Message, Urgency
from tests import forked
from tests.clock import Clock
from tests.delivery.doubles import closed_port, http_double
from tests.digests.test_pictures import WEEK
from tests.oversight.test_heartbeat import beating, told
from tests.running import Receiver, RunningDaemon

MESSAGE: Final = Message(Kind.SALE, "Sale", "Acme", Urgency.NORMAL, None)
MARK: Final = "PLANTED"
PLANTED: Final = {
    "hook": "json://user:PLANTEDhookpassword1@127.0.0.1:{port}/hook?+X-Token=PLANTEDheader1",
    "path": "json://127.0.0.1:{port}/services/PLANTEDpathtoken1234567890",
    "ntfy": "ntfy://tk_PLANTEDntfytoken1234567890ab@127.0.0.1:{port}/topic",
    "gotify": "gotify://127.0.0.1:{port}/PLANTEDgotifytok",
    "tls": "jsons://user:PLANTEDtlspassword1@127.0.0.1:{port}/tls",
    "refused": "json://user:PLANTEDrefusedpassword1@127.0.0.1:{closed}/refused",
    "mail": "mailto://me:PLANTEDmailpassword1@127.0.0.1:1?from=me@example.com&to=you@example.com",
    "mails": "mailtos://me:PLANTEDmailspassword1@127.0.0.1:{closed}?from=me@example.com&to=you@example.com",
    "matrix": "matrix://bot:PLANTEDmatrixpassword@127.0.0.1:{port}/!room:127.0.0.1?discovery=no",
    "telegram": "tgram://123456789:PLANTEDtelegramtokenabcdefghijklmnopq/123456",
    "discord": "discord://123456789012345678/PLANTEDdiscordtokenPLANTEDdiscordtokenPLANTEDdiscordtokenPLANTED",
}
DEBUGGING: Final = {"STRIPE_LOG": "debug", "PYDANTIC_SETTINGS_DEBUG": "1", "PYTHONASYNCIODEBUG": "1"}


def proxied() -> dict[str, str]:
    """An environment in which what would go to a service of the internet is refused on this machine."""
    return {"HTTPS_PROXY": f"http://127.0.0.1:{closed_port()}", "NO_PROXY": "127.0.0.1"}


def urls(port: int) -> dict[str, str]:
    return {name: url.format(port=port, closed=closed_port()) for name, url in PLANTED.items()}


def assert_without(secrets: tuple[str, ...], **shown: bytes | str) -> None:
    for where, content in shown.items():
        data = content.encode() if isinstance(content, str) else content
        for secret in secrets:
            assert secret.encode() not in data, f"{secret[:12]}… stands in {where}"


def files_in(folder: Path, *, but: tuple[Path, ...]) -> dict[str, bytes]:
    """The name and content of every file, as the operator's own are left out."""
    found = [path for path in folder.rglob("*") if path.is_file() and path not in but]
    return {str(path.relative_to(folder)): f"{path.name}\n".encode() + path.read_bytes() for path in found}


def environments_below(pid: int) -> Iterator[tuple[str, bytes]]:
    """What the processes that a process has started were given, by their ids."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # what ends meanwhile is gone
            for child in task.read_text().split():
                yield child, Path(f"/proc/{child}/environ").read_bytes()
                yield from environments_below(int(child))


@pytest.mark.fault(42, measured="0 hits")
@pytest.mark.timeout(120)
async def test_everything_at_debug_and_everything_failing(tmp_path: Path) -> None:
    async with Simulator() as stripe, Receiver() as receiver:
        shop = stripe.account("acct_1Shop", name="Acme Shop")
        gone = stripe.account("acct_1Gone", name="Gone")
        keys = (shop.key(), gone.key())
        gone.revoke(keys[1])
        receiver.status = 500
        settings = {
            "poll_interval": "1s",
            "stripe_api_base": stripe.base,
            "heartbeat": f"http://127.0.0.1:{receiver.port}/PLANTEDheartbeat",
            "accounts": {
                "shop": {"api_key": keys[0]},
                "gone": {"api_key": keys[1]},
                "nowhere": {
                    "api_key": "rk_test_51PLANTEDnowherekey",
                    "stripe_api_base": f"http://127.0.0.1:{closed_port()}",
                },
                "no-tls": {
                    "api_key": "rk_test_51PLANTEDnotlskey",
                    "stripe_api_base": f"https://127.0.0.1:{receiver.port}",
                },
            },
            "channels": {name: {"url": url} for name, url in urls(receiver.port).items()},
        }
        daemon = RunningDaemon(tmp_path, settings)
        daemon.options = ("--log-level", "debug")
        daemon.environment = {**DEBUGGING, **proxied()}
        async with daemon:
            families.charge_sale(shop)
            await daemon.until_logged("not delivered, to be tried again", times=len(PLANTED))
            await daemon.until_logged("the key is refused")
            assert daemon.process is not None
            process = Path(f"/proc/{daemon.process.pid}")
            shown = (process / "cmdline").read_bytes() if process.exists() else b""
            limits = (process / "limits").read_text() if process.exists() else ""
            assert await daemon.stop() == 0
    left = files_in(tmp_path, but=(daemon.config,))
    assert {"log", "cursor.db"} <= left.keys()
    secrets = (MARK, *keys, *(key[-24:] for key in keys))
    assert_without(secrets, **left, command_line=shown)
    if limits:
        assert any(line.split()[:6] == ["Max", "core", "file", "size", "0", "0"] for line in limits.splitlines())


@pytest.mark.fault(42, measured="0 hits")
async def test_messages_that_arrive_hold_none_and_children_are_given_none(tmp_path: Path) -> None:
    async with Simulator() as stripe, Receiver() as receiver:
        shop = stripe.account("acct_1Shop", name="Acme Shop")
        key = shop.key()
        settings = {
            "poll_interval": "1s",
            "stripe_api_base": stripe.base,
            "accounts": {"shop": {"api_key": "${SHOP_KEY}"}},
            "channels": {"hook": {"url": "${HOOK_URL}"}},
        }
        daemon = RunningDaemon(tmp_path, settings)
        daemon.options = ("--log-level", "debug")
        url = f"json://user:PLANTEDhookpassword1@127.0.0.1:{receiver.port}/hook"
        daemon.environment = {**DEBUGGING, "SHOP_KEY": key, "HOOK_URL": url}
        async with daemon:
            await receiver.until(lambda: bool(receiver.titles("hook")))
            families.failed_payment(shop, decline="expired_card")
            shop.revoke(key)
            await receiver.until(lambda: len(receiver.titles("hook")) > 1)
            assert daemon.process is not None
            children = dict(environments_below(daemon.process.pid))
            assert await daemon.stop() == 0
    messages = json.dumps(receiver.got)
    assert_without((MARK, key, key[-24:]), messages=messages, **children, **files_in(tmp_path, but=(daemon.config,)))


SPY: Final = """#!/bin/sh
env > "$(dirname "$0")/environment"
echo "$@" > "$(dirname "$0")/arguments"
cat > "$(dirname "$0")/input"
"""


async def test_what_draws_pictures_is_told_figures_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spy = tmp_path / "python"
    spy.write_text(SPY)
    spy.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(spy))
    for name in ("SHOP_KEY", "CASHNOTIFYD_ACCOUNTS__SHOP__API_KEY", "STRIPE_API_KEY", "CREDENTIALS_DIRECTORY"):
        monkeypatch.setenv(name, f"rk_live_51{MARK}")
    await Pictures(tmp_path / "digests", library="json").draw(WEEK, "mail-weekly-2026-11-16")
    seen = {name: (tmp_path / name).read_bytes() for name in ("environment", "arguments", "input")}
    assert_without((MARK,), **seen)
    assert b"Acme" not in seen["arguments"]


def test_a_browser_is_told_of_no_key() -> None:
    environ = {"SHOP_KEY": MARK, "CASHNOTIFYD_CHANNELS__HOOK__URL": MARK, "CREDENTIALS_DIRECTORY": MARK, "PATH": "/bin"}
    assert environment(environ, "") == {"PATH": "/bin"}


@pytest.fixture
async def commanded(tmp_path: Path) -> Any:  # noqa: ANN401 (a tuple of doubles)
    async with Simulator() as stripe, Receiver() as receiver:
        shop = stripe.account("acct_1Shop", name="Acme Shop")
        gone = stripe.account("acct_1Gone", name="Gone")
        keys = (shop.key(), gone.key())
        gone.revoke(keys[1])
        families.charge_sale(shop)
        (tmp_path / "hook.url").touch(mode=0o600)
        (tmp_path / "hook.url").write_text(urls(receiver.port)["hook"])
        quick = {name: url for name, url in urls(receiver.port).items() if name != "matrix"}
        channels = {name: {"url": url} for name, url in quick.items()}
        settings: dict[str, Any] = {
            "cursor_file": "cursor.db",
            "stripe_api_base": stripe.base,
            "accounts": {"shop": {"api_key": keys[0]}, "gone": {"api_key": "${GONE_KEY}"}},
            "channels": {**channels, "hook": {"url_file": "hook.url"}},
        }
        config = tmp_path / "config.yaml"
        config.touch(mode=0o600)
        config.write_text(yaml.safe_dump(settings))
        CursorFile.open(tmp_path / "cursor.db").close()
        yield keys, config


def environ(folder: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CASHNOTIFYD_")}
    return {**inherited, **DEBUGGING, **proxied(), "HOME": str(folder)}


@pytest.mark.fault(42, measured="0 hits")
@pytest.mark.timeout(120)
async def test_no_command_shows_one(commanded: Any, tmp_path: Path) -> None:  # noqa: ANN401 (a tuple of doubles)
    keys, config = commanded
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"id": "evt_1", "type": "charge.failed", "data": {"object": {"id": keys[0]}}}))
    (tmp_path / "new.key").touch(mode=0o600)
    (tmp_path / "new.key").write_text(f"rk_test_51{MARK}newkey")
    at = ("--config", str(config))
    commands = [
        ("check", "--json", *at),
        ("send-test", *at),
        ("status", "--json", *at),
        ("events", "--json", *at),
        ("explain", "evt_1", "--json", *at),
        ("init", "--yes", "--account", "new=@new.key", "--channel", "more=${HOOK}", *at),
        (
            "init",
            "--yes",
            "--account",
            "new=@new.key",
            "--channel",
            "hook=@hook.url",
            "--config",
            str(tmp_path / "new.yaml"),
        ),
        ("service", "show", *at),
    ]
    more = {
        "GONE_KEY": keys[1],
        "HOOK": f"json://user:{MARK}@127.0.0.1:{closed_port()}/",
        "CASHNOTIFYD_ACCOUNTS__MORE__API_KEY": f"rk_test_51{MARK}fromoutside",
    }
    done = await asyncio.to_thread(
        forked.called, *commands, importing="cashnotifyd.cli.init", environ=environ(tmp_path) | more, folder=tmp_path
    )
    mine = tuple(tmp_path / name for name in ("config.yaml", "new.key", "hook.url", "event.json", "new.yaml"))
    assert_without(
        (MARK, *keys, *(key[-24:] for key in keys)),
        **{" ".join(one): (ran.stdout + ran.stderr).encode() for one, ran in zip(commands, done, strict=True)},
        **files_in(tmp_path, but=mine),
    )
    for one, ran in zip(commands, done, strict=True):
        assert "Traceback" not in ran.stderr, one
    # None of them says how it is used, which would be without secrets too.
    assert [ran.returncode for ran in done] == [1, 1, 0, 0, 1, 1, 1, 0], [ran.stderr for ran in done]
    assert done[0].stdout + done[0].stderr


BAD: Final = [
    "accounts: {shop: {api_key: pk_live_PLANTED}}",
    "accounts: {shop: {api_key: 'rk_live_PLANTED PLANTED'}}",
    "accounts: {shop: {api_key_file: rk_live_PLANTED}}",
    "channels: {hook: {url: 'nonsense://user:PLANTED@h/'}}",
    "channels: {hook: {url: 'json://user:PLANTED@h/?verify=no'}}",
    "channels: {hook: {url_file: 'json://user:PLANTED@h/'}}",
    "heartbeat: http://hc.example/PLANTED",
    "rk_live_51PLANTED: x",
    "accounts: {rk_live_51PLANTED: {}}",
    "accounts: {shop: {api_key: 'rk_live_51PLANTED",
]


def test_a_configuration_that_is_refused_is_not_repeated(tmp_path: Path) -> None:
    configs = [tmp_path / f"{number}.yaml" for number in range(len(BAD))]
    for config, text in zip(configs, BAD, strict=True):
        config.touch(mode=0o600)
        config.write_text(text)
    commands = [("run", "--log-level", "debug", "--config", str(config)) for config in configs]
    done = forked.called(*commands, importing="cashnotifyd.cli.serving", environ=environ(tmp_path), folder=tmp_path)
    for text, ran in zip(BAD, done, strict=True):
        assert ran.returncode == 78, text
        assert_without((MARK,), shown=(ran.stdout + ran.stderr).encode())
        assert "Traceback" not in ran.stderr


# TLS


VERIFY: Final = [
    "verify=no", "VERIFY=No", "Verify=NO", "verify=0", "verify=false", "verify=off", "verify=n", "verify=never",
    "verify=disable", "verify=deny", "%76erify=no", "verify=%6eo", "verify%3Dno&verify=no", "x=1;verify=no",
    "verify=yes&verify=no", "verify=no&verify=yes", "%20verify=no", "verify=%20no", "+verify=no&verify=no",
    "verify=", "verify", "verify=maybe", "verify=no#x", "x?verify=no",
]  # fmt: skip


@pytest.mark.parametrize("query", VERIFY)
def test_no_spelling_switches_the_check_of_certificates_off(query: str) -> None:
    """Whatever the configuration lets through, the door to Apprise makes a target of that checks certificates."""
    try:
        (target,) = open_targets(f"jsons://127.0.0.1/hook?{query}")
    except ValueError:
        return
    assert target._service_for(MESSAGE).verify_certificate is True


@pytest.mark.parametrize("query", VERIFY[:18])
@pytest.mark.parametrize("way", ["file", "url_file", "variable", "reference"])
def test_no_way_to_write_it_is_taken(query: str, way: str, tmp_path: Path) -> None:
    url = f"jsons://user@127.0.0.1/hook?{query}"
    environ = {"KEY": "rk_test_51x"}
    channel = {"url": url}
    if way == "url_file":
        (tmp_path / "hook.url").touch(mode=0o600)
        (tmp_path / "hook.url").write_text(url)
        channel = {"url_file": "hook.url"}
    elif way == "variable":
        channel = {"url": "jsons://127.0.0.1/hook"}
        environ["CASHNOTIFYD_CHANNELS__HOOK__URL"] = url
    elif way == "reference":
        channel = {"url": "jsons://user@127.0.0.1/hook?${QUERY}"}
        environ["QUERY"] = query
    config = tmp_path / "config.yaml"
    config.touch(mode=0o600)
    config.write_text(yaml.safe_dump({"accounts": {"shop": {"api_key": "${KEY}"}}, "channels": {"hook": channel}}))
    with pytest.raises(ConfigError, match="TLS checks are never switched off"):
        load(config, environ, examine)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of this host's, and its key, that no authority has signed."""
    folder = tmp_path_factory.mktemp("tls")
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed: no certificate can be made here")
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    whole = folder / "server.pem"
    whole.write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    return whole


ENVIRONMENTS: Final = {
    "as it is": {},
    "an empty bundle": {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": ""},
    "Python 2's switch": {"PYTHONHTTPSVERIFY": "0"},
    "an authority of Python's own": {"SSL_CERT_FILE": "{certificate}"},  # requests has its own authorities
}


@pytest.mark.fault(4, measured="0 messages sent")
@pytest.mark.parametrize("environ", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
@pytest.mark.parametrize("scheme", ["jsons://user:pass@", "ntfys://", "gotifys://"])
def test_a_certificate_that_nobody_vouches_for_gets_no_message(
    scheme: str, environ: dict[str, str], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value.format(certificate=certificate))
    with http_double(tls=certificate) as double:
        (target,) = open_targets(f"{scheme}127.0.0.1:{double.port}/token")
        outcome = target.send(MESSAGE)
    assert isinstance(outcome, NotSent)
    assert double.requests == []


def test_an_authority_that_requests_is_given_is_trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with http_double(tls=certificate) as double:
        (target,) = open_targets(f"jsons://127.0.0.1:{double.port}/hook")
        assert target.send(MESSAGE) == Delivered()


@pytest.mark.fault(4, measured="0 passwords sent")
def test_a_mail_server_that_nobody_vouches_for_gets_no_password(certificate: Path) -> None:
    heard: list[bytes] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as secured:
                secured.sendall(b"220 mail ESMTP\r\n")
                heard.append(secured.recv(4096))

        thread = threading.Thread(target=serve)
        thread.start()
        port = server.getsockname()[1]
        (target,) = open_targets(f"mailtos://me:secret@127.0.0.1:{port}?from=me@example.com&to=a@example.com&mode=ssl")
        outcome = target.send(MESSAGE)
        thread.join()
    assert isinstance(outcome, NotSent)
    assert heard == []


@pytest.mark.fault(4, measured="0 signs of life given")
async def test_a_certificate_that_nobody_vouches_for_gets_no_sign_of_life(certificate: Path) -> None:
    with http_double(tls=certificate) as double:
        address = f"https://127.0.0.1:{double.port}/{MARK}"
        assert (await asyncio.to_thread(requests.get, address, verify=str(certificate), timeout=60)).ok
        double.requests.clear()
        with capture_logs() as logged:
            async with beating(address, Clock()) as heartbeat:
                await told(heartbeat, Verdict.WELL)
    assert double.requests == []
    assert [line["problem"] for line in logged] == ["ClientConnectorCertificateError"]


@pytest.mark.parametrize("text", ["{url}", "401 for {password}", "<{token}>"])
def test_what_a_plugin_raises_is_told_without_the_secrets_in_it(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "json://user:PLANTEDpassword1@127.0.0.1/services/PLANTEDtoken1234567890"
    said = text.format(url=url, password="PLANTEDpassword1", token="PLANTEDtoken1234567890")

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(said)

    monkeypatch.setattr(requests.Session, "send", fail)
    (target,) = open_targets(url)
    with capture_logs() as logged:
        outcome = target.send(MESSAGE)
    assert not isinstance(outcome, Delivered)
    assert_without((MARK,), outcome=repr(outcome), target=repr(target), logged=repr(logged))
