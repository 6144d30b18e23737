"""The real ntfy server: what a phone would get."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import subprocess
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from cashnotifyd.cursor_file.values import Address
from cashnotifyd.delivery.apprise_door.target import Target
from cashnotifyd.delivery.apprise_door.urls import open_targets
from cashnotifyd.delivery.lane import Lane, Way
from cashnotifyd.delivery.outcome import Delivered, Refused, Throttled
from cashnotifyd.delivery.retrying import Allowance
from cashnotifyd.delivery.turns import Manners
from cashnotifyd.vocabulary import Disclosure, Icon, Kind, Message, Urgency
from tests import inspecting
from tests.delivery.street import House, Street, numbered
from tests.real.conftest import REAL, free_port, listens, running, wait_until

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)

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
        with urllib.request.urlopen(request, timeout=30) as answer:
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
    assert message["tags"] == ["moneybag"]
    assert "priority" not in message
    assert "icon" not in message


@pytest.mark.parametrize(
    ("urgency", "priority"),
    [(Urgency.EMERGENCY, 5), (Urgency.HIGH, 4), (Urgency.NORMAL, None), (Urgency.LOW, 2)],
)
def test_priority_tags_click_and_icon_arrive(
    urgency: Urgency, priority: int | None, ntfy: Callable[..., Ntfy], sale: Message
) -> None:
    server = ntfy()
    icon = Icon("https://files.stripe.com/links/MDB8YWNjdF8x?a=b&c=d")
    link = "https://dashboard.stripe.com/acct_1/payments/pi_1?a=b&c=d_e"
    message = replace(sale, kind=Kind.DISPUTE, urgency=urgency, icon=icon, link=link)
    assert only(f"ntfy://127.0.0.1:{server.port}/acme").send(message) == Delivered()
    (arrived,) = server.messages("acme")
    assert arrived.get("priority") == priority
    assert arrived["tags"] == ["rotating_light"]
    assert (arrived["click"], arrived["icon"]) == (link, icon.url)


def test_a_picture_arrives_in_one_message_with_its_text(
    ntfy: Callable[..., Ntfy], sale: Message, tmp_path: Path
) -> None:
    server = ntfy(attachment_cache_dir=str(tmp_path / "attachments"))
    picture = tmp_path / "acme week #3.png"
    picture.write_bytes(PNG)
    digest = replace(sale, body="Zoë\nand Åsa: €49.00 & more\n" * 100, picture=str(picture))
    assert only(f"ntfy://127.0.0.1:{server.port}/acme").send(digest) == Delivered()
    (message,) = server.messages("acme")
    assert message["title"] == sale.title
    assert message["message"].startswith("Zoë\nand Åsa: €49.00 & more\n")
    assert message["click"] == sale.link
    assert message["attachment"]["type"] == "image/png"
    with urllib.request.urlopen(message["attachment"]["url"], timeout=30) as answer:
        assert answer.read() == PNG


def test_a_server_without_room_for_pictures_gets_the_text(
    ntfy: Callable[..., Ntfy], sale: Message, tmp_path: Path
) -> None:
    server = ntfy()
    picture = tmp_path / "week.png"
    picture.write_bytes(PNG)
    assert only(f"ntfy://127.0.0.1:{server.port}/acme").send(replace(sale, picture=str(picture))) == Delivered()
    (message,) = server.messages("acme")
    assert (message["title"], message["message"]) == (sale.title, sale.body)
    assert "attachment" not in message


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
    assert isinstance(stranger, Refused)
    assert stranger.of == "channel"
    assert "forbidden" in stranger.reason
    wrong = only(f"ntfy://ada:wr0ng-pass@127.0.0.1:{server.port}/acme").send(sale)
    assert isinstance(wrong, Refused)
    assert wrong.of == "channel"
    assert "unauthorized" in wrong.reason
    assert "wr0ng" not in wrong.reason

    assert only(f"ntfy://{token}@127.0.0.1:{server.port}/acme").send(sale) == Delivered()
    assert only(f"ntfy://ada:s3cret-pass@127.0.0.1:{server.port}/acme").send(sale) == Delivered()
    assert len(server.messages("acme", token)) == 2


def test_a_server_that_has_enough_takes_more_a_little_later(ntfy: Callable[..., Ntfy], sale: Message) -> None:
    server = ntfy(visitor_request_limit_burst=3, visitor_request_limit_replenish="2s")
    target = only(f"ntfy://127.0.0.1:{server.port}/acme")
    outcomes = [target.send(sale) for _ in range(4)]
    assert outcomes[:3] == [Delivered()] * 3
    assert isinstance(outcomes[3], Throttled)
    assert "429" in outcomes[3].reason
    wait_until(lambda: target.send(sale) == Delivered())


@pytest.mark.fault(20, lost=0, repeated=0)
async def test_its_limiter_is_waited_out_and_nothing_is_lost_or_repeated(
    ntfy: Callable[..., Ntfy], tmp_path: Path
) -> None:
    server = ntfy(visitor_request_limit_burst=3, visitor_request_limit_replenish="1s")
    street = Street(tmp_path, time.time(), {"phone": House()})
    titles = numbered("Sale", range(8))
    await street.told(*titles)
    target = only(f"ntfy://127.0.0.1:{server.port}/acme")
    way = Way(Address("phone"), Disclosure.FULL, Manners(), Allowance(target.pace))
    lane = Lane(way, target, street.record, time.time, random.Random(1), street.in_short)
    running_lane = asyncio.create_task(lane.run())
    try:
        async with asyncio.timeout(60):
            while await street.record.waiting():  # noqa: ASYNC110 (nobody there can set an event)
                await asyncio.sleep(0.1)
    finally:
        lane.halt()
        await running_lane
    assert [message["title"] for message in server.messages("acme")] == titles
    assert max(one.attempts for one in inspecting.outbox(street.record.path)) > 1, "the limiter never said no"
    street.record.close()
