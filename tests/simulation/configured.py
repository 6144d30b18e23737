"""The configuration of a simulated daemon, as it is at the moment."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from cashnotifyd.config.loading import Loaded
from cashnotifyd.config.settings import USUAL_SHARE, AccountSettings, ChannelSettings, Settings
from cashnotifyd.vocabulary import Disclosure
from tests.simulation.network import BASE
from tests.simulation.plan import PLAIN, Plan
from tests.simulation.shops import Shop


@dataclass(slots=True)
class Configuration:
    """What the file says at the moment. ``interval``: seconds between polls, None for automatic."""

    accounts: list[str]
    channels: list[str]
    interval: float | None
    keys: dict[str, str]
    urls: dict[str, int]

    def change(self, what: str, shops: Mapping[str, Shop], busy: Sequence[str], rng: random.Random) -> None:
        """Change something of it. ``busy``: channels on which something is being sent."""
        match what:
            case "account goes":
                if len(self.accounts) > 1:
                    self.accounts.remove(rng.choice(self.accounts))
            case "account comes":
                self.accounts.extend(id_ for id_ in shops if id_ not in self.accounts)
            case "key":
                id_ = rng.choice(self.accounts)
                self.keys[id_] = shops[id_].new_key()
            case "interval" if self.interval is not None:
                self.interval *= rng.choice((0.8, 1.3))
            case "channel anew":
                sending = [one for one in busy if one in self.channels]
                self.urls[rng.choice(sending or self.channels)] += 1
            case "channel comes" if "extra" not in self.channels:
                self.channels.append("extra")
            case "channel goes" if "extra" in self.channels:
                self.channels.remove("extra")
            case _:
                pass

    def loaded(self, plan: Plan, shops: Mapping[str, Shop]) -> Loaded:
        """As the daemon has read it."""
        accounts = {
            id_: AccountSettings(id_, SecretStr(self.keys[id_]), None, BASE, shops[id_].mode) for id_ in self.accounts
        }
        channels = {
            id_: ChannelSettings(
                id_,
                SecretStr(f"sim://{id_}/{self.urls[id_]}"),
                None,
                None,
                None,
                Disclosure.FULL,
                urgencies=habits.urgencies,
                quiet_hours=habits.quiet_hours,
                burst=habits.burst,
                digest=habits.digest,
            )
            for id_ in self.channels
            for habits in (plan.habits.get(id_, PLAIN),)
        }
        settings = Settings(
            self.interval,
            Path("/nonexistent/cursor.db"),
            "en_US",
            ZoneInfo(plan.timezone),
            accounts,
            channels,
            read_share=USUAL_SHARE if plan.share is None else plan.share,
        )
        return Loaded(settings, (), ())
