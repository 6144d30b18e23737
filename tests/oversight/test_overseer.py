from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.cursor_file.values import About, Announcement, News, PollNote, Recipient, Routing, Telling
from cashnotifyd.delivery.retrying import Trouble
from cashnotifyd.delivery.routing import Channel
from cashnotifyd.occurrences.facts import Fact
from cashnotifyd.oversight.contact import Seen
from cashnotifyd.oversight.overseer import Outlook, Overseer
from cashnotifyd.oversight.verdict import Verdict
from cashnotifyd.stripe_api import Cause
from cashnotifyd.telling.saying import Audience
from cashnotifyd.vocabulary import Account, Kind, Message, Mode, Urgency, Wordings
from cashnotifyd.wording.message import Words
from tests import inspecting
from tests.clock import Clock

PHONE, MAIL, SALES_ONLY = Channel("phone", 1), Channel("mail", 1), Channel("till", 1, events=("sale",))
SALE = Message(Kind.SALE, "Sale", "", Urgency.NORMAL)
HOUR, DAY = 3600.0, 86400.0
REASON = "the network is unreachable"


class Scene:
    """A daemon as an overseer sees it, over a real record, on a clock that the test moves."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = Clock()
        self.record = CursorFile.open(path)
        self.seen = Seen(Account("shop", "Acme Shop", Mode.LIVE), None, None, None, 60.0)
        self.others: tuple[Seen, ...] = ()
        self.channels: tuple[Channel, ...] = (PHONE, MAIL, SALES_ONLY)
        self.troubles: dict[str, Trouble | None] = {"phone": None, "mail": None, "till": None}
        self.told = 0
        self._numbers = itertools.count()
        self.overseer = self._overseer()

    def restart(self) -> None:
        self.record.close()
        self.record = CursorFile.open(self.path)
        self.seen = replace(self.seen, polled_at=None)
        self.troubles = dict.fromkeys(self.troubles)
        self.overseer = self._overseer()

    async def begin(self) -> int:
        """The first contact with the account. Returns its number."""
        begun = await self.record.begin_account("shop", Mode.LIVE, stripe_id=None, name=None, key_print="p")
        self.seen = replace(self.seen, number=begun.id)
        return begun.id

    async def pass_(self, seconds: float, *, polling: bool = True) -> Verdict:
        """Look every 15 seconds for a while, as the daemon does, or every minute for hours."""
        end = self.clock() + seconds
        while True:
            if polling:
                self.seen = replace(self.seen, polled_at=self.clock(), failure=None)
            verdict = await self.overseer.look(self.clock())
            if self.clock() >= end:
                return verdict
            self.clock.now += 15 if seconds < 2 * HOUR else 60

    async def sell(self, *moments: float) -> None:
        assert self.seen.number is not None
        nobody = Routing((), ())
        news = tuple(
            News(Fact("payment", int(at), {f"pi_{at}"}, set(), set()), Wordings.alike(SALE), nobody, (), Mode.LIVE)
            for at in moments
        )
        await self.record.tell(self.seen.number, Telling(news), self.clock())

    async def send(self, channel: str, *, abandon: str | None = None, failures: int = 0) -> None:
        """A message goes to a channel, and arrives or is given up."""
        self.clock.now += 1
        routing = Routing((Recipient(channel, 0, Urgency.NORMAL),), ())
        await self.record.raise_alert(
            About("test"), f"{next(self._numbers)}", Announcement(SALE, routing), self.clock()
        )
        newest = inspecting.outbox(self.record.path, channel)[-1].id
        for _ in range(failures):
            await self.record.mark_due_again(newest, self.clock(), "refused", 0)
        if abandon is None:
            await self.record.mark_delivered(newest, self.clock())
        else:
            await self.record.mark_abandoned(newest, abandon, self.clock())

    def titles(self, channel: str = "phone") -> list[str]:
        """What of the daemon's own was told there."""
        put = inspecting.outbox(self.record.path, channel)
        return [one.title for one in put if one.kind == "watch" and one.state != "declined"]

    def bodies(self) -> list[str]:
        return [one.body for one in inspecting.told(self.record.path, "watch")]

    def _overseer(self) -> Overseer:
        return Overseer(self.record, self._outlook, self._count)

    def _outlook(self) -> Outlook:
        audience = Audience(Words("en_US", ZoneInfo("UTC")), self.channels)
        return Outlook((self.seen, *self.others), self.troubles, audience, 900.0)

    def _count(self, _channels: object) -> None:
        self.told += 1


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    made = Scene(tmp_path / "cursor.db")
    yield made
    made.record.close()


# Contact


async def test_no_contact_is_told_once_and_so_is_its_end(scene: Scene) -> None:
    await scene.begin()
    assert await scene.pass_(300) is Verdict.WELL
    scene.seen = replace(scene.seen, failure=REASON)
    assert await scene.pass_(7200, polling=False) is Verdict.UNWELL
    assert scene.titles() == ["No contact with Stripe · Acme Shop"]
    assert REASON in scene.bodies()[0]

    assert await scene.pass_(600) is Verdict.WELL
    assert scene.titles() == ["No contact with Stripe · Acme Shop", "In contact with Stripe again · Acme Shop"]
    assert "2 hours" in scene.bodies()[1]
    assert scene.titles("till") == []
    assert scene.told == 2


@pytest.mark.fault(33)
async def test_what_a_clock_that_was_ahead_has_told_is_over_when_it_is_polled(scene: Scene) -> None:
    await scene.begin()
    await scene.pass_(60)
    scene.clock.now += DAY
    await scene.pass_(20 * 60, polling=False)
    scene.clock.now -= DAY
    await scene.pass_(60, polling=False)
    assert len(scene.titles()) == 1

    await scene.pass_(60)

    assert len(scene.titles()) == 2
    assert scene.titles()[-1].startswith("In contact with Stripe again")


async def test_before_the_first_contact_there_is_nothing_to_say_of_since_when(scene: Scene) -> None:
    scene.seen = replace(scene.seen, failure=REASON)
    assert await scene.pass_(840, polling=False) is Verdict.UNKNOWN
    assert scene.titles() == []

    assert await scene.pass_(120, polling=False) is Verdict.UNWELL
    assert "Nothing could be read yet" in scene.bodies()[0]

    await scene.begin()
    await scene.pass_(30)
    assert len(scene.titles()) == 2


async def test_a_restart_neither_repeats_it_nor_forgets_its_end(scene: Scene) -> None:
    number = await scene.begin()
    await scene.pass_(30)
    await scene.pass_(1200, polling=False)
    scene.restart()
    await scene.pass_(7200, polling=False)
    assert len(scene.titles()) == 1

    scene.seen = replace(scene.seen, number=number)
    await scene.pass_(30)
    assert len(scene.titles()) == 2


async def test_a_daemon_that_starts_without_a_network_knows_when_it_last_polled(scene: Scene) -> None:
    number = await scene.begin()
    long_ago = scene.clock() - 3 * DAY
    await scene.record.note_polls([PollNote(number, long_ago, 0, 0.0, long_ago)])
    scene.seen = replace(scene.seen, number=None)
    await scene.pass_(1200, polling=False)

    assert "Nothing could be read since Sep 18, 2026" in scene.bodies()[0]


@pytest.mark.parametrize("cause", [Cause.KEY_REFUSED, Cause.FORBIDDEN, Cause.PERMISSION_MISSING])
async def test_a_key_that_is_refused_has_its_own_alert(scene: Scene, cause: Cause) -> None:
    number = await scene.begin()
    await scene.pass_(30)
    await scene.record.raise_alert(About.account(number), cause, None, scene.clock())

    assert await scene.pass_(7200, polling=False) is Verdict.UNWELL
    assert scene.titles() == []


async def test_a_key_that_was_refused_from_the_start_has_its_own_alert(scene: Scene) -> None:
    number = await scene.begin()
    scene.seen = replace(scene.seen, number=None)
    await scene.record.raise_alert(About.account(number), Cause.KEY_REFUSED, None, scene.clock())

    assert await scene.pass_(7200, polling=False) is Verdict.UNWELL
    assert scene.titles() == []


async def test_one_account_that_is_lost_is_not_well(scene: Scene) -> None:
    await scene.begin()
    scene.others = (replace(scene.seen, account=Account("other", "Other", Mode.TEST), number=None),)

    assert await scene.pass_(60) is Verdict.UNKNOWN
    assert await scene.pass_(1200) is Verdict.UNWELL
    assert scene.titles() == ["[TEST] No contact with Stripe · Other"]


async def test_an_account_that_is_removed_while_it_is_lost_is_forgotten(scene: Scene) -> None:
    await scene.begin()
    await scene.pass_(1200, polling=False)
    scene.seen = replace(scene.seen, account=Account("renamed", "Acme Shop", Mode.LIVE))
    await scene.pass_(60)

    assert await scene.record.every_alert() == {}
    assert len(scene.titles()) == 1


# Sales


def a_month_of_sales(until: float) -> list[float]:
    """One every 40 minutes."""
    return [until - index * 2400.0 for index in range(int(30 * DAY / 2400))]


async def test_no_sale_is_told_once_and_so_is_the_next_one(scene: Scene) -> None:
    await scene.begin()
    await scene.sell(*a_month_of_sales(scene.clock()))
    await scene.pass_(3 * HOUR)
    assert scene.titles() == []

    await scene.pass_(26 * HOUR)
    (title,) = scene.titles()
    assert title.startswith("No sale for ")
    assert "Usually there is one every 40 minutes" in scene.bodies()[0]

    await scene.sell(scene.clock())
    await scene.pass_(30)
    assert scene.titles()[1:] == ["Sales again · Acme Shop"]
    assert "29 hours" in scene.bodies()[1]


async def test_a_restart_neither_repeats_no_sale_nor_forgets_its_end(scene: Scene) -> None:
    number = await scene.begin()
    await scene.sell(*a_month_of_sales(scene.clock()))
    await scene.pass_(26 * HOUR)
    scene.restart()
    await scene.pass_(26 * HOUR)
    assert len(scene.titles()) == 1

    scene.seen = replace(scene.seen, number=number)
    await scene.sell(scene.clock())
    await scene.pass_(30)
    assert len(scene.titles()) == 2


async def test_who_does_not_poll_knows_nothing_of_sales(scene: Scene) -> None:
    await scene.begin()
    await scene.sell(*a_month_of_sales(scene.clock()))
    await scene.pass_(30)
    await scene.pass_(26 * HOUR, polling=False)

    assert scene.titles() == ["No contact with Stripe · Acme Shop"]


async def test_what_came_while_the_machine_was_off_is_waited_for(scene: Scene) -> None:
    await scene.begin()
    await scene.sell(*a_month_of_sales(scene.clock() - 3 * DAY))
    await scene.pass_(540)
    assert scene.titles() == []

    await scene.pass_(120)
    assert len(scene.titles()) == 1


async def test_test_mode_is_never_silent(scene: Scene) -> None:
    await scene.begin()
    scene.seen = replace(scene.seen, account=replace(scene.seen.account, mode=Mode.TEST))
    await scene.sell(*a_month_of_sales(scene.clock()))
    await scene.pass_(26 * HOUR)

    assert scene.titles() == []


# Channels


def trouble(scene: Scene, *, refused: bool = False) -> Trouble:
    return Trouble(scene.clock(), "503 Service Unavailable", refused)


async def test_a_channel_that_fails_for_long_is_told_on_the_others_and_so_is_its_end(scene: Scene) -> None:
    scene.troubles["phone"] = trouble(scene)
    await scene.pass_(600)
    assert scene.titles("mail") == []
    await scene.pass_(3600)

    assert scene.titles("mail") == ["Channel phone fails"]
    assert scene.titles("phone") == scene.titles("till") == []

    scene.troubles["phone"] = None
    await scene.send("phone")
    await scene.pass_(60)
    assert scene.titles("mail") == ["Channel phone fails", "Channel phone works again"]
    assert scene.titles("phone") == []


async def test_the_end_tells_how_many_waited_though_they_are_delivered(scene: Scene) -> None:
    scene.troubles["phone"] = trouble(scene, refused=True)
    await scene.pass_(60)
    await scene.send("phone", failures=1)
    scene.troubles["phone"] = None
    await scene.pass_(15)

    assert "1 message waited for it and is delivered or on its way" in scene.bodies()[-1]


async def test_a_channel_that_is_refused_is_told_at_once(scene: Scene) -> None:
    scene.troubles["phone"] = trouble(scene, refused=True)
    await scene.pass_(0)

    assert scene.titles("mail") == ["Channel phone fails"]


async def test_a_restart_neither_repeats_that_nor_forgets_its_end(scene: Scene) -> None:
    scene.troubles["phone"] = trouble(scene, refused=True)
    await scene.pass_(60)
    scene.restart()
    await scene.pass_(60)
    scene.troubles["phone"] = trouble(scene, refused=True)
    await scene.pass_(60)
    assert scene.titles("mail") == ["Channel phone fails"]

    scene.troubles["phone"] = None
    await scene.send("phone")
    await scene.pass_(15)
    assert scene.titles("mail") == ["Channel phone fails", "Channel phone works again"]


async def test_a_channel_that_is_removed_while_it_fails_is_forgotten(scene: Scene) -> None:
    scene.troubles["phone"] = trouble(scene, refused=True)
    await scene.pass_(60)
    scene.channels = (MAIL,)
    scene.troubles = {"mail": None}
    await scene.pass_(60)

    assert scene.titles("mail") == ["Channel phone fails"]
    assert await scene.record.every_alert() == {}


async def test_a_channel_that_a_reload_exchanges_keeps_its_alert(scene: Scene) -> None:
    scene.troubles["phone"] = trouble(scene, refused=True)
    await scene.pass_(60)
    del scene.troubles["phone"]
    await scene.pass_(0)
    scene.troubles["phone"] = None
    await scene.pass_(60)
    await scene.send("phone")
    await scene.pass_(15)

    assert scene.titles("mail") == ["Channel phone fails", "Channel phone works again"]


async def test_where_there_is_no_other_channel_the_log_says_so(scene: Scene) -> None:
    scene.channels = (PHONE, SALES_ONLY)
    scene.troubles["phone"] = trouble(scene, refused=True)
    with capture_logs() as logged:
        await scene.pass_(60)

    (line,) = logged
    assert line["log_level"] == "error"
    assert (line["channel"], line["told_on"]) == ("phone", "no other channel")


@pytest.mark.fault(18, measured="one alert")
async def test_a_message_that_was_given_up_is_told_once(scene: Scene) -> None:
    await scene.pass_(30)
    await scene.send("phone", abandon="400 Bad Request")
    await scene.send("phone")
    await scene.pass_(300)

    assert scene.titles("mail") == ["Message not delivered: channel phone"]
    assert scene.titles("phone") == []
    assert (await scene.record.every_alert()).keys() == {"test"}

    await scene.send("phone", abandon="400 Bad Request")
    await scene.send("phone", abandon="400 Bad Request")
    await scene.pass_(300)
    assert len(scene.titles("mail")) == 2


async def test_after_a_retry_a_message_that_is_given_up_again_is_told_again(scene: Scene) -> None:
    await scene.pass_(30)
    await scene.send("phone", abandon="400 Bad Request")
    await scene.pass_(60)
    assert await scene.record.resend_abandoned("phone", scene.clock()) == 1
    await scene.pass_(60)
    assert "channel phone" not in await scene.record.every_alert()

    await scene.send("phone", abandon="400 Bad Request")
    await scene.pass_(60)
    assert len(scene.titles("mail")) == 2


async def test_what_was_given_up_as_the_daemon_stopped_is_told_after_the_start(scene: Scene) -> None:
    await scene.send("phone", abandon="may have arrived: no answer")
    await scene.send("mail", abandon="may have arrived: no answer")
    scene.clock.now += 60
    await scene.send("mail")
    scene.restart()
    await scene.pass_(60)

    assert scene.titles("mail") == ["Message not delivered: channel phone"]
    assert scene.titles("phone") == []


async def test_what_waited_for_a_channel_that_was_removed_is_no_news(scene: Scene) -> None:
    await scene.pass_(30)
    await scene.send("phone", abandon="channel_removed")
    await scene.pass_(60)

    assert scene.titles("mail") == []
