"""Every named reason in words: why an event made no message, and why a message went to no channel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cashnotifyd.cursor_file.lives import State
from cashnotifyd.occurrences.reading import Silence

DECLINED: Final[Mapping[str, str]] = {
    "account_not_wanted": "this account is not among its `accounts`",
    "mode_not_wanted": "this mode is not among its `modes`",
    "kind_not_wanted": "neither the kind nor the type is among its `events`",
    "not_told_by_default": "a channel is told this only where its `events` name it",
    "below_min_amount": "the amount is below its `min_amount`",
    "muted": "it was muted with --drop",
    "about_itself": "the message is about this channel's own trouble",
}
"""Why a channel was not to have a message. What stands in backticks is a key of the configuration."""

SUMMARIZED: Final[Mapping[str, str]] = {
    "busy": "much came at once",
    "quiet": "it was held back in quiet hours",
    "muted": "it was held back while the channel was muted",
    "away": "it came after the daemon had seen nothing for a while",
    "unreachable": "it was held back while the channel took nothing",
}
"""Why a message became a part of another one."""

ABANDONED: Final[Mapping[str, str]] = {
    "channel_removed": "the channel was taken out of the configuration while it waited",
    "recipient_removed": "the recipient was taken out of the channel's URL while it waited",
}
"""Why a message was given up, where that has a name. Else the record has the service's words."""

BY_STATE: Final[Mapping[State, str]] = {
    State.OLDER: "It is older than the history that the first contact takes: nothing but its id was kept",
    State.HISTORY: "It was there before the account was watched, and was taken as history: history is not told",
    State.PENDING: "It is recorded and not understood yet. That takes seconds while the daemon runs",
}


def meaning_of_silence(reason: str) -> str:
    """Why an event that was understood made no message."""
    # A name that is not known comes from another version.
    return next((silence.meaning for silence in Silence if silence.value == reason), reason)


def meaning_of_no(reason: str) -> str:
    """Why a channel was not to have a message, be it that nobody would, had another channel not named the type."""
    return DECLINED.get(reason) or meaning_of_silence(reason)
