"""Files and folders that others may change, that lead elsewhere, that never end, or that are far too much."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cashnotifyd.config.loading import ConfigError, load
from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.delivery.apprise_door.urls import examine
from cashnotifyd.refusal import Refusal

SMALL = "accounts: {{shop: {{api_key{account}}}}}\nchannels: {{hook: {{url{channel}}}}}\n"
BY_VARIABLE = SMALL.format(account=": '${KEY}'", channel=": json://localhost/hook")
BY_FILE = SMALL.format(account=": '${KEY}'", channel="_file: hook.url")
ENVIRON = {"KEY": "rk_live_51abc"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A sound folder below one that a test may open to others."""
    inner = tmp_path / "open" / "etc"
    inner.mkdir(parents=True)
    return inner


def written(path: Path, text: str = BY_VARIABLE, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def complaint(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load(path, ENVIRON, examine)
    return str(caught.value)


def warnings(path: Path) -> str:
    return "\n".join(load(path, ENVIRON, examine).warnings)


@pytest.mark.parametrize("where", [".", ".."])
def test_a_folder_in_which_everybody_may_put_another_file(folder: Path, where: str) -> None:
    path = written(folder / "config.yaml")
    opened = (folder / where).resolve()
    opened.chmod(0o777)
    assert complaint(path) == (
        f"{path}: every user of this machine may put another file in its place, in the folder {opened}\n"
        f"  Type: chmod o-w {opened}"
    )


def test_a_folder_like_tmp_is_nobodys_to_change(folder: Path) -> None:
    folder.chmod(0o1777)
    assert warnings(written(folder / "config.yaml")) == ""


@pytest.mark.parametrize("content", ["hook.url", "../hook.url"])
def test_a_url_that_everybody_may_put_another_in_the_place_of(folder: Path, content: str) -> None:
    path = written(folder / "config.yaml", BY_FILE.replace("hook.url", "secrets/hook.url"))
    secrets = folder / "secrets"
    secrets.mkdir()
    secrets.chmod(0o777)
    written(folder / "hook.url", "json://localhost/hook")
    if content == "hook.url":
        written(secrets / "hook.url", "json://localhost/hook")
    else:
        (secrets / "hook.url").symlink_to(content)
    assert f"put another file in its place, in the folder {secrets}\n  Type: chmod o-w {secrets}" in complaint(path)


def test_a_group_that_was_given_the_file_is_trusted(folder: Path) -> None:
    folder.chmod(0o770)
    assert warnings(written(folder / "config.yaml", mode=0o660)) == ""


def test_a_link_is_judged_by_where_it_leads(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    link = folder / "config.yaml"
    link.symlink_to(written(elsewhere / "real.yaml"))
    assert warnings(link) == ""
    (elsewhere / "real.yaml").chmod(0o606)
    assert "every user of this machine may change the file" in complaint(link)
    (elsewhere / "real.yaml").chmod(0o600)
    elsewhere.chmod(0o777)
    assert f"in the folder {elsewhere}" in complaint(link)


def test_a_way_that_leads_back_out_of_a_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "far" / "away").mkdir(parents=True)
    (folder / "link").symlink_to(tmp_path / "far" / "away")
    written(tmp_path / "far" / "config.yaml")
    named = Path(f"{folder}/link/../config.yaml")
    assert warnings(named) == ""
    (tmp_path / "far").chmod(0o777)
    assert f"in the folder {tmp_path / 'far'}" in complaint(named)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to others")
def test_a_link_to_somebody_elses_file_is_warned_of(folder: Path) -> None:
    theirs = written(folder / "theirs.yaml")
    os.chown(theirs, 1234, -1)
    link = folder / "config.yaml"
    link.symlink_to(theirs)
    assert warnings(link) == f"{link} belongs to another user (number 1234), who decides where the news goes."


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/stdin", "/proc/self/mem", "/"])
@pytest.mark.parametrize("as_key", [False, True], ids=["configuration", "key file"])
def test_what_is_no_plain_file_is_not_read(folder: Path, device: str, as_key: bool) -> None:  # noqa: FBT001 (a table's column)
    path = folder / "config.yaml"
    if as_key:
        written(path, BY_FILE.replace("hook.url", "hook"))
        (folder / "hook").symlink_to(device)
    else:
        path.symlink_to(device)
    # Read for real, none of them would ever end; /proc/self/mem calls itself a regular file.
    found = complaint(path)
    assert "this is not a regular file" in found or "this is a folder" in found or "the file cannot be read" in found


def test_a_pipe_as_a_key_file_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "hook.url")
    assert "this is not a regular file" in complaint(written(folder / "config.yaml", BY_FILE))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"a: &a [x, x]\n" + b"".join(b"b%d: &b%d [*a, *a]\n" % (n, n) for n in range(40)), "anchors and aliases"),
        (b"a: &a {<<: *a}\n", "anchors and aliases"),
        (b"# " + b"x" * 10_000_000, "larger than 8192 KiB"),
        (b"accounts: " + b"[" * 1_000_000, "nest too deeply"),
        (b"accounts: " + b"{a: " * 200_000, "nest too deeply"),
        (b"- " * 1_000_000, "nest too deeply"),
        (b"? " * 100_000, "nest too deeply"),
        (b"accounts: '" + b"x" * 1_000_000 + b"'\n", "there are no channels"),
        (b"x" * 1_000_000 + b": 1\n", "a second colon stands in this line"),
        (b"? " + b"x" * 1_000_000 + b"\n: 1\n", "unknown key"),
        (b"x" * 1_000_000 + b"\n", "not a list of keys"),
        ("accounts: {}\n".encode("utf-16"), "NUL byte"),
        ("accounts: {}\n".encode("utf-32"), "NUL byte"),
        ("\ufeffaccounts: {}\n".encode(), "no accounts"),
        (b"accounts:\0 {}\n", "NUL byte"),
        ("accounts: {é: {}}\n".encode("latin-1"), "not UTF-8"),
        (b"accounts: {'../../etc': {api_key: rk_live_1}}\n", "characters that an id cannot have"),
        (b"accounts: {'a/b': {api_key: rk_live_1}}\n", "characters that an id cannot have"),
        (b"channels: {'..': {url: 'json://localhost'}}\n", "characters that an id cannot have"),
        (b'channels: {"a\\0": {url: "json://localhost"}}\n', "characters that an id cannot have"),
        (b'accounts: {shop: {api_key_file: "shop\\0.key"}}\n', "line break or an invisible character"),
        (b'cursor_file: "cursor\\0.db"\n', "line break or an invisible character"),
        (b"!!python/object/apply:os.system [id]\n", "tags"),
        (b"accounts: !!python/name:os.system x\n", "tags"),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else None,
)
def test_yaml_that_means_harm(folder: Path, content: bytes, problem: str) -> None:
    path = written(folder / "config.yaml")
    path.write_bytes(content)
    assert problem in complaint(path)


@pytest.mark.parametrize("name", ["../../etc/shadow", "/etc/shadow", "~root/x", "$(id)", "`id`", "%2e%2e/x"])
def test_a_key_file_elsewhere_shows_nothing_of_what_it_holds(folder: Path, name: str) -> None:
    secret = "hunter2-of-somebody-else"
    written(folder / "elsewhere", secret)
    named = name if not name.startswith(("../", "/")) else str(folder / "elsewhere")
    path = written(folder / "config.yaml", SMALL.format(account=f"_file: '{named}'", channel=": json://localhost"))
    assert secret not in complaint(path)


def test_the_command_refuses_as_bad_configuration(folder: Path) -> None:
    path = written(folder / "config.yaml")
    folder.chmod(0o777)
    ran = subprocess.run(
        [sys.executable, "-m", "cashnotifyd", "run", "--config", path],
        capture_output=True, text=True, env={**os.environ, **ENVIRON}, check=False,
    )  # fmt: skip
    assert ran.returncode == 78
    assert f"chmod o-w {folder}" in ran.stderr
    assert "Traceback" not in ran.stderr


class TestTheCursorFile:
    def refusal(self, path: Path) -> str:
        with pytest.raises(Refusal) as caught:
            CursorFile.open(path)
        return str(caught.value)

    def test_a_file_named_by_mistake_stays_as_it_was(self, folder: Path) -> None:
        path = written(folder / "hosts", "127.0.0.1 localhost\n" * 100, mode=0o644)
        self.refusal(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o644
        assert path.read_text() == "127.0.0.1 localhost\n" * 100

    def test_a_link_in_the_place_of_the_lock_is_not_followed(self, folder: Path) -> None:
        victim = written(folder / "victim", "precious")
        (folder / "cursor.db.lock").symlink_to(victim)
        assert "cannot be used" in self.refusal(folder / "cursor.db")
        assert victim.read_text() == "precious"

    def test_a_link_in_the_place_of_the_draft_is_not_followed(self, folder: Path) -> None:
        victim = written(folder / "victim", "precious")
        (folder / "cursor.db.new").symlink_to(victim)
        CursorFile.open(folder / "cursor.db").close()
        assert victim.read_text() == "precious"

    @pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/full"])
    def test_a_device_is_refused(self, folder: Path, device: str) -> None:
        (folder / "cursor.db").symlink_to(device)
        before = Path(device).stat().st_mode
        self.refusal(folder / "cursor.db")
        assert Path(device).stat().st_mode == before

    def test_a_pipe_is_refused(self, folder: Path) -> None:
        os.mkfifo(folder / "cursor.db")
        self.refusal(folder / "cursor.db")
