"""Putting a configuration in place: checked before, and all at once, so that a half-written one is never found."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cashnotifyd.config.files import read_small_file
from cashnotifyd.config.findings import ConfigError, Refused
from cashnotifyd.config.loading import Loaded, load
from cashnotifyd.config.resolving import ExamineUrl
from cashnotifyd.config.schema import FILE_NAME, schema_text
from cashnotifyd.config.settings import Settings
from cashnotifyd.refusal import Refusal

_LARGEST: Final = 1024 * 1024
_BAD_CONFIGURATION: Final = 78  # EX_CONFIG of sysexits.h


@dataclass(frozen=True, slots=True)
class Existing:
    """A configuration that is there: its bytes, what they mean, and who may read them."""

    data: bytes
    loaded: Loaded
    mode: int

    @property
    def text(self) -> str:
        """What is written, without a byte order mark."""
        return self.data.decode("utf-8-sig")


def existing(path: Path, environ: Mapping[str, str], examine_url: ExamineUrl) -> Existing | None:
    """What is there; None where nothing is.

    Raises:
        Refusal: what is there cannot be used, and so nothing can be added to it.
    """
    if not os.path.lexists(path):
        return None
    try:
        file = read_small_file(path, _LARGEST)
        return Existing(file.data, load(path, environ, examine_url), file.mode)
    except Refused as refused:
        reason = f"{path}: {refused.problem}\n  {refused.hint}"
    except ConfigError as error:
        reason = str(error)
    raise Refusal(
        "there is a configuration already, and it cannot be used",
        hint=f"{reason}\nMend it first, or name another with --config.",
        status=_BAD_CONFIGURATION,
    ) from None


def save(path: Path, text: str, before: Existing | None, environ: Mapping[str, str], examine_url: ExamineUrl) -> Loaded:
    """Write the configuration, and beside it the schema for editors where there is none.

    ``before`` is what the text was made from. It keeps its group; others may not read the new one.

    Raises:
        Refusal: the text could not be used, would change what was there, or cannot be written. Then nothing is.
    """
    path = Path(os.path.realpath(path))  # a link stays one
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # In the same folder: keys in files are looked for beside it, and a name can be given within a disk only.
        descriptor, name = tempfile.mkstemp(prefix=".config-", suffix=".yaml", dir=path.parent)
    except OSError as error:
        raise _unwritable(path, error) from None
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(_as_bytes(text, before))
            file.flush()
            os.fsync(file.fileno())
        loaded = _checked(draft, path, environ, examine_url)
        if before is not None:
            _refuse_changes(before.loaded.settings, loaded.settings)
            _refuse_rivals(path, before)
            _keep_group(draft, path, before)
        draft.replace(path)
        _settle(path.parent)
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        draft.unlink(missing_ok=True)
    _add_schema(path.with_name(FILE_NAME))
    return loaded


def _as_bytes(text: str, before: Existing | None) -> bytes:
    marked = before is not None and before.data.startswith("\ufeff".encode())
    return text.encode("utf-8-sig" if marked else "utf-8")


def _checked(draft: Path, path: Path, environ: Mapping[str, str], examine_url: ExamineUrl) -> Loaded:
    try:
        return load(draft, environ, examine_url)
    except ConfigError as error:
        raise Refusal(
            "what would be written cannot be used, so nothing was",
            hint=str(error).replace(str(draft), str(path)),
        ) from None


def _refuse_changes(before: Settings, after: Settings) -> None:
    kept = (
        all(after.accounts.get(id_) == account for id_, account in before.accounts.items())
        and all(after.channels.get(id_) == channel for id_, channel in before.channels.items())
        and _rest(before) == _rest(after)
    )
    if not kept:
        raise Refusal(
            "what is there would not stay as it is, so nothing was written",
            hint="Add it by hand, below accounts: or channels:.",
        )


def _rest(settings: Settings) -> tuple[object, ...]:
    return (
        settings.poll_interval,
        settings.read_share,
        settings.cursor_file,
        settings.locale,
        settings.timezone,
        settings.heartbeat,
        settings.stale_after,
    )


def _refuse_rivals(path: Path, before: Existing) -> None:
    try:
        unchanged = read_small_file(path, _LARGEST).data == before.data
    except Refused:
        unchanged = False
    if not unchanged:
        raise Refusal(f"{path} has been changed meanwhile, so nothing was written", hint="Run this again.")


def _keep_group(draft: Path, path: Path, before: Existing) -> None:
    status = path.stat()
    if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
        os.chown(draft, status.st_uid, status.st_gid)
    draft.chmod(before.mode & (stat.S_IRWXU | stat.S_IRWXG))


def _settle(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _add_schema(path: Path) -> None:
    """For editors: its absence spoils nothing, so neither does a disk that is full just now."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(schema_text())
    except OSError:
        return


def _unwritable(path: Path, error: OSError) -> Refusal:
    return Refusal(
        f"{path} cannot be written: {error.strerror}",
        hint="Make its folder writable for this user, or name another file with --config.",
    )
