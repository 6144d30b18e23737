from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cashnotifyd.cursor_file.overview import ChannelOnRecord
from cashnotifyd.setup.findings import Verdict
from cashnotifyd.setup.recorded import on_deliveries
from tests.clock import NOON

UTC = ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({}, {}),
        ({"delivered_at": NOON}, {}),
        ({"waiting": 1, "waiting_since": NOON}, {"waiting": Verdict.OK}),
        ({"waiting": 2, "waiting_since": NOON, "waiting_reason": "503"}, {"waiting": Verdict.WARNING}),
        ({"abandoned": 1, "abandoned_at": NOON, "abandoned_reason": "404"}, {"given_up": Verdict.WARNING}),
        ({"abandoned": 1, "abandoned_at": NOON, "abandoned_reason": "channel_removed"}, {"given_up": Verdict.OK}),
        ({"alerts": {"failing": NOON}}, {"failing": Verdict.PROBLEM}),
        (
            {"alerts": {"undeliverable": NOON}, "abandoned": 1, "abandoned_reason": "404"},
            {"undeliverable": Verdict.PROBLEM, "given_up": Verdict.WARNING},
        ),
    ],
)
def test_how_it_stands_with_what_is_sent(known: dict[str, Any], expected: dict[str, Verdict]) -> None:
    found = on_deliveries("phone", ChannelOnRecord(**known), UTC)
    assert {finding.name: finding.verdict for finding in found} == expected
    assert all(bool(finding.next_step) == (finding.verdict is not Verdict.OK) for finding in found)


def test_what_people_read() -> None:
    found = on_deliveries(
        "phone",
        ChannelOnRecord(
            waiting=1_200, waiting_since=NOON, waiting_reason="HTTP 503", abandoned=1, abandoned_at=NOON,
            abandoned_reason="HTTP 404", alerts={"failing": NOON},
        ),
        UTC,
    )  # fmt: skip
    moment = f"{datetime.fromtimestamp(NOON, UTC):%Y-%m-%d %H:%M}"
    assert [finding.text for finding in found] == [
        f"it has taken nothing since {moment}: HTTP 503",
        f"1,200 messages wait, the oldest since {moment}; the last attempt failed: HTTP 503",
        f"1 message was given up, the last on {moment}: HTTP 404",
    ]
    assert found[2].next_step.endswith("cashnotifyd retry phone")
