"""What a good configuration becomes."""

from __future__ import annotations

import dataclasses
import pwd
import shutil
from pathlib import Path
from typing import NoReturn
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from cashnotifyd.config.loading import ConfigError, default_path
from cashnotifyd.config.settings import AccountSettings, ChannelSettings
from cashnotifyd.config.values import system_time_zone
from cashnotifyd.vocabulary import Disclosure, Mode
from tests.config.conftest import Write, complaint, read

SMALL = """\
accounts:
  shop-test:
    api_key: rk_test_51abc
channels:
  phone:
    url: ntfys://example.org/acme
"""

EXAMPLE = Path(__file__).parents[2] / "config.example.yaml"


def test_a_small_file_gets_the_defaults(write: Write, tmp_path: Path) -> None:
    write(SMALL)
    loaded = read({"TZ": "Europe/Vienna", "STATE_DIRECTORY": f"{tmp_path}/state:/elsewhere"})
    settings = loaded.settings
    assert settings.poll_interval is None
    assert settings.locale == "en_US"
    assert settings.timezone == ZoneInfo("Europe/Vienna")
    assert settings.cursor_file == tmp_path / "state" / "cursor.db"
    assert settings.accounts == {
        "shop-test": AccountSettings(
            "shop-test", SecretStr("rk_test_51abc"), None, "https://api.stripe.com", Mode.TEST
        ),
    }
    assert settings.channels == {
        "phone": ChannelSettings("phone", SecretStr("ntfys://example.org/acme"), None, None, None, Disclosure.FULL)
    }
    assert loaded.warnings == ()
    assert set(loaded.secrets) == {"rk_test_51abc", "ntfys://example.org/acme"}


def test_nothing_in_it_can_be_changed(write: Write) -> None:
    write(SMALL)
    settings = read().settings
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.locale = "de"  # type: ignore[misc]
    with pytest.raises(TypeError):
        settings.accounts["other"] = settings.accounts["shop-test"]  # type: ignore[index]


def test_printing_what_was_loaded_shows_no_secret(write: Write) -> None:
    write(SMALL)
    assert "51abc" not in repr(read())
    assert "acme" not in repr(read())


def test_every_key_is_understood(write: Write, tmp_path: Path) -> None:
    write(
        """\
poll_interval: 1m30s
read_share: .25
cursor_file: state/cursor.db
stripe_api_base: http://localhost:12111/
locale: de-at
timezone: Asia/Tokyo
accounts:
  shop: {api_key: rk_live_1, name: "Acme ☕", stripe_api_base: "https://proxy.example:8443"}
  other: {api_key: sk_live_2}
  rides: {api_key: sk_org_live_3, stripe_context: acct_1Rides}
  smith: {api_key: sk_org_live_3, stripe_context: acct_1Rides/acct_1Smith}
channels:
  phone:
    url: json://localhost
    accounts: [shop]
    modes: [live, test]
    events: [sale, "*", charge.refunded, "charge.dispute.*"]
    details: masked
"""
    )
    loaded = read()
    settings = loaded.settings
    assert settings.poll_interval == 90.0
    assert settings.read_share == 0.25
    assert settings.accounts["shop"].stripe_context is None
    assert settings.accounts["rides"].stripe_context == "acct_1Rides"
    assert settings.accounts["smith"].stripe_context == "acct_1Rides/acct_1Smith"
    assert settings.accounts["smith"].mode is Mode.LIVE
    assert settings.cursor_file == tmp_path / "state/cursor.db"
    assert settings.locale == "de_AT"
    assert settings.timezone == ZoneInfo("Asia/Tokyo")
    assert settings.accounts["shop"].stripe_api_base == "https://proxy.example:8443"
    assert settings.accounts["shop"].name == "Acme ☕"
    assert settings.accounts["shop"].mode is Mode.LIVE
    assert settings.accounts["other"].stripe_api_base == "http://localhost:12111"
    phone = settings.channels["phone"]
    assert phone.accounts == frozenset({"shop"})
    assert phone.modes == frozenset({Mode.LIVE, Mode.TEST})
    assert phone.events == ("sale", "*", "charge.refunded", "charge.dispute.*")
    assert phone.details is Disclosure.MASKED


def test_a_key_may_be_that_of_two_accounts_at_two_places(write: Write) -> None:
    write(
        "accounts:\n  shop: {api_key: rk_test_1}\n"
        "  local: {api_key: rk_test_1, stripe_api_base: 'http://localhost:12111'}\n"
        "channels: {phone: {url: 'json://localhost'}}\n"
    )
    assert list(read().settings.accounts) == ["shop", "local"]


def test_the_example_is_valid_as_it_stands(write: Write) -> None:
    shutil.copy(EXAMPLE, "config.yaml")
    Path("config.yaml").chmod(0o600)
    write("rk_test_51abc\n", "shop-test.key")
    write("mailtos://me:secret@example.org\n", "mail.url")
    loaded = read({"SHOP_STRIPE_KEY": "rk_live_51abc", "NTFY_TOKEN": "tk_abc"})
    assert set(loaded.settings.accounts) == {"shop", "shop-test"}
    assert set(loaded.settings.channels) == {"phone", "office-mail"}
    assert loaded.warnings == ()


def test_parts_of_a_text_come_from_the_environment(write: Write) -> None:
    write(
        "locale: ${LOCALE}\n"
        "accounts: {shop: {api_key: 'rk_${MODE}_1', name: '$$ $5 $${X} ${A}${B}'}}\n"
        "channels: {phone: {url: 'ntfys://${TOKEN}@h/t', events: ['${EVENT}']}}\n"
    )
    settings = read({"LOCALE": "fr", "MODE": "live", "A": "${B}", "B": "b", "TOKEN": "tk", "EVENT": "payout"}).settings
    assert settings.locale == "fr"
    assert settings.accounts["shop"].api_key.get_secret_value() == "rk_live_1"
    assert settings.accounts["shop"].name == "$ $5 ${X} ${B}b"
    assert settings.channels["phone"].url.get_secret_value() == "ntfys://tk@h/t"
    assert settings.channels["phone"].events == ("payout",)


class TestWarnings:
    def test_a_full_secret_key_works_with_a_word_of_advice(self, write: Write) -> None:
        write(SMALL.replace("rk_test", "sk_test"))
        assert read().warnings == (
            (
                "accounts.shop-test: this is a full secret key, it could move money. It works, but a restricted key "
                "that may only read would do: create one at https://dashboard.stripe.com/apikeys."
            ),
        )

    def test_asking_stripe_too_often_is_told_with_the_figures(self, write: Write) -> None:
        write("poll_interval: 1s\n" + SMALL)
        assert read().warnings == (
            (
                "poll_interval: every 1 s makes 2,592,000 reads a month for each account. Stripe allows 500 for each "
                "transaction and at least 10,000 a month, shared with everything else that reads the account; beyond "
                "that it may refuse. auto keeps within it."
            ),
        )

    @pytest.mark.parametrize("line", ["poll_interval: 60s\n", "poll_interval: 1s\nstripe_api_base: http://[::1]:8\n"])
    def test_else_there_is_nothing_to_warn_of(self, write: Write, line: str) -> None:
        write(line + SMALL)
        assert read().warnings == ()


class TestOverrides:
    def test_the_environment_wins_over_credentials_and_they_over_the_file(self, write: Write) -> None:
        write("locale: en_GB\npoll_interval: 5m\ntimezone: Asia/Tokyo\n" + SMALL)
        Path("creds").mkdir()
        write("de_DE\n", "creds/cashnotifyd_locale")
        write("10m", "creds/cashnotifyd_poll_interval")
        write("anything", "creds/cashnotifyd-unrelated")
        write("rk_live_credential\n", "creds/cashnotifyd_accounts__shop_test__api_key")
        write("Bakery\n", "creds/cashnotifyd_accounts__shop_test__name")
        settings = read(
            {
                "CREDENTIALS_DIRECTORY": "creds",
                "CASHNOTIFYD_POLL_INTERVAL": "1h",
                "CASHNOTIFYD_ACCOUNTS__SHOP_TEST__NAME": "Butcher",
            }
        ).settings
        assert settings.poll_interval == 3600
        assert settings.timezone == ZoneInfo("Asia/Tokyo")
        assert settings.locale == "de_DE"
        assert settings.accounts["shop-test"].api_key.get_secret_value() == "rk_live_credential"
        assert settings.accounts["shop-test"].name == "Butcher"

    def test_a_plain_setting_comes_from_a_credential_too(self, write: Write) -> None:
        write(SMALL)
        Path("creds").mkdir()
        write("de_DE\n", "creds/cashnotifyd_locale")
        assert read({"CREDENTIALS_DIRECTORY": "creds"}).settings.locale == "de_DE"

    @pytest.mark.parametrize(
        "name",
        [
            "CASHNOTIFYD_ACCOUNTS__SHOP_TEST__API_KEY",
            "cashnotifyd_accounts__shop_test__api_key",
            "CASHNOTIFYD_ACCOUNTS__Shop-Test__API_KEY",
        ],
    )
    def test_capitals_and_hyphens_do_not_count(self, write: Write, name: str) -> None:
        write(SMALL)
        accounts = read({name: "rk_live_other"}).settings.accounts
        assert {id_: one.api_key.get_secret_value() for id_, one in accounts.items()} == {"shop-test": "rk_live_other"}

    def test_a_key_replaces_a_key_file_and_the_other_way_round(self, write: Write) -> None:
        write(SMALL.replace("api_key: rk_test_51abc", "api_key_file: nowhere.key"))
        variable = "CASHNOTIFYD_ACCOUNTS__SHOP_TEST__API_KEY"
        assert read({variable: "rk_live_a"}).settings.accounts["shop-test"].mode is Mode.LIVE
        write(SMALL.replace("rk_test_51abc", "${UNSET}"))
        write("rk_live_file", "shop.key")
        settings = read({f"{variable}_FILE": "shop.key"}).settings
        assert settings.accounts["shop-test"].api_key.get_secret_value() == "rk_live_file"

    def test_an_account_and_a_channel_may_come_from_the_environment_alone(self, write: Write) -> None:
        write("locale: en_GB\n")
        Path("creds").mkdir()
        write("Bakery", "creds/cashnotifyd_accounts__my_shop__name")
        settings = read(
            {
                "CREDENTIALS_DIRECTORY": "creds",
                "CASHNOTIFYD_ACCOUNTS__MY-SHOP__API_KEY": "rk_live_a",
                "CASHNOTIFYD_CHANNELS__A__B__URL": "json://localhost",
            }
        ).settings
        assert settings.accounts["my-shop"].name == "Bakery"
        assert settings.channels["a__b"].url.get_secret_value() == "json://localhost"

    def test_an_account_and_a_channel_with_nothing_below_them_get_all_from_outside(self, write: Write) -> None:
        write("accounts:\n  shop-a:\n  shop-b: ~\nchannels:\n  phone:\n  mail: {url: json://localhost}\n")
        Path("creds").mkdir()
        write("rk_test_b", "creds/cashnotifyd_accounts__shop_b__api_key")
        settings = read(
            {
                "CREDENTIALS_DIRECTORY": "creds",
                "CASHNOTIFYD_ACCOUNTS__SHOP_A__API_KEY": "rk_live_a",
                "CASHNOTIFYD_CHANNELS__PHONE__URL": "ntfys://h/t",
            }
        ).settings
        keys = {id_: one.api_key.get_secret_value() for id_, one in settings.accounts.items()}
        assert keys == {"shop-a": "rk_live_a", "shop-b": "rk_test_b"}
        assert settings.channels["phone"].url.get_secret_value() == "ntfys://h/t"
        assert settings.channels["phone"].accounts is None

    @pytest.mark.parametrize("value", ["sale,payout.*", '["sale", "payout.*"]', " sale , payout.* "])
    def test_lists_are_json_or_have_commas(self, write: Write, value: str) -> None:
        write(SMALL)
        settings = read({"CASHNOTIFYD_CHANNELS__PHONE__EVENTS": value}).settings
        assert settings.channels["phone"].events == ("sale", "payout.*")

    def test_a_dollar_in_a_variable_is_a_dollar(self, write: Write) -> None:
        write(SMALL)
        settings = read({"CASHNOTIFYD_ACCOUNTS__SHOP_TEST__NAME": "$$ ${X}"}).settings
        assert settings.accounts["shop-test"].name == "$$ ${X}"

    def test_the_variable_that_names_the_file_is_no_setting(self, write: Write) -> None:
        write(SMALL)
        assert read({"CASHNOTIFYD_CONFIG": "config.yaml"}).settings.locale == "en_US"


class TestKeyFiles:
    def test_credentials_come_before_the_files_beside_the_configuration(self, write: Write) -> None:
        Path("etc").mkdir()
        Path("creds").mkdir()
        write(SMALL.replace("api_key: rk_test_51abc", "api_key_file: shop.key"), "etc/config.yaml")
        write("  rk_live_beside\n", "etc/shop.key")
        environ = {"CREDENTIALS_DIRECTORY": "creds"}

        def key() -> str:
            settings = read(environ, Path("etc/config.yaml")).settings
            return settings.accounts["shop-test"].api_key.get_secret_value()

        assert key() == "rk_live_beside"
        write("rk_live_credential\n", "creds/shop.key", mode=0o444)
        assert key() == "rk_live_credential"

    def test_the_group_may_read(self, write: Write) -> None:
        write(SMALL.replace("api_key: rk_test_51abc", "api_key_file: shop.key"), mode=0o640)
        write("rk_test_a", "shop.key", mode=0o640)
        assert read().settings.accounts["shop-test"].mode is Mode.TEST


class TestWhoMayRead:
    def test_a_file_without_secrets_may_be_read_by_all(self, write: Write) -> None:
        write(SMALL.replace("rk_test_51abc", "${KEY}"), mode=0o644)
        assert read({"KEY": "rk_live_a"}).settings.accounts["shop-test"].mode is Mode.LIVE

    def test_a_url_wholly_from_the_environment_is_no_secret_in_the_file(self, write: Write) -> None:
        write(SMALL.replace("rk_test_51abc", "${KEY}").replace("ntfys://example.org/acme", "${URL}"), mode=0o644)
        assert read({"KEY": "rk_live_a", "URL": "pover://u@t"}).settings.channels


class TestDefaultPath:
    def test_the_variable_comes_first(self) -> None:
        environ = {"CASHNOTIFYD_CONFIG": "/a/b.yaml", "CONFIGURATION_DIRECTORY": "/etc/x"}
        assert default_path(environ) == Path("/a/b.yaml")

    def test_then_systemds_folder(self) -> None:
        assert default_path({"CONFIGURATION_DIRECTORY": "/etc/x:/etc/y"}) == Path("/etc/x/config.yaml")

    def test_then_the_platforms(self) -> None:
        assert default_path({}).parts[-2:] == ("cashnotifyd", "config.yaml")


class TestSystemTimeZone:
    @pytest.mark.parametrize(
        ("tz", "timezone", "localtime", "expected"),
        [
            ("Asia/Tokyo", "Europe/Paris", "/usr/share/zoneinfo/Europe/Rome", "Asia/Tokyo"),
            (":/usr/share/zoneinfo/Asia/Tokyo", None, None, "Asia/Tokyo"),
            ("CET-1CEST", "Europe/Paris\n", None, "Europe/Paris"),
            ("", "Nowhere/Land", "../usr/share/zoneinfo/posix/Europe/Rome", "Europe/Rome"),
            ("", None, "/var/db/timezone/zoneinfo/Europe/Rome", "Europe/Rome"),
            ("", None, "/nowhere", "UTC"),
            ("../../etc/passwd", "", None, "UTC"),
        ],
    )
    def test_the_first_that_is_known_wins(
        self, tmp_path: Path, tz: str, timezone: str | None, localtime: str | None, expected: str
    ) -> None:
        if timezone is not None:
            (tmp_path / "timezone").write_text(timezone)
        if localtime is not None:
            (tmp_path / "localtime").symlink_to(localtime)
        assert system_time_zone({"TZ": tz}, tmp_path) == ZoneInfo(expected)

    def test_a_localtime_that_is_no_link_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "localtime").write_bytes(b"no zone at all")
        assert system_time_zone({}, tmp_path) == ZoneInfo("UTC")


def test_a_cursor_file_that_is_a_folder_is_refused(write: Write) -> None:
    write("cursor_file: .\n" + SMALL)
    assert complaint() == (
        "config.yaml:1:1: cursor_file: this is a folder, not a file\n  Name a file in it, as in …/cursor.db"
    )


def test_a_user_without_a_home_folder_is_told_what_to_name(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_: int) -> NoReturn:
        raise KeyError

    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    write("accounts: {shop: {api_key: rk_live_1}}\nchannels: {phone: {url: json://localhost}}\n")

    assert "config.yaml:1:1: cursor_file: this user has no home folder to keep it in" in complaint()
    with pytest.raises(ConfigError, match="--config"):
        default_path({})
