"""Icons of accounts as files on this machine: fetched once, for what cannot follow a public link itself."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from cashnotifyd.config.images import FORMATS, LARGEST_ICON, image_format
from cashnotifyd.stripe_api import Failure

log = structlog.get_logger(__name__)

_HOST = "https://files.stripe.com"
"""Where Stripe's links to files lead. Nothing is fetched from anywhere else."""

_PATIENCE = 5.0
"""Seconds that a watch waits for an icon at its start."""


class Icons:
    """A folder of icons. ``download`` gets a link and the most bytes to take, as ``StripeConnections.file`` does."""

    def __init__(self, folder: Path, download: Callable[[str, int], Awaitable[bytes | Failure]]) -> None:
        self._folder = folder
        self._download = download

    def kept(self, link: str) -> Path | None:
        """The file of an icon that was fetched before."""
        return next((path for path in self._candidates(link) if path.is_file()), None)

    async def fetched(self, link: str, api_base: str) -> Path | None:
        """The file of an icon, fetched where it is not kept yet. None if it cannot be had now.

        ``api_base`` is what stands for Stripe: its links may lead back to it.
        """
        if (path := self.kept(link)) is not None:
            return path
        if _origin(link) not in (_HOST, _origin(api_base)):
            log.warning("the link to an icon leads away from Stripe and is not followed")
            return None
        try:
            async with asyncio.timeout(_PATIENCE):
                data = await self._download(link, LARGEST_ICON)
        except TimeoutError:
            return None
        kind = None if isinstance(data, Failure) else image_format(data)
        if isinstance(data, Failure) or kind is None:
            log.info("the icon cannot be shown on this machine", reason="no image" if kind is None else None)
            return None
        try:
            return await asyncio.to_thread(self._keep, link, data, kind)
        except OSError as error:
            log.info("the icon cannot be kept", reason=error.strerror)
            return None

    def _keep(self, link: str, data: bytes, kind: str) -> Path:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{_name(link)}.{kind}"
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_bytes(data)
        return draft.replace(path)

    def _candidates(self, link: str) -> list[Path]:
        return [self._folder / f"{_name(link)}.{kind}" for kind in FORMATS]


def _name(link: str) -> str:
    # Whoever has the link may see the file: it does not stand in a file's name.
    return hashlib.sha256(link.encode()).hexdigest()[:20]


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
