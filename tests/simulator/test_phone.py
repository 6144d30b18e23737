from __future__ import annotations

import aiohttp

from cashnotifyd.simulator.phone import Notice, Phone


async def test_a_phone_keeps_what_it_gets_in_order() -> None:
    async with Phone() as phone, aiohttp.ClientSession() as session:
        url = phone.url.replace("json://", "http://")
        for title in ("one", "two"):
            message = {"version": "1.0", "title": title, "message": "body", "type": "info"}
            async with session.post(url, json=message) as answer:
                assert answer.status == 204
        assert [phone.notices.get_nowait() for _ in range(2)] == [
            Notice("one", "body", "info"),
            Notice("two", "body", "info"),
        ]


async def test_a_phone_refuses_what_is_no_message() -> None:
    async with Phone() as phone, aiohttp.ClientSession() as session:
        url = phone.url.replace("json://", "http://")
        for body in ("no json", "[]", "{}"):
            async with session.post(url, data=body, headers={"Content-Type": "application/json"}) as answer:
                assert answer.status == 400
        assert phone.notices.empty()
