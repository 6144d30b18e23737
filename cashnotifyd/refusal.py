"""A refusal to start or to do what was asked: an expected end, told in a sentence instead of a traceback."""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818 (a refusal is what it is, not an error in the program)
    """What stands in the way and what to do about it.

    ``problem`` is one sentence without a full stop. ``hint`` is the next step, in any number of lines. ``status`` is
    the exit status: 1 failed, 78 bad configuration (EX_CONFIG of sysexits.h, after which the units do not restart).
    """

    def __init__(self, problem: str, *, hint: str = "", status: int = 1) -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint
        self.status = status

    def __str__(self) -> str:
        lines = [self.problem, *(f"  {line}" for line in self.hint.splitlines())]
        return "\n".join(lines)
