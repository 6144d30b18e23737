"""What became of one attempt to send one message to one recipient, and how fast a service wants to be asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


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


@dataclass(frozen=True, slots=True)
class Refused:
    """The service surely did not take the message and will not take it by waiting. ``reason`` holds no secret.

    ``of`` says what it refused: ``channel``, and every message fares so until somebody mends the URL or the service
    (a bad token, an unknown topic, a login or recipient refused), or ``message``, this one alone.
    """

    reason: str
    of: Literal["channel", "message"]


@dataclass(frozen=True, slots=True)
class Throttled:
    """The service surely did not take the message: it gets too many. ``reason`` holds no secret.

    ``seconds`` is how long it asks to be left alone, None where it does not say.
    """

    reason: str
    seconds: float | None


Outcome = Delivered | NotSent | Unconfirmed | Refused | Throttled


@dataclass(frozen=True, slots=True)
class Pace:
    """What a service takes: ``at_once`` messages in a row, and then one more every ``every`` seconds.

    With ``every`` 0 there is no limit.
    """

    at_once: int
    every: float
