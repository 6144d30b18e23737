"""The command line in this process, for what needs none of its own: nothing is imported anew."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from cashnotifyd import cli


def called(*arguments: str) -> subprocess.CompletedProcess[str]:
    """As a shell that pipes the output would have it."""
    settings = {name: None for name in os.environ if name.startswith("CASHNOTIFYD_")}
    with pytest.MonkeyPatch.context() as patch, CliRunner().isolation(env={**settings, "COLUMNS": "80"}) as streams:
        patch.setattr(sys, "argv", ["cashnotifyd", *arguments])
        status = cli._status()
        out, err, _ = streams
        sys.stderr.flush()
        return subprocess.CompletedProcess(arguments, status, out.getvalue().decode(), err.getvalue().decode())
