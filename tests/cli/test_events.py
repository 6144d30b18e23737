from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import signal
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import pytest
from rich.cells import cell_len

from cashnotifyd.cli import moments
from cashnotifyd.cli.events import _harmless
from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.schedules import Span
from cashnotifyd.simulator import families
from tests import inspecting
from tests.cli.recorded import Desk, asked, json_of
from tests.everything import play_everything
from tests.running import PATIENCE
from tests.teller import NOW, shop

PARIS = ZoneInfo("Europe/Paris")
KEYS = [
    "event_id", "type", "account", "mode", "created", "kind", "title", "body", "state", "told", "reason", "urgency",
    "amount", "currency", "fee", "net", "settled_in", "link",
]  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.record.close()


async def test_each_event_is_an_object_and_the_newest_comes_first(desk: Desk) -> None:
    play_everything(desk.shop)
    events = await desk.told()
    found = await json_of(desk, "events", "--limit", "0")

    assert {one["event_id"] for one in found} == {event["id"] for event in events}
    assert [one["created"] for one in found] == sorted((one["created"] for one in found), reverse=True)
    assert all(list(one) == KEYS for one in found)
    assert {one["account"] for one in found} == {"shop"}


async def test_only_the_last_fifty_unless_more_are_wanted(desk: Desk) -> None:
    play_everything(desk.shop)
    events = await desk.told()

    assert len(events) > 60
    assert len(await json_of(desk, "events")) == 50
    assert len(await json_of(desk, "events", "--limit", "7")) == 7


async def test_pages_are_one_list(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    play_everything(desk.shop)
    await desk.told()
    whole = await json_of(desk, "events", "--limit", "0")
    monkeypatch.setattr("cashnotifyd.cli.events._PAGE", 7)

    assert await json_of(desk, "events", "--limit", "0") == whole


async def test_the_events_of_a_sale_are_one_line_and_its_amounts_stand_once(desk: Desk) -> None:
    families.checkout_sale(desk.shop)
    await desk.told()
    table = await asked(desk, "events", "--kind", "sale")
    found = await json_of(desk, "events", "--kind", "sale")

    (lead,) = [one for one in found if one["told"]]
    others = [one for one in found if not one["told"]]
    assert len(others) > 2
    assert {one["reason"] for one in others} == {f"told_with:{lead['event_id']}"}
    assert {one["title"] for one in found} == {lead["title"]}
    assert [one["amount"] for one in found if one["amount"]] == [lead["amount"]] == ["159.00"]
    day, line = table.lines
    assert day == "Sep 21, 2026"
    assert line.split("  ")[1:3] == [" 2:13 PM", "Sale $159.00 · Acme Shop"]
    assert line.endswith(lead["event_id"])


async def test_each_event_has_a_line_where_its_type_is_asked_for(desk: Desk) -> None:
    families.checkout_sale(desk.shop)
    events = await desk.told()
    _, *lines = (await asked(desk, "events", "--type", "*")).lines

    assert len(lines) == len(events)
    assert len([line for line in lines if "charge.updated: Sale $159.00" in line]) == 1


async def test_what_made_no_message_is_there_with_the_reason(desk: Desk) -> None:
    families.refund(desk.shop, families.checkout_sale(desk.shop), amount=100)
    await desk.told()
    found = {one["type"]: one for one in await json_of(desk, "events", "--untold")}

    assert found["refund.updated"]["reason"] == "refund_progress"
    assert (found["refund.updated"]["state"], found["refund.updated"]["kind"]) == ("untold", "other")
    table = await asked(desk, "events", "--untold")
    assert any("refund_progress: refund.updated" in line for line in table.lines)


async def test_what_no_channel_was_to_have_was_not_told(desk: Desk) -> None:
    families.subscription_start(desk.shop)
    events = await desk.told()
    await desk.record.decline_due("phone", Span(0, NOW + 1), "not_told_by_default", NOW)
    await desk.record.decline_due("all", Span(0, NOW + 1), "kind_not_wanted", NOW)

    assert await json_of(desk, "events", "--told") == []
    found = await json_of(desk, "events", "--untold")
    assert len(found) == len(events)
    assert "kind_not_wanted,not_told_by_default" in {one["reason"] for one in found}


async def test_told_and_untold_are_what_the_field_says(desk: Desk) -> None:
    families.refund(desk.shop, families.checkout_sale(desk.shop), amount=100)
    events = await desk.told()
    told, untold = await json_of(desk, "events", "--told"), await json_of(desk, "events", "--untold")

    assert {one["told"] for one in told} == {True}
    assert {one["told"] for one in untold} == {False}
    assert {one["event_id"] for one in [*told, *untold]} == {event["id"] for event in events}
    assert len(told) + len(untold) == len(events)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["--min-amount", "50xyz"], "'xyz': this is no currency"),
        (["--max-amount", "50eru"], "Did you mean eur?"),
        (["--type", ""], "An empty one is no type."),
        (["--kind", "watch"], "'watch' is not one of"),
    ],
)
async def test_a_typo_is_wrong_usage(desk: Desk, wrong: list[str], said: str) -> None:
    answer = await asked(desk, "events", *wrong)

    assert (answer.status, answer.out) == (2, "")
    assert said in answer.error


async def test_history_is_worded_as_it_would_have_been(desk: Desk) -> None:
    before = shop("2025-03-31.basil")
    families.checkout_sale(before)
    await desk.found_at_first_contact(before)
    found = await json_of(desk, "events", "--kind", "sale")

    assert {one["title"] for one in found} == {"Sale $159.00 · Acme Shop"}
    assert {one["reason"] for one in found} == {"history"}
    assert len([one for one in found if one["amount"]]) == 1
    _, line = (await asked(desk, "events", "--kind", "sale")).lines
    assert "history: Sale $159.00" in line


@pytest.mark.parametrize(
    ("wanted", "kinds"),
    [
        (["--kind", "payout"], {"payout"}),
        (["--kind", "payout", "--kind", "refund"], {"payout", "refund"}),
        (["--min-amount", "1000"], {"payout", "payout_failed", "sale"}),
        (["--min-amount", "1000usd"], {"payout", "payout_failed"}),
        (["--min-amount", "20000", "--max-amount", "30000jpy"], {"sale"}),
        (["--max-amount", "1"], {"refund"}),
        (["--type", "charge.dispute.*"], {"dispute", "dispute_closed", "other"}),
        (["--text", "LEFÈVRE", "--told", "--min-amount", "158.01"], {"sale"}),
        (["--account", "shop", "--mode", "live", "--kind", "dispute"], {"dispute"}),
        (["--mode", "test"], set()),
        (["--until", "2026-09-20"], set()),
        (["--since", "2026-09-21", "--until", "2026-09-21", "--kind", "dispute"], {"dispute"}),
        (["--since", "2026-09-21 14:14"], set()),
    ],
)
async def test_what_is_asked_for(desk: Desk, wanted: list[str], kinds: set[str]) -> None:
    play_everything(desk.shop)
    await desk.told()

    assert {one["kind"] for one in await json_of(desk, "events", "--limit", "0", *wanted)} == kinds


async def test_history_is_found_by_what_it_means(desk: Desk) -> None:
    before = shop("2025-03-31.basil")
    families.checkout_sale(before)
    await desk.found_at_first_contact(before)

    assert await json_of(desk, "events", "--text", "walnut desk", "--min-amount", "159usd")
    assert not await json_of(desk, "events", "--text", "walnut desk", "--min-amount", "160")
    assert not await json_of(desk, "events", "--kind", "refund")


async def test_a_spreadsheet_gets_a_row_an_event(desk: Desk) -> None:
    play_everything(desk.shop)
    events = await desk.told()
    answer = await asked(desk, "events", "--csv")
    rows = list(csv.DictReader(io.StringIO(answer.out, newline="")))

    assert list(rows[0]) == [key for key in KEYS if key != "body"]
    assert len(rows) == len(events)
    assert answer.out.count("\r\n") == len(events) + 1
    sales = [row for row in rows if row["kind"] == "sale" and row["amount"]]
    assert {(row["amount"], row["currency"]) for row in sales} >= {("159.00", "usd"), ("24900", "jpy")}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert _harmless("title", text) == f"'{text}"


def test_a_negative_amount_stays_a_number() -> None:
    assert _harmless("net", "-49.00") == "-49.00"


def test_a_file_begins_with_the_mark_that_excel_wants(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.record.close()
    file = tmp_path / "events.csv"
    script = "from cashnotifyd.cli import main; main()"

    async def save() -> None:
        with file.open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", script, "events", "--csv", "--config", str(desk.config), stdout=out
            )
            assert await process.wait() == 0

    asyncio.run(save())
    assert file.read_bytes().startswith(b"\xef\xbb\xbfevent_id,type,account,")


async def test_the_table_fits_into_eighty_columns_whatever_it_says(desk: Desk) -> None:
    play_everything(desk.shop)
    await desk.told()
    odd = "UPDATE occurrences SET title = '売上 ' || title || ' 売上売上売上売上' || char(27, 7) || '[2J'"
    inspecting.change(desk.cursor_file, odd)
    table = await asked(desk, "events", "--limit", "0")

    assert max(cell_len(line) for line in table.lines) <= 80
    assert table.out.isprintable() or not {"\x1b", "\x07"} & set(table.out)
    assert len({cell_len(line) for line in table.lines if line.startswith("  ")}) == 1


async def test_a_terminal_of_another_time_gets_question_marks(desk: Desk) -> None:
    families.checkout_sale(desk.shop)
    event = next(event for event in await desk.told() if event["type"] == "charge.succeeded")
    for command in (["events"], ["explain", event["id"]], ["status"]):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "cashnotifyd", *command, "--config", str(desk.config),
            stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        )  # fmt: skip
        out, _ = await process.communicate()
        assert process.returncode == 0
        assert out.decode("latin-1").count("?") >= (4 if command[0] == "explain" else 0)


async def test_there_is_nothing_where_nothing_happened(desk: Desk) -> None:
    assert (await asked(desk, "events")).out == "There is no such event on record.\n"
    assert await json_of(desk, "events") == []


async def test_an_account_that_never_was_is_wrong_usage(desk: Desk) -> None:
    answer = await asked(desk, "events", "--account", "shpo")

    assert answer.status == 2
    assert "shop" in answer.error


async def test_it_changes_nothing(desk: Desk) -> None:
    families.checkout_sale(desk.shop)
    await desk.told()
    await desk.record.changed_elsewhere()
    await json_of(desk, "events")
    await json_of(desk, "status")

    assert not await desk.record.changed_elsewhere()


def test_without_a_record_it_says_so(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.record.close()
    desk.cursor_file.unlink()
    answer = asyncio.run(asked(desk, "events", "--json"))

    assert (answer.status, answer.out) == (1, "")
    assert "there is no cursor file" in answer.error
    assert not desk.cursor_file.exists()


async def test_it_follows_what_comes(desk: Desk) -> None:
    families.checkout_sale(desk.shop)
    await desk.told()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cashnotifyd", "events", "--follow", "--json", "--kind", "sale", "--kind", "refund",
        "--config", str(desk.config), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if not name.startswith("CASHNOTIFYD_")},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE):
            first = json.loads(await process.stdout.readline())
            assert first["kind"] == "sale"
            families.refund(desk.shop, families.checkout_sale(desk.shop))
            await desk.told()
            seen = first
            while seen["kind"] != "refund":
                seen = json.loads(await process.stdout.readline())
            process.send_signal(signal.SIGINT)
            _, error = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert (process.returncode, error) == (0, b"")


async def test_it_follows_no_longer_than_somebody_reads(desk: Desk) -> None:
    families.checkout_sale(desk.shop)
    await desk.told()
    reading, writing = os.pipe()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cashnotifyd", "events", "--follow", "--config", str(desk.config),
        stdout=writing, stderr=asyncio.subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if not name.startswith("CASHNOTIFYD_")},
    )  # fmt: skip
    os.close(writing)
    try:
        assert await asyncio.to_thread(os.read, reading, 1)
        os.close(reading)
        async with asyncio.timeout(PATIENCE):
            _, error = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert (process.returncode, error) == (1, b"")


NOON = datetime(2026, 11, 24, 12, tzinfo=PARIS).timestamp()


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("2026-11-24", (24, 0), (25, 0)),
        ("2026-11-24 15:00", (24, 15), (24, 15)),
        ("2026-11-24T14:00:00Z", (24, 15), (24, 15)),
        ("15:00", (24, 15), (24, 15)),
        ("today", (24, 0), (25, 0)),
        ("yesterday", (23, 0), (24, 0)),
        ("2h", (24, 10), (24, 10)),
        ("1d2h", (23, 10), (23, 10)),
    ],
)
def test_what_a_time_means(text: str, since: tuple[int, int], until: tuple[int, int]) -> None:
    def at(day: int, hour: int) -> float:
        return datetime(2026, 11, day, hour, tzinfo=PARIS).timestamp()

    assert moments.since(text, NOON, PARIS) == at(*since)
    assert moments.until(text, NOON, PARIS) == at(*until)


@pytest.mark.parametrize("text", ["", "now?", "2026-13-01", "25:00", "2x", "-1h", "99999999w", "٣h"])
def test_what_is_no_time_is_wrong_usage(text: str) -> None:
    with pytest.raises(click.UsageError):
        moments.since(text, NOON, PARIS)


async def test_reading_refuses_to_write(desk: Desk) -> None:
    reader = CursorFile.reading(desk.cursor_file)
    with pytest.raises(Exception, match="readonly"):
        await reader.unmute(None, NOW)
    reader.close()
