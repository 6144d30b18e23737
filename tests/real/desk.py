"""What shows notices on a desktop, on the session bus of the user who runs this: a line for each notice's title."""

from __future__ import annotations

import asyncio
import itertools

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

NAME = "org.freedesktop.Notifications"


async def main() -> None:
    bus = await MessageBus().connect()
    numbers = itertools.count(1)

    def answer(call: Message) -> Message | None:
        if call.message_type is not MessageType.METHOD_CALL or call.interface != NAME:
            return None
        if call.member == "Notify":
            print(call.body[3], flush=True)  # noqa: T201 (that is how it shows them)
            return Message.new_method_return(call, "u", [next(numbers)])
        return Message.new_method_return(call, "as", [["body"]])

    bus.add_message_handler(answer)
    await bus.request_name(NAME)
    print("ready", flush=True)  # noqa: T201 (as above)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
