"""What no log line may show: the secrets of a URL, its recipients, and the message itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote, unquote

from apprise.utils.parse import parse_emails

from cashnotifyd.delivery.apprise_door.plugins import parsed

_WEBHOOKS: Final = frozenset({"form", "forms", "json", "jsons", "xml", "xmls"})
_SHORTEST_SECRET: Final = 4
"""A shorter one would blacken half of every line."""


def secrets_of(url: str) -> tuple[str, ...]:
    """Every spelling of the passwords, tokens and keys in the URL, longest first; nothing shorter than 4 signs."""
    try:
        plugin, arguments = parsed(url)
    except ValueError:
        return _spellings(_suspects(url))
    found: set[str] = set()
    tokens = {**plugin.template_tokens, **plugin.template_args}
    for name, about in tokens.items():
        if about.get("private"):
            found.update(_strings(arguments.get(about.get("map_to", name))))
    found.update(_strings(arguments.get("password")))
    if "user" not in plugin.template_tokens or (arguments.get("token") and not arguments.get("password")):
        found.update(_strings(arguments.get("user")))
    for header in (arguments.get("qsd+") or {}).values():
        found.update((header, *unquote(header).split()[-1:]))  # "Bearer" itself is none
    if arguments.get("schema") in _WEBHOOKS:  # whoever knows such a path may post
        found.update(part for part in str(arguments.get("fullpath") or "").split("/") if len(part) > len("services"))
    return _spellings(found)


def recipients_in(arguments: dict[str, Any]) -> tuple[str, ...]:
    """What a reason must not name: topics, addresses, numbers."""
    return (*_strings(arguments.get("targets")), *parse_emails(arguments.get("targets")))


def redacted(text: str, hidden: tuple[str, ...]) -> str:
    """One line of at most 200 signs without the hidden words and without addresses of any sort."""
    for word in sorted({word.strip() for word in hidden if word.strip()}, key=len, reverse=True):
        edge = r"\b" if len(word) < _SHORTEST_SECRET else ""  # a topic named "a" is no reason to strike out every "a"
        text = re.sub(rf"{edge}{re.escape(word)}{edge}", "…", text)
    text = re.sub(r"\b[a-z][a-z0-9+.-]*://\S+", "…", text, flags=re.IGNORECASE)
    text = re.sub(r"[^\s<>\"'(]+@[^\s<>\"')]+", "…", text)
    text = " ".join(text.split())
    return text if len(text) <= 200 else text[:199] + "…"  # noqa: PLR2004 (it stands in the docstring)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple | set):
        for one in value:
            yield from _strings(one)


def _suspects(url: str) -> set[str]:
    """What may be a secret in a text that is no readable URL: the user's part, values, and every longer word."""
    rest = url.split("://", 1)[-1]
    found = {word for word in re.split(r"[/?&=#@:,\s]+", rest) if len(word) >= 8}  # noqa: PLR2004 (as short as a bad password)
    if "@" in rest:
        found.update(rest.rpartition("@")[0].split(":"))
    return found


def _spellings(found: set[str]) -> tuple[str, ...]:
    every = {spelt for one in found for spelt in (one, unquote(one), quote(unquote(one), safe=""))}
    return tuple(sorted((one for one in every if len(one) >= _SHORTEST_SECRET), key=lambda one: (-len(one), one)))
