"""The look-alike made for load lists events as the simulator does, for whatever it is asked."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest

from benchmarks.lookalike import key_of, serve
from benchmarks.sales import BEGUN, SOLD, TOKEN, event_id, serial_of, template
from cashnotifyd.simulator.server import Simulator

NOW = int(time.time())
TIMES = [NOW - 300, NOW - 200, NOW - 200, NOW - 100, NOW - 100, NOW - 100, *range(NOW - 20, NOW - 10)]
IDS = [event_id(serial_of(7, place)) for place in range(len(TIMES))]

QUERIES = [
    "",
    "limit=1",
    "limit=3",
    "limit=100",
    f"limit=3&starting_after={IDS[9]}",
    f"starting_after={IDS[0]}",
    f"limit=3&ending_before={IDS[4]}",
    f"limit=3&ending_before={IDS[12]}",
    f"ending_before={IDS[-1]}",
    f"created[gte]={NOW - 200}",
    f"created[gt]={NOW - 200}&limit=2",
    f"created[lte]={NOW - 100}",
    f"created[lt]={NOW - 100}&limit=2",
    f"created={NOW - 100}",
    f"created[gte]={NOW + 100}",
    f"limit=2&created[gte]={NOW - 200}&starting_after={IDS[8]}",
    f"limit=2&created[lte]={NOW - 12}&ending_before={IDS[3]}",
    "types[]=charge.succeeded&limit=2",
    "types[]=charge.failed",
    "types[]=charge.failed&types[]=charge.succeeded&limit=4",
    "type=charge.*&limit=2",
    "type=invoice.*",
    "limit=0",
    "limit=101",
    "limit=many",
    f"starting_after={IDS[1]}&ending_before={IDS[5]}",
    "starting_after=evt_1ofNobody",
    f"ending_before={event_id(serial_of(8, 0))}",
    "created[gte]=yesterday",
    "created[around]=7",
    "type=charge.*&types[]=charge.failed",
    "colour=green",
]


@pytest.fixture
async def lookalike() -> AsyncIterator[str]:
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(port.set_result))
    yield f"http://127.0.0.1:{await port}"
    serving.cancel()
    await asyncio.wait([serving])


async def answered(session: aiohttp.ClientSession, base: str, key: str, query: str) -> object:
    async with session.get(f"{base}/v1/events?{query}", headers={"Authorization": f"Bearer {key}"}) as response:
        answer = await response.json()
        assert response.headers["Date"]
    if "error" in answer:
        return response.status, answer["error"].get("param"), answer["error"]["type"], answer["error"]["message"]
    return (
        response.status,
        answer["has_more"],
        answer["url"],
        [(each["id"], each["created"]) for each in answer["data"]],
    )


async def test_lists_as_the_simulator_does(stripe: Simulator, lookalike: str) -> None:
    shop = stripe.account("acct_1Acme", name="Acme")
    key = shop.key()
    for id_, at in zip(IDS, TIMES, strict=True):
        shop.emit(SOLD, {"id": "ch_1", "object": "charge"}, created=at, event_id=id_)
    async with aiohttp.ClientSession() as session:
        await session.post(f"{lookalike}/bench/open?first=7&count=1")
        for at in TIMES:
            await session.post(f"{lookalike}/bench/fill?account=7&events=1&since={at}&until={at}")
        for query in QUERIES:
            expected = await answered(session, stripe.base, key, query)
            assert await answered(session, lookalike, key_of(7), query) == expected, query


async def test_walks_meet_every_event_once(lookalike: str) -> None:
    async with aiohttp.ClientSession() as session:
        await session.post(f"{lookalike}/bench/open?first=3&count=1&old=250")
        met: list[str] = []
        more, after = True, ""
        while more:
            page = await (
                await session.get(
                    f"{lookalike}/v1/events?limit=100{after}", headers={"Authorization": f"Bearer {key_of(3)}"}
                )
            ).json()
            met += [event["id"] for event in page["data"]]
            more, after = page["has_more"], f"&starting_after={met[-1]}"
    assert met == [event_id(serial_of(3, place)) for place in reversed(range(250))]


async def test_refuses_a_key_that_it_does_not_know(lookalike: str) -> None:
    async with aiohttp.ClientSession() as session:
        response = await session.get(f"{lookalike}/v1/events", headers={"Authorization": f"Bearer {key_of(1)}"})
    assert response.status == 401


async def test_a_request_may_come_in_pieces_and_two_at_once(lookalike: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(lookalike.rpartition(":")[2]))
    ask = b"POST /bench/state HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
    writer.write(ask[:30])
    await asyncio.sleep(0.01)
    writer.write(ask[30:] + ask)
    for _ in range(2):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        assert json.loads(await reader.readexactly(length))["polls"] == 0
    writer.close()


@pytest.mark.parametrize("type_", [SOLD, BEGUN])
def test_an_event_is_what_stripe_sends(type_: str) -> None:
    serial = serial_of(12, 345)
    text = template(type_).render(serial, b"1700000123")
    event = json.loads(text)
    assert event["id"] == event_id(serial)
    assert (event["type"], event["created"], event["data"]["object"]["created"]) == (type_, 1700000123, 1700000123)
    assert event["data"]["object"]["id"].endswith(serial.decode())
    assert 5_200 < len(text) < 5_400
    assert set(TOKEN.findall(text)) == {(b"000012", b"000000000345")}
