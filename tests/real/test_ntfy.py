"""The real ntfy server: what a phone would get."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cashnotifyd.delivery.apprise_door.target import Target
from cashnotifyd.delivery.apprise_door.urls import open_targets
from cashnotifyd.delivery.outcome import Delivered, NotSent
from cashnotifyd.vocabulary import Kind, Message, Urgency
from tests.real.conftest import REAL, free_port, listens, running, wait_until

pytestmark = pytest.mark.real


@dataclass
class Ntfy:
    binary: Path
    config: Path
    port: int

    def command(self, *words: str, **env: str) -> str:
        """Runs an administrator's command beside the server."""
        done = subprocess.run(
            [self.binary, words[0], "--config", self.config, *words[1:]],
            env={**os.environ, **env},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout + done.stderr

    def messages(self, topic: str, token: str | None = None) -> list[dict[str, Any]]:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/{topic}/json?poll=1&since=all")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        with urllib.request.urlopen(request, timeout=5) as answer:
            lines = [json.loads(line) for line in answer]
        return [line for line in lines if line["event"] == "message"]


@pytest.fixture
def ntfy(tmp_path: Path, started: ExitStack) -> Callable[..., Ntfy]:
    binary = REAL / "ntfy" / "usr" / "bin" / "ntfy"
    if not os.access(binary, os.X_OK):
        pytest.skip("ntfy is not installed: tests/real/install takes it from Debian 13, as root")

    def start(**settings: str | int) -> Ntfy:
        port = free_port()
        every: dict[str, str | int] = {
            "base-url": f"http://127.0.0.1:{port}",
            "listen-http": f"127.0.0.1:{port}",
            "cache-file": str(tmp_path / "cache.db"),
            "auth-file": str(tmp_path / "auth.db"),
            **{name.replace("_", "-"): value for name, value in settings.items()},
        }
        config = tmp_path / "server.yml"
        config.write_text("".join(f"{name}: {json.dumps(value)}\n" for name, value in every.items()))
        started.enter_context(running(binary, "serve", "--config", config, log=tmp_path / "ntfy.log"))
        wait_until(lambda: listens(port))
        return Ntfy(binary, config, port)

    return start


def only(url: str) -> Target:
    (target,) = open_targets(url)
    return target


def test_a_message_arrives_once_with_every_sign(ntfy: Callable[..., Ntfy], sale: Message) -> None:
    server = ntfy()
    assert only(f"ntfy://127.0.0.1:{server.port}/acme").send(sale) == Delivered()
    (message,) = server.messages("acme")
    assert (message["title"], message["message"]) == (sale.title, sale.body)
    assert message["click"] == sale.link
    assert "priority" not in message
    assert "icon" not in message


def test_an_emergency_is_the_loudest(ntfy: Callable[..., Ntfy]) -> None:
    server = ntfy()
    only(f"ntfy://127.0.0.1:{server.port}/acme").send(Message(Kind.DISPUTE, "Dispute", "Acme", Urgency.EMERGENCY))
    assert [message["priority"] for message in server.messages("acme")] == [5]


def test_two_topics_get_one_message_each(ntfy: Callable[..., Ntfy], sale: Message) -> None:
    server = ntfy()
    for target in open_targets(f"ntfy://127.0.0.1:{server.port}/one/two"):
        assert target.send(sale) == Delivered()
    assert [len(server.messages(topic)) for topic in ("one", "two")] == [1, 1]


def test_a_long_message_stays_a_message(ntfy: Callable[..., Ntfy]) -> None:
    server = ntfy()
    long = Message(Kind.SALE, "Sale", "Zoë paid €1. " * 1000, Urgency.NORMAL)
    assert only(f"ntfy://127.0.0.1:{server.port}/acme").send(long) == Delivered()
    (message,) = server.messages("acme")
    assert "attachment" not in message
    assert message["message"].startswith("Zoë paid €1.")
    assert message["message"].endswith("…")


def test_a_server_that_denies_all_takes_a_token(ntfy: Callable[..., Ntfy], sale: Message) -> None:
    server = ntfy(auth_default_access="deny-all")
    server.command("user", "add", "--role=admin", "ada", NTFY_PASSWORD="s3cret-pass")
    token = next(word for word in server.command("token", "add", "ada").split() if word.startswith("tk_"))

    stranger = only(f"ntfy://127.0.0.1:{server.port}/acme").send(sale)
    assert isinstance(stranger, NotSent)
    assert "forbidden" in stranger.reason
    wrong = only(f"ntfy://ada:wr0ng-pass@127.0.0.1:{server.port}/acme").send(sale)
    assert isinstance(wrong, NotSent)
    assert "unauthorized" in wrong.reason
    assert "wr0ng" not in wrong.reason

    assert only(f"ntfy://{token}@127.0.0.1:{server.port}/acme").send(sale) == Delivered()
    assert only(f"ntfy://ada:s3cret-pass@127.0.0.1:{server.port}/acme").send(sale) == Delivered()
    assert len(server.messages("acme", token)) == 2


def test_too_many_messages_are_refused_and_not_lost(ntfy: Callable[..., Ntfy], sale: Message) -> None:
    server = ntfy(visitor_request_limit_burst=2, visitor_request_limit_replenish="1h")
    target = only(f"ntfy://127.0.0.1:{server.port}/acme")
    outcomes = [target.send(sale) for _ in range(3)]
    assert outcomes[:2] == [Delivered(), Delivered()]
    assert isinstance(outcomes[2], NotSent)
    assert "429" in outcomes[2].reason
