"""The command line in this process, for what needs none of its own: nothing is imported anew."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

import pytest
from click.testing import CliRunner

from cashnotifyd import cli
from tests.own_logging import own_logging


def called(
    *arguments: str, environ: Mapping[str, str] | None = None, stdin: str | bytes = b""
) -> subprocess.CompletedProcess[str]:
    """As a shell that pipes the output would have it. ``environ``: the whole of it; ours, without settings, if None."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CASHNOTIFYD_")}
    wanted = {**dict.fromkeys(os.environ), "COLUMNS": "80", **(inherited if environ is None else environ)}
    with pytest.MonkeyPatch.context() as patch, own_logging(), CliRunner().isolation(stdin, wanted) as streams:
        patch.setattr(sys, "argv", ["cashnotifyd", *arguments])
        status = cli._status()
        sys.stderr.flush()
        out, err, _ = streams
        return subprocess.CompletedProcess(arguments, status, out.getvalue().decode(), err.getvalue().decode())
