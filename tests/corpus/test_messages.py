"""What people read, over every event that the project has: all types of Stripe's library, versions from 2012 to today.

``pytest -s tests/corpus`` prints what is covered.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.corpus import synthetic
from tests.corpus.checking import Json, complaints, previewed
from tests.corpus.examples import all_examples, by_hand, played, synthetic_events


def covered(events: list[Json]) -> str:
    types, versions = {event["type"] for event in events}, {event["api_version"] for event in events}
    return f"{len(events)} events of {len(types)} types in {len(versions)} versions"


@pytest.mark.parametrize("source", [by_hand, played, synthetic_events])
def test_every_message_is_fit_to_be_read(source: Callable[[], Iterable[Json]]) -> None:
    events = list(source())
    print(f"\n{covered(events)}")  # noqa: T201 (what the corpus covers is to be seen with -s)

    found = [wrong for event, one in zip(events, previewed(events), strict=True) for wrong in complaints(event, one)]

    assert not found, "\n".join([f"{len(found)} complaints", *found[:20]])


def test_every_type_of_the_library_is_covered() -> None:
    types = synthetic.event_types()

    assert len(types) >= 275
    assert {event["type"] for event in synthetic_events()} == set(types)


def test_the_command_shows_the_whole_corpus(tmp_path: Path) -> None:
    events = all_examples()
    print(f"\nthe whole corpus: {covered(events)}")  # noqa: T201 (as above)
    (tmp_path / "events.json").write_text(json.dumps({"object": "list", "data": events}))

    done = subprocess.run(
        [sys.executable, "-m", "cashnotifyd", "preview", "--json", tmp_path / "events.json"],
        capture_output=True,
        check=False,
        timeout=60,
    )

    assert (done.returncode, done.stderr) == (0, b"")
    shown = json.loads(done.stdout)
    assert [one["event_id"] for one in shown] == [event["id"] for event in events]
    assert all(one["title"] and one["body"] for one in shown)
