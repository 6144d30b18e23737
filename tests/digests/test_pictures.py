"""Pictures: drawn by a process of their own, or not at all."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from cashnotifyd.digests.pictures import KEEP_DAYS, Pictures
from cashnotifyd.wording.drawings import Drawing, Panel

PANEL = Panel("€4,820.00", "+12%", "€900", (0.2, 0.9, 0.0), (0.4, 0.5), ("Mon", "", "Wed"), ((0.5, "€500"),))
NO_GLYPH = "\U0010fffd"
WEEK = Drawing("Nov 16 to 22", "Acme $x^2$ <b> 株式会社", (PANEL, PANEL), "Nov 16 to 22", "Nov 9 to 15")


@pytest.mark.parametrize("drawing", [WEEK, replace(WEEK, in_english=WEEK)])
def test_what_is_handed_over_arrives(drawing: Drawing) -> None:
    assert Drawing.from_json(drawing.to_json()) == drawing


async def test_words_that_no_font_has_are_drawn_in_english_and_a_name_is_left_out(tmp_path: Path) -> None:
    foreign = replace(WEEK, when=f"2026{NO_GLYPH}16{NO_GLYPH}", in_english=WEEK)
    named = replace(WEEK, name=NO_GLYPH, in_english=replace(WEEK, when="another"))
    pictures = Pictures(tmp_path / "digests")
    there = []
    for drawing in (foreign, WEEK, named, replace(WEEK, name="")):
        path = await pictures.draw(drawing, "a")
        assert path is not None
        there.append(path.read_bytes())

    assert there[0] == there[1]
    assert there[2] == there[3]


async def test_a_picture_is_drawn_for_the_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_STRIPE_KEY", "rk_live_51secret")
    pictures = Pictures(tmp_path / "digests")
    with capture_logs() as logged:
        path = await pictures.draw(WEEK, "mail-weekly-2026-11-16")

    assert [line["event"] for line in logged] == []
    assert "SHOP_STRIPE_KEY" not in pictures._environment()
    assert path == tmp_path / "digests" / "mail-weekly-2026-11-16.png"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    head = path.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", head[16:24]) == (1200, 675)
    assert not [file for file in path.parent.iterdir() if file.suffix == ".draft"]


async def test_without_the_extra_there_is_none_and_it_is_said_once(tmp_path: Path) -> None:
    with capture_logs() as logged:
        pictures = Pictures(tmp_path / "digests", library="no_such_library")
        assert await pictures.draw(WEEK, "a") is None
        assert await pictures.draw(WEEK, "b") is None

    assert [line["log_level"] for line in logged] == ["info"]


async def test_one_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    with capture_logs() as logged:
        assert await Pictures(tmp_path / "digests", patience=0.01).draw(WEEK, "a") is None

    assert [(line["log_level"], line["reason"]) for line in logged] == [("warning", "it took too long")]


async def test_one_that_cannot_be_drawn_is_gone_without(tmp_path: Path) -> None:
    empty = Drawing("", "", (), "", "")
    with capture_logs() as logged:
        assert await Pictures(tmp_path / "digests").draw(empty, "a") is None

    assert [line["log_level"] for line in logged] == ["warning"]
    assert "ZeroDivisionError" in logged[0]["reason"]


async def test_one_that_cannot_be_kept_is_gone_without(tmp_path: Path) -> None:
    (tmp_path / "digests").write_text("in the way")
    with capture_logs() as logged:
        assert await Pictures(tmp_path / "digests").draw(WEEK, "a") is None

    assert [line["log_level"] for line in logged] == ["warning"]


def test_old_ones_are_removed(tmp_path: Path) -> None:
    now = time.time()
    for name, days in (("old.png", KEEP_DAYS + 1), ("old.draft", KEEP_DAYS + 1), ("new.png", KEEP_DAYS - 1)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (now - days * 86400,) * 2)
    Pictures(tmp_path, library="no_such_library").forget_old(now)
    Pictures(tmp_path / "none", library="no_such_library").forget_old(now)

    assert [path.name for path in tmp_path.iterdir()] == ["new.png"]


@pytest.mark.slow
def test_the_daemon_loads_nothing_of_what_draws() -> None:
    code = "import cashnotifyd.daemon.running, cashnotifyd.digests.telling, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert not {"matplotlib", "numpy", "PIL"} & set(loaded)
