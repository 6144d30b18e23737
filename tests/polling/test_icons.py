"""The account's icon: Stripe's through one public link, the configured file, or none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.lookups.icons import Icons
from cashnotifyd.simulator import families
from cashnotifyd.simulator.account import PERMISSIONS, SimulatedAccount
from cashnotifyd.simulator.faults import Status
from cashnotifyd.stripe_api import Cause, Failure
from cashnotifyd.vocabulary import Disclosure, Icon
from tests.clock import Clock
from tests.outbox import next_delivery
from tests.polling.conftest import Room

PNG = b"\x89PNG\r\n\x1a\nan icon"
GIF = b"GIF89a another"
LINK = "https://files.stripe.com/links/MDB8"


async def told_icon(record: CursorFile, clock: Clock) -> Icon | None:
    """The icon of the message that is told first."""
    delivery = await next_delivery(record, "phone", Disclosure.FULL, clock())
    assert delivery is not None
    await record.mark_delivered(delivery.id, clock())
    return delivery.message.icon


def links_made(account: SimulatedAccount) -> int:
    return sum(request.method == "POST" for request in account.requests)


async def test_stripes_icon_is_linked_and_fetched_once(
    room: Room, shop: SimulatedAccount, record: CursorFile, clock: Clock
) -> None:
    shop.icon = PNG
    key = shop.key()
    await room.watch(key).poll()
    icon = await told_icon(record, clock)
    families.charge_sale(shop, at=clock() - 60)
    await room.watch(key).poll()

    assert icon is not None
    assert icon.url is not None
    assert icon.url.startswith(f"{room.stripe.base}/links/")
    assert icon.file is not None
    assert Path(icon.file).read_bytes() == PNG
    assert Path(icon.file).parent == record.path.parent / "icons"
    assert await told_icon(record, clock) == icon
    assert links_made(shop) == 1
    fetches = [request for request in room.stripe.requests if request.path.startswith("/links/")]
    assert [request.key_last4 for request in fetches] == [None]


async def test_another_icon_is_another_link(
    room: Room, shop: SimulatedAccount, record: CursorFile, clock: Clock
) -> None:
    shop.icon = PNG
    key = shop.key()
    await room.watch(key).poll()
    before = await told_icon(record, clock)
    shop.icon = GIF
    families.charge_sale(shop, at=clock() - 60)
    await room.watch(key).poll()
    after = await told_icon(record, clock)
    shop.icon = None
    families.charge_sale(shop, at=clock() - 60)
    await room.watch(key).poll()

    assert before is not None
    assert after is not None
    assert after.url != before.url
    assert Path(after.file or "").suffix == ".gif"
    assert await told_icon(record, clock) is None


@pytest.mark.parametrize("lacking", ["rak_file_write", "rak_connected_account_read"])
async def test_without_the_permission_there_is_no_icon_and_no_fuss(
    room: Room, shop: SimulatedAccount, record: CursorFile, clock: Clock, lacking: str
) -> None:
    shop.icon = PNG
    await room.watch(shop.key(permissions=PERMISSIONS - {lacking}), name="Acme Shop").poll()

    assert await told_icon(record, clock) is None
    assert room.titles() == ["Now watching · Acme Shop"]
    assert links_made(shop) == (lacking == "rak_file_write")


async def test_a_link_made_with_another_key_goes_on_to_work(
    room: Room, shop: SimulatedAccount, record: CursorFile, clock: Clock
) -> None:
    shop.icon = PNG
    await room.watch(shop.key()).poll()
    icon = await told_icon(record, clock)
    families.charge_sale(shop, at=clock() - 60)
    await room.watch(shop.key(permissions=PERMISSIONS - {"rak_connected_account_read"})).poll()

    assert await told_icon(record, clock) == icon


async def test_a_stripe_that_makes_no_link_is_no_obstacle(
    room: Room, shop: SimulatedAccount, record: CursorFile, clock: Clock
) -> None:
    shop.icon = PNG
    shop.fail(Status(500), path="/v1/file_links")
    await room.watch(shop.key()).poll()

    assert await told_icon(record, clock) is None


async def test_the_configured_logo_is_shown_where_a_file_can_be(
    room: Room, shop: SimulatedAccount, record: CursorFile, clock: Clock
) -> None:
    key = shop.key()
    await room.watch(key, logo="/etc/acme.png").poll()
    assert await told_icon(record, clock) == Icon(None, "/etc/acme.png")
    shop.icon = PNG
    families.charge_sale(shop, at=clock() - 60)
    await room.watch(key, logo="/etc/acme.png").poll()
    icon = await told_icon(record, clock)

    assert icon is not None
    assert icon.file == "/etc/acme.png"
    assert icon.url is not None


def answering(answer: bytes | Failure) -> Callable[[str, int], Awaitable[bytes | Failure]]:
    async def download(_link: str, _limit: int) -> bytes | Failure:
        return answer

    return download


@pytest.mark.parametrize("answer", [b"<html>", b"", Failure(Cause.NETWORK, "no answer in time", retry=True)])
async def test_what_is_no_image_is_not_kept(tmp_path: Path, answer: bytes | Failure) -> None:
    icons = Icons(tmp_path / "icons", answering(answer))

    assert await icons.fetched(LINK, "https://api.stripe.com") is None
    assert icons.kept(LINK) is None


@pytest.mark.parametrize(
    ("link", "fetched"),
    [
        (LINK, True),
        ("http://127.0.0.1:1/links/x", True),
        ("http://files.stripe.com/links/x", False),
        ("https://files.stripe.com.evil.example/x", False),
        ("https://files.stripe.com@evil.example/x", False),
        ("http://127.0.0.1:2/links/x", False),
        ("file:///etc/passwd", False),
    ],
)
async def test_an_icon_is_fetched_from_stripe_alone(
    tmp_path: Path,
    link: str,
    fetched: bool,  # noqa: FBT001 (a table's column)
) -> None:
    icons = Icons(tmp_path / "icons", answering(PNG))

    assert (await icons.fetched(link, "http://127.0.0.1:1") is not None) == fetched


async def test_a_folder_that_cannot_be_written_costs_the_icon_alone(tmp_path: Path) -> None:
    (tmp_path / "icons").write_text("a file in the way")

    assert await Icons(tmp_path / "icons", answering(PNG)).fetched(LINK, "https://api.stripe.com") is None
