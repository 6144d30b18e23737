"""Completion in shells that are not everywhere; bash has its tests in tests/cli/test_completion.py."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cashnotifyd import cli
from cashnotifyd.cli.completion import script
from tests.running import PATIENCE

pytestmark = pytest.mark.real

PROGRAM = Path(sys.executable).with_name("cashnotifyd")
CONFIG = "channels: {phone: {url: 'json://localhost'}, photo: {url: 'json://h'}, mail: {url: 'json://i'}}\n"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "config.yaml").write_text(CONFIG)
    return {
        "PATH": f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "TERM": "dumb",
        "LANG": "C.UTF-8",
        "CASHNOTIFYD_CONFIG": str(tmp_path / "config.yaml"),
    }


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
class TestFish:
    def completed(self, line: str, environ: dict[str, str]) -> list[str]:
        done = subprocess.run(
            ["fish", "--no-config", "-c", f"cashnotifyd completion fish | source; complete -C '{line}'"],
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
            env=environ,
        )
        assert done.stderr == ""
        return [offered.partition("\t")[0] for offered in done.stdout.splitlines()]

    def test_commands(self, environ: dict[str, str]) -> None:
        assert set(self.completed("cashnotifyd ", environ)) == set(cli.cashnotifyd.commands)
        assert self.completed("cashnotifyd key", environ) == ["key-url"]

    def test_channels(self, environ: dict[str, str]) -> None:
        assert self.completed("cashnotifyd retry ph", environ) == ["phone", "photo"]


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
class TestZsh:
    def typed(self, line: str, environ: dict[str, str], tmp_path: Path) -> str:
        """The line as it stands after Tab has been pressed, in a zsh that has the script in its path of functions."""
        functions = tmp_path / "functions"
        functions.mkdir(exist_ok=True)
        (functions / "_cashnotifyd").write_text(script("zsh"))
        (tmp_path / ".zshrc").write_text(
            "fpath=($HOME/functions $fpath); autoload -U compinit; compinit -D -u; PS1=READY\n"
            "show() { print -r -- \"<$BUFFER>\"; }; zle -N show; bindkey '^X' show\n"
        )
        terminal, shells = os.openpty()
        zsh = subprocess.Popen(
            ["zsh", "-d", "-i"], stdin=shells, stdout=shells, stderr=shells, env=environ, start_new_session=True
        )
        try:
            self.until(terminal, "READY")
            os.write(terminal, f"{line}\t\x18".encode())
            return self.until(terminal, ">").rpartition("<")[2].rstrip(">")
        finally:
            zsh.kill()
            zsh.wait()
            os.close(terminal)
            os.close(shells)

    def until(self, terminal: int, sign: str) -> str:
        """What is shown, up to the sign."""
        seen, deadline = "", time.monotonic() + PATIENCE
        while sign not in seen:
            assert time.monotonic() < deadline, seen
            if select.select([terminal], [], [], 1)[0]:
                seen += os.read(terminal, 1024).decode(errors="replace")
        return seen[: seen.index(sign) + len(sign)]

    def test_commands(self, environ: dict[str, str], tmp_path: Path) -> None:
        assert self.typed("cashnotifyd key", environ, tmp_path).strip() == "cashnotifyd key-url"

    def test_channels(self, environ: dict[str, str], tmp_path: Path) -> None:
        assert self.typed("cashnotifyd retry ma", environ, tmp_path).strip() == "cashnotifyd retry mail"
