"""What a service's HTTP answer means when it is a no: whom it refuses, and for how long."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any, Final

from cashnotifyd.delivery.outcome import NotSent, Refused, Throttled

_TOO_MANY: Final = 429
_OF_THIS_MESSAGE: Final = frozenset({400, 411, 413, 414, 415, 422, 431})
_PASSING: Final = frozenset({406, 408, 409, 421, 423, 425})
"""4xx that waiting may mend. Prowl answers 406 to whoever sent too much for this hour."""
_MOVED_FOR_GOOD: Final = frozenset({301, 308})
_SLACKS_CHANNEL: Final = frozenset(
    {
        "access_denied", "account_inactive", "channel_not_found", "invalid_auth", "is_archived", "missing_scope",
        "not_authed", "not_in_channel", "org_login_required", "restricted_action", "team_access_not_granted",
        "token_expired", "token_revoked",
    }
)  # fmt: skip
"""What Slack's chat.postMessage says with status 200 ("Errors" in its documentation), where no message would do."""
_SLACKS_MESSAGE: Final = frozenset({"invalid_blocks", "msg_too_long", "no_text", "msg_blocks_too_long"})
_MATTERMOSTS_MESSAGE: Final = ("attachment", "general", "parse", "text")
"""Its hooks answer 400 to a hook that is gone too, but say which in "id": web.incoming_webhook.text.app_error."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer. ``body`` is empty where nobody has read it."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def says_no(self) -> bool:
        """Whether the status does."""
        return self.status >= 300  # noqa: PLR2004 (HTTP's own line; redirects are not followed)

    @property
    def throttles(self) -> bool:
        """Whether it is about too many requests."""
        return self.status == _TOO_MANY


def meaning(answer: Answer, reason: str, now: float) -> Refused | Throttled | NotSent:
    """What an answer with which a plugin gave up says of the message. ``now``: s since 1970 UTC."""
    said = _json(answer.body)
    if answer.throttles:
        return Throttled(reason, _seconds(answer, said, now))
    if not answer.says_no:
        return _slacks(said.get("error"), reason)
    if _names_the_channel(said):
        return Refused(reason, "channel")
    if answer.status in _OF_THIS_MESSAGE:
        return Refused(reason, "message")
    if answer.status in _MOVED_FOR_GOOD or (400 <= answer.status < 500 and answer.status not in _PASSING):  # noqa: PLR2004 (HTTP's own lines)
        return Refused(reason, "channel")
    return NotSent(reason)


def _slacks(error: object, reason: str) -> Refused | Throttled | NotSent:
    if not isinstance(error, str):
        return NotSent(reason)
    if error in _SLACKS_CHANNEL:
        return Refused(reason, "channel")
    if error in _SLACKS_MESSAGE:
        return Refused(reason, "message")
    return Throttled(reason, None) if error in {"ratelimited", "rate_limited"} else NotSent(reason)


def _names_the_channel(said: Mapping[str, Any]) -> bool:
    """Whether an answer that may be of 400 says that it is the recipient or the token that is wrong."""
    if "invalid" in (said.get("user"), said.get("token"), said.get("device")):  # Pushover's
        return True
    known = str(said.get("id", "")).split(".")
    if known[:2] == ["web", "incoming_webhook"]:
        return known[2:3] != [] and known[2] not in _MATTERMOSTS_MESSAGE
    # Telegram has one number for all of these; its documentation names but the texts, and "migrate_to_chat_id".
    parameters = said.get("parameters")
    moved = isinstance(parameters, Mapping) and "migrate_to_chat_id" in parameters
    return moved or "chat not found" in str(said.get("description", "")).lower()


def _seconds(answer: Answer, said: Mapping[str, Any], now: float) -> float | None:
    """How long the service asks to be left alone.

    Discord's own header comes first: by the documentation of its older API versions, which are what webhooks get that
    name none, "retry_after" and "Retry-After" are milliseconds.
    """
    parameters = said.get("parameters")
    nested = parameters if isinstance(parameters, Mapping) else {}
    error = said.get("error")
    ways: tuple[Callable[[], object], ...] = (
        lambda: float(answer.headers["X-RateLimit-Reset-After"]),  # Discord
        lambda: float(nested["retry_after"]),  # Telegram
        lambda: float(said["retry_after_ms"]) / 1000,  # Matrix
        lambda: float(error["retry_after_ms"]) / 1000,  # type: ignore[index]  # Matrix, as some servers nest it
        lambda: float(answer.headers["Retry-After"]),  # RFC 9110, section 10.2.3
        lambda: parsedate_to_datetime(answer.headers["Retry-After"]).timestamp() - now,
        lambda: float(said["retry_after"]),
        lambda: float(answer.headers["X-Limit-App-Reset"]) - now,  # Pushover: when the month's messages begin anew
    )
    return next((found for way in ways if (found := _number(way)) is not None), None)


def _number(way: Callable[[], object]) -> float | None:
    try:
        found = way()
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return max(found, 0.0) if isinstance(found, float) and isfinite(found) else None


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
