"""Parts of real events in the place of others, several at once and in other languages: told well or not at all.

What an event may hold besides is in ``tests/corpus/test_hostile.py``.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from cashnotifyd.cli.preview import Document, Preview, previews_of
from cashnotifyd.wording.message import Words
from tests.corpus.checking import ACCOUNT, WORDS, Json
from tests.corpus.test_hostile import EXAMPLES, HOSTILE, assert_harmless, everywhere

PLACEHOLDER: Final = re.compile(r"\b(?:None|null|undefined|nan|inf|True|False|Money|Kind|Urgency)\b")
LOCALES: Final = ("ar", "de_DE", "fa", "fr_FR", "hi_IN", "ja_JP", "he", "th")


def parts_of(value: object) -> Iterator[tuple[Any, Any]]:
    """Every holder in a tree with every key of it."""
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from parts_of(value[key])  # type: ignore[index]


SUBTREES: Final[list[Any]] = [holder[key] for event in EXAMPLES[::3] for holder, key in parts_of(event["data"])]
LARGE: Final[list[Any]] = [10**30, -(10**30), 1e308, -0.0, float("inf"), float("nan"), 2**63, -1, 10**400]
SEEDS: Final = st.integers(0, 2**32)


def grafted(seed: int) -> Json:
    """A real event of which one to four parts are parts of others, taken out, or numbers beyond reason."""
    dice = Random(seed)
    event = dice.choice(EXAMPLES)
    data: Json = copy.deepcopy(event["data"])
    for _ in range(dice.randint(1, 4)):
        holder, key = dice.choice([at for at in parts_of(data) if at[0] is not data])
        if isinstance(holder, dict) and dice.random() < 0.3:
            holder.pop(key)
        else:
            holder[key] = copy.deepcopy(dice.choice(SUBTREES if dice.random() < 0.7 else LARGE))
    created = dice.choice([event["created"]] * 5 + [None, -1, 10**18, "soon", []])
    return {**event, "data": data, "created": created}


def shown(events: list[Json], words: Words = WORDS) -> list[Preview]:
    """The events as messages, made as the daemon makes them; fails where something trips it, however well hidden."""
    with capture_logs() as logged:
        previews, flaws = previews_of([Document("here", event) for event in events], words, ACCOUNT)
    assert not flaws
    assert not logged
    return previews


def assert_no_placeholder(preview: Preview, events: list[Json]) -> None:
    brought = repr(events)
    for word in PLACEHOLDER.findall(f"{preview.title}\n{preview.body}"):
        assert f"'{word}" in brought or f" {word}" in brought.replace(": None", ""), preview


@given(SEEDS)
def test_parts_of_other_events_make_no_nonsense(seed: int) -> None:
    event = grafted(seed)
    (one,) = shown([event])
    assert_harmless(one)
    assert_no_placeholder(one, [event])


@given(st.lists(SEEDS, min_size=2, max_size=5))
def test_several_at_once_do_no_harm_to_each_other(seeds: list[int]) -> None:
    numbered = [{**grafted(seed), "id": f"evt_{number}"} for number, seed in enumerate(seeds)]
    previews = shown([*numbered, numbered[0]])
    assert [one.event_id for one in previews] == [event["id"] for event in (*numbered, numbered[0])]
    for one in previews:
        assert_harmless(one)


@pytest.mark.parametrize("locale", LOCALES)
def test_hostile_text_is_harmless_in_every_language(locale: str) -> None:
    words = Words(locale, ZoneInfo("Asia/Kathmandu"))
    events = EXAMPLES[:: len(EXAMPLES) // len(HOSTILE)]
    for event, text in zip(events, HOSTILE, strict=False):
        for one in shown([event | {"data": everywhere(event["data"], text)}], words):
            text_of_it = one.title + one.body
            assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", text_of_it)
            assert not re.search("@everyone|@here|<!|<@|\u202e|\ud800|https://evil.example\\)", text_of_it)
