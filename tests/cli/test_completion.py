"""Completion, as a shell has it: the real bash, and what stands between it and an error in the middle of a line."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from cashnotifyd import cli
from cashnotifyd.cli.completing import account_ids, channel_ids
from cashnotifyd.cli.completion import SHELLS, script

PROGRAM = Path(sys.executable).with_name("cashnotifyd")
SHIPPED = Path(__file__).parents[2] / "completions"
NAMES = {"bash": "cashnotifyd", "zsh": "_cashnotifyd", "fish": "cashnotifyd.fish"}
CONFIG = """
accounts: {shop: {api_key: rk_live_1}, shop-test: {api_key: rk_test_1}}
channels: {phone: {url: 'json://localhost'}, photo: {url: 'json://h'}, mail: {url: 'json://i'}}
"""

needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "config.yaml"
    file.write_text(CONFIG)
    return file


def completed(*words: str, config: Path, source: str = script("bash")) -> tuple[list[str], str]:
    """What bash offers for the last of ``words``, and what else is to be seen."""
    typed = ["cashnotifyd", *words]
    asked = f"""
        source /dev/stdin
        complete -p cashnotifyd >/dev/null || exit 3
        COMP_WORDS=({" ".join(map(shlex.quote, typed))}) COMP_CWORD={len(words)}
        _cashnotifyd_completion cashnotifyd {shlex.quote(words[-1])} {shlex.quote(typed[-2])}
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    path = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "--norc", "--noprofile", "-c", asked],
        input=source,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env={"PATH": path, "HOME": str(config.parent), "CASHNOTIFYD_CONFIG": str(config)},
    )
    assert done.returncode == 0
    return done.stdout.split(), done.stderr


@needs_bash
class TestBash:
    def test_commands(self, config: Path) -> None:
        printed = subprocess.run([PROGRAM, "completion", "bash"], capture_output=True, text=True, check=True).stdout
        assert completed("", config=config, source=printed) == (list(cli.cashnotifyd.commands), "")
        assert completed("key", config=config) == (["key-url"], "")
        assert completed("--v", config=config) == (["--version"], "")

    def test_options(self, config: Path) -> None:
        assert completed("key-url", "--w", config=config) == (["--with-name-and-logo"], "")
        assert completed("completion", "", config=config) == (["bash", "zsh", "fish"], "")

    def test_channels(self, config: Path) -> None:
        assert completed("retry", "", config=config) == (["phone", "photo", "mail"], "")
        assert completed("retry", "ph", config=config) == (["phone", "photo"], "")
        assert completed("retry", "phone", "ph", config=config) == (["photo"], "")

    def test_channels_of_the_file_that_is_named(self, config: Path, tmp_path: Path) -> None:
        other = tmp_path / "other.yaml"
        other.write_text("channels: {office: {url: 'json://localhost'}}")
        assert completed("retry", "--config", str(other), "", config=config) == (["office"], "")

    @pytest.mark.parametrize("written", [None, "", "[", "channels: 5", "channels: {: }", "\0", "channels: [a]"])
    def test_where_there_are_none_there_is_silence(self, config: Path, written: str | None) -> None:
        config.unlink()
        if written is not None:
            config.write_text(written)
        assert completed("retry", "", config=config) == ([], "")

    @pytest.mark.parametrize("words", [("nonsense", ""), ("'", ""), ("retry", "--nonsense", ""), ("$(exit 1)", "x")])
    def test_what_cannot_be_understood_is_met_with_silence(self, config: Path, words: tuple[str, ...]) -> None:
        assert completed(*words, config=config)[1] == ""


def test_accounts(config: Path) -> None:
    context = click.Context(click.Command("x"))
    context.params = {"config": config, "account": "shop"}
    assert [it.value for it in account_ids(context, click.Argument(["account"]), "shop")] == ["shop-test"]
    assert [it.value for it in account_ids(context, click.Argument(["accounts"]), "")] == ["shop", "shop-test"]
    assert [it.value for it in channel_ids(context, click.Argument(["channels"], nargs=-1), "m")] == ["mail"]


def test_a_crash_while_completing_is_silent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(cli.COMPLETING, "bash_complete")
    monkeypatch.delenv("COMP_WORDS", raising=False)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    with pytest.raises(KeyError) as crash:
        cli.main()
    sys.excepthook(crash.type, crash.value, crash.tb)
    assert capsys.readouterr() == ("", "")


@pytest.mark.skipif(not SHIPPED.exists(), reason="tested without the checkout")
@pytest.mark.parametrize("shell", SHELLS)
def test_the_shipped_scripts_are_up_to_date(shell: str) -> None:
    assert (SHIPPED / NAMES[shell]).read_text("utf-8") == script(shell), "make completions"
