from __future__ import annotations

import asyncio
import json
import os
import re
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import pytest

from cashnotifyd.cli.mute import _wish
from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.cursor_file.values import Mute
from tests.cli import inside
from tests.running import PATIENCE

PARIS = ZoneInfo("Europe/Paris")
CONFIG = """
cursor_file: cursor.db
timezone: Europe/Paris
locale: en_GB
accounts:
  shop: {api_key: rk_test_51AbCdEfGhIjKlMnOpQrStUv}
channels:
  phone: {url: "json://127.0.0.1:9/phone"}
  mail: {url: "json://127.0.0.1:9/mail"}
"""


class Home:
    """A configuration and a record, and the command line on them."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "config.yaml"
        self.config.touch(mode=0o600)
        self.config.write_text(CONFIG)
        self.cursor_file = folder / "cursor.db"

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return inside.called(*arguments, "--config", str(self.config))

    def called_beside(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """In a process of its own."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CASHNOTIFYD_")}
        return subprocess.run(
            [sys.executable, "-m", "cashnotifyd", *arguments, "--config", str(self.config)],
            capture_output=True, text=True, check=False, env=inherited,
        )  # fmt: skip

    def said(self, *arguments: str) -> str:
        return self._said(self.call(*arguments))

    def said_beside(self, *arguments: str) -> str:
        """In a process of its own, as beside a daemon."""
        return self._said(self.called_beside(*arguments))

    def _said(self, done: subprocess.CompletedProcess[str]) -> str:
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    CursorFile.open(made.cursor_file).close()
    return made


@pytest.fixture
def record(home: Home) -> Iterator[CursorFile]:
    """As a running daemon has it."""
    opened = CursorFile.open(home.cursor_file)
    yield opened
    opened.close()


def moment(day: int, hour: int, minute: int = 0) -> float:
    return datetime(2026, 11, day, hour, minute, tzinfo=PARIS).timestamp()


NOW = moment(24, 15)


@pytest.mark.parametrize(
    ("words", "channels", "until"),
    [
        ("2h", (), NOW + 7200),
        ("phone 30m", ("phone",), NOW + 1800),
        ("phone mail 1h30m", ("phone", "mail"), NOW + 5400),
        ("1d", (), NOW + 86400),
        ("1w2d3h4m5s", (), NOW + 9 * 86400 + 3 * 3600 + 245),
        ("until 18:00", (), moment(24, 18)),
        ("phone until 9:30", ("phone",), moment(25, 9, 30)),
        ("phone 18:00", ("phone",), moment(24, 18)),
        ("15:00", (), moment(25, 15)),
        ("until 2h", ("until",), NOW + 7200),
    ],
)
def test_what_the_words_mean(words: str, channels: tuple[str, ...], until: float) -> None:
    wish = _wish(words.split(), NOW, PARIS)

    assert (wish.channels, wish.until) == (channels, until)


@pytest.mark.parametrize("words", ["phone", "2", "2x", "0m", "31d", "24:00", "12:60", "until", "h", "٣h"])
def test_words_that_are_no_while_are_wrong_usage(words: str) -> None:
    with pytest.raises(click.UsageError) as refused:
        _wish(words.split(), NOW, PARIS)
    assert refused.value.exit_code == 2


def test_a_time_of_day_is_that_of_the_time_zone_on_the_night_of_a_change() -> None:
    before = datetime(2026, 10, 24, 22, tzinfo=PARIS).timestamp()

    assert _wish(["7:00"], before, PARIS).until - before == 10 * 3600


def test_without_words_it_shows_what_is_muted(home: Home) -> None:
    assert home.said("mute") == "No channel is muted.\n"
    assert json.loads(home.said("mute", "--json")) == []


async def test_a_running_daemon_has_the_mute_and_notices_it(home: Home, record: CursorFile) -> None:
    assert not await record.changed_elsewhere()
    begun = time.time()
    said = await asyncio.to_thread(home.said_beside, "mute", "phone", "2h")

    told = " ".join(said.split())
    assert re.fullmatch(r"phone is muted until \d+ \w+ \d{4}, \d\d:\d\d\. What .* held, emergencies too.*", told)
    assert max(map(len, said.splitlines())) <= 80
    assert await record.changed_elsewhere()
    ((channel, mute),) = (await record.mutes(time.time())).items()
    assert (channel, mute.drops) == ("phone", False)
    assert mute.span.since >= begun
    assert mute.span.until - mute.span.since == pytest.approx(7200, abs=PATIENCE)


def test_all_channels_are_muted_where_none_is_named(home: Home) -> None:
    assert home.said("mute", "1h", "--drop").startswith("All channels are muted until ")
    (muted,) = json.loads(home.said("mute", "--json"))

    assert (muted["channel"], muted["meanwhile"]) == (None, "dropped")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", muted["until"])


def test_unmute_ends_all(home: Home) -> None:
    home.said("mute", "phone", "1h")
    home.said("mute", "2h")

    assert home.said("unmute") == "No channel is muted.\n"


def test_unmute_ends_one_and_leaves_the_other(home: Home) -> None:
    home.said("mute", "phone", "mail", "1h")

    assert home.said("unmute", "phone").startswith("mail is muted until ")


async def test_one_channel_is_let_out_of_a_mute_of_all(home: Home, record: CursorFile) -> None:
    await asyncio.to_thread(home.said_beside, "mute", "2h", "--drop")
    before: Mute = (await record.mutes(time.time()))[None]
    await asyncio.to_thread(home.said_beside, "unmute", "phone")

    assert await record.mutes(time.time()) == {"mail": before}


def test_a_channel_that_there_is_not_is_wrong_usage(home: Home) -> None:
    for command in (["mute", "fone", "2h"], ["unmute", "fone"], ["retry", "fone"]):
        done = home.call(*command)

        assert done.returncode == 2
        assert "no channel 'fone'. Did you mean phone? The channels are: phone, mail." in done.stderr
    assert home.said("mute") == "No channel is muted.\n"


def test_to_drop_it_takes_a_while(home: Home) -> None:
    assert home.call("mute", "--drop").returncode == 2


def test_a_bad_configuration_is_named(home: Home) -> None:
    home.config.write_text(CONFIG.replace("timezone: Europe/Paris", "timezone: Europe/Atlantis"))
    done = home.call("mute", "2h")

    assert done.returncode == 78
    assert "Europe/Atlantis" in done.stderr or "timezone" in done.stderr


def test_secrets_of_the_daemon_are_not_needed(home: Home) -> None:
    home.config.write_text(
        CONFIG.replace("rk_test_51AbCdEfGhIjKlMnOpQrStUv", '"${NO_KEY_HERE}"').replace(
            'url: "json://127.0.0.1:9/phone"', "url_file: nothing-here.url"
        )
    )
    assert "phone" in home.said("mute", "phone", "2h")
    assert "phone" in home.said("mute")
    home.said("unmute", "phone")
    assert home.called_beside("send-test", "phone").returncode == 78


def test_before_the_first_start_there_is_nothing_to_mute(tmp_path: Path) -> None:
    home = Home(tmp_path)
    done = home.call("mute", "2h")

    assert done.returncode == 1
    assert "Start the daemon once" in done.stderr
    assert not home.cursor_file.exists()


def test_neither_stripe_nor_apprise_is_imported() -> None:
    script = (
        "import sys, cashnotifyd.cli.mute, cashnotifyd.cli.unmute, cashnotifyd.cli.retry\n"
        "sys.exit(sorted({'stripe', 'apprise', 'aiohttp', 'requests', 'structlog'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_files_stay_their_owners_alone(home: Home) -> None:
    home.said("mute", "2h")
    beside = [path for path in home.cursor_file.parent.iterdir() if path.name.startswith("cursor.db")]

    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in beside)
    assert {path.name for path in beside} <= {"cursor.db", "cursor.db.lock"}
