"""The clock, the record and the watches of the tests of polling: the faults are Stripe's, the rooms are the same."""

from __future__ import annotations

from tests.polling.conftest import clock, record, room, shop, stripe, watcher

__all__ = ["clock", "record", "room", "shop", "stripe", "watcher"]
