"""Many command lines, each in a process of its own, forked from one that has imported what they need."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

_PROGRAM = """
import gc, importlib, json, os, sys
importlib.import_module(sys.argv[1])
from cashnotifyd.cli import main
commands, statuses = json.load(sys.stdin), []
gc.freeze()
for number, command in enumerate(commands):
    child = os.fork()
    if child == 0:
        for stream in (1, 2):
            os.dup2(os.open(f"{sys.argv[2]}/{number}.{stream}", os.O_WRONLY | os.O_CREAT), stream)
        sys.argv = ["cashnotifyd", *command]
        try:
            main()
        except SystemExit as left:
            sys.stdout.flush(), sys.stderr.flush()
            os._exit(left.code or 0)  # taking a large interpreter down takes a fifth of a second
    statuses.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(json.dumps(statuses))
"""


def called(
    *commands: Sequence[str], importing: str, environ: Mapping[str, str], folder: Path
) -> list[subprocess.CompletedProcess[str]]:
    """One after the other, without a terminal, in ``folder``. ``importing``: the module that they have in common."""
    with TemporaryDirectory() as said:
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM, importing, said],
            input=json.dumps(commands), capture_output=True, text=True, check=True, env=dict(environ), cwd=folder,
        )  # fmt: skip
        return [
            subprocess.CompletedProcess(
                command, status, Path(said, f"{number}.1").read_text(), Path(said, f"{number}.2").read_text()
            )
            for number, (command, status) in enumerate(zip(commands, json.loads(done.stdout), strict=True))
        ]
