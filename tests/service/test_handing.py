"""Files that a configuration names, and which of them a system service is handed."""

from __future__ import annotations

from pathlib import Path

from cashnotifyd.service import handing

TREE: dict[str, object] = {
    "heartbeat_file": "beat.url",
    "accounts": {
        "shop": {"api_key_file": "shop.key", "logo": "./acme.png"},
        "other": {"api_key_file": "/etc/cashnotifyd/other.key", "logo": "logos/other.png"},
        "third": {"api_key": "rk_test_1", "logo": "${LOGO}"},
        "twice": {"api_key_file": "shop.key"},
        "broken": None,
    },
    "channels": {"phone": {"url_file": "phone.url", "events": ["sale"]}},
}


def test_all_that_is_named() -> None:
    named = {one.key: one.written for one in handing.named_in(TREE)}
    assert named == {
        "heartbeat_file": "beat.url",
        "accounts.shop.api_key_file": "shop.key",
        "accounts.shop.logo": "./acme.png",
        "accounts.other.api_key_file": "/etc/cashnotifyd/other.key",
        "accounts.other.logo": "logos/other.png",
        "accounts.twice.api_key_file": "shop.key",
        "channels.phone.url_file": "phone.url",
    }


def test_what_lies_beside_the_configuration_is_handed_over_once() -> None:
    folder = Path("/etc/cashnotifyd")
    assert handing.credentials(handing.named_in(TREE), folder) == (
        ("beat.url", folder / "beat.url"),
        ("shop.key", folder / "shop.key"),
        ("acme.png", folder / "acme.png"),
        ("phone.url", folder / "phone.url"),
    )


def test_nothing_is_named_in_an_empty_file() -> None:
    assert list(handing.named_in({})) == []
