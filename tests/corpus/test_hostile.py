"""Whatever stands in an event: nothing trips the program, and nothing hostile reaches a reader as it is."""

from __future__ import annotations

import copy
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashnotifyd.cli.preview import Preview
from tests.corpus import synthetic
from tests.corpus.checking import Json, previewed
from tests.corpus.examples import by_hand, played

EXAMPLES: Final = [*by_hand(), *played()]
TYPES: Final = synthetic.event_types()
FIELDS: Final = sorted({key for event in EXAMPLES for key in event["data"]["object"]} | {"data", "object", "id"})

HOSTILE: Final = [
    "\x1b[31mred\x1b[0m", "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\", "\x9b2J", "a\r\nBcc: x@y.example",
    "line\nline", "tab\tbell\x07nul\x00", "\u202egnp.exe", "\u2066\u2069", "\ufeff\u200b\u200d", "\ud800", "\U000e0041",
    "@everyone", "@here", "<!channel>", "<@U123>", "<script>alert(1)</script>", "[x](https://evil.example)",
    "{account}", "{0.__class__}", "{title!r}", "%s%n", "{{7*7}}", "${ENV}", "$(id)", "`id`", "x" * 100_000,
    "Z" + "\u0301" * 500, "\u2028\u2029\x85", "", " ", "ᅠ", "../../etc/passwd", "https://evil.example", "usd\x1b",
]  # fmt: skip

hostile = st.sampled_from(HOSTILE) | st.text(max_size=40)
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | hostile
    | st.sampled_from(["usd", "jpy", "month", "succeeded", "card", "ch_1", "pi_1", 1795525380, 10**18, -1])
)
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS) | hostile, inner, max_size=6),
    max_leaves=12,
)


@pytest.mark.fault(13, measured="0 crashes")
@given(st.data())
def test_any_json_of_the_right_outer_shape_is_a_message(data: st.DataObject) -> None:
    outer = st.dictionaries(st.sampled_from(["created", "livemode", "api_version", "account", "request"]), anything)
    thing = st.dictionaries(st.sampled_from(FIELDS), anything, max_size=12) | anything
    event: Json = {
        **data.draw(outer),
        "id": "evt_1",
        "type": data.draw(st.sampled_from(TYPES)),
        "data": {"object": data.draw(thing), "previous_attributes": data.draw(anything)},
    }

    (one,) = previewed([event])

    assert_harmless(one)


@pytest.mark.fault(13, measured="0 crashes")
@given(st.data())
def test_any_part_of_a_real_event_may_be_anything(data: st.DataObject) -> None:
    event = data.draw(st.sampled_from(EXAMPLES))
    changed = with_changes(event["data"], data, data.draw(st.integers(1, 3)))

    (one,) = previewed([event | {"data": changed}])

    assert_harmless(one)


@pytest.mark.fault(40, 41, measured="0 left")
@given(st.sampled_from(EXAMPLES), hostile)
def test_hostile_text_in_every_field_reaches_nobody_as_it_is(event: Json, text: str) -> None:
    (one,) = previewed([event | {"data": everywhere(event["data"], text)}])

    assert_harmless(one)


def assert_harmless(one: Preview) -> None:
    """As a terminal, a mail header, a chat room and an eye would see it."""
    assert one.title
    assert len(one.title) <= 160
    assert len(one.body) <= 2000
    for letter in one.title + one.body.replace("\n", ""):
        assert unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}, f"{letter!r} in {one}"
    for alarm in ("@everyone", "@here", "<!", "<@", "]("):
        assert alarm not in one.title + one.body
    assert re.match(r"(.+, connected to )?Acme Shop · ", one.body.splitlines()[-1])
    assert all(len(line) <= 400 for line in one.body.splitlines())
    assert one.link is None or one.link.startswith("https://dashboard.stripe.com/")


def with_changes(value: Json, data: st.DataObject, changes: int) -> Json:
    """A copy in which some values, at any depth, are others."""
    copied: Json = copy.deepcopy(value)
    places = list(_places(copied))
    for holder, key in data.draw(st.lists(st.sampled_from(places), min_size=changes, max_size=changes)):
        holder[key] = data.draw(anything)
    return copied


def everywhere(value: object, text: str) -> object:
    """The same with ``text`` for every string that is no id, no currency and no word of Stripe's."""
    if isinstance(value, dict):
        return {
            key: inner if key in ("object", "currency", "id", "type") else everywhere(inner, text)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [everywhere(inner, text) for inner in value]
    return text if isinstance(value, str) else value


def _places(value: object) -> Iterator[tuple[Any, Any]]:
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from _places(value[key])  # type: ignore[index]
