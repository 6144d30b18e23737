"""``python -m tests.soak``: see :mod:`tests.soak.command`."""

from __future__ import annotations

import os
import sys

from tests.soak.command import main

if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        # The order of sets is a part of what happens: a seed has to mean the same in every process.
        again = [sys.executable, "-m", "tests.soak", *sys.argv[1:]]
        os.execve(sys.executable, again, os.environ | {"PYTHONHASHSEED": "0"})
    sys.exit(main(sys.argv[1:]))
