"""What waits for a channel, put there and fetched in the shortest way."""

from __future__ import annotations

from cashnotifyd.cursor_file.door import LaneRecord
from cashnotifyd.cursor_file.values import Address, Delivery, Recipient, Routing, Turn
from cashnotifyd.delivery.turns import chosen
from cashnotifyd.vocabulary import Disclosure, Urgency


def to(*channels: str, target: int = 0, urgency: Urgency = Urgency.NORMAL) -> Routing:
    """To one recipient of each of these channels."""
    return Routing(tuple(Recipient(channel, target, urgency) for channel in channels), ())


async def next_delivery(record: LaneRecord, channel: str, disclosure: Disclosure, now: float) -> Delivery | None:
    """What a channel without quiet hours and bursts would send next."""
    return chosen(await record.offer(Address(channel), disclosure, now, None), Turn())
