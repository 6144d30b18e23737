"""YAML text as a checked tree, with the line and column of every key.

PyYAML alone lets the last of two equal keys win, reads ``NO`` as false and ``22:30`` as 1350, and knows no lines once
it has built values. So the tree is made here from composed nodes. Everything in the configuration is text, a list of
text or a mapping, which makes every other scalar a surprise worth a finding, but where it is read by its spelling.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import yaml

from cashnotifyd.config.findings import ConfigError, Finding, KeyPath

_DEEPEST = 16
_TAG = "tag:yaml.org,2002:"
_TEXT_TAGS = frozenset({f"{_TAG}str", f"{_TAG}merge", f"{_TAG}value"})

# Read by their spelling, with all that stands below them, whatever YAML makes of it: `50` and `off` are meant, and
# `30` deserves a better answer than "put it in quotes".
_SPELT_FREELY = frozenset({"poll_interval", "read_share", "stale_after"})
_SPELT_FREELY_IN_CHANNELS = frozenset({"min_amount", "quiet_hours", "burst", "digest"})

# `accounts:` or `shop:` with nothing below it is an empty mapping to its writer: all may come from the environment.
# Where it does not, that is refused with better advice.
_MAPPINGS = frozenset({("accounts",), ("channels",)})


# Tabs and byte order marks, of which PyYAML's two parsers think differently.
_READ_APART = frozenset("\t\ufeff")
_ANOTHER_DOCUMENT = "but found another document"  # PyYAML's words
_NO_ALIASES = (
    "anchors and aliases (& and *) are not understood here",
    'If a text begins with & or *, put it in quotes: "*". Else write the value out in each place.',
)


class Mark(NamedTuple):
    """A place in the file, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Note:
    """A finding of the reading: ``path`` is what it is about, ``mark`` where it stands."""

    path: KeyPath
    mark: Mark
    problem: str
    hint: str


@dataclass(frozen=True, slots=True)
class Document:
    """``tree`` holds dicts, lists and text as written; what a note is about is left out of it."""

    name: str
    is_known: Callable[[KeyPath], bool]
    tree: dict[str, Any] = field(default_factory=dict)
    marks: dict[KeyPath, Mark] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def place(self, mark: Mark) -> str:
        """``config.yaml:7:5``."""
        return f"{self.name}:{mark.line}:{mark.column}"


class _Parser(Protocol):
    """What PyYAML's parsers in Python and in C have in common."""

    def get_event(self) -> Any: ...  # noqa: ANN401 (their stubs differ, though the events do not)
    def resolve(self, kind: type[yaml.Node], value: str, implicit: tuple[bool, bool]) -> str: ...


class _StopReading(Exception):  # noqa: N818 (it ends the reading; what people see is the finding made from it)
    def __init__(self, mark: Mark, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.mark = mark
        self.problem = problem
        self.hint = hint


def read_document(data: bytes, name: str, is_known: Callable[[KeyPath], bool]) -> Document:
    """The checked tree of a file's bytes. Raises ConfigError where the file is no YAML mapping at all.

    The value of a key that is not known stays empty: what YAML made of it is beside the point.
    """
    text = _decode(data, name)
    try:
        root = _root(text)
    except _StopReading as stop:
        raise _unreadable(name, stop.mark, stop.problem, stop.hint) from None
    except yaml.reader.ReaderError as error:
        raise _unreadable(name, _mark_at(text, error.position), *_REFUSED_CHARACTER) from None
    except yaml.MarkedYAMLError as error:
        raise _unreadable(name, _place_of(error), *_in_plain_words(error)) from None
    except (yaml.YAMLError, ValueError, OverflowError):
        # PyYAML's scanner makes characters and numbers of "\UFFFFFFFF" and "%YAML 1.99…9" without asking.
        raise _unreadable(name, Mark(1, 1), *_NOT_YAML) from None
    if root is None or (isinstance(root, yaml.ScalarNode) and root.tag == f"{_TAG}null"):
        raise _unreadable(
            name,
            Mark(1, 1),
            "the file is empty",
            "Delete it and type: cashnotifyd init, which asks and writes it anew. Or copy config.example.yaml over it.",
        )
    if not isinstance(root, yaml.MappingNode):
        raise _unreadable(
            name,
            _mark(root.start_mark),
            "the file is not a list of keys with values",
            "It begins with keys such as accounts: and channels:, see config.example.yaml.",
        )
    document = Document(name, is_known)
    document.tree.update(_mapping(root, (), document))
    return document


def _root(text: str) -> yaml.Node | None:
    """The root node, None where there is none.

    Read by PyYAML's parser in C, where it was built with one: 10,000 accounts take it 0.07 s against 2.3 s (measured
    with PyYAML 6.0.3). What that one refuses, the other reads again: its words are the ones known here.
    """
    if yaml.__with_libyaml__ and not _READ_APART.intersection(text):
        with suppress(_StopReading, yaml.YAMLError, ValueError, OverflowError):
            return _composed(yaml.CSafeLoader(text))
    return _composed(yaml.SafeLoader(text))


def _composed(parser: _Parser) -> yaml.Node | None:
    """Plain YAML only: without aliases (they can grow without bound), tags and deep nesting."""
    parser.get_event()  # the stream begins
    if isinstance(parser.get_event(), yaml.StreamEndEvent):
        return None
    root = _node(parser.get_event(), parser, 1)
    parser.get_event()  # the document ends
    if not isinstance(another := parser.get_event(), yaml.StreamEndEvent):
        raise yaml.composer.ComposerError(problem=_ANOTHER_DOCUMENT, problem_mark=another.start_mark)
    return root


def _node(event: yaml.Event, parser: _Parser, depth: int) -> yaml.Node:
    assert isinstance(event, yaml.NodeEvent)
    _refuse_special(event, depth)
    start: Any = event.start_mark
    end: Any = event.end_mark
    if isinstance(event, yaml.ScalarEvent):
        tag = parser.resolve(yaml.ScalarNode, event.value, event.implicit)
        return yaml.ScalarNode(tag, event.value, start, end)
    if isinstance(event, yaml.MappingStartEvent):
        pairs = []
        while not isinstance(key := parser.get_event(), yaml.MappingEndEvent):
            pairs.append((_node(key, parser, depth + 1), _node(parser.get_event(), parser, depth + 1)))
        return yaml.MappingNode(f"{_TAG}map", pairs, start, end)
    items = []
    while not isinstance(item := parser.get_event(), yaml.SequenceEndEvent):
        items.append(_node(item, parser, depth + 1))
    return yaml.SequenceNode(f"{_TAG}seq", items, start, end)


def _refuse_special(event: yaml.NodeEvent, depth: int) -> None:
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        raise _StopReading(_mark(event.start_mark), *_NO_ALIASES)
    if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
        raise _StopReading(
            _mark(event.start_mark),
            "tags (words that begin with !) are not understood here",
            "Take the tag out. If a text begins with !, put it in quotes.",
        )
    if depth > _DEEPEST:
        raise _StopReading(
            _mark(event.start_mark),
            "brackets or indentation nest too deeply",
            "Compare the file with config.example.yaml.",
        )


def _mapping(node: yaml.MappingNode, path: KeyPath, document: Document) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for key_node, value_node in node.value:
        mark = _mark(key_node.start_mark)
        if not isinstance(key_node, yaml.ScalarNode):
            document.notes.append(Note(path, mark, "a key must be one word", "Write it as word: value."))
            continue
        here = (*path, key_node.value)
        if key_node.tag not in _TEXT_TAGS and not _is_spelt_freely(here):
            problem, hint = _surprise(key_node)
            document.notes.append(Note(here, mark, f"as a key, {problem}", hint))
            continue
        if here in document.marks:
            document.notes.append(
                Note(
                    here,
                    mark,
                    f"this key is written twice, in line {document.marks[here].line} and in line {mark.line}",
                    "Keep one of the two.",
                )
            )
            continue
        document.marks[here] = mark
        if not document.is_known(here):
            tree[key_node.value] = ""
        elif (value := _value(value_node, here, mark, document)) is not None:
            tree[key_node.value] = value
    return tree


def _value(node: yaml.Node, path: KeyPath, mark: Mark, document: Document) -> dict[str, Any] | list[Any] | str | None:
    """The value, or None where a note says why there is none."""
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, document)
    if isinstance(node, yaml.SequenceNode):
        items = []
        for index, item in enumerate(node.value):
            here = (*path, index)
            document.marks[here] = _mark(item.start_mark)
            items.append(_value(item, here, document.marks[here], document))
        # One item short, the list would mean something else: leave it out whole.
        return None if None in items else items
    in_place_of_keys = path in _MAPPINGS or path[:-1] in _MAPPINGS
    if node.tag == f"{_TAG}null" and in_place_of_keys:
        return {}
    if node.tag in _TEXT_TAGS or _is_spelt_freely(path) or in_place_of_keys:
        return str(node.value)
    problem, hint = _surprise(node)
    document.notes.append(Note(path, mark, problem, hint))
    return None


def _is_spelt_freely(path: KeyPath) -> bool:
    match path:
        case ("channels", _, key, *_):
            return key in _SPELT_FREELY_IN_CHANNELS
        case (key, *_):
            return key in _SPELT_FREELY
    return False


def _surprise(node: yaml.Node) -> tuple[str, str]:
    """What YAML 1.1 made of an unquoted word, without repeating one that could be a secret."""
    quote = 'Put it in quotes: "…"'
    match node.tag.removeprefix(_TAG):
        case "null":
            return "it has no value", "Write a value after the colon, or take the line out."
        case "bool":
            meant = "true" if node.value.lower() in {"yes", "on", "true"} else "false"
            return f"YAML reads an unquoted {node.value} as {meant}", f'Put it in quotes: "{node.value}"'
        case "int" | "float" if ":" in node.value:
            return "YAML reads unquoted digits with a colon (a time, say) as one number in base 60", quote
        case "timestamp":
            return "YAML reads this as a date", quote
        case _:
            return "YAML reads this as a number, but text is meant", quote


def _decode(data: bytes, name: str) -> str:
    if b"\0" in data:
        at = data.index(b"\0")
        mark = _mark_at(data[:at].decode("utf-8", "replace"), None)
        raise _unreadable(
            name, mark, "there is a NUL byte in the file", "Save it again as plain UTF-8 text (it may be UTF-16 now)."
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        mark = _mark_at(data[: error.start].decode("utf-8", "replace"), None)
        raise _unreadable(name, mark, "the file is not UTF-8 text", "Save it again with the encoding UTF-8.") from None


_REFUSED_CHARACTER = (
    "an invisible control character stands here",
    "Delete it: retype the line rather than paste it.",
)
_NOT_YAML = (
    "this is not valid YAML",
    "Compare the line and the one above it with config.example.yaml.",
)
# PyYAML's own words name characters and aliases from the file, so only the known ones are told, in our words.
_PLAIN_WORDS = (
    (re.compile(r"while scanning an (?:alias|anchor)"), *_NO_ALIASES),
    (
        re.compile(r"found character '\\t'"),
        "a tab stands where YAML wants spaces",
        "Indent with spaces only, two for each level.",
    ),
    (
        re.compile(r"found character .+ that cannot start"),
        "a value begins with a character that means something to YAML",
        'Put the value in quotes: "…"',
    ),
    (
        re.compile(r"mapping values are not allowed"),
        "a second colon stands in this line, or the line is indented too far",
        'Put a value that holds a colon in quotes, or indent the line like the one above: "…"',
    ),
    (
        re.compile(r"could not find expected ':'"),
        "a key lacks its colon, in this line or the one above",
        "Write it as key: value, with a space after the colon.",
    ),
    (
        re.compile(r"found unexpected end of stream|found unexpected document separator"),
        "a quote is opened here and never closed",
        "Close it with the same quote.",
    ),
    (
        re.compile(r"expected ',' or"),
        "a bracket is opened and never closed, or a comma is missing",
        "Close it: [live, test].",
    ),
    (
        re.compile(r"expected <block end>"),
        "this line is not indented like its neighbours",
        "Give keys that belong together the same number of spaces.",
    ),
    (
        re.compile(_ANOTHER_DOCUMENT),
        "a second document begins here",
        "Keep one: take out the line ---.",
    ),
    (
        re.compile(r"found unknown escape character|escape sequence|expected escape"),
        "a backslash stands in double quotes",
        "Use single quotes for text with backslashes: '…'",
    ),
)


def _place_of(error: yaml.MarkedYAMLError) -> Mark:
    """Where the mistake is, as far as one can tell: a quote that is never closed goes wrong at the end of the file."""
    opened = error.context_mark if error.context == "while scanning a quoted scalar" else None
    return _mark(opened or error.problem_mark or error.context_mark)


def _in_plain_words(error: yaml.MarkedYAMLError) -> tuple[str, str]:
    told = f"{error.problem or ''} {error.context or ''}"
    for pattern, problem, hint in _PLAIN_WORDS:
        if pattern.search(told):
            return problem, hint
    return _NOT_YAML


def _unreadable(name: str, mark: Mark, problem: str, hint: str) -> ConfigError:
    return ConfigError([Finding(f"{name}:{mark.line}:{mark.column}", "", problem, hint)])


class _YamlMark(Protocol):
    """PyYAML's mark, of either of its two parsers: counted from 0."""

    line: int
    column: int


def _mark(mark: _YamlMark | None) -> Mark:
    return Mark(mark.line + 1, mark.column + 1) if mark is not None else Mark(1, 1)


def _mark_at(text: str, position: int | None) -> Mark:
    before = text[:position]
    return Mark(before.count("\n") + 1, len(before) - before.rfind("\n"))
