"""What ``cashnotifyd init`` stands on: the file, what is in it already, and how an answer is to be understood."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cashnotifyd.config import values
from cashnotifyd.config.document import read_document
from cashnotifyd.config.files import read_small_file
from cashnotifyd.config.findings import Refused
from cashnotifyd.config.settings import STRIPE_ITSELF
from cashnotifyd.config.written import is_known
from cashnotifyd.delivery.apprise_door.urls import examine
from cashnotifyd.setup.composing import Entry, Section, as_written, can_add
from cashnotifyd.setup.saving import Existing, existing
from cashnotifyd.vocabulary import Mode
from cashnotifyd.wording.message import Words

_LARGEST_SECRET = 64 * 1024
_USUAL_LOCALE = "en_US"
_CHANNEL_IDS = {
    "dbus": "desktop",
    "macosx": "desktop",
    "mailto": "mail",
    "mailtos": "mail",
    "ntfy": "phone",
    "ntfys": "phone",
    "pover": "phone",
}


@dataclass(frozen=True, slots=True)
class Secret:
    """A key or URL: its value, and how it is to be written, as a text or as the name of a file that holds it."""

    value: str = field(repr=False)
    written: str = field(repr=False)
    suffix: Literal["", "_file"] = ""


@dataclass(frozen=True, slots=True)
class Ground:
    """The file that is to be written, and what is there. ``other_base``: what an account has to say of Stripe's API."""

    path: Path
    before: Existing | None
    environ: Mapping[str, str]
    stripe_api_base: str
    other_base: str | None
    locale: str
    words: Words

    @classmethod
    def at(cls, path: Path, environ: Mapping[str, str], stripe_api_base: str | None) -> Ground:
        """Read what is there.

        Raises:
            Refusal: it cannot be used.
        """
        before = existing(path, environ, examine)
        usual = _base_of(before, path, environ)
        settings = before.loaded.settings if before else None
        locale = settings.locale if settings else locale_of(environ)
        timezone = settings.timezone if settings else values.system_time_zone(environ)
        base = stripe_api_base or usual
        return cls(path, before, environ, base, None if base == usual else base, locale, Words(locale, timezone))

    def taken(self, section: Section) -> Collection[str]:
        """The ids that are there already."""
        if self.before is None:
            return ()
        settings = self.before.loaded.settings
        return settings.accounts if section == "accounts" else settings.channels

    def why_not(self, section: Section) -> str | None:
        """Why nothing can be added to a section; None where it can."""
        if self.before is None or can_add(self.before.text, section):
            return None
        example = "shop: {api_key_file: shop.key}" if section == "accounts" else "phone: {url_file: phone.url}"
        return (
            f"In {self.path}, {section}: is not written in lines, one below the other, so nothing can be put in here."
            f" Add it by hand, as in {example}."
        )

    def key(self, text: str) -> Secret:
        """A key: itself, ``${NAME}``, or ``@FILE``. Raises Refused."""
        secret = self._secret(text)
        key = values.api_key(secret.value)
        for account in self.before.loaded.settings.accounts.values() if self.before else ():
            if account.api_key.get_secret_value() == key:
                raise Refused(f"this key is there already, as that of {account.id}", "Take the key of another account.")
        return Secret(key, secret.written if values.has_reference(text) or secret.suffix else key, secret.suffix)

    def url(self, text: str) -> Secret:
        """A channel's URL, likewise. Raises Refused."""
        secret = self._secret(text)
        values.refuse_several(secret.value)
        values.refuse_unchecked_tls(secret.value)
        if (problem := examine(secret.value).problem) is not None:
            raise Refused(problem, "Apprise's documentation has the URL of every service: https://appriseit.com")
        return secret

    def account(self, id_: str, key: Secret, name: str | None) -> Entry:
        """An account as it is to be written."""
        keys = {f"api_key{key.suffix}": key.written}
        if name is not None:
            keys["name"] = as_written(name)
        if self.other_base is not None:
            keys["stripe_api_base"] = self.other_base
        return Entry("accounts", id_, keys)

    def channel(self, id_: str, url: Secret) -> Entry:
        """A channel as it is to be written."""
        return Entry("channels", id_, {f"url{url.suffix}": url.written})

    def _secret(self, text: str) -> Secret:
        text = values.as_text(text).strip()
        if text.startswith("@"):
            return self._in_file(text[1:])
        return Secret(values.expand(text, self.environ) if values.has_reference(text) else text, as_written(text))

    def _in_file(self, name: str) -> Secret:
        path = Path(os.path.abspath(os.path.expanduser(name)))  # noqa: PTH100, PTH111 (Path's raise where there is no home)
        try:
            file = read_small_file(path, _LARGEST_SECRET)
            file.refuse_writable_by_others()
            file.refuse_readable_by_others()
            value = values.as_text(file.data.decode("utf-8").strip())
        except UnicodeDecodeError:
            raise Refused(f"{path}: this is not UTF-8 text", "The file holds the secret and nothing else.") from None
        except Refused as refused:
            raise Refused(f"{path}: {refused.problem}", refused.hint) from None
        beside = path.parent == Path(os.path.realpath(self.path)).parent
        return Secret(value, as_written(path.name if beside else str(path)), "_file")


def new_id(text: str, taken: Collection[str]) -> str:
    """An id that is none yet. Raises Refused."""
    id_ = values.identifier(text)
    if id_ in taken:
        raise Refused(f"there is {id_} already", "Choose another word.")
    return id_


def suggested_account_id(name: str | None, mode: Mode, taken: Collection[str]) -> str:
    """``Acme Shop`` in test mode as ``acme-shop-test``."""
    slug = re.sub(r"[^a-z0-9]+", "-", (name or "").casefold()).strip("-")[:40].strip("-") or "shop"
    try:
        values.identifier(slug)
    except Refused:
        slug = "shop"
    if mode is Mode.TEST and not slug.endswith("test"):
        slug += "-test"
    return _free(slug, taken)


def suggested_channel_id(url: str, taken: Collection[str]) -> str:
    """``phone`` for ntfy and Pushover, ``mail``, ``desktop``, else the URL's scheme."""
    scheme = url.partition("://")[0].strip().lower()
    return _free(_CHANNEL_IDS.get(scheme, scheme.removesuffix("s") or "channel"), taken)


def locale_of(environ: Mapping[str, str]) -> str:
    """The user's language and country, by the usual variables."""
    named = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    try:
        return values.locale_name(named.partition(".")[0].partition("@")[0])
    except Refused:
        return _USUAL_LOCALE


def _free(word: str, taken: Collection[str]) -> str:
    candidates = (word, *(f"{word}-{number}" for number in range(2, len(taken) + 3)))
    return next(candidate for candidate in candidates if candidate not in taken)


def _base_of(before: Existing | None, path: Path, environ: Mapping[str, str]) -> str:
    """Where Stripe's API is for an account that does not say."""
    written = environ.get("CASHNOTIFYD_STRIPE_API_BASE")
    if written is None and before is not None:
        found = read_document(before.data, str(path), is_known).tree.get("stripe_api_base")
        written = values.expand(found, environ) if isinstance(found, str) else None
    return values.api_base(written or STRIPE_ITSELF)
