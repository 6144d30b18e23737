"""Events that other projects' tests carry, mostly from 2012 to 2017: what people would read of them.

They are downloaded, read as data (of Python files only the literals) and never run.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cashnotifyd.occurrences.understanding import event_from_json
from tests.corpus.checking import Json, complaints, previewed
from tests.real.conftest import REAL

pytestmark = [pytest.mark.real, pytest.mark.filterwarnings("ignore:invalid escape sequence")]


@pytest.fixture(scope="module")
def events() -> list[Json]:
    corpus = REAL / "corpus"
    if not (corpus / "complete").exists():
        pytest.skip("the events of other projects are not there: tests/real/install downloads them")
    return [event for file in sorted(corpus.rglob("*")) for event in _events_in(file)]


def test_every_message_is_fit_to_be_read(events: list[Json]) -> None:
    types, versions = {event["type"] for event in events}, {event["api_version"] for event in events}
    print(f"\n{len(events)} events of {len(types)} types in {len(versions)} versions")  # noqa: T201 (to be seen with -s)

    shown = previewed(events)
    found = [wrong for event, one in zip(events, shown, strict=True) for wrong in complaints(event, one)]

    assert len(events) > 20
    assert not found, "\n".join([f"{len(found)} complaints", *found[:20]])


def _events_in(file: Path) -> Iterator[Json]:
    if file.suffix == ".json":
        read = json.loads(file.read_text("utf-8"))
        found = read if isinstance(read, list) else [read]
    elif file.suffix == ".py":
        found = [_literal(node) for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Dict)]
    else:
        return
    for event in found:
        if event_from_json(event) is not None and isinstance(event.get("data"), dict) and event["data"].get("object"):
            # Samples name no version, their folder does.
            yield {"api_version": file.parent.name} | event


def _literal(node: ast.expr | None) -> object:
    """What a literal stands for, with None for whatever in it would have to be computed."""
    match node:
        case ast.Constant():
            return node.value
        case ast.List() | ast.Tuple():
            return [_literal(one) for one in node.elts]
        case ast.Dict():
            pairs = zip(node.keys, node.values, strict=True)
            return {str(_literal(key)): _literal(value) for key, value in pairs if key is not None}
        case _:
            return None
