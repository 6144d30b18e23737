"""When and how loudly a channel is told, and who hears that all is well: what good values become."""

from __future__ import annotations

import dataclasses
from datetime import time
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cashnotifyd.config.settings import USUAL_BURST, ChannelSettings, Settings
from cashnotifyd.schedules import Burst, DigestSchedule, Every, QuietHours
from cashnotifyd.vocabulary import Kind, Urgency
from tests.config.conftest import Write, complaint, read

TOKYO, NEW_YORK = ZoneInfo("Asia/Tokyo"), ZoneInfo("America/New_York")
PHONE = "CASHNOTIFYD_CHANNELS__PHONE__"
ACCOUNTS = "timezone: Asia/Tokyo\naccounts: {shop: {api_key: rk_live_1}}\n"
CHANNELS = "channels: {phone: {url: json://localhost}}\n"


@pytest.fixture
def write_channel(write: Write) -> Write:
    """Writes a file with one channel, given its further lines."""

    def write_lines(*lines: str) -> Path:
        inside = "".join(f"    {line}\n" for line in lines)
        return write(f"{ACCOUNTS}channels:\n  phone:\n    url: json://localhost\n{inside}")

    return write_lines


def phone(environ: dict[str, str] | None = None) -> ChannelSettings:
    return read(environ).settings.channels["phone"]


def whole(environ: dict[str, str] | None = None) -> Settings:
    return read(environ).settings


class TestAmounts:
    def test_are_decimals_in_main_units_by_currency(self, write_channel: Write) -> None:
        write_channel("min_amount: {usd: 50, JPY: 5000, kwd: 1.255, eur: '49.90'}")
        assert phone().min_amount == {
            "usd": Decimal(50),
            "jpy": Decimal(5000),
            "kwd": Decimal("1.255"),
            "eur": Decimal("49.90"),
        }

    def test_there_are_none_where_none_are_written(self, write_channel: Write) -> None:
        write_channel()
        assert phone().min_amount == {}

    @pytest.mark.parametrize("written", ["off", "{}", "{usd: 0}", "{usd: 0.00}"])
    def test_none_and_zero_are_no_minimum(self, write_channel: Write, written: str) -> None:
        write_channel(f"min_amount: {written}")
        assert phone().min_amount == {}

    def test_one_comes_from_the_environment_in_any_capitals(self, write_channel: Write) -> None:
        write_channel("min_amount: {USD: 50, jpy: 5000}")
        assert phone({f"{PHONE}MIN_AMOUNT__USD": "99.5"}).min_amount == {"usd": Decimal("99.5"), "jpy": Decimal(5000)}
        assert phone({f"{PHONE}MIN_AMOUNT__USD": "0"}).min_amount == {"jpy": Decimal(5000)}

    @pytest.mark.parametrize(
        ("value", "expected"), [('{"eur": 5.5}', {"eur": Decimal("5.5")}), ("off", {}), ("{}", {})]
    )
    def test_all_come_from_the_environment(
        self, write_channel: Write, value: str, expected: dict[str, Decimal]
    ) -> None:
        write_channel("min_amount: {usd: 50}")
        assert phone({f"{PHONE}MIN_AMOUNT": value}).min_amount == expected


class TestUrgencies:
    def test_the_channels_come_before_the_files(self, write: Write) -> None:
        write(
            "urgency: {sale: low, payout: high}\n"
            f"{ACCOUNTS}"
            "channels:\n"
            "  phone: {url: 'json://localhost/a', urgency: {sale: emergency, other: normal}}\n"
            "  mail: {url: 'json://localhost/b'}\n"
        )
        assert whole().channels["mail"].urgencies == {Kind.SALE: Urgency.LOW, Kind.PAYOUT: Urgency.HIGH}
        assert phone().urgencies == {
            Kind.SALE: Urgency.EMERGENCY,
            Kind.PAYOUT: Urgency.HIGH,
            Kind.OTHER: Urgency.NORMAL,
        }

    def test_single_ones_come_from_the_environment(self, write: Write) -> None:
        write(f"urgency: {{sale: low}}\n{ACCOUNTS}{CHANNELS}")
        assert phone({"CASHNOTIFYD_URGENCY__SALE": "high"}).urgencies == {Kind.SALE: Urgency.HIGH}
        environ = {f"{PHONE}URGENCY__FAILED_PAYMENT": "high", "CASHNOTIFYD_URGENCY__PAYOUT": "low"}
        assert phone(environ).urgencies == {
            Kind.SALE: Urgency.LOW,
            Kind.PAYOUT: Urgency.LOW,
            Kind.FAILED_PAYMENT: Urgency.HIGH,
        }

    def test_all_come_from_the_environment(self, write: Write) -> None:
        write(f"urgency: {{sale: low}}\n{ACCOUNTS}{CHANNELS}")
        assert phone({"CASHNOTIFYD_URGENCY": '{"payout": "low"}'}).urgencies == {Kind.PAYOUT: Urgency.LOW}


class TestQuietHours:
    @pytest.mark.parametrize(
        ("written", "begin", "end"),
        [
            ("22:00-07:00", time(22), time(7)),
            ("22-7", time(22), time(7)),
            ("22:00 - 07:00", time(22), time(7)),
            ("22:30–6:05", time(22, 30), time(6, 5)),  # noqa: RUF001 (an en dash, as word processors make it)
            ("'13:00-14:00'", time(13), time(14)),
            ("0-7", time(0), time(7)),
            ("22:00-24:00", time(22), time(0)),
        ],
    )
    def test_are_two_times_in_the_files_zone(self, write_channel: Write, written: str, begin: time, end: time) -> None:
        write_channel(f"quiet_hours: {written}")
        assert phone().quiet_hours == QuietHours(begin, end, TOKYO)

    def test_the_channels_own_zone_comes_first(self, write_channel: Write) -> None:
        write_channel("quiet_hours: 22-7", "timezone: America/New_York", "digest: daily")
        assert phone().quiet_hours == QuietHours(time(22), time(7), NEW_YORK)
        assert phone().digest == DigestSchedule(Every.DAILY, time(8), NEW_YORK)
        assert phone({f"{PHONE}TIMEZONE": "UTC"}).quiet_hours == QuietHours(time(22), time(7), ZoneInfo("UTC"))

    @pytest.mark.parametrize("written", ["off", "no", "none", "false", "'off'", "OFF"])
    def test_off_is_as_if_they_were_not_there(self, write_channel: Write, written: str) -> None:
        write_channel(f"quiet_hours: {written}", f"digest: {written}")
        assert phone().quiet_hours is None
        assert phone().digest is None

    def test_come_from_the_environment(self, write_channel: Write) -> None:
        write_channel("quiet_hours: 13-14")
        assert phone({f"{PHONE}QUIET_HOURS": "22:00-07:00"}).quiet_hours == QuietHours(time(22), time(7), TOKYO)
        assert phone({f"{PHONE}QUIET_HOURS": "off"}).quiet_hours is None


class TestBursts:
    @pytest.mark.parametrize(
        ("written", "expected"),
        [
            ("{above: 10, within: 5m}", Burst(10, 300)),
            ("{above: 1}", dataclasses.replace(USUAL_BURST, above=1)),
            ("{within: 1h}", dataclasses.replace(USUAL_BURST, within=3600)),
            ("{}", USUAL_BURST),
            ("on", USUAL_BURST),
            *((word, None) for word in ["off", "no", "false", "'off'", "Off", "none"]),
        ],
    )
    def test_what_is_left_out_is_as_usual_and_off_is_none(
        self, write_channel: Write, written: str, expected: Burst | None
    ) -> None:
        write_channel(f"burst: {written}")
        assert phone().burst == expected

    @pytest.mark.parametrize(
        ("written", "environ", "expected"),
        [
            ("{above: 10, within: 5m}", {"BURST": "off"}, None),
            ("{above: 10, within: 5m}", {"BURST__ABOVE": "20"}, Burst(20, 300)),
            ("{above: 10, within: 5m}", {"BURST": '{"above": 20}'}, Burst(20, 60)),
            ("{above: 10, within: 5m}", {"BURST": "on"}, USUAL_BURST),
            ("off", {"BURST__ABOVE": "20"}, Burst(20, 60)),
            ("off", {"BURST__ABOVE": "20", "BURST__WITHIN": "30s"}, Burst(20, 30)),
        ],
    )
    def test_come_from_the_environment_as_a_whole_or_in_part(
        self, write_channel: Write, written: str, environ: dict[str, str], expected: Burst | None
    ) -> None:
        write_channel(f"burst: {written}")
        assert phone({PHONE + name: value for name, value in environ.items()}).burst == expected

    def test_the_usual_one_needs_no_line(self, write_channel: Write) -> None:
        write_channel()
        assert phone().burst == USUAL_BURST


class TestDigests:
    @pytest.mark.parametrize(
        ("written", "every", "at"),
        [
            ("daily", Every.DAILY, time(8)),
            ("weekly at 18:30", Every.WEEKLY, time(18, 30)),
            ("monthly 9", Every.MONTHLY, time(9)),
            ("Daily  07:05", Every.DAILY, time(7, 5)),
        ],
    )
    def test_are_so_often_at_such_a_time(self, write_channel: Write, written: str, every: Every, at: time) -> None:
        write_channel(f"digest: {written}")
        assert phone().digest == DigestSchedule(every, at, TOKYO)

    def test_come_from_the_environment(self, write_channel: Write) -> None:
        write_channel("digest: daily")
        assert phone({f"{PHONE}DIGEST": "monthly at 12:00"}).digest == DigestSchedule(Every.MONTHLY, time(12), TOKYO)
        assert phone({f"{PHONE}DIGEST": "off"}).digest is None


class TestHeartbeat:
    @pytest.mark.parametrize(
        "url", ["https://hc.example/1?a=b", "http://localhost:3001/1", "http://127.0.0.1/1", "http://[::1]:3001/1"]
    )
    def test_is_a_secret(self, write: Write, url: str) -> None:
        write(f"heartbeat: '{url}'\n{ACCOUNTS}{CHANNELS}")
        loaded = read()
        assert loaded.settings.heartbeat is not None
        assert loaded.settings.heartbeat.get_secret_value() == url
        assert url in loaded.secrets
        assert url not in repr(loaded)

    def test_may_be_in_a_file_or_a_credential_or_the_environment(self, write: Write) -> None:
        def url(environ: dict[str, str]) -> str | None:
            heartbeat = whole(environ).heartbeat
            return None if heartbeat is None else heartbeat.get_secret_value()

        write(f"heartbeat_file: hc.url\n{ACCOUNTS}{CHANNELS}")
        write("https://hc.example/file\n", "hc.url")
        assert url({}) == "https://hc.example/file"
        Path("creds").mkdir()
        write("https://hc.example/credential\n", "creds/hc.url")
        assert url({"CREDENTIALS_DIRECTORY": "creds"}) == "https://hc.example/credential"
        write("https://hc.example/other\n", "creds/cashnotifyd_heartbeat")
        assert url({"CREDENTIALS_DIRECTORY": "creds"}) == "https://hc.example/other"
        environ = {"CREDENTIALS_DIRECTORY": "creds", "CASHNOTIFYD_HEARTBEAT": "https://hc.example/variable"}
        assert url(environ) == "https://hc.example/variable"

    def test_a_bad_one_in_a_file_is_refused_there(self, write: Write) -> None:
        write(f"heartbeat_file: hc.url\n{ACCOUNTS}{CHANNELS}")
        write("hc.example\n", "hc.url")
        assert complaint().startswith("config.yaml:1:1: heartbeat_file: this is not an http(s) URL\n")

    def test_there_is_none_where_none_is_written(self, write: Write) -> None:
        write(ACCOUNTS + CHANNELS)
        assert whole().heartbeat is None

    def test_one_from_the_environment_may_be_named_in_a_file_that_all_may_read(self, write: Write) -> None:
        accounts = ACCOUNTS.replace("rk_live_1", "'${KEY}'")
        write(f"heartbeat: ${{HC}}\n{accounts}{CHANNELS}", mode=0o644)
        assert whole({"HC": "https://hc.example/1", "KEY": "rk_live_1"}).heartbeat is not None


class TestSilence:
    @pytest.mark.parametrize(
        ("lines", "seconds"),
        [
            ("", 900),
            ("poll_interval: 5m\n", 900),
            ("poll_interval: 10m\n", 1800),
            ("stale_after: 2m\n", 120),
            ("stale_after: 24h\n", 86_400),
            ("poll_interval: 10m\nstale_after: 30m\n", 1800),
        ],
    )
    def test_is_a_quarter_of_an_hour_or_three_polls_or_what_is_written(
        self, write: Write, lines: str, seconds: float
    ) -> None:
        write(lines + ACCOUNTS + CHANNELS)
        assert whole().stale_after == seconds
        assert read().warnings == ()

    def test_sooner_than_three_polls_is_warned_of(self, write: Write) -> None:
        write(f"poll_interval: 10m\nstale_after: 20m\n{ACCOUNTS}{CHANNELS}")
        assert read().warnings == (
            (
                "stale_after: an account that is asked every 600 s counts as silent 1200 s after its last answer: a "
                "poll or two that fail would alarm you. 1800s would be three polls."
            ),
        )


def test_parts_come_from_credentials_below_the_environment(write_channel: Write, write: Write) -> None:
    write_channel("min_amount: {usd: 50}", "burst: {above: 10}", "urgency: {sale: high}")
    Path("creds").mkdir()
    write("60\n", "creds/cashnotifyd_channels__phone__min_amount__usd")
    write("70\n", "creds/cashnotifyd_channels__phone__min_amount__eur")
    write("5m\n", "creds/cashnotifyd_channels__phone__burst__within")
    write("low\n", "creds/cashnotifyd_urgency__payout")
    environ = {"CREDENTIALS_DIRECTORY": "creds", f"{PHONE}MIN_AMOUNT__USD": "80"}
    settings = phone(environ)
    assert settings.min_amount == {"usd": Decimal(80), "eur": Decimal(70)}
    assert settings.burst == Burst(10, 300)
    assert settings.urgencies == {Kind.SALE: Urgency.HIGH, Kind.PAYOUT: Urgency.LOW}
    assert phone({**environ, f"{PHONE}BURST": "off"}).burst is None


def test_a_channel_may_be_named_like_a_key(write: Write) -> None:
    write(ACCOUNTS)
    environ = {
        "CASHNOTIFYD_CHANNELS__BURST__URL": "json://localhost/a",
        "CASHNOTIFYD_CHANNELS__BURST__BURST__ABOVE": "3",
        "CASHNOTIFYD_CHANNELS__A__B__URL": "json://localhost/b",
        "CASHNOTIFYD_CHANNELS__A__B__MIN_AMOUNT__EUR": "3",
    }
    channels = whole(environ).channels
    assert channels["burst"].burst == Burst(3, 60)
    assert channels["a__b"].min_amount == {"eur": Decimal(3)}
