from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cashnotifyd.simulator.server import Simulator
from tests.cli.shops import Shops
from tests.running import Receiver


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as receiver:
        yield receiver


@pytest.fixture
async def shops(tmp_path: Path, receiver: Receiver) -> Shops:
    shops = Shops(tmp_path, Simulator())  # which is never asked
    shops.write(
        {
            "stripe_api_base": "http://127.0.0.1:9",
            "accounts": {"shop": {"api_key": shops.shop.key()}},
            "channels": {
                "phone": {"url": receiver.url("phone")},
                "wall": {"url": receiver.url("wall"), "details": "private", "modes": ["test"]},
            },
        }
    )
    return shops


async def test_a_message_that_says_that_it_is_a_test(shops: Shops, receiver: Receiver) -> None:
    done = await shops.call_beside("send-test")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "  ok       phone: delivered: the service has taken it\n  ok       wall: delivered: the service has taken it\n"
    )
    assert receiver.titles("phone") == ["[TEST] Sale $49.00 · Test from cashnotifyd"]
    assert receiver.titles("wall") == ["[TEST] Sale · Test from cashnotifyd"]
    assert receiver.got["phone"][0]["message"].startswith("This is only a test: no money has moved.\n")
    assert not (shops.folder / "cursor.db").exists()


async def test_one_channel_and_another_kind(shops: Shops, receiver: Receiver) -> None:
    done = await shops.call("send-test", "phone", "--kind", "payout_failed", "--urgency", "emergency")
    assert done.returncode == 0
    assert receiver.titles("phone") == ["[TEST] Payout failed $49.00 · Test from cashnotifyd"]
    assert receiver.titles("wall") == []


async def test_a_failure_is_told_with_what_to_do(shops: Shops, receiver: Receiver) -> None:
    receiver.status = 503
    done = await shops.call("send-test", "phone")
    assert done.returncode == 1
    assert "FAILS    phone: " in done.stdout
    assert "→ " in done.stdout


async def test_each_recipient_has_a_line_and_is_not_named(shops: Shops) -> None:
    shops.write(
        {
            "accounts": {"shop": {"api_key": shops.shop.key()}},
            "channels": {
                "mail": {"url": "mailto://me:word@127.0.0.1:9?from=c@example.org&to=a@example.org,b@example.org"}
            },
        }
    )
    done = await shops.call("send-test")
    assert done.returncode == 1
    assert [line.split(": ")[0] for line in done.stdout.splitlines() if "FAILS" in line] == [
        "  FAILS    mail, recipient 1 of 2",
        "  FAILS    mail, recipient 2 of 2",
    ]
    assert "example.org" not in done.stdout


async def test_an_unknown_channel_is_wrong_usage_and_names_those_there_are(shops: Shops) -> None:
    done = await shops.call("send-test", "fone")
    assert done.returncode == 2
    assert "There is no channel 'fone'. Did you mean phone? The channels are: phone, wall." in done.stderr


async def test_a_configuration_that_cannot_be_used_is_78(shops: Shops) -> None:
    shops.config.write_text("accounts: {}\n")
    done = await shops.call("send-test")
    assert (done.returncode, done.stdout) == (78, "")
