"""The only door to Apprise: what a channel's URL means, and one attempt to send one message to one recipient.

Apprise's plugins are used without its dispatcher. The dispatcher sends from a pool of threads that all channels share,
repeats a partial failure to the recipients that already have the message, and answers nothing but yes or no. Of a
failure's cause Apprise 2.2 speaks only in its log, on levels that also print tokens; so while a plugin sends, this
module listens to that log and reads the exception that is being handled when a line is written, not the line.
"""

# Apprise annotates its plugins in part: calls into it are untyped, and what a plugin has beyond the base is not known.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import difflib
import importlib
import json
import logging
import re
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Final, Self
from urllib.parse import quote, unquote

from apprise import AppriseAsset, NotifyBase, NotifyFormat, NotifyType, PersistentStoreMode
from apprise.conversion import convert_between
from apprise.exception import AppriseImproperlyConfigured
from apprise.plugins import N_MGR, url_to_dict
from apprise.utils.parse import parse_bool, parse_emails, parse_list

from cashnotifyd.delivery import desktop
from cashnotifyd.delivery.failures import describe, is_of_transport, may_have_arrived
from cashnotifyd.delivery.outcome import Delivered, NotSent, Outcome, Unconfirmed
from cashnotifyd.vocabulary import Message, Urgency

APP_NAME: Final = "cashnotifyd"

_LOG: Final = logging.getLogger("apprise")
_LOG.propagate = False
_LOG.setLevel(logging.DEBUG)
# At DEBUG the HTTP client beneath Apprise logs request paths, and those hold bot tokens.
logging.getLogger("urllib3").setLevel(logging.WARNING)

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
    "mailto": "email",
    "mailtos": "email",
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
    "workflow": "workflows",
    "workflows": "workflows",
    "xml": "custom_xml",
    "xmls": "custom_xml",
}
"""Where in Apprise a scheme's plugin lives, for the common ones. A scheme that is not here, or that an Apprise to come
has moved, is found by loading all 150 of them, which costs 65 ms and 10 MiB more (apprise 2.2.0 on CPython 3.11, beside
a loaded asyncio: this module and an ntfy URL 82 ms and 15 MiB, mail, Pushover and desktop as well 89 ms and 17 MiB, all
plugins 148 ms and 25 MiB)."""


@dataclass(frozen=True, slots=True)
class UrlFacts:
    """What is wrong with an Apprise URL and the next step, without any secret; and whether it holds a secret."""

    problem: str | None
    has_secret: bool


@dataclass(frozen=True, slots=True)
class _Parameters:
    """How a service takes what is not text: the plugin's arguments for urgency, link and icon's file."""

    urgency: str
    values: Mapping[Urgency, str]
    link: str | None = None
    icon: str | None = None
    fixed: Mapping[str, str] = field(default_factory=dict)


_LINK_TITLE: Final = "Stripe Dashboard"
_HIGH_TO_LOW: Final = (Urgency.EMERGENCY, Urgency.HIGH, Urgency.NORMAL, Urgency.LOW)
_PARAMETERS: Final[Mapping[str, _Parameters]] = {
    "NotifyNtfy": _Parameters(
        "priority", dict(zip(_HIGH_TO_LOW, ("max", "high", "default", "low"), strict=True)), link="click"
    ),
    # Pushover's own emergency (2) rings again until somebody confirms it: too much of a good thing.
    "NotifyPushover": _Parameters(
        "priority",
        dict(zip(_HIGH_TO_LOW, ("1", "1", "0", "-1"), strict=True)),
        link="supplemental_url",
        fixed={"supplemental_url_title": _LINK_TITLE},
    ),
    "NotifyGotify": _Parameters("priority", dict(zip(_HIGH_TO_LOW, ("10", "8", "5", "3"), strict=True))),
}
_TYPES: Final = {Urgency.EMERGENCY: NotifyType.FAILURE, Urgency.HIGH: NotifyType.WARNING}
_SHOWING_ICONS: Final = ("NotifyDiscord", "NotifyMattermost", "NotifyNtfy", "NotifyRocketChat", "NotifySlack")
"""Services that show an image from the web beside a message. Apprise's ``image=`` and ``avatar=`` still decide."""
_SHAPES: Final = {
    "NotifyEmail": "mailtos://user:password@smtp.example.org?from=you@example.org&to=you@example.org",
    "NotifyNtfy": "ntfys://host/topic",
    "NotifyPushover": "pover://user-key@app-token",
}
_DESKTOPS: Final = frozenset({"gio", "glib", "gnome", "kde", "qt"})
_WEBHOOKS: Final = frozenset({"form", "forms", "json", "jsons", "xml", "xmls"})
_CALLING: Final = ("NotifyDiscord", "NotifyGuilded", "NotifyMattermost", "NotifyRocketChat")
_READING_MARKDOWN: Final = ("NotifyDiscord", "NotifyGuilded", "NotifyMattermost")
"""Services that read Markdown even in what is sent as text, and take a backslash before its signs."""
_MARKDOWN: Final = re.compile(r"[\\`*_~|\[\]]|^\s*(?:[#>+-]|\d+(?=[.)]))", re.MULTILINE)
_CALL: Final = re.compile(r"(?<!\w)@(?=(?:everyone|here|channel|all)\b)|<(?=@)", re.IGNORECASE)
"""What rings for a whole room there, wherever it stands in a text: a customer may be named @everyone."""
_NTFY_BYTES: Final = 4000
"""ntfy turns a longer message into an attachment, which the phone shows as a file name (its documentation,
"Limitations": 4,096 bytes). Counted in JSON, which never is shorter than UTF-8 and is what the plugin counts."""
_SHORTEST_SECRET: Final = 4
"""A shorter one would blacken half of every line."""


class DesktopNotice(NotifyBase):
    """Apprise's view of :mod:`cashnotifyd.delivery.desktop`."""

    service_name: str = "Desktop"  # type: ignore[assignment]  # (Apprise declares these as None)
    protocol: str = "dbus"  # type: ignore[assignment]
    request_rate_per_sec = 0
    title_maxlen = 250
    templates: tuple[str, ...] = ("{schema}://",)  # type: ignore[assignment]

    def __init__(
        self,
        urgency: str | None = None,
        icon: str | None = None,
        **kwargs: Any,  # noqa: ANN401 (whatever a URL says)
    ) -> None:
        super().__init__(**kwargs)
        self.icon = None if icon is None else Path(icon)
        try:
            self.urgency = Urgency(urgency or Urgency.NORMAL)
        except ValueError:
            raise AppriseImproperlyConfigured("the urgency is none of emergency, high, normal, low") from None

    def send(self, body: str, title: str = "", notify_type: NotifyType = NotifyType.INFO, **_: object) -> bool:
        """Shows one notice. Raises what :func:`cashnotifyd.delivery.desktop.notify` raises."""
        del notify_type
        desktop.notify(title, body, urgency=self.urgency, icon=self.icon, app_name=APP_NAME)
        return True

    @staticmethod
    def parse_url(url: str, *_: object, **__: object) -> dict[str, Any] | None:
        """``dbus://`` needs nothing more; ``?urgency=`` fixes the urgency of all its notices."""
        arguments = NotifyBase.parse_url(url, verify_host=False)
        if arguments and (urgency := arguments["qsd"].get("urgency") or arguments["qsd"].get("priority")):
            arguments["urgency"] = unquote(urgency).strip().lower()
        return arguments


_PARAMETERS_OF_DESKTOP: Final = _Parameters("urgency", {urgency: urgency.value for urgency in Urgency}, icon="icon")


def examine(url: str) -> UrlFacts:
    """Whether messages can be sent to this URL as far as can be told without sending one. Never raises."""
    problem = None
    try:
        open_targets(url)
    except ValueError as error:
        problem = str(error)
    return UrlFacts(problem, bool(secrets_of(url)))


def open_targets(url: str) -> tuple[Target, ...]:
    """One target for each recipient that the URL names, in its order.

    What Apprise would send in one request (several Pushover devices) stays one target: it cannot fail in part.

    Raises:
        ValueError: the URL cannot be used. The text says why and the next step, and holds no secret.
    """
    plugin, arguments = _parsed(url)
    if not parse_bool(arguments.get("verify", True)):
        raise ValueError("verify=no switches the TLS check off: remove it, or make the server's certificate trusted")
    whole = _made(plugin, arguments, url)
    hidden = secrets_of(url)
    return tuple(
        Target(name=str(plugin.service_name), plugin=plugin, arguments=each, hidden=(*hidden, *_recipients(each)))
        for each in _split(plugin, arguments, whole)
    )


def secrets_of(url: str) -> tuple[str, ...]:
    """Every spelling of the passwords, tokens and keys in the URL, longest first; nothing shorter than 4 signs."""
    try:
        plugin, arguments = _parsed(url)
    except ValueError:
        return _spellings(_suspects(url))
    found: set[str] = set()
    tokens = {**plugin.template_tokens, **plugin.template_args}
    for name, about in tokens.items():
        if about.get("private"):
            found.update(_texts(arguments.get(about.get("map_to", name))))
    found.update(_texts(arguments.get("password")))
    if "user" not in plugin.template_tokens or (arguments.get("token") and not arguments.get("password")):
        found.update(_texts(arguments.get("user")))
    for header in (arguments.get("qsd+") or {}).values():
        found.update((header, *unquote(header).split()[-1:]))  # "Bearer" itself is none
    if arguments.get("schema") in _WEBHOOKS:  # whoever knows such a path may post
        found.update(part for part in str(arguments.get("fullpath") or "").split("/") if len(part) > len("services"))
    return _spellings(found)


class Target:
    """One recipient behind one Apprise URL. ``name`` is the service's, for logs. One thread at a time may send."""

    __slots__ = ("_arguments", "_hidden", "_parameters", "_plugin", "_reused", "name")

    def __init__(
        self, *, name: str, plugin: type[NotifyBase], arguments: dict[str, Any], hidden: tuple[str, ...]
    ) -> None:
        self.name = name
        self._plugin = plugin
        self._arguments = arguments
        self._hidden = hidden
        self._parameters = _PARAMETERS_OF_DESKTOP if plugin is DesktopNotice else _PARAMETERS.get(plugin.__name__)
        # An instance may hold a login (Matrix, Bluesky). Where urgency and link are arguments there is a new one for
        # each message, 66 µs.
        self._reused: NotifyBase | None = None

    def send(self, message: Message) -> Outcome:
        """Tries once, blocking the calling thread, and says what is known of the result.

        One connection attempt lasts 5 s and the wait for an answer 10 s, unless the URL sets ``cto`` and ``rto``;
        each step of a mail lasts 10 s at most, unless the URL sets ``cto``.
        """
        with _Ear() as ear:
            try:
                service = self._service_for(message)
                service.asset.image_url_mask = self._icon_for(message)
                title, body = _texts_for(service, message, links_apart=self._takes_link())
                # Converted here, as the dispatcher does: asked directly, some plugins (Telegram) take text for markup.
                shown_as = service.resolve_format(NotifyFormat.TEXT)
                taken = service.notify(
                    title=title if service.title_maxlen > 0 else convert_between(NotifyFormat.TEXT, shown_as, title),
                    body=_as_format(shown_as, body, message.link),
                    body_format=shown_as,
                    body_passthrough=False,
                    notify_type=_TYPES.get(message.urgency, NotifyType.INFO),
                    overflow="truncate",
                )
            except AppriseImproperlyConfigured as error:
                return NotSent(self._reason(ear.warnings or [type(error).__name__], message))
            except Exception as error:  # noqa: BLE001 (150 plugins by as many authors: whatever one raises is a failed send, and the lane owns what follows)
                return self._judged(ear, [error], message)
            if taken:
                return Delivered()
            return self._judged(ear, ear.causes, message)

    def _takes_link(self) -> bool:
        return self._parameters is not None and (self._parameters.link is not None or self._plugin is DesktopNotice)

    def _icon_for(self, message: Message) -> str:
        """The link under which the service fetches the account's icon by itself, empty for none."""
        shows = any(_descends(self._plugin, name) for name in _SHOWING_ICONS)
        return message.icon.url or "" if shows and message.icon is not None else ""

    def _service_for(self, message: Message) -> NotifyBase:
        if self._parameters is None:
            if self._reused is None:
                self._reused = _instance(self._plugin, self._arguments)
            return self._reused
        chosen = dict(self._parameters.fixed)
        chosen[self._parameters.urgency] = self._parameters.values[message.urgency]
        if message.link and self._parameters.link:
            chosen[self._parameters.link] = message.link
        if message.icon and message.icon.file and self._parameters.icon:
            chosen[self._parameters.icon] = message.icon.file
        return _instance(self._plugin, {**chosen, **self._arguments})

    def _judged(self, ear: _Ear, causes: list[BaseException], message: Message) -> Outcome:
        reason = self._reason([describe(cause) for cause in causes] or ear.warnings, message)
        # Without an error of transport a plugin gives up on an answer that says no, and warns of it.
        doubtful = any(may_have_arrived(cause) for cause in causes) if causes else not ear.warnings
        return Unconfirmed(reason) if doubtful else NotSent(reason)

    def _reason(self, said: list[str], message: Message) -> str:
        hidden = (*self._hidden, message.title, *message.body.splitlines())
        return _redacted("; ".join(dict.fromkeys(said)), hidden) or "no reason was given"


class _Ear(logging.Handler):
    """Hears what Apprise logs in the thread that opened it, while it is open.

    Of lines below WARNING it takes the exception alone: their text holds tokens, headers and bodies.
    """

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._thread = threading.get_ident()
        self._older = sys.exception()
        self.warnings: list[str] = []
        self.causes: list[BaseException] = []

    def __enter__(self) -> Self:
        _LOG.addHandler(self)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        _LOG.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps the record's text if it is a warning, and the failure of transport that it was written for."""
        if threading.get_ident() != self._thread:
            return
        cause = sys.exception()
        if cause is not None and is_of_transport(cause) and cause is not self._older and cause not in self.causes:
            self.causes.append(cause)
        if record.levelno >= logging.WARNING:
            self.warnings.append(record.getMessage())


# What a URL means


def _parsed(url: str) -> tuple[type[NotifyBase], dict[str, Any]]:
    """The plugin and its arguments. Raises ValueError with a text that holds no secret."""
    scheme_found = re.match(r"\s*([a-z0-9]{1,32})://", url, re.IGNORECASE)
    if scheme_found is None:
        raise ValueError("this is no Apprise URL: one begins with a service and ://, as in ntfys://host/topic")
    scheme = scheme_found[1].lower()
    with _Ear():
        try:
            plugin = _plugin_of(scheme)
            if plugin is not None:
                # "#" begins a fragment, but many services name a room with it; Apprise reads it so too.
                arguments = plugin.parse_url(url.replace("/#", "/%23"))
            elif (arguments := url_to_dict(url)) is not None:  # the address that the service itself shows its users
                plugin = N_MGR[arguments["schema"]]
        except Exception as error:  # noqa: BLE001 (150 plugins by as many authors read a stranger's text)
            raise ValueError(f"Apprise cannot read this {scheme}:// URL ({type(error).__name__})") from None
    if plugin is None:
        raise ValueError(_unknown(scheme))
    if not arguments:
        raise ValueError(f"{scheme}:// needs more, as in {_shape(plugin, scheme)}")
    for several in ("retry", "wait", "tag", "optional"):  # the dispatcher's, which is not used
        arguments.pop(several, None)
    return plugin, arguments


def _plugin_of(scheme: str) -> type[NotifyBase] | None:
    """The plugin of a scheme, ours for the desktop however Apprise has been loaded; None for an unknown one."""
    if scheme == DesktopNotice.protocol:
        return DesktopNotice
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


def _shape(plugin: type[NotifyBase], scheme: str) -> str:
    templates: tuple[str, ...] = plugin.templates
    template = next(iter(templates), "{schema}://")
    return _SHAPES.get(plugin.__name__) or re.sub(r"[{}]", "", template.replace("{schema}", scheme))


def _instance(plugin: type[NotifyBase], arguments: dict[str, Any]) -> NotifyBase:
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
    connect = 10.0 if _descends(plugin, "NotifyEmail") else 5.0
    made = plugin(**{"cto": connect, "rto": 10.0, **arguments, "asset": asset})
    made.request_rate_per_sec = 0
    return made


def _descends(plugin: type[NotifyBase], name: str) -> bool:
    """Whether it is Apprise's plugin of this name or made from it: asked by name, so that nothing else is loaded."""
    return any(one.__name__ == name for one in plugin.__mro__)


def _made(plugin: type[NotifyBase], arguments: dict[str, Any], url: str) -> NotifyBase:
    """An instance of the whole URL. Whatever Apprise warns of while making one, it would leave out when sending."""
    scheme = str(arguments["schema"])
    if not plugin.enabled:
        raise ValueError(_disabled(plugin, scheme))
    if plugin is DesktopNotice and sys.platform != "linux":
        raise ValueError("dbus:// shows notices on Linux; on macOS use macosx://")
    hidden = (*secrets_of(url), *_recipients(arguments))
    whole, why = None, None
    with _Ear() as ear:
        try:
            whole = _instance(plugin, arguments)
            why = ear.warnings[0] if ear.warnings else None
        except AppriseImproperlyConfigured as error:
            why = str(error)
        except Exception as error:  # noqa: BLE001 (as above)
            why = type(error).__name__
    if whole is not None and (needs := _unmet(plugin, whole, arguments)) is not None:
        raise ValueError(needs)
    if whole is None or why is not None:
        why = _redacted(re.sub(r"\([^)]*\)", "", why or ""), hidden).rstrip(".:; ")
        raise ValueError(f"{plugin.service_name}: {why}. The shape is {_shape(plugin, scheme)}")
    return whole


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
    if not _descends(plugin, "NotifyNtfy"):
        return None
    # Apprise takes a lone name for a topic on the public server: ntfy://localhost:2586/ would publish there.
    host = str(arguments.get("host") or "")
    public = whole.mode == "cloud" and "mode" not in arguments["qsd"]
    meant_as_host = "." in host or host == "localhost" or arguments.get("port") or arguments.get("user")
    if not whole.topics or (public and meant_as_host and "ntfy.sh" not in host):
        return "ntfy needs a topic: ntfy://host/topic (ntfys:// for https)"
    return None


# One recipient a target


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
        if all(len(_instance(plugin, one)) == 1 for one in each):
            yield from each
            return
    yield arguments


def _addresses(whole: Any) -> tuple[str, ...]:  # noqa: ANN401 (any plugin)
    """All addresses of a mail, without repetition; nothing for another service."""
    if not _descends(type(whole), "NotifyEmail"):
        return ()
    to = [f'"{name}" <{address}>' if name else address for name, address in whole.targets]
    seen = {address for _, address in whole.targets}
    return tuple(dict.fromkeys([*to, *sorted((whole.cc | whole.bcc) - seen)]))


def _recipients(arguments: dict[str, Any]) -> tuple[str, ...]:
    """What a reason must not name: topics, addresses, numbers."""
    return (*_texts(arguments.get("targets")), *parse_emails(arguments.get("targets")))


# Texts that fit


def _texts_for(service: NotifyBase, message: Message, *, links_apart: bool) -> tuple[str, str]:
    """Title and body as this service can show them, cut with a sign where they are too long.

    Apprise left to itself would send an oversized text as it is, for the service to refuse or to turn into a file.
    """
    title, body = message.title, message.body
    if any(_descends(type(service), name) for name in _READING_MARKDOWN):
        title, body = (_literal(service, text) for text in (title, body))
    if message.link and not links_apart:
        body = f"{body}\n\n{message.link}" if body else message.link
    if any(_descends(type(service), name) for name in _CALLING):
        title, body = (_CALL.sub("\\g<0>\u200b", text) for text in (title, body))
    if service.title_maxlen > 0:
        title = _cut(title, service.title_maxlen, len)
    if _descends(type(service), "NotifyNtfy"):
        return title, _cut(body or title, _NTFY_BYTES, lambda text: len(json.dumps(text)))
    taken = len(title) + 2 if service.title_maxlen <= 0 or service.overflow_amalgamate_title else 0
    return title, _cut(body or title, max(service.body_maxlen - taken, 1), len)


def _literal(service: NotifyBase, text: str) -> str:
    """``text`` so that a service which reads Markdown in it shows it as it is: a customer may be named ||**# Ada."""
    if service.resolve_format(NotifyFormat.TEXT) is not NotifyFormat.TEXT:
        return text  # what is sent as Markdown is escaped on its way, by _as_format
    return _MARKDOWN.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    sign = match[0]
    return f"{sign}\\" if sign[-1].isdigit() else f"{sign[:-1]}\\{sign[-1]}"


def _as_format(shown_as: NotifyFormat, body: str, link: str | None) -> str:
    """A text in the service's format. A link within Markdown is one: Apprise would put backslashes into its address."""
    shown: str
    if shown_as is not NotifyFormat.MARKDOWN or link is None or not body.endswith(link):
        shown = convert_between(NotifyFormat.TEXT, shown_as, body)
    else:
        shown = convert_between(NotifyFormat.TEXT, shown_as, body.removesuffix(link)) + f"[{_LINK_TITLE}]({link})"
    return shown


def _cut(text: str, limit: int, size: Callable[[str], int]) -> str:
    if size(text) <= limit:
        return text
    kept = text[:limit]
    while kept and size(kept + "…") > limit:
        kept = kept[: min(len(kept) - 1, len(kept) * limit // size(kept + "…"))]
    return kept.rstrip() + "…"


# Secrets


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple | set):
        for one in value:
            yield from _texts(one)


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


def _redacted(text: str, hidden: tuple[str, ...]) -> str:
    """One line of at most 200 signs without the hidden words and without addresses of any sort."""
    for word in sorted({word.strip() for word in hidden if word.strip()}, key=len, reverse=True):
        edge = r"\b" if len(word) < _SHORTEST_SECRET else ""  # a topic named "a" is no reason to strike out every "a"
        text = re.sub(rf"{edge}{re.escape(word)}{edge}", "…", text)
    text = re.sub(r"\b[a-z][a-z0-9+.-]*://\S+", "…", text, flags=re.IGNORECASE)
    text = re.sub(r"[^\s<>\"'(]+@[^\s<>\"')]+", "…", text)
    text = " ".join(text.split())
    return text if len(text) <= 200 else text[:199] + "…"  # noqa: PLR2004 (it stands in the docstring)
