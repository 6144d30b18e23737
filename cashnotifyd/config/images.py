"""Which image a file holds, by its first bytes: a file's name says what somebody hopes."""

from __future__ import annotations

from typing import Final

FORMATS: Final = ("png", "jpg", "gif", "ico")

LARGEST_ICON: Final = 1024 * 1024
"""Bytes. Stripe takes icons of half a MiB at most; what is larger is no icon."""

_BEGINNINGS: Final = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"\x00\x00\x01\x00", "ico"),
)


def image_format(data: bytes) -> str | None:
    """The format of an image, by which its file's name may end; None for one that not every desktop shows."""
    return next((name for beginning, name in _BEGINNINGS if data.startswith(beginning)), None)
