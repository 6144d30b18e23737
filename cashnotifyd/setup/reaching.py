"""Connecting to a server, and saying nothing there."""

from __future__ import annotations

import asyncio
import os
import ssl
import urllib.request
from typing import Final
from urllib.parse import urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from cashnotifyd.delivery.apprise_door.endpoints import Endpoint
from cashnotifyd.delivery.failures import describe

PATIENCE: Final = 8.0
"""Seconds for one server."""


def stripe_at(base: str) -> Endpoint:
    """Where a base URL of Stripe's API leads. As with mail, no proxy is asked and the system's authorities count."""
    parts = urlsplit(base)
    tls = parts.scheme == "https"
    return Endpoint(parts.hostname or "", parts.port or (443 if tls else 80), tls, web=False)


async def trouble_reaching(endpoint: Endpoint) -> str | None:
    """Why there is no connection; None where there is one."""
    host, port, tls = _way_to(endpoint)
    try:
        async with asyncio.timeout(PATIENCE):
            _, writer = await asyncio.open_connection(host, port, ssl=_trust(endpoint) if tls else None)
    except (OSError, ValueError) as error:  # a TimeoutError is an OSError; ValueError: no host's name at all
        return describe(error)
    writer.transport.abort()
    return None


def _way_to(endpoint: Endpoint) -> tuple[str, int, bool]:
    """Where to connect to: the server itself, or the proxy that the system has for it."""
    scheme = "https" if endpoint.tls else "http"
    proxy = urllib.request.getproxies().get(scheme) if endpoint.web else None
    if proxy is None or urllib.request.proxy_bypass(endpoint.host):
        return endpoint.host, endpoint.port, endpoint.tls
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    return parts.hostname or endpoint.host, parts.port or 80, False


def _trust(endpoint: Endpoint) -> ssl.SSLContext:
    """The authorities that the sending itself trusts: those that requests has for the web, the system's for mail."""
    if not endpoint.web:
        return ssl.create_default_context()
    authorities = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or DEFAULT_CA_BUNDLE_PATH
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    folder = os.path.isdir(authorities)  # noqa: PTH112 (a text, as the variable has it)
    context.load_verify_locations(capath=authorities) if folder else context.load_verify_locations(authorities)
    return context
