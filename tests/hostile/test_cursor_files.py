"""A cursor file in which bits have turned, or of which a part is gone: refused as it is, or still all there."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

import pytest

from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.cursor_file.values import Address, ListedEvent, News, Telling
from cashnotifyd.occurrences.facts import Fact
from cashnotifyd.refusal import Refusal
from cashnotifyd.vocabulary import Disclosure, Kind, Message, Mode, Urgency, Wordings
from tests.outbox import to

NOW: Final = 1_790_000_000.0
MESSAGE: Final = Message(
    Kind.SALE, "Sale €49.00 · Acme", "Jane\nAcme", Urgency.NORMAL, "https://dashboard.stripe.com/x"
)
TOLD: Final = 40
PENDING: Final = 100
TIMES: Final = 40


def listed(id_: str) -> ListedEvent:
    return ListedEvent(id_, "charge.succeeded", int(NOW), f'{{"id":"{id_}"}}', "pending")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sound") / "cursor.db"


@pytest.fixture
async def data(sound: Path) -> bytes:
    """A file of some 40 pages, with deliveries that wait and events that are not told yet."""
    if not sound.exists():
        record = CursorFile.open(sound)
        shop = await record.begin_account("shop", Mode.LIVE, stripe_id="acct_1", name="Acme", key_print="p")
        await record.record_page(shop.id, [listed(f"evt_{n}") for n in range(TOLD)], NOW)
        news = tuple(
            News(
                Fact("payment", int(NOW), {f"ch_{event.number}"}, set(), {"charge.succeeded"}),
                Wordings(MESSAGE, MESSAGE, MESSAGE),
                to("phone"),
                (event.number,),
                Mode.LIVE,
            )
            for event in await record.pending(shop.id, 1000)
        )
        await record.tell(shop.id, Telling(news=news), NOW)
        await record.record_page(shop.id, [listed(f"evt_p{n}") for n in range(PENDING)], NOW)
        record.close()
    return sound.read_bytes()


async def used(path: Path) -> tuple[CursorFile | None, Refusal | None]:
    """What comes of a file that is opened and used: the record, unless it cannot be opened, and what is wrong."""
    record = None
    try:
        record = CursorFile.open(path)
        known = await record.accounts("shop", Mode.LIVE, "acct_1"), await record.pending(1, 1000)
        await record.offer(Address("phone"), Disclosure.FULL, NOW, None)
        await record.mutes(NOW)
    except Refusal as refusal:
        return record, refusal
    finally:
        if record is not None:
            record.close()
    assert any(known), "it began anew"
    return record, None


def turned(data: bytes, dice: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.choice([1, 1, 3, 30])):
        at = dice.choice([dice.randrange(len(changed)), dice.randrange(4096)])
        changed[at] ^= 1 << dice.randrange(8)
    return bytes(changed)


def cut(data: bytes, dice: Random) -> bytes:
    return data[: dice.randrange(1, len(data))]


def overwritten(data: bytes, dice: Random) -> bytes:
    at = dice.randrange(len(data))
    noise = dice.randbytes(dice.choice([16, 512, 4096]))
    return (data[:at] + noise + data[at + len(noise) :])[: len(data)]


def a_page_twice(data: bytes, dice: Random) -> bytes:
    one, other = (dice.randrange(len(data) // 4096) * 4096 for _ in range(2))
    return data[:one] + data[other : other + 4096] + data[one + 4096 :]


@pytest.mark.fault(25, measured="0 silent resets")
@pytest.mark.parametrize("harmed", [turned, cut, overwritten, a_page_twice])
async def test_it_is_refused_or_works(data: bytes, tmp_path: Path, harmed: Callable[[bytes, Random], bytes]) -> None:
    refused = 0
    for seed in range(TIMES):
        folder = tmp_path / str(seed)
        folder.mkdir()
        path = folder / "cursor.db"
        given = harmed(data, Random(seed))
        path.write_bytes(given)
        record, refusal = await used(path)
        assert refusal is None or refusal.hint
        assert record is not None or path.read_bytes() == given
        refused += refusal is not None
        shutil.rmtree(folder)
    assert refused


async def test_a_log_of_noise_is_left_out_of_account(data: bytes, tmp_path: Path) -> None:
    for seed in range(10):
        path = tmp_path / f"{seed}.db"
        path.write_bytes(data)
        path.with_name(f"{seed}.db-wal").write_bytes(Random(seed).randbytes(50_000))
        assert (await used(path))[1] is None
