"""From a file, an environment and credentials to frozen settings, or to everything that is wrong with them.

    bytes ─▶ document (YAML, its surprises) ─▶ overrides over it ─▶ ${ENV} ─▶ shape and single values
          ─▶ keys fetched and judged, names matched ─▶ who else may read it ─▶ Loaded | ConfigError

Each step leaves out what it found fault with and the next goes on with the rest, so that one run tells it all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import platformdirs

from cashnotifyd.config import overrides, values
from cashnotifyd.config.document import Document, read_document
from cashnotifyd.config.event_types import doubt
from cashnotifyd.config.files import SmallFile, read_small_file
from cashnotifyd.config.findings import ENOUGH, Absent, ConfigError, Finding, KeyPath, Refused, dotted
from cashnotifyd.config.ledger import Ledger, Secrets
from cashnotifyd.config.resolving import POLLS_MISSED, ExamineUrl, Resolver, Surroundings, first_folder
from cashnotifyd.config.settings import Settings
from cashnotifyd.config.written import Layers, check, is_known

__all__ = ["ConfigError", "Finding", "Loaded", "Secrets", "default_path", "load"]

_LARGEST_FILE = 8 * 1024 * 1024  # room for some 50,000 accounts
_HASTY = 60.0  # seconds
_MONTH = 30 * 86_400
# Stripe's documentation, "Rate limits": 500 reads a transaction over 30 days, and no less than this for any account.
_READS_FLOOR = 10_000

_RIVALS = {
    "api_key": "api_key_file",
    "api_key_file": "api_key",
    "url": "url_file",
    "url_file": "url",
    "heartbeat": "heartbeat_file",
    "heartbeat_file": "heartbeat",
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings that work, what to tell their owner all the same, and the texts that no log line may contain."""

    settings: Settings
    warnings: tuple[str, ...]
    secrets: tuple[str, ...] = field(repr=False)


def default_path(environ: Mapping[str, str]) -> Path:
    """``$CASHNOTIFYD_CONFIG``, else config.yaml in systemd's configuration folder, else in the platform's.

    Raises:
        ConfigError: the platform's is in a home folder, and this user has none.
    """
    if named := environ.get(overrides.CONFIG_VARIABLE):
        return Path(os.path.expanduser(named))  # noqa: PTH111 (Path.expanduser raises where there is no such home)
    try:
        folder = first_folder(environ, "CONFIGURATION_DIRECTORY") or platformdirs.user_config_path("cashnotifyd")
    except RuntimeError:
        problem, hint = "this user has no home folder to look for it in", "Name the file with --config."
        raise ConfigError([Finding("config.yaml", "", problem, hint)]) from None
    return folder / "config.yaml"


def load(path: Path, environ: Mapping[str, str], examine_url: ExamineUrl, secrets: Secrets = Secrets.NEEDED) -> Loaded:
    """Read, check and resolve everything. Raises ConfigError with all that could be found wrong.

    ``environ`` is where ``${NAME}``, the overrides and systemd's folders come from. A secret that is
    spared is the empty text where it is not there, and the account's mode, which the key would tell, live.
    """
    file = _configuration_file(path)
    document = read_document(file.data, str(path), is_known)
    surroundings = Surroundings(path.absolute().parent, environ, first_folder(environ, "CREDENTIALS_DIRECTORY"))

    ids = {section: _ids(document, section) for section in ("accounts", "channels")}
    variables = overrides.from_environment(environ, ids)
    credentials = overrides.from_credentials(surroundings.credentials, _with_new_ids(ids, variables))
    ledger = Ledger(
        document,
        {**credentials.by_path, **variables.by_path},
        (*variables.findings, *credentials.findings),
        secrets,
    )

    layers = _stronger_wins(Layers(variables.values(), credentials.values(), document.tree))
    layers = Layers(layers.environment, layers.credentials, _expanded(layers.file, (), environ, ledger) or {})
    written, misfits = check(layers)
    for misfit in misfits:
        ledger.refuse(misfit.path, misfit.refused)

    resolver = Resolver(surroundings, examine_url, ledger)
    settings = resolver.settings(written, ids["accounts"])
    _refuse_exposed(file, document, environ, examine_url, ledger)
    ledger.raise_findings()
    warnings = (*_foreign(file), *_warnings(settings), *_never_heard_of(settings, ledger))
    return Loaded(settings, warnings, tuple(resolver.secrets))


def _configuration_file(path: Path) -> SmallFile:
    try:
        return read_small_file(path, _LARGEST_FILE)
    except Refused as refused:
        hint = refused.hint
        if not os.path.lexists(path):
            hint = (
                "Type: cashnotifyd init, which asks and writes it. Or copy config.example.yaml there, fill it in and "
                "protect it (chmod 600), or name another file with --config."
            )
        raise ConfigError([Finding(str(path), "", refused.problem, hint)]) from None


def _ids(document: Document, section: str) -> list[str]:
    below = document.tree.get(section)
    return list(below) if isinstance(below, dict) else []


def _with_new_ids(ids: Mapping[str, list[str]], variables: overrides.Overrides) -> dict[str, list[str]]:
    """The ids of the file and those that only variables tell of, so that a credential finds the latter too."""
    named = {section: dict.fromkeys(known) for section, known in ids.items()}
    for section, *rest in variables.by_path:
        if str(section) in named and rest:
            named[str(section)][str(rest[0])] = None
    return {section: list(known) for section, known in named.items()}


def _stronger_wins(layers: Layers) -> Layers:
    """The weaker layers without what a stronger one replaces: an ``api_key`` replaces an ``api_key_file`` too."""
    replaced = [it for path in layers.environment for it in _replaced_by(path)]
    credentials = Layers({}, layers.credentials, {}).without(replaced).credentials
    replaced = [
        it
        for path in (*layers.environment, *credentials)
        for it in (*_replaced_by(path), *_spelt_in(layers.file, path))
    ]
    file = Layers({}, {}, layers.file).without(replaced).file
    return Layers(layers.environment, credentials, file)


def _replaced_by(path: KeyPath) -> Iterator[KeyPath]:
    yield path
    if rival := _RIVALS.get(str(path[-1])):
        yield (*path[:-1], rival)


def _spelt_in(file: Mapping[str, Any], path: KeyPath) -> Iterator[KeyPath]:
    """The same in the file's own spelling: variables' names have no capitals, and currencies may."""
    match path:
        case ("channels", id_, "min_amount", code):
            channels = file.get("channels")
            channel = channels.get(id_) if isinstance(channels, dict) else None
            amounts = channel.get("min_amount") if isinstance(channel, dict) else None
            for spelt in amounts if isinstance(amounts, dict) else ():
                if spelt.lower() == code:
                    yield (*path[:-1], spelt)


def _expanded(value: Any, path: KeyPath, environ: Mapping[str, str], ledger: Ledger) -> Any:  # noqa: ANN401 (a tree)
    """``value`` with every ``${NAME}`` filled in; None where that fails, and the ledger knows why."""
    if isinstance(value, str):
        try:
            return values.expand(value, environ)
        except Refused as refused:
            if isinstance(refused, Absent) and _is_secret(path):
                ledger.miss(path, refused)
            else:
                ledger.refuse(path, refused)
            return None
    if isinstance(value, list):
        items = [_expanded(item, (*path, index), environ, ledger) for index, item in enumerate(value)]
        return None if None in items else items
    filled = {key: _expanded(below, (*path, key), environ, ledger) for key, below in value.items()}
    return {key: below for key, below in filled.items() if below is not None}


def _is_secret(path: KeyPath) -> bool:
    match path:
        case (
            ("heartbeat" | "heartbeat_file",)
            | ("accounts", _, "api_key" | "api_key_file")
            | ("channels", _, "url" | "url_file")
        ):
            return True
    return False


def _refuse_exposed(
    file: SmallFile, document: Document, environ: Mapping[str, str], examine_url: ExamineUrl, ledger: Ledger
) -> None:
    """Enter a configuration file that others may change or replace, or may read although secrets stand in it."""
    try:
        file.refuse_replaceable(set())
    except Refused as refused:
        ledger.refuse_file(refused)
    try:
        file.refuse_writable_by_others()
    except Refused as refused:
        ledger.refuse_file(refused)
        return  # the same command mends both
    try:
        file.refuse_readable_by_others()
    except Refused as refused:
        for literal in islice(_literal_secrets(document, environ, examine_url), 1):  # one command mends them all
            ledger.refuse_written(literal, refused)


def _literal_secrets(document: Document, environ: Mapping[str, str], examine_url: ExamineUrl) -> Iterator[KeyPath]:
    """Where secrets stand in the file in so many letters."""
    heartbeat = document.tree.get("heartbeat")
    if isinstance(heartbeat, str) and not values.has_reference(heartbeat):
        yield ("heartbeat",)
    for section, key in (("accounts", "api_key"), ("channels", "url")):
        for id_ in _ids(document, section):
            one = document.tree[section][id_]
            text = one.get(key) if isinstance(one, dict) else None
            if isinstance(text, str) and _is_literal(section, text, environ, examine_url):
                yield (section, id_, key)


def _is_literal(section: str, text: str, environ: Mapping[str, str], examine_url: ExamineUrl) -> bool:
    if section == "accounts":
        return not values.has_reference(text)
    if values.is_reference(text):
        return False
    try:
        return examine_url(values.expand(text, environ)).has_secret
    except Refused:
        return False  # a variable is missing, which is refused already


def _foreign(file: SmallFile) -> Iterator[str]:
    """That somebody else decides. It may be meant: root runs what a user wrote, a container what its host lent it."""
    if file.belongs_to_another():
        yield f"{file.path} belongs to another user (number {file.owner}), who decides where the news goes."


def _warnings(settings: Settings) -> Iterator[str]:
    for account in settings.accounts.values():
        if account.api_key.get_secret_value().startswith("sk_"):
            yield (
                f"accounts.{account.id}: this is a full secret key, it could move money. It works, but a restricted "
                f"key that may only read would do: create one at {values.KEYS_PAGE}."
            )
    interval = settings.poll_interval
    asks_stripe = any(account.is_at_stripe for account in settings.accounts.values())
    if interval is not None and interval < _HASTY and asks_stripe:
        yield (
            f"poll_interval: every {interval:g} s makes {_MONTH / interval:,.0f} reads a month for each account. "
            f"Stripe allows 500 for each transaction and at least {_READS_FLOOR:,} a month, shared with everything "
            "else that reads the account; beyond that it may refuse. auto keeps within it."
        )
    if interval is not None and settings.stale_after < POLLS_MISSED * interval:
        yield (
            f"stale_after: an account that is asked every {interval:g} s counts as silent {settings.stale_after:g} s "
            f"after its last answer: a poll or two that fail would alarm you. {POLLS_MISSED * interval:g}s would be "
            "three polls."
        )


def _never_heard_of(settings: Settings, ledger: Ledger) -> Iterator[str]:
    """Where a channel names what Stripe does not have: a mistyped type is a dispute that nobody hears of."""
    doubts = (
        (("channels", channel.id, "events", index), found)
        for channel in settings.channels.values()
        for index, pattern in enumerate(channel.events or ())
        if (found := doubt(pattern)) is not None
    )
    for path, found in islice(doubts, ENOUGH):
        yield f"{ledger.place(path)}: {dotted(path)}: {found}"
    if more := sum(1 for _ in doubts):
        yield f"and {more:,} more types of events that Stripe does not have"
