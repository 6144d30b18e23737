from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import cashnotifyd
from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.cursor_file.schema import MIGRATIONS
from cashnotifyd.cursor_file.values import About
from cashnotifyd.permissions import NAME_AND_LOGO, NEEDED
from cashnotifyd.simulator.account import PERMISSIONS
from cashnotifyd.simulator.server import Simulator
from cashnotifyd.vocabulary import Mode
from tests import inspecting
from tests.cli.shops import Shops
from tests.clock import NOON
from tests.running import Receiver

ROOT = Path(__file__).parents[2]
PACKAGE = Path(cashnotifyd.__file__).parent  # not beside the tests where the built wheel is tested


@pytest.fixture
async def shops(tmp_path: Path) -> AsyncIterator[Shops]:
    async with Simulator() as stripe:
        yield Shops(tmp_path, stripe)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as receiver:
        yield receiver


def named(findings: list[dict[str, Any]]) -> dict[str, str]:
    return {finding["name"]: finding["verdict"] for finding in findings}


async def test_all_is_well(shops: Shops, receiver: Receiver) -> None:
    key = shops.shop.key()
    shops.write({"accounts": {"shop": {"api_key": key}}, "channels": {"phone": {"url": receiver.url("phone")}}})
    record = CursorFile.open(shops.folder / "cursor.db")
    done = await shops.call_beside("check")
    record.close()

    assert (done.returncode, done.stderr) == (0, "")
    said = done.stdout.replace(str(shops.folder), "FOLDER")
    said = re.sub(r"(?<=process )\d+|(?<=127\.0\.0\.1:)\d+|(?<=schema )\d+|[\d.,]+(?= [GM]B)", "N", said)
    assert said.replace("Configuration\nFOLDER", "Configuration FOLDER") == SCREEN
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert receiver.got == {}


SCREEN = """
Configuration FOLDER/config.yaml
  ok       1 account, 1 channel

Account shop, Acme Shop (live mode)
  ok       the key works: Acme Shop (acct_1Shop)
  ok       this machine's clock agrees with Stripe's
  ok       a poll every 9 min 36 s on average takes 4,500 of the 10,000 reads
           that Stripe allows in 30 days (no payment on record)
  Its permissions, and what messages lack without them:
  present  Events: read              what happens; without it there is nothing
                                     to tell
  present  Balance: read             the fee, and what is left of a payment
  present  Invoices: read            what a payment is for, and whether it is a
                                     renewal
  present  Customers: read           the customer's name, e-mail address and
                                     country
  present  Products: read            what the product is called
  present  Subscriptions: read       which plan a new or cancelled subscription
                                     is for
  present  Payouts: read             when a payout arrives
  present  Connected accounts: read  optional: the account's own name and icon
  present  Files: write              optional: a public link to the icon, for
                                     channels that show images by link

Channel phone
  ok       JSON: 127.0.0.1:N answers

Record and daemon
  ok       sound (N MB, schema N)
  ok       N GB are free on its disk
  ok       a daemon runs on it (process N)

Everything works.
"""


async def test_what_is_wrong_is_told_with_the_next_step(shops: Shops) -> None:
    shop = shops.shop
    revoked, poor, blind = shop.key(), shop.key(permissions=PERMISSIONS - {"rak_payout_read"}), shop.key(permissions=())
    shop.revoke(revoked)
    shops.write(
        {
            "poll_interval": "1m",
            "accounts": {
                "revoked": {"api_key": revoked},
                "poor": {"api_key": poor},
                "blind": {"api_key": blind},
                "full": {"api_key": shop.key(full=True)},
            },
            "channels": {"phone": {"url": "json://127.0.0.1:9/phone", "accounts": ["poor"]}},
        }
    )
    done = await shops.call("check", "--json")

    assert (done.returncode, done.stderr) == (1, "")
    told = json.loads(done.stdout)
    assert [told["works"], told["problems"]] == [False, 3]
    accounts = told["accounts"]
    assert {id_: named(one["findings"]) for id_, one in accounts.items()} == {
        "revoked": {"key_refused": "problem", "reads": "ok", "unheard": "warning"},
        "poor": {"key": "ok", "clock": "ok", "permissions_missing": "warning", "reads": "ok"},
        "blind": {"events_missing": "problem", "twice": "warning", "reads": "ok", "unheard": "warning"},
        "full": {
            "key": "ok", "full_secret_key": "warning", "clock": "ok", "twice": "warning", "reads": "ok",
            "unheard": "warning",
        },
    }  # fmt: skip
    assert [one["name"] for one in accounts["poor"]["permissions"] if one["standing"] == "missing"] == [
        "rak_payout_read"
    ]
    assert [one["label"] for one in accounts["blind"]["permissions"] if one["needed"]] == [
        permission.label for permission in NEEDED
    ]
    assert len(accounts["blind"]["permissions"]) == len(NEEDED) + len(NAME_AND_LOGO)
    assert named(told["channels"]["phone"]["findings"]) == {"reachable": "problem"}
    assert named(told["daemon"]["findings"]) == {"daemon": "warning"}
    every = [finding for part in (*accounts.values(), *told["channels"].values()) for finding in part["findings"]]
    assert all(finding["next_step"] for finding in every if finding["verdict"] != "ok")
    assert not (shops.folder / "cursor.db").exists()

    said = (await shops.call("check")).stdout
    assert "3 things do not work, " in said
    for secret in (revoked, poor, blind):
        assert secret not in said + done.stdout


async def test_a_type_of_event_that_stripe_does_not_have_is_a_warning(shops: Shops, receiver: Receiver) -> None:
    phone = {"url": receiver.url("phone"), "events": ["sale", "charge.dispute.create"]}
    shops.write({"accounts": {"shop": {"api_key": shops.shop.key()}}, "channels": {"phone": phone}})
    done = await shops.call("check", "--json")

    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert (told["works"], told["warnings"]) == (True, 2)  # the other: no daemon runs
    found = told["configuration"]["findings"][1]
    assert (found["name"], found["verdict"]) == ("setting", "warning")
    assert re.search(r"config\.yaml:\d+:\d+: channels\.phone\.events\[1\]: Stripe has no such type", found["text"])
    assert "Did you mean charge.dispute.created?" in found["text"]


async def test_what_the_record_knows_to_be_wrong(shops: Shops, receiver: Receiver) -> None:
    shops.write(
        {"accounts": {"shop": {"api_key": shops.shop.key()}}, "channels": {"phone": {"url": receiver.url("phone")}}}
    )
    record = CursorFile.open(shops.folder / "cursor.db")
    account = await record.begin_account("shop", Mode.LIVE, stripe_id=None, name=None, key_print="x")
    await record.raise_alert(About.account(account.id), "key_refused", None, NOON)
    await record.raise_alert(About("watch shop"), "stale", None, NOON)
    await record.raise_alert(About.channel("phone"), "failing", None, NOON)
    record.close()
    before = {file.name: file.read_bytes() for file in shops.folder.glob("cursor.db*")}
    done = await shops.call("check", "--json")

    assert (done.returncode, done.stderr) == (1, "")
    told = json.loads(done.stdout)
    assert named(told["channels"]["phone"]["findings"]) == {"reachable": "ok", "failing": "problem"}
    shop = named(told["accounts"]["shop"]["findings"])
    assert (shop["key"], shop["was_refused"], shop["out_of_sight"]) == ("ok", "warning", "warning")
    assert (told["works"], told["problems"]) == (False, 1)
    assert {file.name: file.read_bytes() for file in shops.folder.glob("cursor.db*")} == before


async def test_a_record_that_cannot_be_asked_is_no_clean_bill(shops: Shops) -> None:
    shops.write({"accounts": {"shop": {"api_key": shops.shop.key()}}, "channels": {"phone": {"url": "json://h/x"}}})
    CursorFile.open(shops.folder / "cursor.db").close()
    inspecting.change(shops.folder / "cursor.db", f"PRAGMA user_version = {len(MIGRATIONS) - 1}")
    told = json.loads((await shops.call("check", "--offline", "--json")).stdout)
    found = named(told["record"]["findings"])
    assert (found["record"], found["unread"]) == ("warning", "unknown")


async def test_offline_asks_nobody(shops: Shops, receiver: Receiver) -> None:
    shops.write(
        {"accounts": {"shop": {"api_key": shops.shop.key()}}, "channels": {"phone": {"url": receiver.url("phone")}}}
    )
    done = await shops.call("check", "--offline")
    assert (done.returncode, done.stderr) == (0, "")
    assert "not asked of Stripe" in done.stdout
    assert "some things were not looked at" in done.stdout
    assert shops.stripe.requests == []


@pytest.mark.parametrize(("base", "verdict"), [(None, "ok"), ("https://api.stripe.com", "warning")])
async def test_the_read_allowance_is_spoken_of_where_it_applies(
    shops: Shops, receiver: Receiver, base: str | None, verdict: str
) -> None:
    shop = {"api_key": shops.shop.key(), **({"stripe_api_base": base} if base else {})}
    shops.write(
        {"poll_interval": "1s", "accounts": {"shop": shop}, "channels": {"phone": {"url": receiver.url("phone")}}}
    )
    told = json.loads((await shops.call("check", "--offline", "--json")).stdout)

    assert named(told["accounts"]["shop"]["findings"])["reads"] == verdict
    warned = [finding["text"] for finding in told["configuration"]["findings"] if finding["verdict"] == "warning"]
    assert [text.startswith("poll_interval: every 1 s") for text in warned] == [True] * (verdict == "warning")


async def test_a_configuration_that_cannot_be_used_is_78(shops: Shops) -> None:
    shops.write({"accounts": {"shop": {"api_key": "pk_live_51AbCdEf"}}, "channels": {"phone": {"url": "json://h/x"}}})
    done = await shops.call("check")
    assert (done.returncode, done.stdout) == (78, "")
    assert re.search(r"config\.yaml:\d+:\d+: accounts\.shop\.api_key: that is a publishable key", done.stderr)

    told = await shops.call("check", "--json")
    assert (told.returncode, told.stderr) == (78, "")
    (finding,) = json.loads(told.stdout)["configuration"]["findings"]
    assert finding["name"] == "unusable"
    assert re.search(r"config\.yaml:\d+:\d+$", finding["place"])


async def test_many_accounts_that_are_well_get_a_line_each(shops: Shops, receiver: Receiver) -> None:
    keys = [shops.stripe.account(f"acct_{number}", name=f"Shop {number}").key() for number in range(6)]
    shops.write(
        {
            "accounts": {f"shop-{number}": {"api_key": key} for number, key in enumerate(keys)},
            "channels": {"phone": {"url": receiver.url("phone")}},
        }
    )
    done = await shops.call("check")
    assert done.returncode == 0
    assert done.stdout.count(": all well\n") == 6
    assert "Events: read" not in done.stdout


async def test_a_stripe_that_cannot_be_reached_is_waited_for_once(shops: Shops, receiver: Receiver) -> None:
    keys = [shops.shop.key() for _ in range(40)]
    shops.write(
        {
            "stripe_api_base": "http://127.0.0.1:9",
            "accounts": {f"shop-{number}": {"api_key": key} for number, key in enumerate(keys)},
            "channels": {"phone": {"url": receiver.url("phone")}},
        }
    )
    done = await shops.call("check")
    assert done.returncode == 1
    assert done.stdout.count("FAILS    Stripe cannot be reached (connection refused)") == 40


async def test_a_name_of_an_account_does_nothing_to_the_terminal(shops: Shops, receiver: Receiver) -> None:
    key = shops.stripe.account("acct_2", name="\x1b]0;owned\x07Acme\u202e\n  ok       fake").key()
    shops.write({"accounts": {"shop": {"api_key": key}}, "channels": {"phone": {"url": receiver.url("phone")}}})
    said = (await shops.call("check")).stdout
    assert "\\x1b]0;owned\\x07Acme\\u202e" in said
    assert not {"\x1b", "\x07", "\u202e"} & set(said)
    assert "\n  ok       fake" not in said


def test_the_readme_knows_every_name_of_a_finding() -> None:
    told = re.search(r"The names, of the configuration: (.*?)\n\n", (ROOT / "README.md").read_text(), re.DOTALL)
    assert told
    sources = [*(PACKAGE / "setup").glob("*.py"), PACKAGE / "cli" / "check.py"]
    code = "\n".join(source.read_text() for source in sources)
    used = re.findall(r'(?:\b(?:ok|warning|problem|unknown|Finding)\(|"name":|= \(|: \()\s*"([a-z_]+)"', code)
    not_of_check = {"delivered", "not_sent", "unconfirmed", "refused", "throttled"}
    assert set(re.findall(r"`(\w+)`", told[1])) == set(used) - not_of_check
