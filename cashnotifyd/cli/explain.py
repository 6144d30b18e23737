"""``cashnotifyd explain``: the life of one event, in plain words."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from cashnotifyd.cli.joining import from_record, settings_in
from cashnotifyd.cli.mutes import effective
from cashnotifyd.cli.options import config_option
from cashnotifyd.cli.speaking import language_of, names_in, second_in
from cashnotifyd.cli.tables import be_lenient, styled, wrapped
from cashnotifyd.config.settings import Settings
from cashnotifyd.cursor_file.door import LivesRecord
from cashnotifyd.cursor_file.examining import daemon_on
from cashnotifyd.cursor_file.lives import Found, Life
from cashnotifyd.cursor_file.overview import Sending
from cashnotifyd.history.conditions import channel_condition
from cashnotifyd.history.entries import Line, Speech, lines
from cashnotifyd.history.life import Circumstances, Fate, as_values, fates, meaning_of
from cashnotifyd.redaction import escape_controls
from cashnotifyd.refusal import Refusal
from cashnotifyd.vocabulary import Mode
from cashnotifyd.wording.language import Language


@dataclass(frozen=True, slots=True)
class _Story:
    """A life as it is told."""

    life: Life
    line: Line
    fates: list[Fate]


@click.command()
@click.argument("event_id")
@click.option("--json", "as_json", is_flag=True, help="An object; where the id names several events, an array of them.")
@config_option
def explain(event_id: str, as_json: bool, config: Path | None) -> None:  # noqa: FBT001 (a flag of the command line)
    """Tell the life of one event: when it was seen, what it became, whom it went to, and why not.

    EVENT_ID is Stripe's, evt_…, or its first characters where no other event begins so. The id of a payment, charge,
    invoice, refund, dispute, payout or subscription (pi_…, ch_…, in_…) finds what was told of it.
    """
    settings, now = settings_in(config), time.time()

    async def look(record: LivesRecord) -> tuple[Found, Sending]:
        return await record.find(event_id), await record.sending(tuple(settings.channels), now)

    found, sending = from_record(settings, look)
    if not found.lives:
        raise _not_found(event_id, found)
    speech = Speech(language_of(settings), names_in(settings), settings.urgencies)
    circumstances = _circumstances(settings, sending, now)
    stories = [_story(life, speech, circumstances) for life in found.lives]
    if as_json:
        values = [as_values(one.life, one.line, one.fates) for one in stories]
        click.echo(json.dumps(values if len(values) > 1 else values[0], indent=2, ensure_ascii=False).encode())
    else:
        be_lenient()
        click.echo("\n\n".join("\n".join(_told(story, speech.language)) for story in stories))


def _circumstances(settings: Settings, sending: Sending, now: float) -> Circumstances:
    conditions = {
        id_: channel_condition(sending.channels[id_], effective(id_, sending.mutes), channel.quiet_hours, now)
        for id_, channel in settings.channels.items()
    }
    return Circumstances(conditions, daemon_on(settings.cursor_file) is not None, now)


def _story(life: Life, speech: Speech, circumstances: Circumstances) -> _Story:
    (line,) = lines([life.event], speech)
    return _Story(life, line, fates(life, circumstances, lambda at: second_in(at, speech.language)))


def _not_found(id_: str, found: Found) -> Refusal:
    if found.candidates:
        listed = "\n".join(found.candidates)
        return Refusal(f"several events begin with {id_}", hint=f"Write more of it. Among them are:\n{listed}")
    hint = (
        "It may not have been listed yet (the next poll brings it), be of another Stripe account, be older than the"
        " record,\nor be of an object that no event on record speaks of. cashnotifyd status says when each account was"
        " polled last."
    )
    return Refusal(f"there is nothing on record of {id_}", hint=hint)


# Showing


def _told(story: _Story, language: Language) -> Iterator[str]:
    event, line = story.life.event, story.line

    def say(at: float) -> str:
        return second_in(at, language)

    yield styled(escape_controls(f"{event.id}  {event.type}"), "bold")
    mode = "live mode" if event.mode is Mode.LIVE else "test mode"
    yield wrapped(f"Stripe created it {say(event.created)}, in the account {event.account} ({mode}).", "  ", "  ")
    yield wrapped(f"It was first seen, and recorded, {say(event.recorded_at)}.", "  ", "  ")
    if (meaning := meaning_of(line)) is not None:
        reason = "" if event.reason is None else f" ({event.reason})"
        yield wrapped(f"No message was made of it{reason}. {meaning}.", "  ", "  ")
        yield ""
        yield styled("In words it would be" if event.payload else "All that is known", "bold")
    else:
        yield from _siblings(story)
        yield ""
        assert event.told is not None
        yield styled(f"The message, of {say(event.told.told_at)}", "bold")
    yield from _message(line)
    if event.told is not None:
        yield ""
        yield styled("Where it went", "bold")
        yield from _fates(story) if story.fates else iter(("  Nowhere: there is no channel.",))


def _siblings(story: _Story) -> Iterator[str]:
    kind = story.line.entry.kind
    if not story.life.siblings:
        yield wrapped(f"It was understood as {kind}.", "  ", "  ")
        return
    yield wrapped(f"It was understood as {kind}, together with", "  ", "  ")
    width = max(len(one.id) for one in story.life.siblings)
    for one in story.life.siblings:
        yield escape_controls(f"    {one.id:{width}}  {one.type}")


def _message(line: Line) -> Iterator[str]:
    yield wrapped(line.entry.title, "  ", "  ")
    for text in line.entry.body.splitlines():
        yield wrapped(text, "  ", "  ")
    yield styled(f"  {line.entry.kind}, urgency {line.entry.urgency}", "dim")
    if line.entry.link:
        yield styled(escape_controls(f"  {line.entry.link}"), "dim")


_STYLES = {"delivered": "green", "summarized": "green", "waiting": "yellow", "abandoned": "red"}


def _fates(story: _Story) -> Iterator[str]:
    width = min(max(len(fate.channel) for fate in story.fates), 24)
    for fate in story.fates:
        name = fate.channel if fate.recipient is None else f"{fate.channel} {fate.recipient}"
        text = wrapped(f"{fate.meaning}{_urgency(fate, story.line)}", f"  {name:{width}}  ", " " * (width + 4))
        yield styled(text, _STYLES.get(fate.state, "dim"))


def _urgency(fate: Fate, line: Line) -> str:
    """That of the delivery, where the channel has one of its own."""
    if fate.sent is None or fate.sent.urgency in (None, line.entry.urgency):
        return ""
    return f"; urgency {fate.sent.urgency}"
