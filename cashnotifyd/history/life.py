"""The life of one event, from Stripe to whoever was told: values for scripts, sentences for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cashnotifyd.cursor_file.lives import Life, Sent, State
from cashnotifyd.history.conditions import ChannelCondition, ChannelState
from cashnotifyd.history.entries import Line
from cashnotifyd.history.reasons import ABANDONED, BY_STATE, SUMMARIZED, meaning_of_no, meaning_of_silence
from cashnotifyd.history.timestamps import iso, iso_or_none
from cashnotifyd.vocabulary import Urgency

Say = Callable[[float], str]
"""How a moment (s since 1970 UTC) is told."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How things stand now. ``channels``: those that are configured. ``running``: whether the daemon is."""

    channels: Mapping[str, ChannelCondition]
    running: bool
    now: float


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a message on one channel. ``recipient`` is None where it has but one.

    ``reason`` is the name, or the service's words; ``meaning`` says all in a sentence.
    """

    channel: str
    recipient: int | None
    state: str
    reason: str | None
    meaning: str
    sent: Sent | None = None


def fates(life: Life, circumstances: Circumstances, say: Say) -> list[Fate]:
    """For every channel that is configured, and every other one that the message was for."""
    if life.event.told is None:
        return []
    several = {one.channel for one in life.sent if one.target}
    found = [
        Fate(
            channel=one.channel,
            recipient=one.target + 1 if one.channel in several else None,
            state=one.state,
            reason=_reason(one, circumstances),
            meaning=_meaning(one, circumstances, say),
            sent=one,
        )
        for one in life.sent
    ]
    told = {one.channel for one in life.sent}
    late = "it was not in the configuration when this was told"
    found += [Fate(id_, None, "not_configured", None, late) for id_ in circumstances.channels if id_ not in told]
    return sorted(
        found, key=lambda fate: (fate.channel not in circumstances.channels, fate.channel, fate.recipient or 0)
    )


def meaning_of(line: Line) -> str | None:
    """Why no message was made of an event, in words; None where one was."""
    event = line.event
    if event.state is State.UNTOLD:
        return meaning_of_silence(event.reason or "")
    return BY_STATE.get(event.state)


def as_values(life: Life, line: Line, found: Sequence[Fate]) -> dict[str, Any]:
    """An event's life with stable keys. Times are ISO 8601, UTC."""
    event, told, entry = life.event, life.event.told, line.entry
    return {
        "event_id": event.id,
        "type": event.type,
        "account": event.account,
        "mode": event.mode,
        "created": entry.created,
        "recorded": iso(event.recorded_at),
        "state": event.state,
        "told": entry.told,
        "reason": entry.reason,
        "meaning": meaning_of(line),
        "told_at": None if told is None else iso(told.told_at),
        "kind": entry.kind,
        "title": entry.title,
        "body": entry.body,
        "urgency": entry.urgency,
        "link": entry.link,
        "siblings": [
            {"event_id": one.id, "type": one.type, "created": iso(one.created), "recorded": iso(one.recorded_at)}
            for one in life.siblings
        ],
        "channels": [_fate_as_values(fate) for fate in found],
    }


def _fate_as_values(fate: Fate) -> dict[str, Any]:
    sent = fate.sent
    summary = None
    if sent is not None and sent.summary is not None:
        summary = {"title": sent.summary, "state": sent.summary_state, "finished": iso_or_none(sent.summary_finished)}
    return {
        "channel": fate.channel,
        "recipient": fate.recipient,
        "state": fate.state,
        "urgency": None if sent is None else sent.urgency,
        "reason": fate.reason,
        "meaning": fate.meaning,
        "attempts": 0 if sent is None else sent.attempts,
        "due": None if sent is None else iso_or_none(sent.due),
        "finished": None if sent is None else iso_or_none(sent.finished),
        "summary": summary,
    }


# What became of one delivery


def _reason(sent: Sent, circumstances: Circumstances) -> str | None:
    if sent.state != "waiting":
        return sent.reason
    held = _held_by(sent, circumstances)
    return sent.reason if held is None else held.state.value


def _held_by(sent: Sent, circumstances: Circumstances) -> ChannelCondition | None:
    """The condition of its channel, if that is why it waits."""
    condition = circumstances.channels.get(sent.channel)
    if condition is None or condition.state not in {ChannelState.MUTED, ChannelState.QUIET, ChannelState.FAILING}:
        return None
    return None if condition.state is ChannelState.QUIET and sent.urgency is Urgency.EMERGENCY else condition


def _meaning(sent: Sent, circumstances: Circumstances, say: Say) -> str:
    match sent.state:
        case "delivered":
            return f"delivered {_at(sent.finished, say)}{_attempts(sent)}"
        case "summarized":
            return _in_summary(sent, say)
        case "declined":
            return f"not for this channel: {meaning_of_no(sent.reason or '')} ({sent.reason})"
        case "abandoned":
            return _given_up(sent, circumstances, say)
        case _:
            return _waiting(sent, circumstances, say)


def _in_summary(sent: Sent, say: Say) -> str:
    why = SUMMARIZED.get(sent.reason or "", sent.reason or "")
    outcome = {
        "delivered": f"which was delivered {_at(sent.summary_finished, say)}",
        "waiting": "which waits to be sent",
        "abandoned": "which was given up",
    }.get(sent.summary_state or "", "which is not on record any more")
    return f"put into the message “{sent.summary or '…'}”, {outcome}, since {why}"


def _given_up(sent: Sent, circumstances: Circumstances, say: Say) -> str:
    why = ABANDONED.get(sent.reason or "", sent.reason or "nobody knows why").rstrip(".")
    again = (
        f". To send it after all: cashnotifyd retry {sent.channel}" if sent.channel in circumstances.channels else ""
    )
    return f"given up {_at(sent.finished, say)}{_attempts(sent)}: {why}{again}"


def _waiting(sent: Sent, circumstances: Circumstances, say: Say) -> str:
    if sent.channel not in circumstances.channels:
        return "waiting, but the channel is not in the configuration any more: the daemon gives that up"
    whys = list(_why_it_waits(sent, circumstances, say)) or ["to be sent at once"]
    return f"waiting: {'; '.join(whys)}"


def _why_it_waits(sent: Sent, circumstances: Circumstances, say: Say) -> Iterator[str]:
    if not circumstances.running:
        yield "the daemon is not running"
    match _held_by(sent, circumstances):
        case ChannelCondition(ChannelState.MUTED, until=until):
            yield f"the channel is muted until {_at(until, say)}"
        case ChannelCondition(ChannelState.QUIET, until=until):
            yield f"the channel has quiet hours until {_at(until, say)}"
        case ChannelCondition(ChannelState.FAILING, since=since):
            yield f"the channel has been failing since {_at(since, say)}"
        case None if not sent.attempts and (trouble := circumstances.channels[sent.channel].trouble):
            yield f"what was before it could not be sent ({trouble.rstrip('.')})"
    if sent.attempts:
        yield f"tried {_times(sent.attempts)}, the last time: {(sent.reason or 'without an answer').rstrip('.')}"
        due = sent.due if sent.due is not None and sent.due > circumstances.now else None
        yield "due again" if due is None else f"due again {_at(due, say)}"


def _attempts(sent: Sent) -> str:
    return f", after {sent.attempts} attempts" if sent.attempts > 1 else ""


def _times(count: int) -> str:
    return "once" if count == 1 else "twice" if count == 2 else f"{count} times"  # noqa: PLR2004 (the word for it)


def _at(moment: float | None, say: Say) -> str:
    return "at an unknown time" if moment is None else say(moment)
