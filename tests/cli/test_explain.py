from __future__ import annotations

import inspect
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from cashnotifyd.cursor_file.lives import Sent, Sought
from cashnotifyd.cursor_file.values import About, Mute
from cashnotifyd.delivery import routing
from cashnotifyd.delivery.outcome import Delivered, NotSent, Outcome, Refused
from cashnotifyd.delivery.turns import Manners
from cashnotifyd.history.conditions import ChannelCondition, ChannelState
from cashnotifyd.history.life import Circumstances, _meaning
from cashnotifyd.history.reasons import DECLINED, SUMMARIZED
from cashnotifyd.occurrences.reading import Silence
from cashnotifyd.schedules import Burst, Span
from cashnotifyd.simulator import families
from cashnotifyd.vocabulary import Message, Urgency
from tests import inspecting
from tests.cli.recorded import API, Desk, asked, json_of
from tests.clock import NOON
from tests.delivery.street import House, Street, numbered
from tests.everything import play_everything
from tests.teller import shop

KEYS = [
    "event_id", "type", "account", "mode", "created", "recorded", "state", "told", "reason", "meaning", "told_at",
    "kind", "title", "body", "urgency", "link", "siblings", "channels",
]  # fmt: skip
CHANNEL_KEYS = [
    "channel",
    "recipient",
    "state",
    "urgency",
    "reason",
    "meaning",
    "attempts",
    "due",
    "finished",
    "summary",
]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.record.close()


async def an_event(desk: Desk, type_: str = "charge.succeeded") -> dict[str, Any]:
    """The shop sells something; the event of this type."""
    families.checkout_sale(desk.shop)
    return next(event for event in await desk.told() if event["type"] == type_)


def fates(story: dict[str, Any]) -> dict[str, str]:
    return {one["channel"]: one["meaning"] for one in story["channels"]}


async def test_a_sale_and_where_it_went(desk: Desk) -> None:
    event = await an_event(desk)
    story = await json_of(desk, "explain", event["id"])

    assert list(story) == KEYS
    assert all(list(channel) == CHANNEL_KEYS for channel in story["channels"])
    assert (story["event_id"], story["type"], story["kind"]) == (event["id"], "charge.succeeded", "sale")
    assert story["title"] == "Sale $159.00 · Acme Shop"
    assert (story["told"], story["reason"], story["meaning"]) == (True, None, None)
    assert {"payment_intent.succeeded", "checkout.session.completed"} <= {one["type"] for one in story["siblings"]}
    assert fates(story) == {"all": "waiting: to be sent at once", "phone": "waiting: to be sent at once"}


async def test_the_urgency_is_the_files_and_a_deliverys_its_own(desk: Desk) -> None:
    event = await an_event(desk)
    desk.config.write_text(f"urgency: {{sale: emergency}}\n{desk.config.read_text()}")
    inspecting.change(desk.cursor_file, "UPDATE deliveries SET urgency = 'emergency' WHERE channel = 'all'")
    story = await json_of(desk, "explain", event["id"])
    (listed,) = [one for one in await json_of(desk, "events") if one["event_id"] == event["id"]]
    lines = (await asked(desk, "explain", event["id"])).lines

    assert (story["urgency"], listed["urgency"]) == ("emergency", "emergency")
    assert [one["urgency"] for one in story["channels"]] == ["emergency", "normal"]
    assert "  sale, urgency emergency" in lines
    assert lines[-2:] == [
        "  all    waiting: to be sent at once",
        "  phone  waiting: to be sent at once; urgency normal",
    ]


async def test_in_plain_words(desk: Desk) -> None:
    event = await an_event(desk)
    answer = await asked(desk, "explain", event["id"])

    assert answer.status == 0
    assert answer.lines[:4] == [
        f"{event['id']}  charge.succeeded",
        "  Stripe created it Sep 21, 2026, 2:13:20 PM, in the account shop (live mode).",
        "  It was first seen, and recorded, Sep 21, 2026, 2:13:20 PM.",
        "  It was understood as sale, together with",
    ]
    assert "  Sale $159.00 · Acme Shop" in answer.lines
    assert answer.lines[-3:] == [
        "Where it went",
        "  all    waiting: to be sent at once",
        "  phone  waiting: to be sent at once",
    ]


async def test_a_sibling_leads_to_the_same_message(desk: Desk) -> None:
    event = await an_event(desk)
    story = await json_of(desk, "explain", event["id"])
    sibling = await json_of(desk, "explain", story["siblings"][0]["event_id"])

    assert sibling["reason"] == f"told_with:{event['id']}"
    assert (sibling["title"], sibling["channels"]) == (story["title"], story["channels"])
    assert event["id"] in {one["event_id"] for one in sibling["siblings"]}


async def test_the_beginning_of_an_id_is_enough_where_it_is_the_only_one(desk: Desk) -> None:
    event = await an_event(desk)

    assert (await json_of(desk, "explain", event["id"][:-3]))["event_id"] == event["id"]
    answer = await asked(desk, "explain", "evt_")
    assert answer.status == 1
    assert "several events begin with evt_" in answer.error


async def test_a_payment_leads_to_what_was_told_of_it(desk: Desk) -> None:
    event = await an_event(desk)

    assert (await json_of(desk, "explain", event["data"]["object"]["payment_intent"]))["kind"] == "sale"
    assert (await json_of(desk, "explain", event["data"]["object"]["id"]))["kind"] == "sale"


async def test_what_is_told_twice_of_one_object_is_an_array(desk: Desk) -> None:
    families.payout_failed(desk.shop, families.payout_created(desk.shop))
    payout = next(event for event in await desk.told() if event["type"] == "payout.created")
    stories = await json_of(desk, "explain", payout["data"]["object"]["id"])

    assert [one["kind"] for one in stories] == ["payout", "payout_failed"]


async def test_what_is_not_there(desk: Desk) -> None:
    answer = await asked(desk, "explain", "evt_1NoSuch")

    assert (answer.status, answer.out) == (1, "")
    assert answer.error.startswith("there is nothing on record of evt_1NoSuch\n  It may not have been listed yet")


async def test_why_no_message_was_made(desk: Desk) -> None:
    families.refund(desk.shop, families.checkout_sale(desk.shop), amount=100)
    event = next(event for event in await desk.told() if event["type"] == "refund.updated")
    story = await json_of(desk, "explain", event["id"])

    assert (story["state"], story["reason"]) == ("untold", "refund_progress")
    assert story["meaning"] == "A refund that was told makes its way"
    assert story["channels"] == []
    said = (await asked(desk, "explain", event["id"])).out
    assert "No message was made of it (refund_progress). A refund that was told makes its" in said


async def test_history_says_that_it_is(desk: Desk) -> None:
    before = shop(API)
    families.checkout_sale(before)
    await desk.found_at_first_contact(before)
    story = await json_of(desk, "explain", before.emitted[0].json["id"])

    assert (story["state"], story["told"], story["channels"]) == ("history", False, [])
    assert "history is not told" in story["meaning"]


async def test_a_channel_that_came_later_and_one_that_is_gone(desk: Desk) -> None:
    event = await an_event(desk)
    written = desk.config.read_text().replace("  phone:", "  pager:")
    desk.config.write_text(written)
    found = fates(await json_of(desk, "explain", event["id"]))

    assert found["pager"] == "it was not in the configuration when this was told"
    assert "is not in the configuration any more" in found["phone"]


async def test_a_mute_is_told(desk: Desk) -> None:
    event = await an_event(desk)
    await desk.record.mute("phone", Mute(Span(time.time(), time.time() + 3600), drops=False))
    story = await json_of(desk, "explain", event["id"])

    assert fates(story)["phone"].startswith("waiting: the channel is muted until ")
    assert {one["channel"]: one["reason"] for one in story["channels"]} == {"all": None, "phone": "muted"}


async def test_nothing_on_record_acts_on_the_terminal(desk: Desk) -> None:
    event = await an_event(desk)
    put = inspecting.outbox(desk.cursor_file)[0]
    await desk.record.mark_abandoned(put.id, "500 \x1b[2J\r\nowned " + "x" * 200 + "売" * 60, time.time())
    said = (await asked(desk, "explain", event["id"])).out

    assert "given up" in said
    assert not {"\x1b", "\r", "\x07"} & set(said)
    assert max(cell_len(line) for line in said.splitlines() if "https" not in line) <= 80


async def test_a_daemon_that_does_not_run_is_why_it_waits(desk: Desk, tmp_path: Path) -> None:
    event = await an_event(desk)
    desk.record.close()
    found = fates(await json_of(desk, "explain", event["id"]))
    desk.record = desk.record.open(tmp_path / "cursor.db")

    assert found["phone"] == "waiting: the daemon is not running"


async def test_every_event_can_be_explained(desk: Desk) -> None:
    play_everything(desk.shop)
    for event in (await desk.told())[::9]:
        answer = await asked(desk, "explain", event["id"])
        assert answer.status == 0
        assert max(cell_len(line) for line in answer.lines if "https" not in line) <= 80


# What became of deliveries, through real lanes


def say(seconds: float) -> str:
    return f"{seconds - NOON:g}"


def circumstances(channel: ChannelCondition, now: float = NOON) -> Circumstances:
    return Circumstances({"phone": channel}, running=True, now=now)


OK = circumstances(ChannelCondition(ChannelState.OK))


async def stories(street: Street) -> list[str]:
    """What is said of each delivery to the phone, in the order of what happened."""
    told = []
    events = await street.record.events(Sought(), None, 1000)
    for event in sorted(events, key=lambda one: one.number):
        (life,) = (await street.record.find(event.id)).lives
        told += [_meaning(one, OK, say) for one in life.sent if one.channel == "phone"]
    street.record.close()
    return told


async def test_delivered(tmp_path: Path) -> None:
    street = Street(tmp_path, NOON, {"phone": House()})
    await street.told("Sale")
    await street.on(10)

    assert await stories(street) == ["delivered 0"]


async def test_delivered_at_last(tmp_path: Path) -> None:
    answers: list[Outcome] = [NotSent("503"), NotSent("503"), Delivered()]
    street = Street(tmp_path, NOON, {"phone": House(lambda _message, _now: answers.pop(0))})
    await street.told("Sale")
    await street.on(60)
    (said,) = await stories(street)

    assert said.startswith("delivered ")
    assert said.endswith(", after 3 attempts")


async def test_a_burst_becomes_one_message(tmp_path: Path) -> None:
    street = Street(tmp_path, NOON, {"phone": House(manners=Manners(burst=Burst(5, 60.0)))})
    await street.told(*numbered("Sale", range(8)))
    await street.on(120)
    (said,) = set(await stories(street))

    assert said.startswith("put into the message “Busy 8”, which was delivered ")
    assert said.endswith(", since much came at once")


async def test_given_up_says_what_to_do(tmp_path: Path) -> None:
    def refuse(_message: Message, _now: float) -> Outcome:
        return Refused("400 topic unknown", "message")

    street = Street(tmp_path, NOON, {"phone": House(refuse)})
    await street.told("Sale")
    await street.on(3600)
    (said,) = await stories(street)

    assert said.startswith("given up ")
    assert said.endswith(", after 3 attempts: 400 topic unknown. To send it after all: cashnotifyd retry phone")


def a_delivery(state: str = "waiting", **more: Any) -> Sent:  # noqa: ANN401 (fields of any type)
    known = {"urgency": Urgency.NORMAL, "reason": None, "attempts": 0, "created": NOON, "due": NOON, "finished": None}
    return Sent("phone", 0, state, **{**known, **more})


@pytest.mark.parametrize(
    ("condition", "delivery", "said"),
    [
        (ChannelCondition(ChannelState.MUTED, until=NOON + 60), a_delivery(), "waiting: the channel is muted until 60"),
        (
            ChannelCondition(ChannelState.QUIET, until=NOON + 60),
            a_delivery(),
            "waiting: the channel has quiet hours until 60",
        ),
        (
            ChannelCondition(ChannelState.QUIET, until=NOON + 60),
            a_delivery(urgency=Urgency.EMERGENCY),
            "waiting: to be sent at once",
        ),
        (
            ChannelCondition(ChannelState.FAILING, since=NOON - 60),
            a_delivery(attempts=2, reason="503", due=NOON + 5),
            "waiting: the channel has been failing since -60; tried twice, the last time: 503; due again 5",
        ),
        (
            ChannelCondition(ChannelState.OK),
            a_delivery(attempts=1, reason="503", due=NOON + 5),
            "waiting: tried once, the last time: 503; due again 5",
        ),
        (
            ChannelCondition(ChannelState.WAITING, trouble="503"),
            a_delivery(),
            "waiting: what was before it could not be sent (503)",
        ),
        (
            ChannelCondition(ChannelState.OK),
            a_delivery("summarized", reason="quiet"),
            "put into the message “…”, which is not on record any more, since it was held back in quiet hours",
        ),
    ],
)
def test_why_it_waits(condition: ChannelCondition, delivery: Sent, said: str) -> None:
    assert _meaning(delivery, circumstances(condition), say) == said


@pytest.mark.parametrize("reason", [*DECLINED, "of another version"])
def test_every_no_has_words(reason: str) -> None:
    said = _meaning(a_delivery("declined", reason=reason), OK, say)

    assert said == f"not for this channel: {DECLINED.get(reason, reason)} ({reason})"


def test_no_reason_is_forgotten() -> None:
    source = inspect.getsource(routing)
    named = {line.strip().partition('return "')[2].rstrip('"') for line in source.splitlines() if 'return "' in line}
    assert "below_min_amount" in named
    assert named <= DECLINED.keys()
    assert {"busy", "quiet", "muted", "away", "unreachable"} == SUMMARIZED.keys()
    assert all(silence.meaning for silence in Silence)


async def test_an_alert_of_a_channel_says_since_when(desk: Desk) -> None:
    event = await an_event(desk)
    await desk.record.raise_alert(About.channel("phone"), "failing", None, time.time(), time.time() - 3600)
    found = fates(await json_of(desk, "explain", event["id"]))

    assert found["phone"].startswith("waiting: the channel has been failing since ")
    assert found["all"] == "waiting: to be sent at once"
