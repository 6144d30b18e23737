"""The text of a configuration: a new one, or one more account or channel in one that people wrote.

What is there stays to the letter, comments included: an entry is put in as lines of its own. Where that is not
possible, as in a section that is written in braces, it is left to its writer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import yaml

from cashnotifyd.config import values
from cashnotifyd.config.schema import MODELINE

Section = Literal["accounts", "channels"]

_USUAL_LOCALE: Final = "en_US"
_HEAD: Final = f"""\
{MODELINE}
#
# The configuration of cashnotifyd, begun by `cashnotifyd init` and yours to edit. Every key is explained in
# config.example.yaml. `cashnotifyd check` says whether all is well. It holds secrets: let nobody else read it.
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """An account or a channel as it is to be written: its id, and its keys with their texts."""

    section: Section
    id: str
    keys: Mapping[str, str] = field(repr=False)


def new_text(entries: Iterable[Entry], locale: str) -> str:
    """The text of a new configuration."""
    head = _HEAD if locale == _USUAL_LOCALE else f"{_HEAD}\nlocale: {locale}\n"
    sections: dict[str, list[Entry]] = {"accounts": [], "channels": []}
    for entry in entries:
        sections[entry.section].append(entry)
    return head + "".join(f"\n{name}:\n" + "".join(map(block, found)) for name, found in sections.items() if found)


def can_add(text: str, section: Section) -> bool:
    """Whether an entry can be put into a section of this text."""
    return _gap(text, section) is not None


def with_entry(text: str, entry: Entry) -> str:
    """A configuration's text with one entry more.

    Raises:
        ValueError: it cannot be put in, see :func:`can_add`.
    """
    gap = _gap(text, entry.section)
    if gap is None:
        raise ValueError(entry.section)
    newline = "\r\n" if "\r\n" in text else "\n"
    before, after = text[: gap.place], text[gap.place :]
    if before and not before.endswith("\n"):
        before += newline
    return before + (gap.head + block(entry, gap.indent)).replace("\n", newline) + after


@dataclass(frozen=True, slots=True)
class _Gap:
    """Where an entry goes: the place in the text, its indentation, and what comes before it."""

    place: int
    indent: int
    head: str = ""


def _gap(text: str, section: Section) -> _Gap | None:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        return None
    found = next(((key, value) for key, value in root.value if key.value == section), None)
    if found is None:
        return _Gap(len(text), 2, f"\n{section}:\n")
    key, below = found
    if isinstance(below, yaml.MappingNode) and not below.flow_style:
        indent = int(below.value[0][0].start_mark.column)
        return _Gap(_after_comments(text, _end_of_line(text, _end(below)), indent), indent)
    if isinstance(below, yaml.ScalarNode) and not below.value:
        return _Gap(_end_of_line(text, int(key.end_mark.index)), int(key.start_mark.column) + 2)
    return None


def block(entry: Entry, indent: int = 2) -> str:
    """The lines of one entry."""
    margin = " " * indent
    keys = "".join(f"{margin}  {key}: {_scalar(text)}\n" for key, text in entry.keys.items())
    return f"{margin}{entry.id}:\n{keys}"


def as_written(text: str) -> str:
    """A value so that it means itself: a dollar is doubled where it would begin something else.

    One that names a variable (``${SHOP_KEY}``) is left as it is.
    """
    return text if values.has_reference(text) else text.replace("$", "$$") if "$$" in text or "${" in text else text


def _scalar(text: str) -> str:
    """Plain where YAML reads it back as the same text, else in double quotes, which JSON's are to YAML too."""
    try:
        plain = yaml.safe_load(f"key: {text}") == {"key": text}
    except yaml.YAMLError:
        plain = False
    return text if plain else json.dumps(text, ensure_ascii=False)


def _end(node: yaml.Node) -> int:
    """Where the last value below a node ends. A block mapping's own end lies behind comments that follow it."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style and node.value:
        key, value = node.value[-1]
        return max(int(key.end_mark.index), _end(value))
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        return _end(node.value[-1])
    assert node.end_mark is not None
    return int(node.end_mark.index)


def _end_of_line(text: str, place: int) -> int:
    """The beginning of the next line, where ``place`` is not one already."""
    if place and text[place - 1] == "\n":
        return place
    end = text.find("\n", place)
    return len(text) if end < 0 else end + 1


def _after_comments(text: str, place: int, indent: int) -> int:
    """Past the comments that follow and stand further in than an id: they belong to the entry before them."""
    end = here = place
    while here < len(text):
        line = text[here : _end_of_line(text, here + 1)]
        words = line.lstrip(" ")
        if words.startswith("#") and len(line) - len(words) > indent:
            end = here + len(line)
        elif words.strip():
            break
        here += len(line)
    return end
