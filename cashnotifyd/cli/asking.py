"""Questions at a terminal, and the ways in which people leave them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import click

from cashnotifyd.config.findings import Refused
from cashnotifyd.refusal import Refusal

T = TypeVar("T")

_INTERRUPTED = 130  # what a shell says of a program that SIGINT ended: 128 + 2


class Progress:
    """What has come of the answers so far, for whoever leaves before the end."""

    def __init__(self) -> None:
        self.so_far = "nothing was written"


@contextmanager
def leaving(progress: Progress) -> Iterator[None]:
    """Ctrl-C and the end of the input, at whatever moment, as a refusal that says what has come of it.

    Raises:
        Refusal: with 130 for Ctrl-C, with 1 for the end of the input.
    """
    try:
        yield
    except (KeyboardInterrupt, click.Abort) as end:
        click.echo()  # the terminal's cursor stands behind the question
        # Click makes one exception of both, and keeps the first as its context.
        interrupted = isinstance(end, KeyboardInterrupt) or isinstance(end.__context__, KeyboardInterrupt)
        status = _INTERRUPTED if interrupted else 1
        raise Refusal(f"ended before the end: {progress.so_far}", status=status) from None


def hidden(question: str, meaning: Callable[[str], T]) -> T:
    """A secret, which is not shown; asked again until it has a meaning."""
    return _until_it_means(lambda: str(click.prompt(question, hide_input=True)), meaning)


def word(question: str, default: str, meaning: Callable[[str], T]) -> T:
    """A short text; asked again until it has a meaning."""
    return _until_it_means(lambda: str(click.prompt(question, default=default)), meaning)


def choice(question: str, options: Sequence[str], default: str) -> str:
    """One of these words."""
    answer: str = click.prompt(question, default=default, type=click.Choice(options, case_sensitive=False))
    return answer


def yes(question: str, *, default: bool = True) -> bool:
    """Whether they want it."""
    return click.confirm(question, default=default)


def _until_it_means(ask: Callable[[], str], meaning: Callable[[str], T]) -> T:
    while True:
        try:
            return meaning(ask().strip())
        except Refused as refused:
            click.echo(f"  {refused.problem[:1].upper()}{refused.problem[1:]}.\n  {refused.hint}")
