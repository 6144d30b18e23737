"""The demo: what it draws, what it writes, how it ends. With the real daemon as its own process where that matters."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import stat
import sys
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from cashnotifyd.cli.demo import (
    Pace,
    Screen,
    card,
    environment_for_daemon,
    has_desktop,
    play,
    shortened,
    write_config,
)
from cashnotifyd.refusal import Refusal
from cashnotifyd.simulator.phone import Notice, Phone
from cashnotifyd.simulator.server import Simulator
from cashnotifyd.vocabulary import Mode
from tests.running import PATIENCE


def drawn(notice: Notice, width: int = 80) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    with console.capture() as capture:
        console.print(card(notice, "14:03"))
    return capture.get().splitlines()


def test_a_card_looks_like_a_lock_screen() -> None:
    notice = Notice("Sale $49.00 · Acme Shop", "Zoë Lefèvre\nVisa •••• 4242\n\nhttps://dashboard.stripe.com/x", "info")
    assert drawn(notice) == [
        "╭────────────────────────────────────────────────╮",
        "│ cashnotifyd                              14:03 │",
        "│ Sale $49.00 · Acme Shop                        │",
        "│ Zoë Lefèvre                                    │",
        "│ Visa •••• 4242                                 │",
        "│ Open in Stripe                                 │",
        "╰────────────────────────────────────────────────╯",
    ]


def test_a_card_wraps_and_fits_a_narrow_terminal() -> None:
    lines = drawn(Notice("[TEST] Sale", "one " * 30, "info"), width=30)
    assert {len(line) for line in lines} == {30}
    assert "│ [TEST] Sale" in lines[2]


def test_markup_in_a_message_is_text() -> None:
    assert "[bold]x[/bold]" in "".join(drawn(Notice("t", "[bold]x[/bold]", "info")))


@pytest.mark.parametrize(
    ("types", "width", "text"),
    [
        (["payout.paid"], 76, "payout.paid (1 event)"),
        (["payout.created", "payout.paid"], 76, "payout.created, payout.paid (2 events)"),
        (["a.b", "a.b", "c.d"], 76, "a.b, c.d (3 events)"),
        (["invoice.created", "invoice.paid", "charge.succeeded"], 44, "invoice.paid, charge.succeeded, … (3 events)"),
        (["invoice.created", "invoice.paid"], 10, "… (2 events)"),
    ],
)
def test_event_types_are_shortened_to_the_line(types: list[str], width: int, text: str) -> None:
    assert shortened(types, width) == text


def test_the_daemon_is_not_set_up_by_this_machines_environment() -> None:
    environ = {
        "PATH": "/bin",
        "HOME": "/root",
        "CASHNOTIFYD_POLL_INTERVAL": "1h",
        "CREDENTIALS_DIRECTORY": "/run/x",
        "NOTIFY_SOCKET": "/run/y",
        "https_proxy": "http://proxy",
        "HTTP_PROXY": "http://proxy",
    }
    assert environment_for_daemon(environ) == {"PATH": "/bin", "HOME": "/root"}


def test_a_desktop_is_told_only_where_there_is_one() -> None:
    assert not has_desktop({})
    assert has_desktop({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/bus"}) == (sys.platform == "linux")


def test_the_configuration_is_a_real_one_for_its_owner_alone(tmp_path: Path) -> None:
    stripe = Simulator()
    live = stripe.account("acct_1", name="Acme")
    test = stripe.account("acct_1", name="Acme", mode=Mode.TEST)

    path = write_config(tmp_path, "http://127.0.0.1:1", live, test, Phone(), desktop=True)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    config = yaml.safe_load(path.read_text())
    assert set(config["channels"]) == {"phone", "desktop"}
    assert config["accounts"]["shop"]["api_key"].startswith("rk_live_")
    assert config["accounts"]["shop-test"]["api_key"].startswith("rk_test_")


async def test_a_daemon_that_does_not_start_is_told_with_the_end_of_its_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    screen = Screen(Console(file=io.StringIO()))
    with pytest.raises(Refusal, match="the daemon has ended with status 1"):
        await play(screen, 1, Pace(patience=PATIENCE))


async def test_a_message_that_does_not_come_in_time_ends_the_demo() -> None:
    screen = Screen(Console(file=io.StringIO()))
    with pytest.raises(Refusal, match=r"no message has come within 0\.01 seconds"):
        await play(screen, 1, Pace(patience=0.01))


@pytest.mark.slow
def test_the_whole_demo() -> None:
    """About 20 s."""
    output = io.StringIO()
    asyncio.run(play(Screen(Console(file=output, width=80)), 1, Pace(rest=0.5)))
    text = output.getvalue()
    for title in (
        "Now watching",
        "[TEST] Now watching",
        "Sale $49.00",
        "[TEST] Sale €12.34",
        "New subscription $240.00/year",
        "Renewal $29.00",
        "Payment failed $29.00",
        "Refund $15.00",
        "Dispute $89.00",
        "Payout $2,318.75",
        "Payout failed ¥84,000",
        "Subscription cancelled",
    ):
        assert text.count(f"│ {title}") == 1, title
    assert "each thing told once" in text


@pytest.mark.parametrize(("arguments", "status"), [((), 130), (("--forever",), 0)])
async def test_ctrl_c_stops_everything(tmp_path: Path, arguments: tuple[str, ...], status: int) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cashnotifyd", "demo", *arguments),
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    seen = b""
    while b"Now watching" not in seen:
        line = await process.stdout.readline()
        assert line, seen.decode()
        seen += line
    process.send_signal(signal.SIGINT)
    rest, _ = await process.communicate()

    assert process.returncode == status
    assert rest.decode().endswith("Stopped.\n")
    assert os.listdir(tmp_path) == []  # noqa: PTH208 (a list of names is all that is asked)
