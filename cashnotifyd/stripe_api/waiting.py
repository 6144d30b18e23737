"""For how long a server asks to be left alone, and HTTP's dates.

Stripe's own refusals carry no ``Retry-After`` (Stripe's documentation, "Rate limits"). Proxies between here and there
send it, and it costs nothing to heed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Final

LONGEST_WAIT: Final = 600.0
"""Seconds. Whoever asks for more may be wrong, and silence costs more than a request."""

_SAYING_WHEN: Final = frozenset({429, 503})
_SECONDS: Final = re.compile(r"[0-9]+(?:\.[0-9]*)?")


def asked_to_wait(status: int | None, headers: Mapping[str, Any]) -> float:
    """Seconds until an answer's server wants to be asked again, at most :data:`LONGEST_WAIT`; 0 where it does not say.

    A date counts from the server's own, as our clock may be another.
    """
    said = headers.get("Retry-After")
    if status not in _SAYING_WHEN or not isinstance(said, str):
        return 0.0
    if _SECONDS.fullmatch(said.strip()):
        seconds = float(said)
    else:
        date, today = http_time(said), http_time(headers.get("Date"))
        seconds = 0.0 if date is None or today is None else date - today
    return min(max(seconds, 0.0), LONGEST_WAIT)


def http_time(date: str | None) -> float | None:
    """The time (s since 1970 UTC) that a header names, None where it names none. HTTP's dates are all in UTC."""
    try:
        named = None if date is None else parsedate_to_datetime(date)
        return None if named is None else named.replace(tzinfo=named.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        return None
