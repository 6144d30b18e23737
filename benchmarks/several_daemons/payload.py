"""A sale as Stripe lists it, in the size in which Stripe lists it, as both engines record it."""

from __future__ import annotations

from typing import Final

from benchmarks.sales import SOLD, serial_of, template

PAYLOAD: Final = template(SOLD).render(serial_of(1, 1), b"1700000000").decode()
