"""Coverage-guided fuzzing of what reads bytes from outside, with the corpus as seeds: ``python -m tests.hostile.fuzz``.

Needs atheris (``pip install atheris``), which is no dependency of the project. Each target runs in a process of its
own, which ends at the first input that trips it; libFuzzer leaves that input beside the seeds and names its file.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent.parent
NAMES: Final = ("answers", "configuration", "events", "files")


def fuzz(target: str, seconds: int, folder: Path) -> None:
    """Run one target in this process, which libFuzzer ends."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["cashnotifyd", "yaml"]):
        targets = importlib.import_module("tests.hostile.targets")
    corpus = folder / target
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(targets.seeds(target)):
        (corpus / f"seed-{number}").write_bytes(seed)
    dictionary = folder / f"{target}.dict"
    dictionary.write_text("\n".join(targets.words(target)), "ascii")
    arguments = [
        f"-max_total_time={seconds}", f"-max_len={targets.LONGEST[target]}", f"-dict={dictionary}",
        "-print_final_stats=1",
        "-timeout=20", "-rss_limit_mb=2048", "-verbosity=0", f"-artifact_prefix={corpus}/", str(corpus),
    ]  # fmt: skip
    atheris.Setup(["fuzz", *arguments], targets.TARGETS[target]())
    atheris.Fuzz()


def main() -> int:
    """Run the targets side by side and say how each went. 1 if one was tripped, 2 without atheris."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--target", choices=NAMES, action="append")
    parser.add_argument("--folder", type=Path, help="Keeps seeds and findings; default: a temporary one.")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        sys.stderr.write("atheris is not installed here: pip install atheris\n")
        return 2
    folder: Path = options.folder or Path(tempfile.mkdtemp(prefix="fuzz-"))
    if options.inside:
        (target,) = options.target
        fuzz(target, options.seconds, folder)
        return 0
    own = [sys.executable, "-m", "tests.hostile.fuzz", "--inside", "--seconds", str(options.seconds)]
    processes = {
        target: subprocess.Popen(
            [*own, "--folder", folder, "--target", target], cwd=ROOT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        for target in options.target or NAMES
    }  # fmt: skip
    tripped = False
    try:
        for target, process in processes.items():
            told, _ = process.communicate()
            found = re.search(r"number_of_executed_units: (\d+)", told)
            ending = "tripped" if process.returncode else "nothing found"
            sys.stdout.write(f"{target}: {found[1] if found else '?'} executions, {ending}\n")
            sys.stdout.flush()
            if process.returncode:
                tripped = True
                sys.stdout.write(told[-4000:])
    finally:
        for process in processes.values():
            process.kill()
    return int(tripped)


if __name__ == "__main__":
    sys.exit(main())
