"""What was written, resolved: keys fetched from their files, names matched, defaults filled in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

import platformdirs
from pydantic import SecretStr

from cashnotifyd.config import amounts, values
from cashnotifyd.config.files import read_small_file
from cashnotifyd.config.findings import LOOKS_SECRET, Absent, KeyPath, Refused, did_you_mean, shown
from cashnotifyd.config.images import LARGEST_ICON, image_format
from cashnotifyd.config.ledger import Ledger
from cashnotifyd.config.settings import AccountSettings, ChannelSettings, Settings
from cashnotifyd.config.written import Written, WrittenAccount, WrittenChannel
from cashnotifyd.schedules import Burst, DigestSchedule, QuietHours
from cashnotifyd.vocabulary import Kind, Urgency, UrlReport

POLLS_MISSED = 3
"""So many polls in a row have to fail before an account counts as silent."""

_LARGEST_SECRET = 64 * 1024
_USUALLY_STALE = 15 * 60.0  # seconds
_DESCRIBED = "The examples in config.example.yaml show how such URLs look; Apprise's documentation has every service's."


ExamineUrl = Callable[[str], UrlReport]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where the configuration lives: its folder (absolute), the environment, systemd's credentials if any."""

    folder: Path
    environ: Mapping[str, str]
    credentials: Path | None

    def absolute(self, text: str) -> Path:
        """A path as written: ``~`` is the home folder, a relative one starts beside the configuration file."""
        # Path.expanduser raises where there is no such home; here the path then stays what it is.
        return self.folder / os.path.expanduser(text)  # noqa: PTH111

    def candidates(self, text: str) -> list[Path]:
        """Where a key file may be, the first that exists being it."""
        here = self.absolute(text)
        return [self.credentials / text, here] if self.credentials and not Path(text).is_absolute() else [here]

    def grants(self, path: Path) -> bool:
        """Whether ``path`` is a systemd credential, which systemd guards."""
        if self.credentials is None:
            return False
        return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(self.credentials))


class _Secret(NamedTuple):
    text: str
    at: KeyPath


@dataclass(frozen=True, slots=True)
class Resolver:
    """Makes settings of what was written. What cannot be resolved is entered in the ledger and left out."""

    surroundings: Surroundings
    examine_url: ExamineUrl
    ledger: Ledger
    secrets: list[str] = field(default_factory=list)
    judged: set[Path] = field(default_factory=set)
    """Folders that nobody but the user, root and a group may change anything in."""

    def settings(self, written: Written, account_ids: Iterable[str]) -> Settings:
        """The settings. ``account_ids`` are all that were named, those that were left out included."""
        accounts = self._accounts(written)
        timezone = written.timezone or values.system_time_zone(self.surroundings.environ)
        known = {*account_ids, *written.accounts}
        channels = {
            id_: channel
            for id_, one in written.channels.items()
            if (channel := self._channel(id_, one, written.urgency, timezone, known)) is not None
        }
        self._refuse_none("accounts", written.accounts, values.KEY_EXAMPLE)
        self._refuse_none("channels", written.channels, values.URL_EXAMPLE)
        return Settings(
            poll_interval=written.poll_interval,
            cursor_file=self._cursor_file(written.cursor_file),
            urgencies=MappingProxyType(dict(written.urgency)),
            locale=written.locale,
            timezone=timezone,
            accounts=MappingProxyType(accounts),
            channels=MappingProxyType(channels),
            heartbeat=self._heartbeat(written),
            read_share=written.read_share,
            stale_after=written.stale_after or max(_USUALLY_STALE, POLLS_MISSED * (written.poll_interval or 0)),
        )

    def _refuse_none(self, section: str, found: Mapping[str, object], example: str) -> None:
        if not found and not self.ledger.knows((section,)):
            self.ledger.refuse((section,), Refused(f"there are no {section}", example))

    def _heartbeat(self, written: Written) -> SecretStr | None:
        if written.heartbeat is None and written.heartbeat_file is None:
            return None
        secret = self._secret((), "heartbeat", written.heartbeat, written.heartbeat_file)
        if secret is None:
            return None
        try:
            url = values.heartbeat(secret.text)
        except Refused as refused:
            self.ledger.refuse(secret.at, refused)
            return None
        self.secrets.append(url)
        return SecretStr(url)

    def _cursor_file(self, text: str | None) -> Path:
        if text is None:
            try:
                folder = first_folder(self.surroundings.environ, "STATE_DIRECTORY") or platformdirs.user_state_path(
                    "cashnotifyd"
                )
            except RuntimeError:  # as in a container that runs as a number without a name
                folder = self.surroundings.folder
                self.ledger.refuse(
                    ("cursor_file",),
                    Refused("this user has no home folder to keep it in", "Name a file, as in /var/lib/…/cursor.db"),
                )
            return folder.absolute() / "cursor.db"
        path = self.surroundings.absolute(text)
        if os.path.isdir(path):  # noqa: PTH112 (Path.is_dir raises where it may not look)
            self.ledger.refuse(
                ("cursor_file",), Refused("this is a folder, not a file", "Name a file in it, as in …/cursor.db")
            )
        return path

    def _accounts(self, written: Written) -> dict[str, AccountSettings]:
        accounts: dict[str, AccountSettings] = {}
        owners: dict[tuple[str, str | None, str], str] = {}
        for id_, one in written.accounts.items():
            logo = None if one.logo is None else self._logo(("accounts", id_, "logo"), one.logo)
            secret = self._secret(("accounts", id_), "api_key", one.api_key, one.api_key_file)
            if secret is None:
                if self.ledger.spares(("accounts", id_)):
                    accounts[id_] = _account(id_, "", one, written.stripe_api_base, logo)
                continue
            try:
                key = values.api_key(secret.text, one.stripe_context)
            except Refused as refused:
                self.ledger.refuse(secret.at, refused)
                continue
            base = one.stripe_api_base or written.stripe_api_base
            if (owner := owners.setdefault((key, one.stripe_context, base), id_)) != id_:
                self.ledger.refuse(
                    secret.at,
                    Refused(
                        f"this is the same key as that of {owner}",
                        "Everything would be told twice: take one of the two accounts out, or give it its own key.",
                    ),
                )
                continue
            self.secrets.append(key)
            accounts[id_] = _account(id_, key, one, written.stripe_api_base, logo)
        return accounts

    def _logo(self, at: KeyPath, text: str) -> Path | None:
        """The path of an image that every desktop shows. None where it is refused, with the ledger told."""
        try:
            if "://" in text:
                raise Refused(  # noqa: TRY301 (entered below, like the others)
                    "this is an address, not the name of a file", "Save the image beside this file and name that here."
                )
            path = self.surroundings.absolute(text)
            if image_format(read_small_file(path, LARGEST_ICON).data) is None:
                raise Refused(  # noqa: TRY301 (as above)
                    "this file holds no png, jpg, gif or ico image",
                    "Save the logo as png, 256 pixels wide and high or so, and name that file here.",
                )
        except Refused as refused:
            self.ledger.refuse(at, refused)
            return None
        return path

    def _channel(
        self,
        id_: str,
        one: WrittenChannel,
        urgencies: Mapping[Kind, Urgency],
        timezone: ZoneInfo,
        known: set[str],
    ) -> ChannelSettings | None:
        at: KeyPath = ("channels", id_)
        for index, account in enumerate(one.accounts or ()):
            if account not in known:
                there_are = ", ".join(map(shown, sorted(known))) or "none yet"
                hint = f"{did_you_mean(account, known)}The accounts are: {there_are}."
                self.ledger.refuse((*at, "accounts", index), Refused("there is no account with this id", hint))
        least = self._min_amount((*at, "min_amount"), one.min_amount)
        url = self._url(at, one)
        if url is None:
            return None
        timezone = one.timezone or timezone
        return ChannelSettings(
            id=id_,
            url=SecretStr(url),
            accounts=None if one.accounts is None else frozenset(one.accounts),
            modes=None if one.modes is None else frozenset(one.modes),
            events=one.events,
            details=one.details,
            min_amount=MappingProxyType(least),
            urgencies=MappingProxyType({**urgencies, **one.urgency}),
            quiet_hours=None if one.quiet_hours is None else QuietHours(*one.quiet_hours, timezone),
            burst=None if one.burst is None else Burst(one.burst.above, one.burst.within),
            digest=None if one.digest is None else DigestSchedule(*one.digest, timezone),
        )

    def _url(self, at: KeyPath, one: WrittenChannel) -> str | None:
        """The URL, empty where it is spared. None where it is refused, with the ledger told."""
        secret = self._secret(at, "url", one.url, one.url_file)
        if secret is None:
            return "" if self.ledger.spares(at) else None
        url = secret.text
        try:
            values.refuse_what_is_no_url(url)
            values.refuse_several(url)
            values.refuse_unchecked_tls(url)
        except Refused as refused:
            self.ledger.refuse(secret.at, refused)
            return None
        if (problem := self.examine_url(url).problem) is not None:
            self.ledger.refuse(secret.at, Refused(problem, _DESCRIBED))
            return None
        self.secrets.append(url)
        return url

    def _min_amount(self, at: KeyPath, written: Mapping[str, Decimal]) -> dict[str, Decimal]:
        """The least amounts by lower-case currency, without those of zero, which are none."""
        found: dict[str, Decimal] = {}
        for spelt, least in written.items():
            code = spelt.lower()
            try:
                amounts.refuse_too_fine(least, code)
                if code in found:
                    raise Refused(  # noqa: TRY301 (entered below, like the others)
                        "this currency is written twice: capitals do not count", "Keep one of the two."
                    )
            except Refused as refused:
                self.ledger.refuse((*at, spelt), refused)
            found[code] = least
        return {code: least for code, least in found.items() if least}

    def _secret(self, at: KeyPath, key: str, given: str | None, file: str | None) -> _Secret | None:
        """The text of a key or URL and the path it was given at. None where there is none, with the ledger told."""
        key_at, file_at = (*at, key), (*at, f"{key}_file")
        if given is not None and file is not None:
            self.ledger.refuse(file_at, Refused(f"{key} and {key}_file are both given", "Keep one of the two."))
            return None
        if given is not None:
            return self._as_read(key_at, given, values.as_written)
        if file is None:
            if not (self.ledger.knows(key_at) or self.ledger.knows(file_at)):
                example = values.KEY_EXAMPLE if key == "api_key" else values.URL_EXAMPLE
                # A variable or a credential that overrides the file may hold it for the daemon alone.
                self.ledger.miss(at, Absent(f"it has neither {key} nor {key}_file", example))
            return None
        return self._as_read(file_at, file, self._read)

    def _as_read(self, at: KeyPath, text: str, read: Callable[[str], str]) -> _Secret | None:
        """What ``read`` makes of ``text``. None where it refuses, with the ledger told."""
        try:
            return _Secret(read(text), at)
        except Absent as absent:
            self.ledger.miss(at, absent)
        except Refused as refused:
            self.ledger.refuse(at, refused)
        return None

    def _read(self, text: str) -> str:
        if "://" in text or ("/" not in text and LOOKS_SECRET.search(text)):
            raise Refused(
                "this looks like the secret itself, not like the name of a file",
                "Put it in a file of its own (chmod 600) and name that here, or use the key without _file.",
            )
        candidates = self.surroundings.candidates(text)
        path = next(filter(os.path.lexists, candidates), None)
        if path is None:
            folders = " and ".join(dict.fromkeys(str(candidate.parent) for candidate in candidates))
            raise Absent(
                f"there is no such file in {folders}",
                "Create it (chmod 600) or correct the name; a relative one is looked for among systemd's credentials, "
                "then beside the configuration file.",
            )
        try:
            file = read_small_file(path, _LARGEST_SECRET)
            if not self.surroundings.grants(path):
                file.refuse_writable_by_others()
                file.refuse_readable_by_others()
                file.refuse_replaceable(self.judged)
            if text := file.data.decode().strip():
                return values.as_text(text)
            raise Refused("the file is empty", "Write the secret into it, and nothing else.")  # noqa: TRY301 (named below)
        except UnicodeDecodeError:
            raise Refused(f"{path}: this is not UTF-8 text", "The file holds the secret and nothing else.") from None
        except Refused as refused:
            raise type(refused)(f"{path}: {refused.problem}", refused.hint) from None


def _account(id_: str, key: str, one: WrittenAccount, common_base: str, logo: Path | None) -> AccountSettings:
    return AccountSettings(
        id=id_,
        api_key=SecretStr(key),
        name=one.name,
        stripe_api_base=one.stripe_api_base or common_base,
        mode=values.mode_of_key(key),
        logo=logo,
        stripe_context=one.stripe_context,
    )


def first_folder(environ: Mapping[str, str], name: str) -> Path | None:
    """The folder systemd names in a variable, the first where it names several."""
    first = environ.get(name, "").partition(":")[0]
    return Path(first) if first else None
