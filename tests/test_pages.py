"""A page of events is read no further than needed, and keeps what Stripe sent, however it is spelled."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashnotifyd.stripe_api import Cause, Failure, Page, page_in

# Halves of surrogate pairs are text for JSON and Python, and for nobody else.
TEXT = st.text(st.characters(codec=None)) | st.text(st.sampled_from('\ud83d\ude00"\\\n\0é€'))
NUMBERS = st.integers() | st.floats()
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=12,
)


def event(id_: object = "evt_1", created: object = 1_790_000_000, **more: object) -> dict[str, Any]:
    return {"id": id_, "object": "event", "type": "charge.updated", "created": created, **more}


def page_of(*entries: object, indent: int | None = 2) -> Page:
    body = json.dumps({"object": "list", "data": entries, "has_more": False, "url": "/v1/events"}, indent=indent)
    page = page_in(body.encode(), 100)
    assert isinstance(page, Page)
    return page


def storable(value: Any) -> Any:  # noqa: ANN401 (JSON is anything)
    """As it can be stored: halves of pairs are replaced, what is no number is null."""
    sent = json.loads(json.dumps(value))  # two halves side by side are a whole
    text = json.dumps(sent, ensure_ascii=False).encode("utf-8", "replace").decode()
    return json.loads(text, parse_constant=lambda _: None)


@given(data=JSON, indent=st.sampled_from([None, 2]))
def test_what_is_kept_says_what_stripe_sent(data: object, indent: int | None) -> None:
    sent = event(data={"object": data})

    (listed,) = page_of(sent, indent=indent).events

    assert (listed.id, listed.type, listed.created) == ("evt_1", "charge.updated", 1_790_000_000)
    assert json.loads(listed.payload) == storable(sent)
    listed.payload.encode("utf-8")


def test_what_is_kept_is_compact() -> None:
    sent = event(data={"object": {"name": "Anna  Müller"}})
    (listed,) = page_of(sent).events

    assert listed.payload == json.dumps(sent, separators=(",", ":"))


def test_entries_that_are_no_events_are_passed_over() -> None:
    page = page_of(
        None, 7, "x", [], {}, {"id": 3}, event("evt_ spaced"), event("evt_good"), event("evt_undated", "soon")
    )

    assert [(one.id, one.created) for one in page.events] == [("evt_good", 1_790_000_000), ("evt_undated", 0)]
    assert page.malformed is not None
    assert (len(page.malformed.prints), page.malformed.count, page.malformed.first) == (7, 7, "it is no JSON object")


@pytest.mark.parametrize(
    ("entry", "trouble"),
    [
        ({}, "its id is none"),
        ({"id": "evt_1"}, "its type is none"),
        ({"id": "evt_1", "type": 7}, "its type is none"),
        ("x", "it is no JSON object"),
    ],
)
def test_what_is_wrong_with_an_entry_is_said(entry: object, trouble: str) -> None:
    page = page_of(event(), entry)

    assert page.malformed is not None
    assert (page.malformed.count, page.malformed.first) == (1, trouble)


def test_a_page_of_events_has_no_malformed_ones() -> None:
    assert page_of(event()).malformed is None


@pytest.mark.parametrize("more", ["", ', "x": NaN'], ids=["JSON", "nearly JSON"])
@pytest.mark.parametrize("entries", [["{}"] * 1001, ["{}"] * 100_000, ['{"id": "evt_1", "type": "x.y"}'] * 2000])
def test_a_page_of_more_than_ten_of_stripes_largest_is_none(entries: list[str], more: str) -> None:
    found = page_in(f'{{"data": [{",".join(entries)}]{more}}}'.encode(), 10)

    assert isinstance(found, Failure)
    assert (found.cause, found.retry) == (Cause.GARBLED, False)
    assert "more than 1,000 events" in found.reason


def test_what_plays_stripe_may_list_more_than_was_asked_for() -> None:
    page = page_in(b'{"data": [%s]}' % b",".join([b'{"id": "evt_1", "type": "x.y"}'] * 1000), 10)

    assert isinstance(page, Page)
    assert (len(page.events), page.has_more) == (1000, True)


def test_entries_of_a_large_answer_are_counted_first() -> None:
    entry = f'{{"x": "{"y" * 10_000}"}}'

    assert isinstance(page_in(f'{{"data": [{",".join([entry] * 1001)}]}}'.encode(), 100), Failure)
    assert isinstance(page_in(f'{{"data": [{",".join([entry] * 1000)}]}}'.encode(), 100), Page)


def test_what_is_large_and_hardly_json_is_not_read_leniently() -> None:
    found = page_in(b'{"data": [], "x": NaN, "y": "' + b"x" * 9_000_000 + b'"}', 10)

    assert isinstance(found, Failure)
    assert "no JSON object" in found.reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "no JSON object"),
        (b"<html>", "no JSON object"),
        (b"[]", "no JSON object"),
        (b'"' + b"x" * 40, "no JSON object"),
        (b'{"data": [' + b"[" * 100_000, "no JSON object"),
        (b"{}", "no list of events"),
        (b'{"data": {}}', "no list of events"),
        (b'{"data": [{"id": "\xff"}]}', "no UTF-8 text"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_no_page_is_a_failure(body: bytes, reason: str) -> None:
    found = page_in(body, 100)

    assert isinstance(found, Failure)
    assert found.cause is Cause.GARBLED
    assert reason in found.reason


@pytest.mark.parametrize("date", [None, "", "yesterday", "Tue, 99 Nov 2026 00:00:00 GMT"])
def test_a_server_that_tells_no_time_has_none(date: str | None) -> None:
    page = page_in(b'{"data": []}', 100, date)

    assert isinstance(page, Page)
    assert page.server_time is None
