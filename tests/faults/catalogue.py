"""The catalogue of faults: what the daemon does in each, and what shows it. Run, it writes docs/faults.md.

Which tests show a fault is in their marks, ``pytest.mark.fault(number)``; what they measured last in figures.json.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.figures import KEPT

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "faults.md"
_SPEEDS = ("slow", "real")
_NONE = "\N{EN DASH}"


@dataclass(frozen=True)
class Fault:
    """A row. ``cannot``: why no test can show it here."""

    number: int
    name: str
    does: str
    cannot: str | None = None


@dataclass(frozen=True)
class Test:
    """A test that shows faults. ``speeds``: its marks that keep it out of the default suite."""

    __test__ = False
    node: str
    faults: tuple[int, ...]
    speeds: tuple[str, ...]


FAULTS = (
    Fault(
        1, "DNS is down for ten minutes", "asks again after 2 s, 4 s, … 5 min; the first poll that gets through has all"
    ),
    Fault(
        2,
        "the connection is reset within a page, 200 times",
        "reads the page again; what was recorded is known by its id",
    ),
    Fault(3, "a connection stalls", "gives up after 20 s, four times; the watchdog is fed meanwhile"),
    Fault(4, "a wrong certificate", "does not speak: the key is never sent"),
    Fault(5, "offline for seven days", "catches up and tells it in one summary for each channel"),
    Fault(6, "429 for any reason", "stands back further and further, with jitter; every try is counted as a read"),
    Fault(7, "5xx for an hour on one account", "leaves that account alone for up to 5 min; the others are not held up"),
    Fault(8, "an event can be listed a minute late", "walks back 10 min beyond its mark; knows events by their ids"),
    Fault(9, "500 events in one second", "tells events apart by their ids, not by their time"),
    Fault(10, "pages with doubles, out of order", "tells events apart by their ids; the mark moves after a whole walk"),
    Fault(11, "the mark is older than Stripe's 30 days", "says once between which times nothing is known"),
    Fault(12, "the key is revoked, or may do less", "says so once; asks seldom; the other accounts go on"),
    Fault(13, "an event of an unknown shape", "tells it in a plain sentence, or says why not"),
    Fault(14, "a backlog of 10,000 sales", "reads page by page, tells in batches, sums up"),
    Fault(15, "a channel answers 5xx for a day", "keeps the deliveries in the cursor file, tries ever less often"),
    Fault(
        16,
        "a channel takes a message and answers too late",
        "sends it once more, not oftener; risks no other meanwhile",
    ),
    Fault(17, "one of three channels is down", "has a lane for each recipient: the others do not wait"),
    Fault(18, "a channel refuses for good", "gives the message up, keeps it for `retry`, says so once elsewhere"),
    Fault(19, "a message that trips whoever handles it", "sets it apart; the next ones go by"),
    Fault(20, "a channel limits the rate", "sends no faster than the service takes; waits as long as it asks"),
    Fault(21, "no desktop session", "fails at once, holds the message; gives it up after three days"),
    Fault(22, "the disk is full", "ends with a sentence; goes on from the last transaction when there is room"),
    Fault(23, "fsync fails", "ends, and never tries that fsync again; goes on from the last transaction"),
    Fault(24, "the power is cut", "a transaction has reached the disk when its call returns: WAL, `synchronous=FULL`"),
    Fault(
        25,
        "the cursor file is corrupt, cut short, or another program's",
        "does not start, says how to mend it, changes nothing",
    ),
    Fault(26, "two daemons on one cursor file", "the second ends at once: a lock beside the file"),
    Fault(27, "`kill -9`, 200 times", "records, sends, marks: a kill repeats at most the sends under way"),
    Fault(28, "the daemon hangs", "feeds the watchdog from progress alone; systemd starts it again"),
    Fault(29, "out of memory", "is killed by the kernel and goes on from the last transaction"),
    Fault(30, "SIGTERM during a send", "waits for the send, marks it, ends"),
    Fault(31, "a crash loop", "is started again at growing intervals, 50 times in four hours at most"),
    Fault(32, "a reload with a bad configuration", "checks the file first; the old configuration runs on"),
    Fault(33, "the wall clock jumps by a day, either way", "waits by the monotonic clock; polls at once after a jump"),
    Fault(34, "the machine sleeps for eight hours", "notices that the wall clock has gone on, and polls"),
    Fault(35, "others may read the file with a key in it", "does not start: exit 78, not a request made"),
    Fault(36, "a typing error in the configuration", "does not start: exit 78, file, line and key named"),
    Fault(37, "line breaks in a customer's name", "takes them out; no header is added anywhere"),
    Fault(38, "HTML and Markdown in a name", "escapes for each service; no tag is alive"),
    Fault(39, "@channel, @everyone in a name", "takes the at sign its power; nobody is called"),
    Fault(40, "escape codes, bidi controls, NUL in a name", "takes them out of messages and logs"),
    Fault(41, "`{{…}}`, `{0.__class__}` in a name", "runs no template engine; it is text"),
    Fault(42, "everything at DEBUG, and everything failing", "masks keys, tokens, passwords in whatever is written"),
)


def marked(source: str, path: str) -> Iterator[Test]:
    """The marked tests of a module."""
    module = ast.parse(source)
    of_all = [
        mark
        for node in module.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"
        for mark in (node.value.elts if isinstance(node.value, ast.List) else [node.value])
    ]
    for node in module.body:
        inner = [(node.name, one) for one in node.body] if isinstance(node, ast.ClassDef) else [(None, node)]
        for group, one in inner:
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
                marks = [*one.decorator_list, *of_all]
                faults = tuple(number for mark in marks for number in _numbers(mark))
                speeds = tuple(speed for mark in marks for speed in _SPEEDS if f".mark.{speed}" in ast.unparse(mark))
                if faults:
                    yield Test("::".join(filter(None, (path, group, one.name))), faults, speeds)


def _numbers(mark: ast.expr) -> list[int]:
    if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.fault":
        return [ast.literal_eval(argument) for argument in mark.args]
    return []


def tests() -> list[Test]:
    """Every marked test."""
    paths = sorted((ROOT / "tests").rglob("test_*.py"))
    return [test for path in paths for test in marked(path.read_text("utf-8"), path.relative_to(ROOT).as_posix())]


def figures() -> dict[str, dict[str, Any]]:
    """What each test measured last."""
    found: dict[str, dict[str, Any]] = json.loads(KEPT.read_text("utf-8"))
    return found


_HEAD = """\
# Faults

What can go wrong around the daemon, what it does then, and what was counted. The promise: nothing is lost, and a crash
repeats at most the sends that were under way. This file is made by `make faults` from
`tests/faults/catalogue.py`, from the tests that are marked with a fault's number, and from what they measured; a test
checks that it is up to date.

- **Lost** and **repeated** are messages or events, as the test counts them, added up over its cases; a dash where
  there is nothing of the kind to count.
- **Measured** is what the last run of the test found, on the day in the last column.
- **(slow)** and **(real)** tests are not in the default suite; real ones need a peer of this machine's packages, or
  root.

To repeat one of them, with its seed where it has one:

```sh
.venv/bin/python -m pytest -m '' tests/test_crashes.py::test_killed_again_and_again_nothing_is_lost_and_little_repeated
```

"""


def document() -> str:
    """The text of docs/faults.md."""
    shown, measured = tests(), figures()
    lines = [
        "| # | fault | what the daemon does | lost | repeated | measured | shown by | on |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for fault in FAULTS:
        mine = [test for test in shown if fault.number in test.faults]
        found = [measured.get(test.node, {}) for test in mine]
        told = [fault.cannot] if fault.cannot else [text for one in found if (text := _told(one))]
        cells = [
            str(fault.number),
            fault.name,
            fault.does,
            _sum(found, "lost"),
            _sum(found, "repeated"),
            "<br>".join(dict.fromkeys(told)) or "holds",
            "<br>".join(f"`{test.node}`{_speeds(test)}" for test in mine) or _NONE,
            max((one["on"] for one in found if "on" in one), default=_NONE),
        ]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return _HEAD + "\n".join(lines) + "\n"


def _told(figures: dict[str, Any]) -> str:
    seed = f" (seed {figures['seed']})" if "seed" in figures else ""
    return f"{figures['measured']}{seed}" if "measured" in figures else ""


def _sum(found: list[dict[str, Any]], name: str) -> str:
    counts = [one[name] for one in found if name in one]
    return str(sum(counts)) if counts else _NONE


def _speeds(test: Test) -> str:
    return "".join(f" ({speed})" for speed in test.speeds)


if __name__ == "__main__":
    DOCUMENT.write_text(document(), "utf-8")
