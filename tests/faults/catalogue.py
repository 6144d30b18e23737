"""The catalogue of faults: what the daemon does in each, and what shows it. Run, it writes docs/faults.md.

Which tests show a fault is in their marks, ``pytest.mark.fault(number)``; what they measured last in figures.json. Run
with numbers, it runs the tests of those faults instead.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults.figures import KEPT

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "faults.md"
_SPEEDS = ("slow", "real")
_NONE = "\N{EN DASH}"


@dataclass(frozen=True)
class Fault:
    """A row. ``promise``: lost / repeated and what else has to hold; ``cannot``: why no test can show it here."""

    number: int
    name: str
    promise: str
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
        1,
        "DNS is down for ten minutes",
        "0 / 0, caught up in one poll",
        "asks again after 2 s, 4 s, … 5 min; the first poll that gets through has all",
    ),
    Fault(
        2,
        "the connection is reset within a page, 200 times",
        "0 / 0",
        "reads the page again; what was recorded is known by its id",
    ),
    Fault(
        3,
        "a connection stalls",
        "0 / 0, no watchdog kill",
        "gives up after 20 s, four times; the watchdog is fed meanwhile",
    ),
    Fault(4, "a wrong certificate", "0 bytes of the key sent", "does not speak: the key is never sent"),
    Fault(5, "offline for seven days", "0 / 0, one summary", "catches up and tells it in one summary for each channel"),
    Fault(
        6,
        "429 for any reason",
        "0 / 0, inside the budget",
        "stands back further and further, with jitter; every try is counted as a read",
    ),
    Fault(
        7,
        "5xx for an hour on one account",
        "others +0 s",
        "leaves that account alone for up to 5 min; the others are not held up",
    ),
    Fault(
        8,
        "an event can be listed a minute late",
        "0 / 0",
        "walks back 10 min beyond its mark at least every 30 s; knows events by their ids",
    ),
    Fault(9, "500 events in one second", "0 / 0", "tells events apart by their ids, not by their time"),
    Fault(
        10,
        "pages with doubles, out of order",
        "0 / 0",
        "tells events apart by their ids; the mark moves after a whole walk",
    ),
    Fault(
        11,
        "the mark is older than Stripe's 30 days",
        "one alert, none silent",
        "says once between which times nothing is known",
    ),
    Fault(
        12,
        "the key is revoked, or may do less",
        "one alert, others 0 / 0",
        "says so once; asks seldom; the other accounts go on",
    ),
    Fault(13, "an event of an unknown shape", "0 crashes", "tells it in a plain sentence, or says why not"),
    Fault(14, "a backlog of 10,000 sales", "0 / 0, RSS below 192 MB", "reads page by page, tells in batches, sums up"),
    Fault(
        15, "a channel answers 5xx for a day", "0 / 0", "keeps the deliveries in the cursor file, tries ever less often"
    ),
    Fault(
        16,
        "a channel takes a message and answers too late, or never comes to an end",
        "0 within three days / at most 1 a time-out",
        "ends a send after 60 s; sends it once more, and risks no other before; then again at growing pauses until "
        "something gets through; where others do, it is given up, and that is told",
    ),
    Fault(
        17,
        "one of three channels is down",
        "0 / 0 on the two that are well",
        "has a lane for each recipient: the others do not wait",
    ),
    Fault(
        18,
        "a channel refuses for good",
        "one dead letter, one alert",
        "gives the message up, keeps it for `retry`, says so once elsewhere",
    ),
    Fault(19, "a message that trips whoever handles it", "next event +0 s", "sets it apart; the next ones go by"),
    Fault(20, "a channel limits the rate", "0 / 0", "sends no faster than the service takes; waits as long as it asks"),
    Fault(21, "no desktop session", "0 crashes", "fails at once, holds the message; gives it up after three days"),
    Fault(
        22,
        "the disk is full, or read-only",
        "0 / at most X",
        "ends with a sentence; goes on from the last transaction when there is room",
    ),
    Fault(
        23, "fsync fails", "0 / at most X", "ends, and never tries that fsync again; goes on from the last transaction"
    ),
    Fault(
        24,
        "the power is cut",
        "0 / at most X",
        "a transaction has reached the disk when its call returns: WAL, `synchronous=FULL`",
    ),
    Fault(
        25,
        "the cursor file is corrupt, cut short, or another program's",
        "0 silent resets",
        "does not start, says how to mend it, changes nothing",
    ),
    Fault(
        26,
        "two daemons on one cursor file",
        "second ends within 1 s of Python's start, 0 / 0",
        "the second ends at once: a lock beside the file, and one on the file itself, under whatever name",
    ),
    Fault(
        27, "`kill -9`, 200 times", "0 / at most X", "records, sends, marks: a kill repeats at most the sends under way"
    ),
    Fault(
        28,
        "the daemon hangs",
        "started again within WatchdogSec + RestartSec + 1 s",
        "feeds the watchdog from its loop, and only while all get on: systemd kills it at most WatchdogSec after "
        "it hung, starts it again RestartSec later (from systemd 254 on more, after earlier crashes), and it is ready "
        "when Python is; systemd's own timers are up to 0.25 s late each",
    ),
    Fault(29, "out of memory", "0 / at most X", "is killed by the kernel and goes on from the last transaction"),
    Fault(30, "SIGTERM during a send", "0 / 0, exit within 20 s", "waits for the send, marks it, ends"),
    Fault(
        31,
        "a crash loop",
        "at most 50 starts in 4 h",
        "is started again by systemd, at most so often; nobody has waited four hours for it: the units' own limits are "
        "counted together",
    ),
    Fault(
        32,
        "a reload with a bad configuration",
        "old configuration runs on, 0 / 0",
        "checks the file first; the old configuration runs on",
    ),
    Fault(
        33,
        "the wall clock jumps by a day, either way",
        "0 / 0",
        "waits by the monotonic clock; polls at once after a jump",
    ),
    Fault(
        34,
        "the machine sleeps for eight hours",
        "poll within 5 s of waking",
        "notices that the wall clock has gone on, and polls",
    ),
    Fault(
        35,
        "others may read the file with a key in it",
        "exit 78, 0 requests",
        "does not start: exit 78, not a request made",
    ),
    Fault(
        36,
        "a typing error in the configuration",
        "exit 78, line and key named",
        "does not start: exit 78, file, line and key named",
    ),
    Fault(37, "line breaks in a customer's name", "0 added headers", "takes them out; no header is added anywhere"),
    Fault(38, "HTML and Markdown in a name", "0 live tags", "escapes for each service; no tag is alive"),
    Fault(39, "@channel, @everyone in a name", "0 mentions", "takes the at sign its power; nobody is called"),
    Fault(
        40,
        "escape codes, bidi controls, NUL in a name",
        "0 raw bytes in logs or messages",
        "takes them out of messages and logs",
    ),
    Fault(41, "`{{…}}`, `{0.__class__}` in a name", "0 evaluated", "runs no template engine; it is text"),
    Fault(
        42,
        "everything at DEBUG, and everything failing",
        "0 hits",
        "masks keys, tokens, passwords in whatever is written",
    ),
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
    sources = {path: path.read_text("utf-8") for path in paths}
    return [
        test
        for path, source in sources.items()
        if ".fault(" in source
        for test in marked(source, path.relative_to(ROOT).as_posix())
    ]


def figures() -> dict[str, dict[str, Any]]:
    """What each test measured last."""
    found: dict[str, dict[str, Any]] = json.loads(KEPT.read_text("utf-8"))
    return found


_HEAD = """\
# Faults

What can go wrong around the daemon, what it does then, and what was counted. The promise: nothing is lost, and a crash
repeats at most the sends that were under way. `make faults` goes through all of it and makes this file from
`tests/faults/catalogue.py`, from the tests that are marked with a fault's number, and from what they measured; a test
checks that it is up to date.

- **Promised**: lost / repeated; X is the number of sends under way when it crashed, at most one for each recipient.
- **Lost** and **repeated** are messages, or events where a test ends at the record, added up over the tests of the row
  and their cases; a dash where there is nothing of the kind to count.
- **Measured** is what the last run of the test found, on the day in the last column. Where nothing stands but
  *holds*, the test passed, and what it asserts is all there is to say.
- Tests marked **slow** and **real** are not in the default suite; real ones need a peer from this machine's packages,
  or root.

To repeat a row, with the seed that its tests have:

```sh
.venv/bin/python -m tests.faults.catalogue 27
```

"""


def document() -> str:
    """The text of docs/faults.md."""
    shown, measured = tests(), figures()
    lines = [
        "| # | fault | what the daemon does | promised | lost | repeated | measured | shown by | on |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for fault in FAULTS:
        mine = [test for test in shown if fault.number in test.faults]
        found = [measured.get(test.node, {}) for test in mine]
        told = [fault.cannot] if fault.cannot else [text for one in found if (text := _told(one))]
        cells = [
            str(fault.number),
            fault.name,
            fault.does,
            fault.promise,
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


def repeated(numbers: Collection[int]) -> int:
    """Run the tests of these faults, however slow; pytest's exit status."""
    nodes = [test.node for test in tests() if not set(numbers).isdisjoint(test.faults)]
    return pytest.main(["-m", "", *nodes])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(repeated([int(word) for word in sys.argv[1:]]))
    DOCUMENT.write_text(document(), "utf-8")
