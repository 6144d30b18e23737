"""Moments for scripts."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(seconds: float) -> str:
    """Seconds since 1970 UTC as ISO 8601, such as 2026-11-24T15:02:00Z."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def iso_or_none(seconds: float | None) -> str | None:
    """The same; None stays None."""
    return None if seconds is None else iso(seconds)
