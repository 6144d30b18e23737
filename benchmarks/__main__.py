"""``python -m benchmarks``: measure, and write docs/benchmarks.md with its figures and pictures."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import figures, report
from benchmarks.processes import ROOT
from benchmarks.run import Run
from benchmarks.stage import LookAlike

MEASURES = ("polls", "latency", "stalls", "starting", "idling", "backlog", "accounts", "history", "profiles")


def main() -> None:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two minutes: fewer rounds, no large sizes; no document")
    parser.add_argument(
        "--only", choices=MEASURES, action="append", help="measure this alone; several times for several"
    )
    parser.add_argument("--before", metavar="REVISION", help="measure the daemon as it was at this commit beside it")
    parser.add_argument(
        "--figures", type=Path, metavar="FILE", help="where figures are kept; default: beside the document"
    )
    parser.add_argument(
        "--render", action="store_true", help="write the document afresh from the figures that are kept"
    )
    parser.add_argument("--at", metavar="REVISION", help="measure the daemon as of this commit, not as it is here")
    arguments = parser.parse_args()
    if arguments.figures is None:
        # A quick run shall not pass for a thorough one.
        quick = Path(tempfile.gettempdir()) / "cashnotifyd-benchmarks.json"
        arguments.figures = quick if arguments.quick else report.FOLDER / "figures.json"
    if not arguments.render:
        with (
            tempfile.TemporaryDirectory(prefix="cashnotifyd-bench-") as folder,
            checkout(arguments.at) as now,
            checkout(arguments.before) as before,
        ):
            run = measured(Path(folder), now or ROOT, before, arguments.only or MEASURES, quick=arguments.quick)
        found = figures.Figures(figures.machine(), run.figures, run.curves, run.profiles)
        kept = arguments.figures
        if arguments.only and kept.exists():
            found = figures.read(kept).taking(found)
        figures.write(kept, found)
    if arguments.render or not arguments.quick:
        report.write(figures.read(arguments.figures))


def measured(folder: Path, now: Path, before: Path | None, measures: Sequence[str], *, quick: bool) -> Run:
    """The run, once all is measured."""
    begun = time.monotonic()
    with LookAlike(folder / "look-alike") as stripe:
        run = Run(folder, stripe, quick, now, before)
        for name in measures:
            print(f"{name} ({time.monotonic() - begun:.0f} s)", flush=True)
            importlib.import_module(f"benchmarks.measures.{name}").measure(run)
    print(f"{time.monotonic() - begun:.0f} s in all", flush=True)
    return run


@contextlib.contextmanager
def checkout(revision: str | None) -> Iterator[Path | None]:
    """Another checkout, at that commit, for as long as it is needed."""
    if revision is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="cashnotifyd-at-") as name:
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", "--force", name, revision], check=True)
        try:
            yield Path(name)
        finally:
            subprocess.run([*git, "remove", "--force", name], check=True)


if __name__ == "__main__":
    main()
