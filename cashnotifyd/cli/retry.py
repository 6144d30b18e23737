"""``cashnotifyd retry``: what was not delivered is tried again."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from cashnotifyd.cli.completing import channel_ids
from cashnotifyd.cli.joining import at_record, known_channels, settings_in
from cashnotifyd.cli.options import config_option
from cashnotifyd.cli.tables import wrapped
from cashnotifyd.cursor_file.door import RetryingRecord
from cashnotifyd.cursor_file.examining import daemon_on


@dataclass(frozen=True, slots=True)
class _Retried:
    """How many messages had been given up, and how many were waiting anyway."""

    abandoned: int
    waiting: int


@click.command()
@click.argument("channels", metavar="[CHANNEL]...", nargs=-1, shell_complete=channel_ids)
@click.option("--json", "as_json", is_flag=True, help="How many were given up and how many waited, by channel.")
@config_option
def retry(channels: tuple[str, ...], as_json: bool, config: Path | None) -> None:  # noqa: FBT001 (a flag of the command line)
    """Try again what was not delivered.

    What was given up is sent as if it were new, and what waits for its next try need not wait. Without a CHANNEL, on
    all of them. What was given up as "may have arrived" may then come a second time.
    """
    settings = settings_in(config)
    asked = known_channels(channels, settings) or tuple(settings.channels)

    async def try_again(record: RetryingRecord) -> dict[str, _Retried]:
        retried = {}
        for channel in asked:
            now = time.time()
            waiting = await record.waiting(channel)
            await record.make_due(channel, now)
            retried[channel] = _Retried(await record.resend_abandoned(channel, now), waiting)
        return retried

    retried = at_record(settings, try_again)
    if as_json:
        click.echo(_as_json(retried))
    else:
        click.echo(_told(retried, _when(daemon_on(settings.cursor_file))))


def _when(daemon: int | None) -> str:
    return "sent as soon as the daemon runs: cashnotifyd run" if daemon is None else "tried again now."


def _as_json(retried: Mapping[str, _Retried]) -> str:
    return json.dumps(
        {channel: {"abandoned": one.abandoned, "waiting": one.waiting} for channel, one in retried.items()}, indent=2
    )


def _told(retried: Mapping[str, _Retried], when: str) -> str:
    lines = [
        wrapped(
            f"{channel}: {_counted(one.abandoned)} given up before, {_counted(one.waiting)} waiting: {when}",
            indent="  ",
        )
        for channel, one in retried.items()
        if one.abandoned or one.waiting
    ]
    return "\n".join(lines) or "There is nothing to send again."


def _counted(number: int) -> str:
    return f"{number} message" if number == 1 else f"{number} messages"
