"""The whole dialogue at a real terminal, against the simulated Stripe and a receiver; and without one, by options."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from cashnotifyd.config.loading import load
from cashnotifyd.config.schema import FILE_NAME, MODELINE
from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.delivery.apprise_door.urls import examine
from cashnotifyd.simulator.account import PERMISSIONS
from cashnotifyd.simulator.families import checkout_sale
from cashnotifyd.simulator.faults import Stall, Status
from cashnotifyd.simulator.server import Simulator
from cashnotifyd.stripe_api import asking as stripe_asking
from cashnotifyd.vocabulary import Mode
from tests import forked
from tests.cli.shops import Shops, surroundings
from tests.cli.terminal import Terminal
from tests.running import Receiver, until

KEY = "Paste the key (it is not shown): "
ID = "A short word for it in the configuration ["
MORE_ACCOUNTS = "Another account? [y/N]: "
PLACE = "Where do you want to be told? (ntfy, url) [ntfy]: "
URL = "The URL (it is not shown): "
ARRIVED = "Did it arrive? [Y/n]: "
MORE_CHANNELS = "Another channel? [y/N]: "
WRITE = "Write it? [Y/n]: "
SERVICE = "Install it as a service, so that it runs from now on? [Y/n]: "
NOTHING_WRITTEN = "cashnotifyd: ended before the end: nothing was written\n"

EXISTING = """\
# my shops
timezone: Europe/Paris   # where I live
accounts:
    shop:                # the first
        api_key: rk_live_51AbCdEfGhIjKlMnOpQrStUv
        # logo: ./acme.png

    # another:
    #     api_key: …
channels:
  phone: {url: "json://127.0.0.1:9/phone"}
# the end
"""


class Place(Shops):
    """Where a stranger runs it for the first time."""

    def __init__(self, folder: Path, stripe: Simulator, receiver: Receiver) -> None:
        super().__init__(folder, stripe)
        self.receiver = receiver
        self.config = folder / ".config" / "cashnotifyd" / "config.yaml"
        self.url = receiver.url("hook-of-many-letters")

    def terminal(self, *options: str) -> Terminal:
        environ = surroundings(self.folder, CASHNOTIFYD_STRIPE_API_BASE=self.stripe.base, LANG="C.UTF-8")
        return Terminal(["init", *options], environ)

    async def init(self, *options: str, **environment: str) -> tuple[int, str]:
        """Without a terminal. The status, and what is said."""
        done = await self.call("init", *options, CASHNOTIFYD_STRIPE_API_BASE=self.stripe.base, **environment)
        return done.returncode, done.stdout + done.stderr

    async def init_beside(self, *options: str, **environment: str) -> tuple[int, str]:
        """The same, in a process of its own."""
        done = await self.call_beside("init", *options, CASHNOTIFYD_STRIPE_API_BASE=self.stripe.base, **environment)
        return done.returncode, done.stdout + done.stderr

    def steps(self, key: str) -> list[tuple[str, str]]:
        return [
            (KEY, key),
            (ID, ""),
            (MORE_ACCOUNTS, ""),
            (PLACE, "url"),
            (URL, self.url),
            (ARRIVED, ""),
            (ID, "phone"),
            (MORE_CHANNELS, ""),
            (WRITE, ""),
            (SERVICE, "n"),
        ]

    def nothing_is_written(self) -> bool:
        return not [path for path in self.folder.rglob("*") if path.is_file() and "cashnotifyd" in str(path)]


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with Simulator() as stripe, Receiver() as receiver:
        yield Place(tmp_path, stripe, receiver)


def unwrapped(text: str) -> str:
    return " ".join(text.split())


async def test_five_minutes_from_nothing_to_a_message(place: Place) -> None:
    checkout_sale(place.shop, amount=4900)
    key = place.shop.key()

    async with place.terminal() as screen:
        await screen.answer(*place.steps(key))
        assert await screen.ended() == 0
        said = screen.text

    assert "https://dashboard.stripe.com/apikeys/create?name=cashnotifyd&permissions[]=rak_event_read&" in said
    assert "the key works: Acme Shop (acct_1Shop), live mode" in said
    assert re.search(r"present  Payouts: read +when a payout arrives", said)
    assert "Its latest events, as you would have been told of them:\n  Sale $49.00 · Acme Shop\n" in said
    assert f"{ID}acme-shop]: " in said
    assert place.receiver.titles("hook-of-many-letters") == ["[TEST] Sale $49.00 · Test from cashnotifyd"]
    assert key not in said
    assert place.url not in said

    assert stat.S_IMODE(place.config.stat().st_mode) == 0o600
    text = place.config.read_text()
    assert text.startswith(f"{MODELINE}\n#")
    assert yaml.safe_load(text) == {
        "accounts": {"acme-shop": {"api_key": key}},
        "channels": {"phone": {"url": place.url}},
    }
    assert {path.name for path in place.config.parent.iterdir()} == {"config.yaml", FILE_NAME}
    load(place.config, {}, examine)


def left(leave: Callable[[Terminal], Awaitable[int]], *, often: Sequence[int], seldom: Sequence[int]) -> list[Any]:
    """At these questions, and at those which are of the same sort in the slow suite."""
    return [pytest.param(leave, step) for step in often] + [
        pytest.param(leave, step, marks=pytest.mark.slow) for step in seldom
    ]


@pytest.mark.parametrize(
    ("leave", "step"),
    [
        *left(Terminal.interrupt, often=(0, 1, 5, 8, 9), seldom=(2, 3, 4, 6, 7)),
        *left(Terminal.end_input, often=(0, 9), seldom=(1, 5)),
    ],
)
async def test_it_can_be_left_at_each_question(
    place: Place, leave: Callable[[Terminal], Awaitable[int]], step: int
) -> None:
    steps = place.steps(place.shop.key())
    async with place.terminal() as screen:
        await screen.answer(*steps[:step])
        await screen.until(steps[step][0])
        assert await leave(screen) == (130 if leave is Terminal.interrupt else 1)
        said = screen.text
    if steps[step][0] == SERVICE:
        assert place.config.exists()
        assert f"ended before the end: {place.config} is written, and nothing else was done" in unwrapped(said)
    else:
        assert said.endswith(NOTHING_WRITTEN)
        assert place.nothing_is_written()
    assert "Traceback" not in said


async def test_it_can_be_left_while_stripe_is_asked(place: Place) -> None:
    place.shop.fail(Stall())
    async with place.terminal() as screen:
        await screen.answer((KEY, place.shop.key()))
        await screen.until("Asking Stripe …")
        await until(lambda: bool(place.shop.requests))
        assert await screen.interrupt() == 130
        assert screen.text.endswith(NOTHING_WRITTEN)
    assert place.nothing_is_written()


async def test_keys_that_are_none_are_asked_for_again(place: Place) -> None:
    publishable = "pk_live_51AbCdEfGhIjKlMnOpQrStUv"
    wrong = "rk_live_51AbCdEfGhIjKlMnOpQrStUv"
    async with place.terminal() as screen:
        await screen.answer((KEY, publishable))
        assert "That is a publishable key: it can read nothing.\n" in await screen.until("Create a restricted key")
        await screen.answer((KEY, "my key"))
        await screen.until("There is a space or a line break within the key.")
        await screen.answer((KEY, wrong))
        await screen.until("FAILS    Stripe does not take the key: it is revoked, expired or mistyped")
        await screen.answer(("Try it again, or another key? (again, other) [other]: ", ""), (KEY, place.shop.key()))
        await screen.until("the key works")
        for key in (publishable, wrong):
            assert key not in screen.text
    assert place.nothing_is_written()


async def test_a_key_without_events_is_edited_and_tried_again(place: Place) -> None:
    key = place.shop.key(permissions=PERMISSIONS - {"rak_event_read", "rak_payout_read"})
    async with place.terminal() as screen:
        await screen.answer((KEY, key))
        await screen.until("FAILS    the key may not read events")
        await screen.until("missing  Events: read")
        await screen.until("Try it again, or another key? (again, other) [again]: ")
        place.shop.grant(key, PERMISSIONS - {"rak_payout_read"})
        screen.enter()
        await screen.until("warning  messages say less than they could without Payouts: read")
        await screen.until("missing  Payouts: read             when a payout arrives")
        await screen.until("or take another? (on, again, other) [on]: ")
        place.shop.grant(key, PERMISSIONS)
        screen.enter("again")
        await screen.answer((ID, ""))
        await screen.until(MORE_ACCOUNTS)


async def test_a_full_secret_key_is_taken_only_on_purpose(place: Place) -> None:
    async with place.terminal() as screen:
        await screen.answer((KEY, place.shop.key(full=True)))
        await screen.until("warning  this is a full secret key")
        await screen.answer(("Take it all the same, or another? (on, other) [other]: ", ""))
        await screen.until(KEY)


async def test_an_account_whose_name_the_key_may_not_know_is_given_one(place: Place) -> None:
    test = place.stripe.account("acct_1Shop", name="Acme Shop", mode=Mode.TEST)
    key = test.key(permissions=PERMISSIONS - {"rak_connected_account_read"})
    async with place.terminal() as screen:
        await screen.answer((KEY, key), ("What is it called, in messages? [My shop]: ", "Acme: the shop"))
        await screen.answer((f"{ID}acme-the-shop-test]: ", ""), *place.steps("")[2:])
        assert await screen.ended() == 0
    assert "the last 30 days" in unwrapped(screen.text)
    assert yaml.safe_load(place.config.read_text())["accounts"] == {
        "acme-the-shop-test": {"api_key": key, "name": "Acme: the shop"}
    }


async def test_a_channel_that_fails_is_tried_again_or_kept_or_exchanged(place: Place) -> None:
    place.receiver.status = 500
    async with place.terminal() as screen:
        await screen.answer(*place.steps(place.shop.key())[:3], (PLACE, "url"), (URL, "jsn://h/x"))
        await screen.until("No service has the scheme jsn://")
        await screen.answer((URL, place.url))
        await screen.until("FAILS    ")
        await screen.until("another place, or keep it all the same? (again, other, keep) [again]: ")
        place.receiver.status = 200
        screen.enter()
        await screen.answer((ARRIVED, "n"), ("(again, other, keep) [other]: ", "other"), (PLACE, "url"))
        await screen.answer((URL, place.receiver.url("other-hook")), (ARRIVED, "y"), (f"{ID}json]: ", ""))
        await screen.answer((MORE_CHANNELS, ""), (WRITE, ""), (SERVICE, "n"))
        assert await screen.ended() == 0
    assert yaml.safe_load(place.config.read_text())["channels"] == {"json": {"url": place.receiver.url("other-hook")}}


async def test_who_does_not_want_it_written_gets_nothing(place: Place) -> None:
    async with place.terminal() as screen:
        await screen.answer(*place.steps(place.shop.key())[:8], (WRITE, "n"))
        assert await screen.ended() == 1
        assert screen.text.endswith("cashnotifyd: nothing was written\n")
    assert place.nothing_is_written()


# A configuration that is there


def begin_with(place: Place, text: str) -> None:
    place.config.parent.mkdir(parents=True)
    place.config.touch(mode=0o600)
    place.config.write_text(text)


async def test_an_account_is_added_and_all_else_stays_to_the_letter(place: Place) -> None:
    begin_with(place, EXISTING.replace("  phone: {", "  phone: {accounts: [shop], "))
    place.config.chmod(0o640)
    key = place.shop.key()
    async with place.terminal() as screen:
        await screen.answer(("Add an account? [Y/n]: ", ""), (KEY, key), (f"{ID}acme-shop]: ", "shop"))
        await screen.until("There is shop already.")
        await screen.answer((ID, ""), (MORE_ACCOUNTS, ""), ("Add a channel? [Y/n]: ", "n"), (WRITE, ""), (SERVICE, "n"))
        assert await screen.ended() == 0
    text = place.config.read_text()
    assert text.replace(f"    acme-shop:\n      api_key: {key}\n", "", 1) == EXISTING.replace(
        "  phone: {", "  phone: {accounts: [shop], "
    )
    assert text.index("acme-shop") > text.index("# logo")
    assert stat.S_IMODE(place.config.stat().st_mode) == 0o640


async def test_a_section_in_braces_is_left_to_its_writer(place: Place) -> None:
    begin_with(place, EXISTING.replace("channels:\n  phone: {", "channels: {phone: {").replace('phone"}', 'phone"}}'))
    before = place.config.read_text()
    status, told = await place.init("--yes", "--channel", f"hook={place.url}")
    assert (status, "channels: is not written in lines" in unwrapped(told)) == (1, True), told
    async with place.terminal() as screen:
        await screen.answer(("Add an account? [Y/n]: ", "n"))
        assert await screen.ended() == 0
        assert "channels: is not written in lines" in unwrapped(screen.text)
    assert place.config.read_text() == before
    assert place.receiver.got == {}


async def test_what_is_broken_is_to_be_mended_first(place: Place) -> None:
    begin_with(place, EXISTING.replace("api_key:", "apikey:"))
    async with place.terminal() as screen:
        assert await screen.ended() == 78
        assert "there is a configuration already, and it cannot be used" in screen.text
        assert "accounts.shop.apikey: unknown key" in screen.text


async def test_nothing_to_add_is_no_failure(place: Place) -> None:
    begin_with(place, EXISTING)
    async with place.terminal() as screen:
        await screen.answer(("Add an account? [Y/n]: ", "n"), ("Add a channel? [Y/n]: ", "n"))
        assert await screen.ended() == 0
        assert "nothing was written" in screen.text
    assert place.config.read_text() == EXISTING


# Without questions


async def test_by_options_from_files_and_variables(place: Place) -> None:
    key, url = place.shop.key(), place.receiver.url("hook-of-many-letters")
    file = place.folder / "shop.key"
    file.touch(mode=0o600)
    file.write_text(f"{key}\n")
    done = await place.init_beside(
        "--account", f"shop=@{file}", "--channel", "phone=${PHONE_URL}", "--channel", f"second={url}2", PHONE_URL=url
    )
    assert done[0] == 0, done[1]
    assert yaml.safe_load(place.config.read_text()) == {
        "accounts": {"shop": {"api_key_file": str(file)}},
        "channels": {"phone": {"url": "${PHONE_URL}"}, "second": {"url": f"{url}2"}},
    }
    assert "ok       shop: the key works: Acme Shop (acct_1Shop)" in done[1]
    assert "ok       phone: delivered" in done[1]
    assert len(place.receiver.got) == 2
    assert key not in done[1]
    assert url not in done[1]


async def test_the_command_that_is_next_is_there_though_it_is_not_on_the_path(place: Place) -> None:
    done = await place.init_beside(
        "--account", "shop=${SHOP_KEY}", "--channel", "phone=${PHONE_URL}",
        SHOP_KEY=place.shop.key(), PHONE_URL=place.url, PATH="/usr/bin:/bin",
    )  # fmt: skip
    assert done[0] == 0, done[1]
    told = re.search(r"Run it:\s+(\S+)\s", done[1])
    assert told
    assert Path(told[1]).exists()


async def test_a_key_file_beside_it_is_named_as_such(place: Place) -> None:
    place.config.parent.mkdir(parents=True)
    file = place.config.with_name("shop.key")
    file.touch(mode=0o600)
    file.write_text(place.shop.key())
    done = await place.init("--yes", "--no-test", "--account", f"shop=@{file}", "--channel", f"phone={place.url}")
    assert done[0] == 0, done[1]
    assert "    api_key_file: shop.key\n" in place.config.read_text()
    assert place.receiver.got == {}


async def test_what_does_not_work_is_not_written(place: Place) -> None:
    revoked = place.shop.key()
    place.shop.revoke(revoked)
    account, channel = ("--account", f"shop={place.shop.key()}"), ("--channel", f"phone={place.url}")
    place.receiver.status = 500
    for options, said in (
        (("--account", f"shop={revoked}", *channel), "FAILS    shop: Stripe does not take the key"),
        ((*account, *channel), "FAILS    phone: "),
    ):
        status, told = await place.init("--yes", *options)
        assert (status, said in told, revoked in told) == (1, True, False)
        assert "not everything works, so nothing was written" in told
    assert place.nothing_is_written()


WRONG = {
    (): "There is no terminal to ask questions at.",
    ("--yes",): "at least one --account",
    ("--account", "rk_live_51AbCdEfGhIjKlMnOpQrStUv"): "it is to be written as ID=…",
    ("--account", "shop=pk_live_51AbCdEfGhIjKlMnOpQrStUv"): "that is a publishable key",
    ("--account", "rk_live_51AbCdEfGhIjKlMnOpQrStUv=shop"): "looks like a key, not like an id",
    ("--account", "shop=@/nonexistent.key"): "there is no such file",
    ("--account", "shop=${NO_SUCH_KEY}"): "NO_SUCH_KEY is not set",
    ("--channel", "phone=nothing"): "this is no Apprise URL",
    ("--channel", "phone=jsons://h/x?verify=no"): "TLS checks are never switched off",
    ("--stripe-api-base", "http://example.org"): "would travel in clear",
}


def test_wrong_usage_is_told_without_secrets(tmp_path: Path) -> None:
    commands = [("init", *options, "--config", str(tmp_path / "config.yaml")) for options in WRONG]
    done = forked.called(*commands, importing="cashnotifyd.cli.init", environ=surroundings(tmp_path), folder=tmp_path)
    for said, ran in zip(WRONG.values(), done, strict=True):
        told = ran.stdout + ran.stderr
        assert (ran.returncode, said in unwrapped(told)) == (2, True), told
        assert "AbCdEfGhIjKlMnOp" not in told
    assert list(tmp_path.iterdir()) == []


async def test_a_folder_that_cannot_be_made_is_told(place: Place) -> None:
    place.config.parent.parent.write_text("a file")
    status, told = await place.init("--account", f"shop={place.shop.key()}", "--channel", f"phone={place.url}")
    assert (status, "cannot be written" in told) == (1, True), told


async def test_a_stripe_that_fails_ends_it(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe_asking, "_pause", lambda _state: 0.0)
    place.shop.fail(Status(500))
    status, told = await place.init("--account", f"shop={place.shop.key()}", "--channel", f"phone={place.url}")
    assert (status, "Stripe itself fails" in told) == (1, True)
    assert os.listdir(place.folder) == []  # noqa: PTH208 (names)


async def test_more_is_added_by_options_while_the_daemon_runs(place: Place) -> None:
    begin_with(place, EXISTING)
    key = place.shop.key()
    state = place.folder / "state"
    record = CursorFile.open(state / "cursor.db")
    options = ("--yes", "--account", f"second={key}", "--channel", f"hook={place.url}")
    status, told = await place.init_beside(*options, STATE_DIRECTORY=str(state))
    again = await place.init_beside(*options, STATE_DIRECTORY=str(state))
    record.close()
    assert status == 0, told
    assert f"To make it read the new configuration: kill -HUP {os.getpid()}\n" in told
    before, after = EXISTING.splitlines(), place.config.read_text().splitlines()
    assert [line for line in after if line not in before] == [
        "    second:", f"      api_key: {key}", "  hook:", f"    url: {place.url}"
    ]  # fmt: skip
    assert [line for line in after if line in before] == before
    assert (again[0], "there is second already" in again[1]) == (2, True)
