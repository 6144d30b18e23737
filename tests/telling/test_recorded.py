"""A recorded event is read as Python's own reader would, also what the standard does not allow."""

from __future__ import annotations

import json

import pytest

from cashnotifyd.cursor_file.values import PendingEvent
from cashnotifyd.telling.sorting import recorded_event, understood_of

EVENT = '{"id":"evt_1","type":"x","created":5,"data":{"object":%s}}'


@pytest.mark.parametrize(
    "thing",
    [
        '{"a":123456789012345678901234567890}',
        '{"a":1e400}',
        '{"a":Infinity}',
        '{"a":"\\ud800"}',
        '{"a":"\\ud83d\\ude00 \\u0000"}',
        '{"a":1,"a":2}',
        '{"a":-0.0}',
        '{"a":0.1234567890123456789012345}',
    ],
)
def test_whatever_json_holds(thing: str) -> None:
    payload = EVENT % thing

    assert recorded_event(payload).object == json.loads(thing)


def test_what_has_been_read_is_let_go() -> None:
    understood = understood_of(PendingEvent(7, EVENT % '{"id":"x_1","object":"thing"}', 9.0))

    assert (understood.number, understood.recorded_at, understood.event.id) == (7, 9.0, "evt_1")
    assert not understood.event.object
