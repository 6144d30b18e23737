"""Which plugin of Apprise serves a URL, and an instance of it with our manners."""

from __future__ import annotations

import difflib
import importlib
import re
import sys
import uuid
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Final

from apprise import AppriseAsset, NotifyBase, PersistentStoreMode
from apprise.plugins import N_MGR, url_to_dict
from apprise.utils.parse import parse_list

from cashnotifyd.delivery.apprise_door.desktop_notice import APP_NAME, DesktopNotice
from cashnotifyd.delivery.apprise_door.hearing import Ear

_MODULES: Final[Mapping[str, str]] = {
    "discord": "discord",
    "form": "custom_form",
    "forms": "custom_form",
    "gchat": "google_chat",
    "gotify": "gotify",
    "gotifys": "gotify",
    "json": "custom_json",
    "jsons": "custom_json",
    "macosx": "macosx",
    "matrix": "matrix",
    "matrixs": "matrix",
    "mmost": "mattermost",
    "mmosts": "mattermost",
    "ntfy": "ntfy",
    "ntfys": "ntfy",
    "pbul": "pushbullet",
    "pover": "pushover",
    "signal": "signal_api",
    "signals": "signal_api",
    "slack": "slack",
    "tgram": "telegram",
    "xml": "custom_xml",
    "xmls": "custom_xml",
}
"""Where in Apprise a scheme's plugin lives, for the common ones. A scheme that is not here, or that an Apprise to come
has moved, is found by loading all 150 of them, which costs 65 ms and 10 MiB more (apprise 2.2.0 on CPython 3.11, beside
a loaded asyncio: this room and an ntfy URL 82 ms and 15 MiB, mail, Pushover and desktop as well 89 ms and 17 MiB, all
plugins 148 ms and 25 MiB)."""
_MAIL: Final = frozenset({"mailto", "mailtos"})
_TEAMS: Final = frozenset({"workflow", "workflows"})
_SHAPES: Final = {
    "MailNotice": "mailtos://user:password@smtp.example.org?from=you@example.org&to=you@example.org",
    "NotifyNtfy": "ntfys://host/topic",
    "NotifyPushover": "pover://user-key@app-token",
}


def parsed(url: str) -> tuple[type[NotifyBase], dict[str, Any]]:
    """The plugin and its arguments. Raises ValueError with a text that holds no secret."""
    scheme_found = re.match(r"\s*([a-z0-9]{1,32})://", url, re.IGNORECASE)
    if scheme_found is None:
        raise ValueError("this is no Apprise URL: one begins with a service and ://, as in ntfys://host/topic")
    scheme = scheme_found[1].lower()
    with Ear():
        try:
            plugin = _plugin_of(scheme)
            if plugin is not None:
                # "#" begins a fragment, but many services name a room with it; Apprise reads it so too.
                arguments = plugin.parse_url(url.replace("/#", "/%23"))
            elif (arguments := url_to_dict(url)) is not None:  # the address that the service itself shows its users
                plugin = _plugin_of(arguments["schema"])
        except Exception as error:  # noqa: BLE001 (150 plugins by as many authors read a stranger's text)
            raise ValueError(f"Apprise cannot read this {scheme}:// URL ({type(error).__name__})") from None
    if plugin is None:
        raise ValueError(_unknown(scheme))
    if not arguments:
        raise ValueError(f"{scheme}:// needs more, as in {shape(plugin, scheme)}")
    for several in ("retry", "wait", "tag", "optional"):  # the dispatcher's, which is not used
        arguments.pop(several, None)
    return plugin, arguments


def instance(plugin: type[NotifyBase], arguments: dict[str, Any]) -> NotifyBase:
    """A plugin's instance with this daemon's manners: no state on disk, no throttle that sleeps, bounded waiting."""
    asset = AppriseAsset(
        app_id=APP_NAME,
        app_desc=APP_NAME,
        app_url="",
        image_url_mask="",  # or every ntfy message would carry Apprise's logo, which the phone fetches from elsewhere
        image_url_logo="",
        image_path_mask="",
        async_mode=False,
        interpret_emojis=False,
        interpret_escapes=False,
        pgp_autogen=False,
        pem_autogen=False,
        storage_mode=PersistentStoreMode.MEMORY,
        service_timeout=0,
        # A redirected POST becomes a GET: the page behind it answers 200, and the message is gone.
        http_redirects=False,
    )
    connect = 10.0 if descends(plugin, "NotifyEmail") else 5.0
    made = plugin(**{"cto": connect, "rto": 10.0, **arguments, "asset": asset})
    made.request_rate_per_sec = 0
    # At 0 a plugin sleeps no longer between its requests, but still when a service asks it to wait (Discord, Matrix).
    made.throttle = _at_once  # type: ignore[method-assign]
    return made


def made_ready(service: NotifyBase) -> NotifyBase:
    """An instance that has sent before, for another message.

    With a token instead of a user, Apprise 2.2 sends all messages of an instance to Matrix as one transaction, of which
    servers drop all but the first as repeats, with status 200.
    """
    if descends(type(service), "NotifyMatrix") and not service.user:
        service.transaction_id = uuid.uuid4()  # type: ignore[attr-defined]
    return service


def shape(plugin: type[NotifyBase], scheme: str) -> str:
    """What a URL of this service looks like, for a complaint."""
    templates: tuple[str, ...] = plugin.templates
    template = next(iter(templates), "{schema}://")
    return _SHAPES.get(plugin.__name__) or re.sub(r"[{}]", "", template.replace("{schema}", scheme))


def descends(plugin: type[NotifyBase], name: str) -> bool:
    """Whether it is Apprise's plugin of this name or made from it: asked by name, so that nothing else is loaded."""
    return any(one.__name__ == name for one in plugin.__mro__)


def _at_once(*_: object, **__: object) -> None:
    """Instead of Apprise's ``throttle``, which sleeps: the lane limits, and a 429 is its to wait out."""


def _plugin_of(scheme: str) -> type[NotifyBase] | None:
    """The plugin of a scheme, ours for desktop, mail and Teams however Apprise has been loaded; None if unknown."""
    if scheme == DesktopNotice.protocol:
        return DesktopNotice
    if scheme in _MAIL:
        with _loading_plugins():
            from cashnotifyd.delivery.apprise_door.mail import MailNotice  # noqa: PLC0415 (7 ms for whoever sends mail)
        return MailNotice
    if scheme in _TEAMS:
        from cashnotifyd.delivery.apprise_door.teams import TeamsNotice  # noqa: PLC0415 (for whoever sends there)

        return TeamsNotice
    module = _module_of(scheme)
    for found in vars(module).values() if module is not None else ():
        if isinstance(found, type) and issubclass(found, NotifyBase) and scheme in _schemes(found):
            return found
    with _loading_plugins():
        N_MGR.load_modules()
    return N_MGR[scheme] if scheme in N_MGR else None  # noqa: SIM401 (a manager has no get)


def _module_of(scheme: str) -> ModuleType | None:
    name = f"apprise.plugins.{_MODULES.get(scheme)}"
    if scheme not in _MODULES or name in sys.modules:
        return sys.modules.get(name)
    try:
        with _loading_plugins():
            return importlib.import_module(name)
    except ModuleNotFoundError:
        return None


@contextmanager
def _loading_plugins() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of modules of the standard library that Apprise uses
        yield


def _schemes(plugin: type[NotifyBase]) -> set[str]:
    return set(parse_list(plugin.protocol, plugin.secure_protocol))


def _unknown(scheme: str) -> str:
    near = difflib.get_close_matches(scheme, [*N_MGR.schemas(), DesktopNotice.protocol], n=3)
    hint = f"; near it are {', '.join(f'{one}://' for one in near)}" if near else ""
    return f"no service has the scheme {scheme}://{hint}"
