"""A folder of one's own, a configuration file in it, and a stand-in for the door to Apprise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from cashnotifyd.config.loading import ConfigError, Loaded, load
from cashnotifyd.vocabulary import UrlReport

FILE = Path("config.yaml")

Write = Callable[..., Path]


def examine_url(url: str) -> UrlReport:
    """Knows as much of URLs as the tests need: a scheme that is known, and a password or token in it."""
    scheme, _, rest = url.partition("://")
    if scheme not in {"ntfys", "json", "pover", "mailtos", "dbus"}:
        return UrlReport("Apprise does not understand this URL", has_secret=True)
    return UrlReport(None, has_secret="@" in rest)


def read(environ: Mapping[str, str] | None = None, path: Path = FILE) -> Loaded:
    return load(path, environ or {}, examine_url)


def complaint(environ: Mapping[str, str] | None = None, path: Path = FILE) -> str:
    with pytest.raises(ConfigError) as caught:
        read(environ, path)
    return str(caught.value)


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes files of mode 0600 into the current folder, which is an empty one."""
    monkeypatch.chdir(tmp_path)

    def write_file(content: str | bytes, name: str = "config.yaml", mode: int = 0o600) -> Path:
        path = Path(name)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(mode)
        return path

    return write_file
