"""An account whose events are recorded and told as polls would, over a real record."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from cashnotifyd.cursor_file.lives import Sought, State
from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.cursor_file.values import ListedEvent
from cashnotifyd.delivery.routing import Channel
from cashnotifyd.simulator.account import SimulatedAccount
from cashnotifyd.telling.pending import tell_pending
from cashnotifyd.telling.saying import Audience
from cashnotifyd.vocabulary import Account, Mode
from cashnotifyd.wording.message import Words
from tests import inspecting

NOW = 1_790_000_000.0
SHOP = Account("shop", "Acme Shop", Mode.LIVE, "acct_1Shop")
AUDIENCE = Audience(Words("en_US", ZoneInfo("UTC")), (Channel("phone", 1), Channel("all", 1, events=("*",))))


class Teller:
    """Records events and tells them, as polls would."""

    def __init__(self, record: CursorFile, name: str = "shop", *more: Channel) -> None:
        self.record = record
        self.name = name
        self.audience = replace(AUDIENCE, channels=(*AUDIENCE.channels, *more))
        self.now = NOW
        self.held = False
        self._account: int | None = None

    async def poll(self, events: list[dict[str, Any]]) -> None:
        if self._account is None:
            begun = await self.record.begin_account(
                self.name, Mode.LIVE, stripe_id=SHOP.stripe_id, name=None, key_print="p"
            )
            self._account = begun.id
        listed = [
            ListedEvent(event["id"], event["type"], event["created"], json.dumps(event), "pending") for event in events
        ]
        await self.record.record_page(self._account, listed, self.now)
        while (told := await tell_pending(self.record, self._account, SHOP, self.audience, self.now)).more:
            pass
        self.held = told.held

    async def poll_torn(self, events: list[dict[str, Any]], rng: random.Random) -> None:
        """Each event becomes visible up to four seconds after it was created; a poll each second."""
        visible = sorted((event["created"] + rng.uniform(0, 4), event["id"], event) for event in events)
        while visible or self.held:
            self.now += 1
            seen = [event for at, _, event in visible if at <= self.now]
            visible = [one for one in visible if one[0] > self.now]
            await self.poll(seen)

    def titles(self, channel: str = "phone") -> list[str]:
        return [title for title, _ in self.messages(channel)]

    def messages(self, channel: str = "phone") -> list[tuple[str, str]]:
        """Title and body of each message that a channel gets."""
        put = [one for one in inspecting.outbox(self.record.path, channel) if one.account == self._account]
        waiting = sorted((one for one in put if one.state == "waiting"), key=lambda one: (one.created, one.id))
        return [(one.title, one.body) for one in waiting]

    async def unexplained(self) -> int:
        """Events that are neither part of an occurrence nor have a named reason."""
        mine = await self.record.events(Sought(accounts=(self.name,)), None, 100_000)
        told = [one for one in mine if one.state is State.TOLD and one.told is not None]
        untold = [one for one in mine if one.state is State.UNTOLD and one.reason is not None]
        return len(mine) - len(told) - len(untold)


def shop(api_version: str) -> SimulatedAccount:
    return SimulatedAccount(
        "acct_1Shop", name="Acme Shop", api_version=api_version, mode=Mode.LIVE, now=lambda: NOW, seed=1,
        country="US", currency="usd",
    )  # fmt: skip


def emitted(shop: SimulatedAccount) -> list[dict[str, Any]]:
    return [stored.json for stored in shop.emitted]
