from __future__ import annotations

import stat
from pathlib import Path

import pytest

from cashnotifyd.config.schema import FILE_NAME
from cashnotifyd.delivery.apprise_door.urls import examine
from cashnotifyd.refusal import Refusal
from cashnotifyd.setup.composing import Entry, new_text, with_entry
from cashnotifyd.setup.saving import Existing, existing, save

SHOP = Entry("accounts", "shop", {"api_key": "rk_live_51AbCdEfGhIj"})
PHONE = Entry("channels", "phone", {"url": "json://127.0.0.1:9/x"})
MORE = Entry("accounts", "more", {"api_key": "rk_live_51OtherOther"})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "of" / "mine" / "config.yaml"


def saved(path: Path, text: str, before: Existing | None = None) -> None:
    save(path, text, before, {}, examine)


def there(path: Path) -> Existing:
    found = existing(path, {}, examine)
    assert found is not None
    return found


def test_where_nothing_is_a_folder_of_ones_own_is_made(path: Path) -> None:
    assert existing(path, {}, examine) is None
    saved(path, new_text([SHOP, PHONE], "en_US"))
    assert {file.name for file in path.parent.iterdir()} == {"config.yaml", FILE_NAME}
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent)] == [0o600, 0o700]
    assert list(there(path).loaded.settings.accounts) == ["shop"]


def test_what_could_not_be_used_is_not_written(path: Path) -> None:
    with pytest.raises(Refusal) as refused:
        saved(path, new_text([SHOP], "en_US"))
    assert f"{path}:" in refused.value.hint
    assert "there are no channels" in refused.value.hint
    assert list(path.parent.iterdir()) == []


def test_more_is_added_beside_what_is_there(path: Path) -> None:
    saved(path, new_text([SHOP, PHONE], "en_US"))
    path.write_bytes("\ufeff".encode() + path.read_bytes())
    path.with_name(FILE_NAME).write_text("{}")
    before = there(path)
    saved(path, with_entry(before.text, MORE), before)
    assert list(there(path).loaded.settings.accounts) == ["shop", "more"]
    assert path.read_bytes().startswith("\ufeff#".encode())
    assert path.with_name(FILE_NAME).read_text() == "{}"


def test_a_text_that_changes_what_is_there_is_refused(path: Path) -> None:
    saved(path, new_text([SHOP, PHONE], "en_US"))
    before, data = there(path), path.read_bytes()
    for text in (before.text.replace("51Ab", "51Xx"), before.text.replace("127.0.0.1:9", "127.0.0.1:8"), f"{before.text}poll_interval: 1h\n"):  # fmt: skip  # noqa: E501 (three texts)
        with pytest.raises(Refusal, match="would not stay as it is"):
            saved(path, text, before)
    assert path.read_bytes() == data


def test_what_somebody_else_has_changed_meanwhile_is_left_alone(path: Path) -> None:
    saved(path, new_text([SHOP, PHONE], "en_US"))
    before = there(path)
    path.write_text(before.text + "# a note\n")
    with pytest.raises(Refusal, match="changed meanwhile"):
        saved(path, with_entry(before.text, MORE), before)
    assert path.read_text().endswith("# a note\n")
    assert {file.name for file in path.parent.iterdir()} == {"config.yaml", FILE_NAME}


def test_a_link_stays_one_and_nobody_else_reads_what_was_open(path: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.yaml"
    real.write_text("accounts:\n  shop: {api_key: '${KEY}'}\nchannels:\n  phone: {url: json://127.0.0.1:9/x}\n")
    real.chmod(0o644)
    path.parent.mkdir(parents=True)
    path.symlink_to(real)
    before = existing(path, {"KEY": "rk_live_51AbCdEfGhIj"}, examine)
    assert before is not None
    save(path, with_entry(before.text, MORE), before, {"KEY": "rk_live_51AbCdEfGhIj"}, examine)
    assert path.is_symlink()
    assert "more:" in real.read_text()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_what_cannot_be_used_is_not_added_to(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text("accounts: [")
    with pytest.raises(Refusal, match="cannot be used") as refused:
        existing(path, {}, examine)
    assert refused.value.status == 78
