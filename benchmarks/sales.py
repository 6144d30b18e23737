"""The event that all measurements are made with: a sale of about 5.3 KB, pretty-printed as Stripe prints it.

It is made by the project's own simulator, which knows Stripe's shapes, and kept as bytes with holes for what differs.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from cashnotifyd.simulator.account import SimulatedAccount
from cashnotifyd.simulator.families import charge_sale
from cashnotifyd.vocabulary import Mode

SOLD: Final = "charge.succeeded"
BEGUN: Final = "payment_intent.created"
"""An event that nobody is told of: it is recorded, understood and left at that."""

_AT: Final = 1_700_000_000
_METADATA: Final = {
    "order_id": "6735",
    "cart": "c_9f6f1c0e5a3d4b21",
    "source": "storefront",
    "storefront_version": "2026.11.2",
    "campaign": "autumn-sale-newsletter-2",
    "warehouse": "Rotterdam",
    "gift_wrapping": "none",
    "customer_note": "Please ring twice; the bell on the left is broken.",
    "landing_page": "https://acme.example/coffee/pour-over?utm_source=newsletter&utm_medium=email&utm_campaign=autumn",
    "experiments": "checkout-layout:b,free-shipping:a,reviews-first:c,recommendations:off",
    "delivery_window": "2026-11-27T09:00/2026-11-27T13:00",
}
# Apprise's json:// escapes nothing of it, and every contender's message has it: it tells who was told of what, when.
TOKEN: Final = re.compile(rb"3Bench(\d{6})(\d{12})")


@dataclass(frozen=True, slots=True)
class Template:
    """An event as bytes. Between the ``pieces`` stand its serial (18 digits) and its time, as the ``holes`` say."""

    type: str
    pieces: tuple[bytes, ...]
    holes: tuple[bool, ...]
    """True for the time, False for the serial."""

    def render(self, serial: bytes, created: bytes) -> bytes:
        """The event as it stands in a list."""
        parts = [self.pieces[0]]
        for is_time, piece in zip(self.holes, self.pieces[1:], strict=True):
            parts += (created if is_time else serial, piece)
        return b"".join(parts)


def serial_of(account: int, position: int) -> bytes:
    """What sets the ids of an event apart: the account's number and the event's place in it, from the oldest."""
    return b"%06d%012d" % (account, position)


def event_id(serial: bytes) -> str:
    """The event's id."""
    return f"evt_3Bench{serial.decode()}"


@cache
def template(type_: str) -> Template:
    """The event of a type."""
    shop = SimulatedAccount(
        "acct_1Bench", name="Acme", api_version="2023-10-16", mode=Mode.LIVE, now=lambda: float(_AT), seed=6
    )
    charge_sale(shop, amount=1900, what="Ceramic pour-over", at=_AT)
    event = shop.emitted[0].json
    sold = event["data"]["object"]
    sold["metadata"] = _METADATA
    known = {event["id"]: "evt_3BenchSERIAL", sold["id"]: "ch_3BenchSERIAL"}
    known[sold["balance_transaction"]] = "txn_3BenchSERIAL"
    if type_ == BEGUN:
        sold |= {"object": "payment_intent", "id": "pi_3BenchSERIAL"}
    event["type"] = type_
    text = json.dumps({"data": [event]}, indent=2, ensure_ascii=False)
    text = text[text.index("[") + 1 : text.rindex("]")].rstrip()
    for before, after in known.items():
        text = text.replace(before, after)
    text = text.replace(str(_AT), "CREATED")
    found = re.split(r"(SERIAL|CREATED)", text)
    return Template(
        type_,
        tuple(piece.encode() for piece in found[::2]),
        tuple(hole == "CREATED" for hole in found[1::2]),
    )
