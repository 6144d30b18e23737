from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from cashnotifyd import __version__, cli
from cashnotifyd.refusal import Refusal
from tests.cli.terminal import Terminal
from tests.running import PATIENCE

KEY = "rk_live_51AbCdEfGhIjKlMnOp"


def cashnotifyd(*arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cashnotifyd", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        input=stdin,
    )


@pytest.fixture
def ending(monkeypatch: pytest.MonkeyPatch) -> type[Ending]:
    """The real command line with one more command, which ends as the test wants."""
    monkeypatch.setattr(sys, "argv", ["cashnotifyd", "end"])
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setitem(cli.cashnotifyd.commands, "end", click.Command("end"))
    return Ending


class Ending:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
        def end() -> None:
            raise error

        module = type(sys)("cashnotifyd.cli.end")
        vars(module)["end"] = click.Command("end", callback=end)
        monkeypatch.setitem(sys.modules, "cashnotifyd.cli.end", module)
        with pytest.raises(SystemExit) as left:
            cli.main()
        self.status = left.value.code


def test_version() -> None:
    assert cashnotifyd("--version").stdout == f"cashnotifyd {__version__}\n"


def test_a_refusal_waits_for_no_thread(tmp_path: Path) -> None:
    """A send that hangs is none of its business, and Python would wait for it."""
    script = (
        "import sys, threading\n"
        "from cashnotifyd.cli import check, main\n"
        "kept = check.check.callback\n"
        "def checked(*args, **options):\n"
        "    threading.Thread(target=threading.Event().wait).start()\n"
        "    kept(*args, **options)\n"
        "check.check.callback = checked\n"
        "main()\n"
    )
    command = [sys.executable, "-c", script, "check", "--config", str(tmp_path / "none.yaml")]

    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)

    assert ended.returncode == 78
    assert "none.yaml" in ended.stderr


def test_a_configuration_that_may_not_be_read_is_bad_configuration(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.touch(mode=0o000)
    # Root may read it all the same, and is then told that it is empty.
    script = "import os; os.access = lambda *_: False; from cashnotifyd.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, "run", "--config", file], capture_output=True, text=True, check=False, timeout=30
    )

    assert done.returncode == 78
    assert str(file) in done.stderr


def test_help_names_every_command_and_imports_none_of_them() -> None:
    script = (
        "import sys; from cashnotifyd.cli import cashnotifyd\n"
        "cashnotifyd.main(['--help'], standalone_mode=False)\n"
        "heavy = {'stripe', 'apprise', 'pydantic', 'structlog', 'asyncio', 'yaml', 'cashnotifyd.cli.run'}\n"
        "sys.exit(sorted(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(name in done.stdout for name in cli.cashnotifyd.commands)


@pytest.mark.parametrize("arguments", [["rum"], ["--colour"], ["rum", KEY], [f"--key={KEY}"], [KEY]])
def test_wrong_usage_is_2_and_shows_no_key(arguments: list[str]) -> None:
    done = cashnotifyd(*arguments)
    assert done.returncode == 2
    assert KEY not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_mistyped_command_is_answered_with_the_nearest() -> None:
    assert "run" in cashnotifyd("rum").stderr.splitlines()[-1]


def test_a_refusal_is_its_problem_and_its_hint(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ending: type[Ending]
) -> None:
    refusal = Refusal(f"the key {KEY} was revoked", hint="make a new one\nand put it in the file", status=78)
    assert ending(monkeypatch, refusal).status == 78
    assert capsys.readouterr().err == (
        "cashnotifyd: the key rk_live_[redacted] was revoked\n  make a new one\n  and put it in the file\n"
    )


def test_interrupted_is_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ending: type[Ending]
) -> None:
    assert ending(monkeypatch, KeyboardInterrupt()).status == 130
    assert "Traceback" not in capsys.readouterr().err


def test_a_bug_is_not_hidden_but_its_traceback_shows_no_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ending: type[Ending]
) -> None:
    with pytest.raises(ValueError, match="rk_live") as fall:
        ending(monkeypatch, ValueError(KEY))
    sys.excepthook(fall.type, fall.value, fall.tb)
    shown = capsys.readouterr().err
    assert "ValueError: rk_live_[redacted]" in shown


def test_a_reader_that_leaves_early_is_no_error_to_talk_about() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "cashnotifyd", "--help"],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=30,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full is Linux's")
@pytest.mark.parametrize("arguments", ["--help", "schema", "preview -"])
def test_a_full_disk_is_told_in_a_sentence(arguments: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "cashnotifyd", *arguments.split()],
            input="[]", stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=30,
        )  # fmt: skip
        unheard = subprocess.run(
            [sys.executable, "-m", "cashnotifyd", *arguments.split()],
            input="[]", stdout=full, stderr=full, text=True, check=False, timeout=30,
        )  # fmt: skip
    said = f"cashnotifyd: the standard output cannot be written: {os.strerror(errno.ENOSPC)}\n"
    assert (done.returncode, done.stderr) == (1, said)
    assert unheard.returncode == 1


@pytest.mark.skipif(os.name == "nt", reason="a shell that closes a stream")
def test_a_closed_output_is_told_in_a_sentence_and_no_file_takes_its_place() -> None:
    for arguments in ("--help", "preview -"):
        done = subprocess.run(
            ["/bin/sh", "-c", f'echo "[]" | "$0" -m cashnotifyd {arguments} >&-', sys.executable],
            capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (
            1,
            "cashnotifyd: the standard output cannot be written: it is closed\n",
        )


async def test_on_a_terminal_what_is_wrong_is_folded_but_no_path_is(tmp_path: Path) -> None:
    path = tmp_path / ("long-" * 30) / "config.yaml"
    async with Terminal(["status", "--config", str(path)], os.environ) as screen:
        assert await screen.ended() == 78
        await screen.until(str(path))
    async with Terminal(["events", "--account"], os.environ) as screen:
        assert await screen.ended() == 2
        assert max(map(len, screen.text.splitlines())) <= 80
