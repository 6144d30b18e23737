"""A simulated Stripe with one shop, a phone and a mail box, for a daemon on the same machine.

Says where they are in a line of JSON. Then each line that it reads is answered by one: ``sale`` makes a sale and
answers how its title begins, ``told`` answers the titles of all messages that have come so far.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import itertools
import json
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from cashnotifyd.simulator import families
from cashnotifyd.simulator.people import PEOPLE
from cashnotifyd.simulator.phone import Phone
from cashnotifyd.simulator.server import Simulator


class MailBox:
    """What a mail server was given."""

    def __init__(self) -> None:
        self.subjects: list[str] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802 (aiosmtpd's)
        message = email.message_from_bytes(envelope.original_content or b"", policy=email.policy.default)
        self.subjects.append(str(message["Subject"]))
        return "250 taken"


def say(value: object) -> None:
    print(json.dumps(value), flush=True)  # noqa: T201 (that is how it answers)


async def main() -> None:
    told: list[str] = []
    box = MailBox()
    server = Controller(box, hostname="127.0.0.1", port=2525)
    server.start()
    try:
        async with Simulator() as stripe, Phone() as phone:
            shop = stripe.account("acct_1Booted", name="Acme Shop")
            mail = "mailto://127.0.0.1:2525?from=shop@example.org&to=you@example.org"
            say({"base": stripe.base, "key": shop.key(), "phone": phone.url, "mail": mail})
            for number in itertools.count(1):
                asked = (await asyncio.to_thread(sys.stdin.readline)).strip()
                while not phone.notices.empty():
                    told.append(phone.notices.get_nowait().title)
                if asked == "sale":
                    families.checkout_sale(shop, amount=10_000 + number, person=PEOPLE[0], what="Desk organiser")
                    say(f"Sale ${100 + number / 100:.2f}")
                elif asked == "told":
                    say({"phone": told, "mail": box.subjects})
                else:
                    return
    finally:
        server.stop()


if __name__ == "__main__":
    asyncio.run(main())
