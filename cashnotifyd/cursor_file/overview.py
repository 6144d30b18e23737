"""How the watching stands, as the record knows it. Nothing here knows how it is kept. Times: s since 1970 UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cashnotifyd.cursor_file.values import Mute, Usage
from cashnotifyd.vocabulary import Mode


@dataclass(frozen=True, slots=True)
class AccountOnRecord:
    """A Stripe account in one mode. ``low_water``: when the newest event happened up to which all is on record.

    ``charges``, ``recent``, ``reads`` and ``days`` are those of its :class:`~cashnotifyd.cursor_file.values.Usage`,
    ``reads_left`` is what was left of its budget of reads at ``reads_left_at``, None before the first note. ``met_at``:
    when the first contact was, if that is known. ``events``: those that people can see.
    ``alerts``: the names of what is told to be wrong with it, and since when.
    """

    alerts: Mapping[str, float]
    number: int
    id: str
    mode: Mode
    stripe_id: str | None
    name: str | None
    key_print: str
    low_water: int | None
    polled_at: float | None
    events: int
    pending: int
    charges: int
    reads: int
    recent: int = 0
    days: float = 30.0
    reads_left: float | None = None
    reads_left_at: float | None = None
    met_at: float | None = None

    @property
    def usage(self) -> Usage:
        """What its last 30 days brought, and were read with."""
        return Usage(self.charges, self.recent, self.reads, self.days)


@dataclass(frozen=True, slots=True)
class ChannelOnRecord:
    """What waits for a channel, since when, and why what was tried last; what was given up, why and when the last.

    ``alerts``: the names of what is told to be wrong with it, and since when.
    """

    waiting: int = 0
    waiting_since: float | None = None
    waiting_reason: str | None = None
    abandoned: int = 0
    abandoned_reason: str | None = None
    abandoned_at: float | None = None
    delivered_at: float | None = None
    alerts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sending:
    """How it stands with channels, by id, and what is muted; None stands for all of them."""

    channels: Mapping[str, ChannelOnRecord] = field(default_factory=dict)
    mutes: Mapping[str | None, Mute] = field(default_factory=dict)
