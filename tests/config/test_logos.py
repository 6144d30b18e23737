"""The image of an account: a file that every desktop shows, or a complaint that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from cashnotifyd.config.images import image_format
from tests.config.conftest import Write, complaint, read

IMAGES = {
    "png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "jpg": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "gif": b"GIF89a\1\0\1\0",
    "ico": b"\0\0\1\0\1\0\x10\x10",
}


def account(logo: str) -> str:
    return f"accounts:\n  shop:\n    api_key: rk_live_1\n    logo: {logo}\nchannels:\n  phone:\n    url: json://localhost\n"


@pytest.mark.parametrize("kind", IMAGES)
def test_a_logo_starts_beside_the_configuration(write: Write, tmp_path: Path, kind: str) -> None:
    write(IMAGES[kind], f"acme.{kind}", 0o644)
    write(account(f"./acme.{kind}"))

    assert read().settings.accounts["shop"].logo == tmp_path / f"acme.{kind}"
    assert image_format(IMAGES[kind]) == kind


def test_no_logo_is_none(write: Write) -> None:
    write("accounts:\n  shop: {api_key: rk_live_1}\nchannels:\n  phone: {url: json://localhost}\n")
    assert read().settings.accounts["shop"].logo is None


def test_a_logo_may_come_from_the_environment(write: Write, tmp_path: Path) -> None:
    write(IMAGES["png"], "other.png")
    write(account("acme.png"))

    assert read({"CASHNOTIFYD_ACCOUNTS__SHOP__LOGO": "other.png"}).settings.accounts["shop"].logo == (
        tmp_path / "other.png"
    )


@pytest.mark.parametrize(
    ("logo", "content", "problem", "hint"),
    [
        ("gone.png", None, "there is no such file", "Create it, or correct the path."),
        (".", None, "this is a folder, not a file", "Name the file in it."),
        ("acme.png", b"<svg/>", "this file holds no png, jpg, gif or ico image", "Save the logo as png"),
        ("acme.png", b"", "this file holds no png, jpg, gif or ico image", "Save the logo as png"),
        ("acme.png", IMAGES["png"] + bytes(1024 * 1024), "the file is larger than 1024 KiB", "another file"),
        ("https://acme.example/a.png", None, "this is an address, not the name of a file", "Save the image"),
    ],
)
def test_what_is_no_logo(write: Write, logo: str, content: bytes | None, problem: str, hint: str) -> None:
    if content is not None:
        write(content, logo)
    write(account(logo))

    said = complaint()
    assert said.startswith(f"config.yaml:4:5: accounts.shop.logo: {problem}\n")
    assert hint in said
