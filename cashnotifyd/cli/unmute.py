"""``cashnotifyd unmute``: a mute ends before its time."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import click

from cashnotifyd.cli import mutes
from cashnotifyd.cli.completing import channel_ids
from cashnotifyd.cli.joining import at_record, known_channels, settings_in
from cashnotifyd.cli.options import config_option
from cashnotifyd.cursor_file.door import MutingRecord


@click.command()
@click.argument("channels", metavar="[CHANNEL]...", nargs=-1, shell_complete=channel_ids)
@click.option("--json", "as_json", is_flag=True, help="What is still muted then, as an array.")
@config_option
def unmute(channels: tuple[str, ...], as_json: bool, config: Path | None) -> None:  # noqa: FBT001 (a flag of the command line)
    """End what `cashnotifyd mute` began.

    Without a CHANNEL, for all of them. What was held is told within seconds, in one message if it is much.
    """
    settings = settings_in(config)
    ending = known_channels(channels, settings) or tuple(settings.channels)
    staying = tuple(channel for channel in settings.channels if channel not in ending)

    async def end(record: MutingRecord) -> mutes.Mutes:
        now = time.time()
        found = await record.mutes(now)
        if (everything := found.get(None)) is not None and staying:
            # The others stay as they are: first each gets a mute of its own, and no moment is without.
            for channel in staying:
                own = mutes.effective(channel, found)
                assert own is not None
                await record.mute(channel, own)
            await record.mute(None, replace(everything, span=replace(everything.span, until=now)))
        if staying:
            for channel in ending:
                await record.unmute(channel, now)
        else:
            await record.unmute(None, now)
        return await record.mutes(now)

    left = at_record(settings, end)
    click.echo(mutes.as_json(left) if as_json else mutes.told(left, settings))
