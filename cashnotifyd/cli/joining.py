"""How a command has a word with the daemon: it reads the configuration and joins the daemon at its cursor file.

Nothing here imports Stripe's library or Apprise: such a command answers in half a second.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import click

from cashnotifyd.config.findings import did_you_mean
from cashnotifyd.config.loading import ConfigError, Secrets, default_path, load
from cashnotifyd.config.settings import Settings
from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.refusal import Refusal
from cashnotifyd.vocabulary import Mode, UrlReport

T = TypeVar("T")

_BAD_CONFIGURATION = 78  # EX_CONFIG of sysexits.h


def settings_in(config: Path | None) -> Settings:
    """What is configured, for what needs the record alone: secrets that only the daemon is given may be missing.

    An account's mode is then that on record. The channels' URLs are not examined: that would take Apprise, and no URL
    is used here.

    Raises:
        Refusal: it cannot be used otherwise.
    """
    try:
        path = config or default_path(os.environ)
        settings = load(path, os.environ, _unexamined, Secrets.SPARED).settings
    except ConfigError as error:
        raise Refusal("the configuration cannot be used", hint=str(error), status=_BAD_CONFIGURATION) from None
    if all(account.api_key.get_secret_value() for account in settings.accounts.values()):
        return settings
    modes = _modes_on_record(settings)
    accounts = {
        id_: account if account.api_key.get_secret_value() else replace(account, mode=modes.get(id_, account.mode))
        for id_, account in settings.accounts.items()
    }
    return replace(settings, accounts=MappingProxyType(accounts))


def _modes_on_record(settings: Settings) -> Mapping[str, Mode]:
    """The mode in which each account was polled last; none where the record cannot be read, which the command tells."""

    async def modes(record: CursorFile) -> dict[str, Mode]:
        return {account.id: account.mode for account in reversed(await record.watching(time.time()))}

    try:
        return from_record(settings, modes)
    except Refusal:
        return {}


def known_channels(words: Sequence[str], settings: Settings) -> tuple[str, ...]:
    """The channels of these ids, each once.

    Raises:
        click.UsageError: there is no such channel.
    """
    for word in words:
        if word not in settings.channels:
            raise click.UsageError(
                f"There is no channel {word!r}. {did_you_mean(word, settings.channels)}"
                f"The channels are: {', '.join(settings.channels)}."
            )
    return tuple(dict.fromkeys(words))


def at_record(settings: Settings, work: Callable[[CursorFile], Awaitable[T]]) -> T:
    """Do something with the record, whether the daemon runs or not. It notices within seconds.

    Raises:
        Refusal: there is no record yet, or it is not one that this version and user can write to.
    """
    return _done(CursorFile.beside, settings, work)


def from_record(settings: Settings, work: Callable[[CursorFile], Awaitable[T]]) -> T:
    """Find something out from the record, whether the daemon runs or not. Nothing is changed in it.

    Raises:
        Refusal: there is no record yet, or it is not one that this version and user can use.
    """
    return _done(CursorFile.reading, settings, work)


def _done(opened: Callable[[Path], CursorFile], settings: Settings, work: Callable[[CursorFile], Awaitable[T]]) -> T:
    async def with_record() -> T:
        record = opened(settings.cursor_file)
        try:
            return await work(record)
        finally:
            record.close()

    return asyncio.run(with_record())


def _unexamined(_url: str) -> UrlReport:
    return UrlReport(problem=None, has_secret=False)
