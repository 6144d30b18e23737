"""PyYAML has two parsers, one of them in C where it was built with it: what people are told may not hang on that."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cashnotifyd.config.document import Document, read_document
from cashnotifyd.config.findings import ConfigError

EXAMPLE = Path(__file__).parents[2] / "config.example.yaml"

FRAGMENTS = (
    "accounts:", "\n", "\n  ", "\n    ", "shop", "a: b", ": ", ", ", "[", "]", "{", "}", "- ", "'", '"', " # c",
    "|\n  x\n", ">-\n  y", "!x ", "! ", "&a ", "*a", "%", "@", "`", "? ", "off", "5", "1:30", "~", "null",
    "\u00e9", "\u2028", "\x85", "\ufeff", "\t", "\r\n", "\r", "---\n", "...\n", "%YAML 1.1\n",
    "\\", "\\n", "\\x41", "key: 'v'\n",
)  # fmt: skip


def outcome(text: str) -> tuple[object, ...] | str:
    def any_key(_path: object) -> bool:
        return True

    try:
        document: Document = read_document(text.encode(), "config.yaml", any_key)
    except ConfigError as error:
        return str(error)
    return document.tree, document.marks, document.notes


def by_python_alone(text: str) -> tuple[object, ...] | str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml, "__with_libyaml__", False)
        return outcome(text)


def test_the_example_is_read_alike_by_both() -> None:
    text = EXAMPLE.read_text()
    assert outcome(text) == by_python_alone(text)


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join))
def test_whatever_is_written_is_read_alike_by_both(text: str) -> None:
    assert outcome(text) == by_python_alone(text)
