"""Who may do what, when several daemons share one record: the record's side of it, as pure rows.

A daemon keeps one row alive. What there is to do (an account to poll, a channel to send to) is a share; its row names
the daemon that has it and an epoch that grows whenever it changes hands. Whoever writes names the epoch.

All times are seconds by the record's clock.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import islice


@dataclass(frozen=True, slots=True, order=True)
class Share:
    """What one daemon at a time does: ``kind`` is ``account`` or ``channel``."""

    kind: str
    number: int


@dataclass(slots=True)
class _Held:
    owner: str | None = None
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """What a daemon has, with the epochs, and to how many shares it is entitled."""

    mine: dict[Share, int]
    part: int


@dataclass(slots=True)
class Delivery:
    """A message to a channel. ``event`` is what it tells."""

    number: int
    channel: int
    event: int
    due: float


@dataclass(slots=True)
class Record:
    """The rows. Every method is one transaction."""

    shares: tuple[Share, ...]
    calls: Counter[str] = field(default_factory=Counter)
    """How often each kind of transaction was asked for."""
    stale_writes: int = 0
    """What was written in an epoch that was over."""
    _deliveries: list[Delivery] = field(default_factory=list)
    _waiting: dict[int, dict[int, Delivery]] = field(default_factory=lambda: defaultdict(dict))
    _alive_until: dict[str, float] = field(default_factory=dict)
    _held: dict[Share, _Held] = field(default_factory=dict)
    _marks: dict[int, float] = field(default_factory=dict)
    _events: dict[int, dict[int, bool]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._held = {share: _Held() for share in self.shares}

    # Who is there, and who has what

    def enter(self, daemon: str, now: float, lease: float) -> None:
        """A daemon begins."""
        self.calls["enter"] += 1
        self._alive_until[daemon] = now + lease

    def renew(self, daemon: str, now: float, lease: float) -> Standing | None:
        """A daemon is still there. None: it comes too late, and others may have its shares.

        What it has is in the answer, since the answer to a claim may have been lost.
        """
        self.calls["renew"] += 1
        if not self._is_alive(daemon, now):
            return None
        self._alive_until[daemon] = now + lease
        alive = sum(until > now for until in self._alive_until.values())
        return Standing(self.mine(daemon), math.ceil(len(self.shares) / alive))

    def claim(self, daemon: str, now: float, part: int) -> Standing | None:
        """Take shares that nobody has who is still there, until the daemon has its part. None: it is not there itself.

        On PostgreSQL: ``FOR UPDATE SKIP LOCKED``, so that two who claim at once do not wait for each other.
        """
        self.calls["claim"] += 1
        if not self._is_alive(daemon, now):
            return None
        free = (one for one in self._held.values() if one.owner is None or not self._is_alive(one.owner, now))
        for held in islice(free, max(part - len(self.mine(daemon)), 0)):
            held.owner, held.epoch = daemon, self._following(held.epoch)
        return Standing(self.mine(daemon), part)

    def mine(self, daemon: str) -> dict[Share, int]:
        """What a daemon has, and the epochs."""
        return {share: held.epoch for share, held in self._held.items() if held.owner == daemon}

    def _is_alive(self, daemon: str, now: float) -> bool:
        return self._alive_until.get(daemon, 0.0) > now

    def release(self, share: Share, epoch: int) -> None:
        """Give a share back."""
        self.calls["release"] += 1
        if self._holds(share, epoch):
            self._held[share].owner = None

    def epoch(self, share: Share) -> int:
        """The epoch that a share is in."""
        return self._held[share].epoch

    def _holds(self, share: Share, epoch: int) -> bool:
        return self._held[share].epoch == epoch

    def _admits(self, share: Share, epoch: int) -> bool:
        if not self._holds(share, epoch):
            return False
        self.stale_writes += self._held[share].epoch != epoch
        return True

    def _following(self, epoch: int) -> int:
        return epoch + 1

    # Events

    def mark_of(self, account: int) -> float:
        """Up to when an account has been read."""
        return self._marks.get(account, 0.0)

    def record_page(self, share: Share, epoch: int, page: dict[int, float]) -> bool:
        """Record events (number: created) and how far the account has been read. False: the share is lost."""
        self.calls["record_page"] += 1
        if not self._admits(share, epoch):
            return False
        known = self._events.setdefault(share.number, {})
        for event, created in page.items():
            known.setdefault(event, True)
            self._marks[share.number] = max(self._marks.get(share.number, 0.0), created)
        return True

    def pending(self, account: int) -> list[int]:
        """The events that have not been told."""
        return [event for event, is_pending in self._events.get(account, {}).items() if is_pending]

    def tell(self, share: Share, epoch: int, events: list[int], channels: list[int], now: float) -> bool:
        """Record a delivery for each event and channel. False: the share is lost.

        Of ``events``, those that are still pending: who does not know whether it was told asks a second time.
        """
        self.calls["tell"] += 1
        if not self._admits(share, epoch):
            return False
        for event in self._still_pending(share.number, events):
            self._events[share.number][event] = False
            for channel in channels:
                delivery = Delivery(len(self._deliveries), channel, event, now)
                self._deliveries.append(delivery)
                self._waiting[channel][delivery.number] = delivery
        return True

    def _still_pending(self, account: int, events: list[int]) -> list[int]:
        return [event for event in events if self._events[account][event]]

    # Deliveries

    def next(self, share: Share, epoch: int, now: float) -> Delivery | None:
        """The oldest that is due, for who has the channel."""
        self.calls["next"] += 1
        if not self._holds(share, epoch):
            return None
        return next((one for one in self._waiting[share.number].values() if one.due <= now), None)

    def mark_delivered(self, share: Share, epoch: int, number: int) -> bool:
        """The service has taken it. False: the share is lost."""
        self.calls["mark_delivered"] += 1
        if not self._admits(share, epoch):
            return False
        self._waiting[share.number].pop(number, None)
        return True

    def mark_due_again(self, share: Share, epoch: int, number: int, due: float) -> bool:
        """It is to be tried again. False: the share is lost."""
        self.calls["mark_due_again"] += 1
        if not self._admits(share, epoch):
            return False
        self._deliveries[number].due = due
        return True
