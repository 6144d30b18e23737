from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import time as time_of_day
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len

from cashnotifyd.cursor_file.lives import Sought
from cashnotifyd.cursor_file.overview import AccountOnRecord, ChannelOnRecord
from cashnotifyd.cursor_file.values import About, Ending, ListedEvent, Mute, PollNote
from cashnotifyd.history.conditions import (
    AccountState,
    ChannelState,
    account_condition,
    channel_condition,
    record_of,
)
from cashnotifyd.schedules import QuietHours, Span
from cashnotifyd.simulator import families
from cashnotifyd.vocabulary import Mode
from tests import inspecting
from tests.cli.recorded import Desk, asked, json_of
from tests.clock import NOON

ACCOUNT = AccountOnRecord(
    {}, 1, "shop", Mode.LIVE, "acct_1", "Acme", "print", low_water=int(NOON), polled_at=NOON, events=5, pending=0,
    charges=20, reads=900,
)  # fmt: skip
ACCOUNT_KEYS = [
    "name", "mode", "state", "since", "last_poll", "cursor", "poll_interval", "poll_interval_by", "reads_30d",
    "read_allowance", "read_share", "events", "pending", "alerts",
]  # fmt: skip
CHANNEL_KEYS = [
    "state", "since", "until", "waiting", "waiting_since", "waiting_reason", "abandoned", "abandoned_at",
    "abandoned_reason", "last_delivery", "alerts",
]  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.record.close()


async def polled(desk: Desk) -> None:
    """A whole walk, just now, after which everything that happened is told and delivered."""
    families.checkout_sale(desk.shop)
    await desk.told()
    now = time.time()
    await desk.record.record_page(1, [], now, Ending(int(now) - 60, 0, 7, None))
    inspecting.change(desk.cursor_file, "UPDATE accounts SET met_at = met_at - 7200")
    for put in inspecting.outbox(desk.cursor_file):
        await desk.record.mark_delivered(put.id, now)


async def test_all_is_well(desk: Desk) -> None:
    await polled(desk)
    found = await json_of(desk, "status")

    assert (found["well"], found["wrong"]) == (True, [])
    assert list(found["accounts"]["shop"]) == ACCOUNT_KEYS
    assert all(list(channel) == CHANNEL_KEYS for channel in found["channels"].values())
    shop = found["accounts"]["shop"]
    assert (shop["state"], shop["reads_30d"], shop["read_allowance"]) == ("ok", 7, 10_000)
    assert {id_: (one["state"], one["waiting"], one["abandoned"]) for id_, one in found["channels"].items()} == {
        "all": ("ok", 0, 0),
        "phone": ("ok", 0, 0),
    }
    assert found["daemon"]["running"]
    answer = await asked(desk, "status", "--exit-code")
    assert (answer.status, answer.lines[-1]) == (0, "All is well.")


async def test_what_people_read(desk: Desk) -> None:
    await polled(desk)
    await desk.record.raise_alert(About.account(1), "poorer:rak_balance_read", None, time.time())
    lines = (await asked(desk, "status")).lines

    assert lines[0].startswith("cashnotifyd 0.1.0: running since ")
    assert lines[2:4] == ["Accounts", "  shop: live, ok"]
    assert lines[4] == "      polled within the last minute, every 72 s; newest event 1 minute ago"
    assert lines[5] == "      7 reads in 30 days, 0% of our share of the 10,000 that Stripe allows; 5"
    assert lines[6] == "      events on record"
    assert "the key may not read" in lines[7]
    assert "  phone: ok" in lines


async def test_a_daemon_that_does_not_run_is_wrong(desk: Desk, tmp_path: Path) -> None:
    await polled(desk)
    desk.record.close()
    answer = await asked(desk, "status", "--exit-code")
    usual = await asked(desk, "status")
    desk.record = desk.record.open(tmp_path / "cursor.db")

    assert (answer.status, usual.status) == (1, 0)
    assert answer.lines[0].startswith("cashnotifyd 0.1.0: not running.")
    assert answer.lines[-1] == "Wrong: the daemon is not running."


async def test_without_a_record_nothing_was_polled(desk: Desk, tmp_path: Path) -> None:
    desk.record.close()
    desk.cursor_file.unlink()
    found = await json_of(desk, "status")
    answer = await asked(desk, "status")
    assert not desk.cursor_file.exists()
    desk.record = desk.record.open(tmp_path / "cursor.db")

    assert found["accounts"]["shop"]["state"] == "never_polled"
    assert found["accounts"]["shop"]["last_poll"] is None
    assert {one["state"] for one in found["channels"].values()} == {"ok"}
    assert any("There is no record yet" in line for line in answer.lines)


SECRETS_ELSEWHERE = """
cursor_file: cursor.db
timezone: UTC
heartbeat: ${NO_HEARTBEAT_HERE}
accounts:
  shop: {api_key: "${NO_KEY_HERE}", name: Acme Shop}
channels:
  all: {url: "${NO_URL_HERE}", events: ["*"]}
  phone: {url_file: nothing-here.url}
"""


async def test_secrets_of_the_daemon_are_not_needed(desk: Desk) -> None:
    await polled(desk)
    usual = await json_of(desk, "status")
    desk.config.write_text(SECRETS_ELSEWHERE)
    assert await json_of(desk, "status") == usual


async def test_without_the_key_the_mode_is_that_on_record(desk: Desk) -> None:
    await polled(desk)
    inspecting.change(desk.cursor_file, "UPDATE accounts SET mode = 'test'")
    desk.config.write_text(SECRETS_ELSEWHERE)
    shop = (await json_of(desk, "status"))["accounts"]["shop"]
    assert (shop["mode"], shop["state"]) == ("test", "ok")


async def test_nor_do_other_commands_need_them(desk: Desk) -> None:
    await polled(desk)
    (event,) = await desk.record.events(Sought(), None, 1)
    desk.config.write_text(SECRETS_ELSEWHERE)
    for command in (("events",), ("explain", event.id), ("retry",)):
        answer = await asked(desk, *command)
        assert answer.status == 0, answer.error


async def test_secrets_of_the_daemon_without_a_record(desk: Desk, tmp_path: Path) -> None:
    desk.record.close()
    desk.cursor_file.unlink()
    desk.config.write_text(SECRETS_ELSEWHERE)
    found = await json_of(desk, "status")
    desk.record = desk.record.open(tmp_path / "cursor.db")
    assert (found["accounts"]["shop"]["state"], found["accounts"]["shop"]["mode"]) == ("never_polled", "live")


async def test_what_waits_and_what_was_given_up(desk: Desk) -> None:
    await polled(desk)
    families.refund(desk.shop, families.checkout_sale(desk.shop))
    await desk.told()
    waiting = [one.id for one in inspecting.outbox(desk.cursor_file, "phone") if one.state == "waiting"]
    await desk.record.mark_abandoned(waiting[0], "400 \x1b[31mtopic unknown", time.time())
    found = (await json_of(desk, "status"))["channels"]["phone"]

    assert (found["waiting"], found["abandoned"]) == (len(waiting) - 1, 1)
    assert found["state"] == "undeliverable"
    said = await asked(desk, "status")
    assert "      to send after all: cashnotifyd retry phone" in said.lines
    assert "\x1b" not in said.out
    assert max(map(cell_len, said.lines)) <= 80


async def test_nothing_that_turns_the_writing_is_given_to_scripts(desk: Desk) -> None:
    await polled(desk)
    desk.config.write_text(desk.config.read_text().replace(", name: Acme Shop", ""))
    (account,) = await desk.record.accounts("shop", Mode.LIVE, None)
    await desk.record.update_account(
        account.id, config_id="shop", stripe_id=None, name="Acme\u202e\u2028", key_print=account.key_print
    )
    answer = await asked(desk, "status", "--json")

    assert not {"\u202e", "\u2028"} & set(answer.out)
    assert json.loads(answer.out)["accounts"]["shop"]["name"] == "Acme\\u202e\\u2028"


async def test_a_mute_is_no_trouble(desk: Desk) -> None:
    await polled(desk)
    await desk.record.mute(None, Mute(Span(time.time(), time.time() + 3600), drops=False))
    found = await json_of(desk, "status")

    assert found["well"]
    assert {one["state"] for one in found["channels"].values()} == {"muted"}


@pytest.mark.parametrize(
    ("alert", "state", "words"),
    [
        ("key_refused", "key_refused", "does not accept the key"),
        ("forbidden", "key_refused", "does not accept the key"),
        ("permission_missing", "permission_missing", "lacks a permission"),
    ],
)
async def test_what_is_told_to_be_wrong_with_an_account(desk: Desk, alert: str, state: str, words: str) -> None:
    await polled(desk)
    await desk.record.raise_alert(About.account(1), alert, None, NOON)
    found = await json_of(desk, "status")

    assert found["accounts"]["shop"]["state"] == state
    assert found["accounts"]["shop"]["alerts"] == {alert: found["accounts"]["shop"]["since"]}
    assert words in (await asked(desk, "status")).out


async def test_an_account_out_of_sight(desk: Desk) -> None:
    await polled(desk)
    await desk.record.raise_alert(About("watch shop"), "stale", None, NOON)

    assert (await json_of(desk, "status"))["accounts"]["shop"]["state"] == "out_of_sight"


async def test_a_channel_that_fails(desk: Desk) -> None:
    await polled(desk)
    await desk.record.raise_alert(About.channel("phone"), "failing", None, NOON)
    found = await json_of(desk, "status")

    assert found["channels"]["phone"]["state"] == "failing"
    assert found["wrong"] == ["channel phone: failing"]


# Decisions


@pytest.mark.parametrize(
    ("seconds", "interval", "state"),
    [
        (0, 5, AccountState.OK),
        (60, 1, AccountState.OK),
        (910, 5, AccountState.OK),
        (911, 5, AccountState.STALE),
        (1500, 518, AccountState.OK),
        (1700, 518, AccountState.STALE),
        (-3600, 5, AccountState.OK),
    ],
)
def test_when_a_poll_is_long_ago(seconds: float, interval: float, state: AccountState) -> None:
    assert account_condition(ACCOUNT, interval, 900.0, None, NOON + seconds).state is state


@pytest.mark.parametrize(
    ("seconds", "interval", "begun", "state"),
    [
        (70, 1, -3600, AccountState.OK),
        (71, 1, -3600, AccountState.LATE),
        (130, 40, -3600, AccountState.OK),
        (131, 40, -3600, AccountState.LATE),
        (911, 1, -3600, AccountState.STALE),
        (300, 1, 240, AccountState.OK),
        (311, 1, 240, AccountState.LATE),
        (-3600, 1, -7200, AccountState.OK),
    ],
)
def test_when_a_poll_of_a_running_daemon_is_late(
    seconds: float, interval: float, begun: float, state: AccountState
) -> None:
    assert account_condition(ACCOUNT, interval, 900.0, NOON + begun, NOON + seconds).state is state


async def test_polls_that_fail_are_not_called_well(desk: Desk) -> None:
    desk.config.write_text(f"poll_interval: 1s\n{desk.config.read_text()}")
    await polled(desk)
    lock, now = desk.cursor_file.with_name("cursor.db.lock"), time.time()
    os.utime(lock, (now - 600, now - 600))
    inspecting.change(desk.cursor_file, "UPDATE accounts SET polled_at = polled_at - 130")
    found = await json_of(desk, "status")
    said = " ".join((await asked(desk, "status")).out.split())

    assert (found["well"], found["wrong"]) == (False, ["account shop: late"])
    assert found["accounts"]["shop"]["state"] == "late"
    assert found["accounts"]["shop"]["since"] == found["accounts"]["shop"]["last_poll"]
    assert "shop: live, late no poll has succeeded for longer than it should take" in said
    assert "polled 2 minutes ago, every 1 s" in said


async def test_an_account_without_any_event_has_no_cursor(desk: Desk) -> None:
    begun = await desk.record.begin_account("shop", Mode.LIVE, stripe_id=None, name=None, key_print="p")
    await desk.record.record_page(begun.id, [], time.time(), Ending(0, 0, 2, None))
    assert (await json_of(desk, "status"))["accounts"]["shop"]["cursor"] is None
    assert "; no event yet" in (await asked(desk, "status")).out


async def test_events_that_nobody_is_shown_are_not_counted(desk: Desk) -> None:
    begun = await desk.record.begin_account("shop", Mode.LIVE, stripe_id=None, name=None, key_print="p")
    states: tuple[Literal["history", "older"], ...] = ("history", "history", "older")
    page = [ListedEvent(f"evt_{n}", "payout.paid", int(NOON), "{}", state) for n, state in enumerate(states)]
    await desk.record.record_page(begun.id, page, time.time())
    assert (await json_of(desk, "status"))["accounts"]["shop"]["events"] == 2


def test_an_account_that_was_never_polled() -> None:
    assert account_condition(None, 5, 900, None, NOON).state is AccountState.NEVER_POLLED
    assert account_condition(replace(ACCOUNT, polled_at=None), 5, 900, None, NOON).state is AccountState.NEVER_POLLED


def test_the_record_of_a_key_is_the_one_it_was_used_for() -> None:
    other = replace(ACCOUNT, number=2, key_print="another")

    assert record_of([other, ACCOUNT], "shop", Mode.LIVE, "print") is ACCOUNT
    assert record_of([other, ACCOUNT], "shop", Mode.LIVE, "new") is other
    assert record_of([other, ACCOUNT], "shop", Mode.TEST, "print") is None


HOURS = QuietHours(time_of_day(14), time_of_day(16), ZoneInfo("UTC"))
MUTE = Mute(Span(NOON - 60, NOON + 60), drops=False)


@pytest.mark.parametrize(
    ("on_record", "mute", "hours", "state"),
    [
        ({}, None, None, ChannelState.OK),
        ({"waiting": 1, "waiting_since": NOON - 59}, None, None, ChannelState.OK),
        ({"waiting": 1, "waiting_since": NOON - 61}, None, None, ChannelState.WAITING),
        ({"waiting": 1, "waiting_since": NOON - 61}, None, HOURS, ChannelState.QUIET),
        ({"waiting": 1, "waiting_since": NOON, "waiting_reason": "503"}, None, None, ChannelState.WAITING),
        ({"abandoned": 1, "abandoned_at": NOON - 9}, None, None, ChannelState.UNDELIVERABLE),
        ({"abandoned": 1, "abandoned_at": NOON - 9, "delivered_at": NOON}, None, None, ChannelState.OK),
        ({"abandoned": 1, "abandoned_at": NOON, "abandoned_reason": "channel_removed"}, None, None, ChannelState.OK),
        ({"abandoned": 1, "abandoned_at": NOON - 9}, MUTE, HOURS, ChannelState.MUTED),
        ({"alerts": {"failing": NOON}}, MUTE, HOURS, ChannelState.FAILING),
    ],
)
def test_how_it_stands_with_a_channel(
    on_record: dict[str, Any], mute: Mute | None, hours: QuietHours | None, state: ChannelState
) -> None:
    assert channel_condition(ChannelOnRecord(**on_record), mute, hours, NOON).state is state


def test_a_mute_that_is_over_is_none() -> None:
    assert channel_condition(ChannelOnRecord(), MUTE, None, NOON + 61).state is ChannelState.OK


@pytest.mark.parametrize(
    ("left", "reads", "shown", "by"),
    [
        (400.0, 900, "every 90 s;", "allowance"),
        (40.0, 900, "every 12 min as the read allowance carries no more;", "scarce"),
        (-40.0, 900, "every 19 min until what was read beyond our share of the allowance", "overdrawn"),
        (400.0, 5000, "every 19 min until what was read beyond our share of the allowance", "overdrawn"),
    ],
)
async def test_an_unusual_interval_has_its_reason(desk: Desk, left: float, reads: int, shown: str, by: str) -> None:
    await polled(desk)
    now = time.time()
    await desk.record.note_polls([PollNote(1, now, reads - 7, left, now)])
    found = (await json_of(desk, "status"))["accounts"]["shop"]
    lines = " ".join((await asked(desk, "status")).lines)

    assert (found["poll_interval_by"], found["reads_30d"], found["read_share"]) == (by, reads, 5000)
    assert shown in " ".join(lines.split())


@pytest.mark.parametrize(("key", "mode", "seconds", "by"), [
    ("rk_live_new", Mode.LIVE, 28.8, "allowance"), ("rk_test_new", Mode.TEST, 30.0, "test"),
])  # fmt: skip
async def test_a_new_account_is_shown_to_be_asked_as_it_is(
    desk: Desk, key: str, mode: Mode, seconds: float, by: str
) -> None:
    desk.config.write_text(
        desk.config.read_text().replace("shop: {api_key", f"new: {{api_key: {key}}}\n  shop: {{api_key")
    )
    begun = await desk.record.begin_account("new", mode, stripe_id=None, name=None, key_print="p")
    await desk.record.record_page(begun.id, [], time.time(), Ending(0, 0, 2, None))
    found = (await json_of(desk, "status"))["accounts"]["new"]
    assert (found["poll_interval"], found["poll_interval_by"]) == (seconds, by)
