"""Which servers the messages of a URL go to, as far as its plugin tells without sending."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from cashnotifyd.delivery.apprise_door.desktop_notice import DesktopNotice
from cashnotifyd.delivery.apprise_door.plugins import descends, instance, parsed

_NOT_FOR_MESSAGES: Final = frozenset({"app_url", "service_url", "setup_url"})
"""Pages for people that every plugin names."""
_PORTS: Final = {True: 443, False: 80}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server. ``tls``: the connection begins encrypted. ``web``: HTTP is spoken, through a proxy if there is one."""

    host: str
    port: int
    tls: bool
    web: bool


@dataclass(frozen=True, slots=True)
class Service:
    """Where a URL leads: the service's name, and its servers. One of them that answers is enough.

    ``desktop``: this user's own desktop. Without either it cannot be told before a message is sent.
    """

    name: str
    endpoints: tuple[Endpoint, ...] = ()
    desktop: bool = False


def service_of(url: str) -> Service:
    """Where the URL leads.

    Raises:
        ValueError: it cannot be used. The text holds no secret.
    """
    plugin, arguments = parsed(url)
    name = str(plugin.service_name)
    if plugin is DesktopNotice:
        return Service(name, desktop=True)
    made: Any = instance(plugin, arguments)
    if descends(plugin, "NotifyEmail"):
        tls = str(made.secure_mode) == "ssl"
        return Service(name, (Endpoint(str(made.smtp_host), int(made.port), tls, web=False),))
    if own := _own_server(made, arguments):
        return Service(name, (own,))
    return Service(name, tuple(dict.fromkeys(_servers_of(plugin))))


def _own_server(made: Any, arguments: dict[str, Any]) -> Endpoint | None:  # noqa: ANN401 (any plugin)
    """The server that the URL itself names, where its service has no public one or it is not meant."""
    tokens = made.template_tokens
    host = arguments.get("host")
    if "host" not in tokens or not host or getattr(made, "mode", None) in {"cloud", "official"}:
        return None
    return Endpoint(str(host), int(arguments.get("port") or _PORTS[bool(made.secure)]), bool(made.secure), web=True)


def _servers_of(plugin: type) -> list[Endpoint]:
    """Those that a plugin's own addresses name. A part of a name that is filled in later hides the whole of it."""
    found = []
    for name in sorted(dir(plugin)):
        text = getattr(plugin, name, None)
        if not name.endswith("_url") or name in _NOT_FOR_MESSAGES or not isinstance(text, str):
            continue
        parts = urlsplit(text)
        if parts.scheme in {"http", "https"} and re.fullmatch(r"[A-Za-z0-9.-]+(:[0-9]+)?", parts.netloc):
            tls = parts.scheme == "https"
            found.append(Endpoint(str(parts.hostname), parts.port or _PORTS[tls], tls, web=True))
    return found
