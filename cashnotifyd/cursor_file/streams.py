"""Which deliveries count together when a burst is looked for. Nothing here knows how they are kept."""

from __future__ import annotations

from collections.abc import Callable

from cashnotifyd.vocabulary import Kind, Mode, Urgency

Streams = Callable[[Urgency], str | None]
"""Which deliveries count together when a burst is looked for, by how loudly each knocks."""


def streams(mode: Mode | None, kind: Kind, variant: str | None) -> Streams:
    """Those of live and of test mode, of failed payments, and of urgent news, which a busy shop's sales must not delay.

    Ours are live: they speak of what is running. A bill that is overdue or held up is no payment that failed: many of
    them do not mean that the checkout is broken.
    """
    mode = mode or Mode.LIVE
    if kind is Kind.FAILED_PAYMENT and variant is None:
        return lambda _: f"{mode} failures"
    return lambda urgency: f"{mode} urgent" if urgency is Urgency.HIGH else f"{mode}"


def alone(_urgency: Urgency) -> None:
    """Of no stream: a summary or digest goes into no other."""
