"""What the process under strain has besides the daemon: an answer to SIGUSR1, and what makes it a worse one."""

from __future__ import annotations

import gc
import signal
from pathlib import Path

import pytest

from tests.soak.gauges import empty_caches, kept
from tests.soak.mutations import MUTANTS


def begin(answers: str) -> None:
    """Write into that file what this interpreter keeps, each time it is asked, caches and garbage aside."""
    path = Path(answers)

    def answer(*_: object) -> None:
        gc.unfreeze()
        empty_caches()
        now = kept()
        gc.freeze()
        draft = path.with_suffix(".draft")
        draft.write_text(f"{now.objects} {now.blocks}")
        draft.rename(path)

    signal.signal(signal.SIGUSR1, answer)


def mutate(name: str | None) -> None:
    """Become that worse daemon, or none."""
    for mutant in MUTANTS:
        if mutant.name == name:
            mutant.mutate(pytest.MonkeyPatch())
