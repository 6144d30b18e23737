from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.cursor_file.values import About, Address, Announcement, Recipient, Routing
from cashnotifyd.vocabulary import Kind, Message, Urgency
from tests import inspecting
from tests.cli.test_mute import Home

NEWS = Message(Kind.WATCH, "News", "", Urgency.NORMAL)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def record(home: Home) -> Iterator[CursorFile]:
    """As a running daemon has it."""
    opened = CursorFile.open(home.cursor_file)
    yield opened
    opened.close()


async def deliveries(record: CursorFile, *channels: str) -> dict[str, int]:
    """One for each of these channels. Returns their numbers."""
    routing = Routing(tuple(Recipient(channel, 0, Urgency.NORMAL) for channel in channels), ())
    await record.raise_alert(About("test"), " ".join(channels), Announcement(NEWS, routing), 1000.0)
    return {one.channel: one.id for one in inspecting.outbox(record.path)}


def standing(record: CursorFile) -> dict[str, tuple[str, int]]:
    return {one.channel: (one.state, one.attempts) for one in inspecting.outbox(record.path)}


async def test_what_was_given_up_is_sent_as_if_it_were_new(home: Home, record: CursorFile) -> None:
    made = await deliveries(record, "phone", "mail", "removed")
    for delivery in made.values():
        await record.mark_abandoned(delivery, "400 Bad Request", 2000.0)

    said = await asyncio.to_thread(home.said_beside, "retry", "phone")
    assert said == "phone: 1 message given up before, 0 messages waiting: tried again now.\n"
    assert standing(record) == {"phone": ("waiting", 0), "mail": ("abandoned", 1), "removed": ("abandoned", 1)}

    await asyncio.to_thread(home.said_beside, "retry")
    assert standing(record) == {"phone": ("waiting", 0), "mail": ("waiting", 0), "removed": ("abandoned", 1)}


async def test_what_waits_need_not_wait(home: Home, record: CursorFile) -> None:
    made = await deliveries(record, "phone")
    await record.mark_due_again(made["phone"], 9e9, "503", 0)

    found = json.loads(await asyncio.to_thread(home.said_beside, "retry", "--json"))
    assert found == {"phone": {"abandoned": 0, "waiting": 1}, "mail": {"abandoned": 0, "waiting": 0}}
    assert await record.next_due(Address("phone"), 8e9) is None
    assert await record.changed_elsewhere()


async def test_where_nothing_was_given_up_there_is_nothing_to_do(home: Home, record: CursorFile) -> None:
    assert await asyncio.to_thread(home.said_beside, "retry") == "There is nothing to send again.\n"
    assert standing(record) == {}


def test_nothing_is_sent_without_the_daemon(home: Home) -> None:
    record = CursorFile.open(home.cursor_file)
    asyncio.run(deliveries(record, "phone"))
    record.close()

    said = home.said("retry", "phone")
    assert " ".join(said.split()) == (
        "phone: 0 messages given up before, 1 message waiting: sent as soon as the daemon runs: cashnotifyd run"
    )
    assert max(map(len, said.splitlines())) <= 80
