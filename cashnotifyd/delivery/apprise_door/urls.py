"""What a channel's URL means: whether it can be used, and whom it reaches."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any, Final

from apprise import NotifyBase
from apprise.exception import AppriseImproperlyConfigured
from apprise.utils.parse import parse_bool, parse_list

from cashnotifyd.delivery.apprise_door.desktop_notice import DesktopNotice
from cashnotifyd.delivery.apprise_door.hearing import Ear
from cashnotifyd.delivery.apprise_door.masking import recipients_in, redacted, secrets_of
from cashnotifyd.delivery.apprise_door.plugins import descends, instance, parsed, shape
from cashnotifyd.delivery.apprise_door.target import Target
from cashnotifyd.vocabulary import UrlReport

_DESKTOPS: Final = frozenset({"gio", "glib", "gnome", "kde", "qt"})


def examine(url: str) -> UrlReport:
    """Whether messages can be sent to this URL as far as can be told without sending one. Never raises."""
    problem = None
    try:
        open_targets(url)
    except ValueError as error:
        problem = str(error)
    return UrlReport(problem, bool(secrets_of(url)))


def open_targets(url: str) -> tuple[Target, ...]:
    """One target for each recipient that the URL names, in its order.

    What Apprise would send in one request (several Pushover devices) stays one target: it cannot fail in part.

    Raises:
        ValueError: the URL cannot be used. The text says why and the next step, and holds no secret.
    """
    plugin, arguments = parsed(url)
    if not parse_bool(arguments.get("verify", True)):
        raise ValueError("verify=no switches the TLS check off: remove it, or make the server's certificate trusted")
    whole = _made(plugin, arguments, url)
    if (clear := _in_the_clear(plugin, str(arguments["schema"]), whole)) is not None:
        raise ValueError(clear)
    hidden = secrets_of(url)
    return tuple(
        Target(name=str(plugin.service_name), plugin=plugin, arguments=each, hidden=(*hidden, *recipients_in(each)))
        for each in _split(plugin, arguments, whole)
    )


def _made(plugin: type[NotifyBase], arguments: dict[str, Any], url: str) -> NotifyBase:
    """An instance of the whole URL. Whatever Apprise warns of while making one, it would leave out when sending."""
    scheme = str(arguments["schema"])
    if not plugin.enabled:
        raise ValueError(_disabled(plugin, scheme))
    if plugin is DesktopNotice and sys.platform != "linux":
        raise ValueError("dbus:// shows notices on Linux; on macOS use macosx://")
    hidden = (*secrets_of(url), *recipients_in(arguments))
    whole, why = None, None
    with Ear() as ear:
        try:
            whole = instance(plugin, arguments)
            why = ear.warnings[0] if ear.warnings else None
        except AppriseImproperlyConfigured as error:
            why = str(error)
        except Exception as error:  # noqa: BLE001 (150 plugins by as many authors: whatever one raises is a URL that cannot be used)
            why = type(error).__name__
    if whole is not None and (needs := _unmet(plugin, whole, arguments)) is not None:
        raise ValueError(needs)
    if whole is None or why is not None:
        why = redacted(re.sub(r"\([^)]*\)", "", why or ""), hidden).rstrip(".:; ")
        raise ValueError(f"{plugin.service_name}: {why}. The shape is {shape(plugin, scheme)}")
    return whole


def _in_the_clear(plugin: type[NotifyBase], scheme: str, whole: Any) -> str | None:  # noqa: ANN401 (any plugin)
    """Why a URL whose scheme promises TLS would go without. Of Apprise 2.2's plugins mail and IRC have such a way."""
    if scheme.lower() not in parse_list(plugin.secure_protocol) or not getattr(plugin, "protocol", None):
        return None
    if str(getattr(whole, "secure_mode", "")).lower() in {"insecure", "none"}:
        return (
            "mode=insecure sends password and messages in the clear: remove it, or write mode=starttls or mode=ssl; a "
            f"server on this machine that has no TLS is {parse_list(plugin.protocol)[0]}://"
        )
    if not whole.secure:
        return f"Apprise speaks to this {plugin.service_name} server without TLS, whatever the URL says: use another"
    return None


def _disabled(plugin: type[NotifyBase], scheme: str) -> str:
    if scheme in _DESKTOPS and sys.platform == "linux":
        return f"{scheme}:// needs libraries that are not installed: use dbus://, which needs none"
    if scheme == "macosx":
        return (
            "macosx:// needs terminal-notifier: brew install terminal-notifier"
            if sys.platform == "darwin"
            else "macosx:// shows notices on macOS; on Linux use dbus://"
        )
    required = plugin.requirements.get("packages_required") or "something that this machine lacks"
    packages = required if isinstance(required, str) else ", ".join(required)
    return f"{scheme}:// is not available here: Apprise needs {packages} for it"


def _unmet(plugin: type[NotifyBase], whole: Any, arguments: dict[str, Any]) -> str | None:  # noqa: ANN401 (any plugin)
    """What a plugin accepts and then cannot, or should not, send to."""
    if len(whole) == 0:
        return f"{plugin.service_name} needs somebody to send to, as in {shape(plugin, str(arguments['schema']))}"
    if not descends(plugin, "NotifyNtfy"):
        return None
    # Apprise takes a lone name for a topic on the public server: ntfy://localhost:2586/ would publish there.
    host = str(arguments.get("host") or "")
    public = whole.mode == "cloud" and "mode" not in arguments["qsd"]
    meant_as_host = "." in host or host == "localhost" or arguments.get("port") or arguments.get("user")
    if not whole.topics or (public and meant_as_host and "ntfy.sh" not in host):
        return "ntfy needs a topic: ntfy://host/topic (ntfys:// for https)"
    return None


def _split(plugin: type[NotifyBase], arguments: dict[str, Any], whole: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 (any plugin)
    """The arguments once for each recipient that Apprise would serve by a request of its own, else as they are."""
    if addresses := _addresses(whole):
        # A copy is a recipient like any other: refused alone, it must not repeat the mail to the others.
        for address in addresses:
            yield {**arguments, "targets": [address], "cc": None, "bcc": None}
        return
    recipients = arguments.get("targets")
    if not isinstance(recipients, list) or len(recipients) != len(whole):  # or one item of it names several
        recipients = parse_list(recipients, sort=False)
    if len(whole) > 1 and len(recipients) >= len(whole):
        each = [{**arguments, "targets": [recipient]} for recipient in recipients]
        if all(len(instance(plugin, one)) == 1 for one in each):
            yield from each
            return
    yield arguments


def _addresses(whole: Any) -> tuple[str, ...]:  # noqa: ANN401 (any plugin)
    """All addresses of a mail, without repetition; nothing for another service."""
    if not descends(type(whole), "NotifyEmail"):
        return ()
    to = [f'"{name}" <{address}>' if name else address for name, address in whole.targets]
    seen = {address for _, address in whole.targets}
    return tuple(dict.fromkeys([*to, *sorted((whole.cc | whole.bcc) - seen)]))
