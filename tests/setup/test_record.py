from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cashnotifyd.cursor_file import examining
from cashnotifyd.cursor_file.examining import Examined, Used, daemon_on, examine
from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.cursor_file.schema import MIGRATIONS
from cashnotifyd.cursor_file.values import Ending, ListedEvent
from cashnotifyd.lookups.allowance import Terms
from cashnotifyd.refusal import Refusal
from cashnotifyd.setup.findings import Finding, Verdict
from cashnotifyd.setup.reads import on_allowance, on_pace_elsewhere, spoken
from cashnotifyd.setup.record import on_cursor_file, on_daemon
from cashnotifyd.vocabulary import Mode

NOW = 1_800_000_000
DAY = 86400


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cursor.db"


async def fill(record: CursorFile) -> None:
    """Two charges of yesterday, one of long ago, and twelve reads."""
    account = await record.begin_account("shop", Mode.LIVE, stripe_id=None, name=None, key_print="x")
    events = [
        ListedEvent(f"evt_{number}", "charge.succeeded", created, "{}", "history")
        for number, created in enumerate((NOW - DAY, NOW - DAY, NOW - 40 * DAY))
    ]
    await record.record_page(account.id, events, NOW, Ending(NOW, 0, 12, None))


def verdicts(findings: list[Finding]) -> dict[str, Verdict]:
    return {finding.name: finding.verdict for finding in findings}


def looked_at(path: Path) -> Examined | Refusal | None:
    try:
        return examine(path, NOW)
    except Refusal as refusal:
        return refusal


def test_where_there_is_none_yet(path: Path) -> None:
    examined = looked_at(path)
    assert examined is None
    assert verdicts(on_cursor_file(path, examined)) == {"record": Verdict.OK, "disk": Verdict.OK}
    assert list(path.parent.iterdir()) == []


async def test_a_look_changes_nothing_at_rest_or_at_work(path: Path) -> None:
    record = CursorFile.open(path)
    await fill(record)
    at_work = {file.name for file in path.parent.iterdir()}
    while_open = await asyncio.to_thread(looked_at, path)
    assert {file.name for file in path.parent.iterdir()} == at_work
    record.close()

    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    at_rest = await asyncio.to_thread(looked_at, path)
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before

    expected = Examined(
        len(MIGRATIONS), len(MIGRATIONS), wholly=True, used={("shop", Mode.LIVE): Used(charges=2, reads=12)}
    )
    assert while_open == at_rest == expected
    assert verdicts(on_cursor_file(path, at_rest))["record"] is Verdict.OK


def test_a_damaged_file_and_one_that_is_none_of_ours(path: Path) -> None:
    CursorFile.open(path).close()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    damaged = looked_at(path)
    path.write_bytes(b"not a database, and long enough to be taken for one" * 100)
    foreign = looked_at(path)
    for found in (damaged, foreign):
        assert isinstance(found, Refusal)
        (finding,) = on_cursor_file(path, found)
        assert finding.verdict is Verdict.PROBLEM
        assert finding.next_step


async def test_a_large_file_is_checked_for_a_while_only(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = CursorFile.open(path)
    account = await record.begin_account("shop", Mode.LIVE, stripe_id=None, name=None, key_print="x")
    events = [ListedEvent(f"evt_{number}", "x", NOW, "{}" * 500, "history") for number in range(2000)]
    await record.record_page(account.id, events, NOW)
    record.close()
    monkeypatch.setattr(examining, "PATIENCE", 0.0)
    examined = looked_at(path)
    assert isinstance(examined, Examined)
    assert not examined.wholly
    assert "as far as it could be read in time" in on_cursor_file(path, examined)[0].text


def test_an_older_file_is_told_of(path: Path) -> None:
    CursorFile.open(path).close()
    older = Examined(len(MIGRATIONS) - 1, len(MIGRATIONS), wholly=True, used={})
    assert on_cursor_file(path, older)[0].verdict is Verdict.WARNING


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(path: Path) -> None:
    path.parent.chmod(0o500)
    assert "record_writable" in verdicts(on_cursor_file(path, None))
    path.parent.chmod(0o700)


def test_a_daemon_is_seen_by_its_lock_which_is_left_alone(path: Path) -> None:
    assert on_daemon(path).verdict is Verdict.WARNING
    record = CursorFile.open(path)
    assert daemon_on(path) == os.getpid()
    assert f"process {os.getpid()}" in on_daemon(path).text
    record.close()
    assert daemon_on(path) is None if sys.platform == "linux" else True


def test_a_daemon_that_was_killed_is_not_seen(path: Path) -> None:
    script = f"import os, signal; from pathlib import Path; from cashnotifyd.cursor_file.record import CursorFile\n\
CursorFile.open(Path({str(path)!r})); os.kill(os.getpid(), signal.SIGKILL)"
    subprocess.run([sys.executable, "-c", script], check=False, timeout=30)
    assert path.with_name("cursor.db.lock").exists()
    assert daemon_on(path) is None
    assert isinstance(looked_at(path), Examined)  # with the log that it left


@pytest.mark.parametrize(
    ("used", "interval", "verdict", "said"),
    [
        (None, None, Verdict.OK, "a poll every 9 min 36 s on average takes 4,500 of the 10,000 reads"),
        (
            Used(100, 321),
            None,
            Verdict.OK,
            "of the 50,000 reads that Stripe allows in 30 days (100 payments on record)",
        ),
        (Used(1, 321), None, Verdict.OK, "1 payment on record); 321 were used"),
        (None, 60.0, Verdict.WARNING, "a poll every 1 min takes 43,200 of the 10,000 reads"),
        (Used(100, 1), 60.0, Verdict.OK, "43,200 of the 50,000"),
    ],
)
def test_what_polling_costs(used: Used | None, interval: float | None, verdict: Verdict, said: str) -> None:
    found = on_allowance(used, Terms(interval=interval))
    assert found.verdict is verdict
    assert said in found.text
    assert ("poll_interval: auto" in found.next_step) == (verdict is Verdict.WARNING)


def test_what_is_not_stripe_itself_may_be_asked_as_often_as_one_likes() -> None:
    found = on_pace_elsewhere(Terms(interval=1.0))
    assert (found.name, found.verdict, found.next_step) == ("reads", Verdict.OK, "")
    assert found.text == "a poll every 1 s, of what is not Stripe itself: its read allowance does not apply"


def test_durations_as_they_are_spoken() -> None:
    assert [spoken(seconds) for seconds in (1.5, 5, 60, 518.4, 3600)] == [
        "1.5 s",
        "5 s",
        "1 min",
        "8 min 38 s",
        "60 min",
    ]
