"""What became of one attempt to send one message to one recipient."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delivered:
    """The service took the message."""


@dataclass(frozen=True, slots=True)
class NotSent:
    """The service surely did not take the message: another attempt cannot repeat it. ``reason`` holds no secret."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """The request went out and no answer came back: the message may have arrived. ``reason`` holds no secret."""

    reason: str


Outcome = Delivered | NotSent | Unconfirmed
