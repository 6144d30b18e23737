"""Settings as tests want them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo

from cashnotifyd.config.settings import AccountSettings, ChannelSettings, Settings


def settings_of(
    accounts: Iterable[AccountSettings], channels: Iterable[ChannelSettings], cursor_file: Path = Path("cursor.db")
) -> Settings:
    return Settings(
        poll_interval=None,
        cursor_file=cursor_file,
        locale="en_US",
        timezone=ZoneInfo("Europe/Paris"),
        accounts={account.id: account for account in accounts},
        channels={f"{number} {channel.id}": channel for number, channel in enumerate(channels)},
    )
