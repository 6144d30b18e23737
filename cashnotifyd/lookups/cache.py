"""What was looked up and may be asked for again soon: bounded, and forgotten after a while."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from cashnotifyd.lookups.needs import Need, Resource

_SECONDS: Final = {Resource.PRODUCT: 6 * 3600.0, Resource.CUSTOMER: 900.0}
"""How long an answer is good. A product's name hardly ever changes; a customer who buys again may have moved."""

_MOST: Final = 1000
"""Answers kept: some kilobytes each."""


class Cache:
    """Answers by what was asked. Only of what keeps: bookings and invoices are asked for once anyway."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Need, tuple[float, Mapping[str, Any] | None]] = OrderedDict()

    def keep(self, need: Need, answer: Mapping[str, Any] | None, now: float) -> None:
        """Keep an answer; the one that was used least lately goes when there is no room."""
        if need.resource not in _SECONDS:
            return
        self._kept[need] = (now + _SECONDS[need.resource], answer)
        self._kept.move_to_end(need)
        if len(self._kept) > _MOST:
            self._kept.popitem(last=False)

    def known(self, need: Need, now: float) -> bool:
        """Whether an answer is kept and still good."""
        return need in self._kept and now < self._kept[need][0]

    def answer(self, need: Need) -> Mapping[str, Any] | None:
        """The answer that is :meth:`known`."""
        self._kept.move_to_end(need)
        return self._kept[need][1]
