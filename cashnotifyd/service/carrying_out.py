"""A plan carried out: commands and files, in the plan's order."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from cashnotifyd.refusal import Refusal
from cashnotifyd.service import door
from cashnotifyd.service.planning import UNIT
from cashnotifyd.service.values import Manager, Plan, Standing, Step

_LAST_WORDS = 8


def carry_out(plan: Plan, manager: Manager, say: Callable[[str], None]) -> None:
    """Do all of it, and say each thing that is done. Once more does no harm.

    Raises:
        Refusal: something failed; what was done before it stays, and is said.
    """
    for step in plan.before:
        _take(step, manager, say)
    for change in plan.write:
        if change.standing is not Standing.SAME:
            _write(change.path, change.text)
            say(f"wrote    {change.path}")
    for path in plan.remove:
        path.unlink(missing_ok=True)
        say(f"removed  {path}")
        if path.parent.name == f"{UNIT}.d" and not any(path.parent.iterdir()):
            path.parent.rmdir()
    for step in plan.after:
        _take(step, manager, say)


def _take(step: Step, manager: Manager, say: Callable[[str], None]) -> None:
    answer = door.run(step.words)
    if answer.status == 0:
        say(f"ran      {step}")
    elif step.essential:
        raise Refusal(f"`{step}` failed: {answer.err or f'status {answer.status}'}", hint=_advice(step, manager))


def _advice(step: Step, manager: Manager) -> str:
    """The next step. Where the service did not start, the files are in place by then, and it may have said why."""
    if "enable-linger" in step.words:
        return f"The service runs, and ends when you log out. Root can switch lingering on:\n  sudo {step}"
    if "restart" not in step.words:
        return "Put this right and run the same command again: what is done already stays."
    log = door.run((*manager.journal, "--lines", str(_LAST_WORDS), "--output", "cat", "--no-pager"))
    words = ["The service is installed and did not start. Its last words:", *log.out.splitlines()[-_LAST_WORDS:]]
    return "\n".join([*words, f"All of them: {' '.join(manager.journal)}"])


def _write(path: Path, text: str) -> None:
    """A whole file or none, readable for all: it holds no secrets."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                os.fchmod(file.fileno(), 0o644)
            Path(scratch).replace(path)
        except OSError:
            Path(scratch).unlink(missing_ok=True)
            raise
    except OSError as problem:
        raise Refusal(f"{path} cannot be written: {problem.strerror}") from None
