"""What only reads the record does without secrets that only the daemon is given, and without nothing besides."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from cashnotifyd.config.loading import ConfigError, Loaded, Secrets, load
from cashnotifyd.vocabulary import Mode
from tests.config.conftest import FILE, Write, complaint, examine_url

CONFIG = """\
heartbeat: ${HEARTBEAT}
accounts:
  shop: {api_key: "${SHOP_KEY}", name: Acme}
  other: {api_key_file: other.key}
channels:
  phone: {url: "ntfys://${TOKEN}@example.org/acme", accounts: [shop]}
  mail: {url_file: "${FOLDER}/mail.url"}
"""
BESIDE = "channels:\n  phone: {url: json://localhost}\n"


def spared(environ: Mapping[str, str] | None = None) -> Loaded:
    return load(FILE, environ or {}, examine_url, Secrets.SPARED)


def still_wrong(environ: Mapping[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        spared(environ)
    return str(caught.value)


@pytest.fixture
def no_root(write: Write) -> Iterator[None]:
    """Root may read everything, so it steps down for a while."""
    del write  # which goes to the folder first
    before = os.geteuid()
    if before == 0:
        Path().chmod(0o777)
        os.seteuid(65534)
    yield
    os.seteuid(before)


def test_all_but_the_secrets_is_there(write: Write) -> None:
    write(CONFIG)
    found = spared()

    assert list(found.settings.accounts) == ["shop", "other"]
    assert {one.api_key.get_secret_value() for one in found.settings.accounts.values()} == {""}
    assert {one.mode for one in found.settings.accounts.values()} == {Mode.LIVE}
    assert found.settings.accounts["shop"].name == "Acme"
    assert {one.url.get_secret_value() for one in found.settings.channels.values()} == {""}
    assert found.settings.channels["phone"].accounts == frozenset({"shop"})
    assert found.settings.heartbeat is None
    assert (found.secrets, found.warnings) == ((), ())


def test_nothing_but_an_id_is_an_account_whose_secret_the_daemon_has(write: Write) -> None:
    write("accounts:\n  shop:\n" + BESIDE)
    assert list(spared().settings.accounts) == ["shop"]


def test_whoever_needs_them_is_told_of_each(write: Write) -> None:
    write(CONFIG)
    said = complaint()
    assert all(name in said for name in ("HEARTBEAT", "SHOP_KEY", "accounts.other.api_key_file", "TOKEN", "FOLDER"))


def test_a_secret_that_is_there_is_used(write: Write) -> None:
    write(CONFIG)
    write("rk_test_51other\n", "other.key")
    found = spared({"SHOP_KEY": "rk_test_51abc"}).settings
    assert [one.api_key.get_secret_value() for one in found.accounts.values()] == ["rk_test_51abc", "rk_test_51other"]
    assert {one.mode for one in found.accounts.values()} == {Mode.TEST}


def test_an_override_may_be_the_daemon_s_alone(write: Write) -> None:
    write("accounts:\n  shop: {name: Acme}\nchannels:\n  phone: {details: masked}\n")
    assert list(spared().settings.accounts) == ["shop"]
    assert list(spared().settings.channels) == ["phone"]
    assert "it has neither api_key nor api_key_file" in complaint()


@pytest.mark.usefixtures("no_root")
def test_a_file_that_only_the_daemon_may_read(write: Write) -> None:
    write("accounts:\n  shop: {api_key_file: shop.key}\n" + BESIDE)
    write("rk_live_51abc", "shop.key", 0o000)
    assert spared().settings.accounts["shop"].api_key.get_secret_value() == ""
    assert "accounts.shop.api_key_file" in complaint()


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ("accounts:\n  shop: {api_key: pk_live_51abc}\n" + BESIDE, "that is a publishable key"),
        ("accounts:\n  shop: {api_key: '${'}\n" + BESIDE, "${ is not followed by"),
        ("accounts:\n  shop: {api_key: '${KEY}', name: '${NAME}'}\n" + BESIDE, "accounts.shop.name: the environment"),
        ("accounts:\n  shop: {api_key: '${KEY}', logo: none.png}\n" + BESIDE, "there is no such file"),
        ("accounts:\n  shop: {api_key: '${KEY}', colour: red}\n" + BESIDE, "unknown key"),
        ("accounts:\n  shop: {api_key_file: ''}\n" + BESIDE, "accounts.shop.api_key_file"),
        ("cursor_file: ${FOLDER}/cursor.db\naccounts:\n  shop: {api_key: '${KEY}'}\n" + BESIDE, "cursor_file: the"),
        ("accounts:\n  shop: {api_key: '${KEY}'}\n", "there are no channels"),
        (
            "accounts:\n  shop: {api_key: '${KEY}'}\nchannels:\n  phone: {url: '${URL}', accounts: [ship]}\n",
            "no account",
        ),
    ],
)
def test_everything_else_stays_wrong(config: str, problem: str, write: Write) -> None:
    write(config)
    assert problem in still_wrong()


def test_a_key_file_that_everybody_may_read_stays_wrong(write: Write) -> None:
    write("accounts:\n  shop: {api_key_file: shop.key}\n" + BESIDE)
    write("rk_live_51abc", "shop.key", 0o644)
    assert "every user of this machine may read the secrets" in still_wrong()
