"""The man page, as man shows it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "cashnotifyd.1"

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        shutil.which("man") is None or shutil.which("groff") is None, reason="man and groff are not installed"
    ),
]


def test_man_shows_it_without_a_warning() -> None:
    done = subprocess.run(
        ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", PAGE],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "key" in done.stdout
