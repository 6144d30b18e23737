"""Records that lack one thing each, which the invariants of the simulation have to miss."""

from __future__ import annotations

from benchmarks.several_daemons.leases import Record, Share


class Unfenced(Record):
    """Takes every write, whoever makes it."""

    def _holds(self, share: Share, epoch: int) -> bool:  # noqa: ARG002 (that is the point)
        return True


class SameEpoch(Record):
    """Begins no new epoch when a share changes hands."""

    def _following(self, epoch: int) -> int:
        return epoch


class ToldBlindly(Record):
    """Tells what it is asked to, also a second time."""

    def _still_pending(self, account: int, events: list[int]) -> list[int]:  # noqa: ARG002 (that is the point)
        return events


class TakesLateWord(Record):
    """Takes a "delivered" also from who has lost the channel: no mutation, a thought that was weighed."""

    def mark_delivered(self, share: Share, epoch: int, number: int) -> bool:
        """The service has taken it. False: the share is lost."""
        self._waiting[share.number].pop(number, None)
        return super().mark_delivered(share, epoch, number)
