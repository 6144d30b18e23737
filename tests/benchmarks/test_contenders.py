"""Each contender does the job that it is measured at: every event is told once, and none that was there before."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.daemon import Record
from benchmarks.measures.history import lengthen
from benchmarks.processes import ROOT
from benchmarks.run import PEERS, Contender, Run
from benchmarks.stage import LookAlike
from tests.running import PATIENCE

pytestmark = pytest.mark.slow


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    with LookAlike(tmp_path / "look-alike") as stripe:
        yield Run(tmp_path, stripe, quick=True, now=ROOT)


@pytest.mark.parametrize("who", ["cashnotifyd", *PEERS])
def test_tells_each_event_once(run: Run, who: str) -> None:
    wanted = [contender for contender in [*run.daemons, *run.peers] if contender.id == who]
    if not wanted:
        pytest.skip("needs httpx")
    accounts = run.stripe.open(2, old=3, age=4000)
    with run.start(wanted[0], run.task(accounts)):
        run.stripe.until(lambda state: state["polls"] >= 4, PATIENCE)
        for _ in range(2):
            run.stripe.do("emit", first=accounts.start, count=2, events=2)
            told = run.stripe.until(lambda state: state["told"] >= state["emitted"], PATIENCE)
    assert told["told"] == told["emitted"]
    assert run.stripe.state()["repeated"] == 0


def test_goes_on_where_it_was(run: Run) -> None:
    """But for the one that remembers nothing, contenders keep their cursors over a restart."""
    accounts = run.stripe.open(1, old=3, age=4000)
    folder = run.new_folder()
    sdk = Contender("sdk_raw")
    with run.start(sdk, run.task(accounts), folder):
        run.stripe.until(lambda state: state["polls"] >= 2, PATIENCE)
    run.stripe.do("emit", first=accounts.start, count=1, events=3)
    with run.start(sdk, run.task(accounts), folder):
        run.stripe.until(lambda state: state["told"] >= 3, PATIENCE)


def test_sees_what_a_daemon_uses(run: Run) -> None:
    accounts = run.stripe.open(1, old=1, age=4000)
    observed = run.observe(run.daemons[0], "stalls", accounts, pace=0.05)
    with observed.process as process:
        run.stripe.until(lambda state: state["polls"] >= 5, PATIENCE)
        observed.begin()
        run.stripe.until(lambda state: state["polls"] >= 15, PATIENCE)
        turns = observed.seen()
        assert process.cpu() > 0.1
        assert process.most_resident() >= process.resident() > 20 << 20
        assert process.wake_ups() > 15
    assert turns["turns"] > 10
    assert turns["wall"]["max"] >= turns["wall"]["p50"] > 0
    assert observed.record.events == 1
    assert observed.record.pending == 0


def test_a_lengthened_record_is_whole_and_goes_on(run: Run) -> None:
    accounts = run.stripe.open(2, old=2, age=4000)
    ours, folder = run.daemons[0], run.new_folder()
    with run.start(ours, run.task(accounts), folder):
        run.stripe.until(lambda state: state["accounts_polled"] >= 2, PATIENCE)
        run.stripe.do("emit", first=accounts.start, count=2, events=3)
        run.stripe.until(lambda state: state["told"] >= 6, PATIENCE)
    record = Record(folder)
    known = record.events_kept
    lengthen(record.path, 60)
    assert record.events_kept >= known + 60
    with contextlib.closing(sqlite3.connect(record.path)) as db:
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    run.stripe.do("reset")
    with run.start(ours, run.task(accounts), folder):
        run.stripe.until(lambda state: state["accounts_polled"] >= 2, PATIENCE)
        run.stripe.do("emit", first=accounts.start, count=2, events=1)
        told = run.stripe.until(lambda state: state["told"] >= 2, PATIENCE)
    assert told["told"] == told["emitted"] == 2
    assert record.pending == 0
