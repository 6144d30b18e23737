"""What people may rely on: nothing lost, nothing repeated, nobody held up, nothing hidden, nobody flooded."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cashnotifyd.cursor_file.values import Away, Count, Mute, Muted, Quiet, Unreachable
from cashnotifyd.delivery.outcome import Delivered, NotSent, Outcome, Pace, Refused, Throttled
from cashnotifyd.delivery.turns import Manners
from cashnotifyd.money import Money
from cashnotifyd.occurrences.reading import Variant
from cashnotifyd.schedules import Burst, QuietHours, Span
from cashnotifyd.vocabulary import Kind, Message, Mode, Urgency
from tests.clock import NOON
from tests.delivery.street import House, Street, numbered

USUAL = Burst(above=5, within=60.0)
Build = Callable[..., Street]


@pytest.fixture
async def build(tmp_path: Path) -> AsyncIterator[Build]:
    streets: list[Street] = []

    def build(now: float = NOON, **houses: House) -> Street:
        streets.append(Street(tmp_path, now, houses))
        return streets[-1]

    yield build
    for street in streets:
        street.record.close()


@pytest.mark.fault(17, lost=0, repeated=0)
async def test_one_channel_down_another_slow_and_a_third_that_notices_neither(build: Build) -> None:
    back_at = NOON + 600

    def down_for_ten_minutes(_message: Message, now: float) -> Outcome:
        return Delivered() if now >= back_at else NotSent("connection refused")

    broken, slow, well = House(down_for_ten_minutes), House(takes=7.0), House()
    street = build(broken=broken, slow=slow, well=well)
    titles = numbered("Sale", range(60))
    for title in titles:
        await street.told(title)
        told_at = street.now
        await street.on(12.0)
        assert well.got[-1] == (told_at, well.got[-1][1])
        assert well.got[-1][1].title == title
    await street.on(1200.0)

    assert well.titles == slow.titles == titles
    assert sorted(broken.titles) == sorted(titles)
    assert broken.got[0][0] - back_at <= 300
    for channel in street.houses:
        assert street.fates(channel) == [("delivered", None)] * 60


async def test_a_crash_in_the_middle_of_it_loses_and_repeats_nothing(build: Build) -> None:
    broken = House(lambda _message, now: Delivered() if now >= NOON + 300 else NotSent("connection refused"))
    well = House()
    street = build(broken=broken, well=well)
    for title in numbered("Sale", range(20)):
        await street.told(title)
        await street.on(10.0)
        street.restart()
    await street.on(4000.0)

    assert well.titles == numbered("Sale", range(20))
    assert sorted(broken.titles) == sorted(well.titles)


async def test_a_channel_that_is_back_gets_what_it_missed_in_one_message(build: Build) -> None:
    manners = Manners(burst=USUAL)
    broken = House(lambda _message, now: Delivered() if now >= NOON + 600 else NotSent("down"), manners=manners)
    street = build(broken=broken)
    for title in numbered("Sale", range(40)):
        await street.told(title)
        await street.on(15.0)
    await street.on(600.0)

    (gathered, cause) = street.gathered[-1]
    assert isinstance(cause, Unreachable)
    assert cause.span.since == NOON
    told_singly = [title for title in broken.titles if title.startswith("Sale")]
    assert len(told_singly) + sum(one.count for one, _ in [(gathered.tally.counts[0], cause)]) == 40
    assert len(broken.titles) <= 5
    assert {state for state, _ in street.fates("broken")} == {"delivered", "summarized"}


async def test_five_thousand_at_once_are_one_message_and_the_emergencies(build: Build) -> None:
    phone, mail = House(manners=Manners(burst=USUAL)), House(manners=Manners(burst=USUAL))
    street = build(phone=phone, mail=mail)
    for begin in range(0, 5000, 200):
        await street.told(*numbered("Sale", range(begin, begin + 200)), money=Money(1000, "eur"))
        if begin == 2000:
            await street.told("Payments switched off", kind=Kind.ACCOUNT, urgency=Urgency.EMERGENCY)
        await street.on(0.5)
    await street.on(30.0)

    for house in (phone, mail):
        assert house.titles == ["Payments switched off", "Busy 5000"]
    (gathered, _) = street.gathered[0]
    assert gathered.tally.counts[0].total == Money(5_000_000, "eur")
    assert gathered.tally.counts[0].largest == Money(1000, "eur")
    assert street.fates("phone").count(("summarized", "busy")) == 5000


async def test_a_burst_that_trickles(build: Build) -> None:
    phone = House(manners=Manners(burst=USUAL))
    street = build(phone=phone)
    for title in numbered("Sale", range(12)):
        await street.told(title)
        await street.on(4.0)
    await street.on(120.0)

    assert phone.titles == [*numbered("Sale", range(5)), "Busy 7"]


async def test_a_burst_without_an_end_nags_ever_less(build: Build) -> None:
    phone = House(manners=Manners(burst=USUAL))
    street = build(phone=phone)
    for title in numbered("Sale", range(720)):
        await street.told(title)
        await street.on(5.0)
    hour = len(phone.titles)
    await street.on(1000.0)

    assert phone.titles[:5] == numbered("Sale", range(5))
    assert hour <= 5 + 9
    assert 5 + sum(int(title.removeprefix("Busy ")) for title in phone.titles[5:]) == 720


async def test_urgent_messages_come_singly_beside_a_summary_and_are_named_in_one(build: Build) -> None:
    street = build(phone=House(manners=Manners(burst=USUAL)))
    await street.told("Dispute", kind=Kind.DISPUTE, urgency=Urgency.HIGH)
    await street.told(*numbered("Sale", range(20)))
    await street.on(1.0)
    assert street.houses["phone"].titles == ["Dispute"]
    await street.on(100.0)
    assert street.houses["phone"].titles == ["Dispute", "Busy 20"]

    await street.told(*numbered("Dispute", range(7)), kind=Kind.DISPUTE, urgency=Urgency.HIGH)
    await street.on(100.0)
    (gathered, _) = street.gathered[-1]
    assert [wordings.full.title for wordings in gathered.tally.notable] == numbered("Dispute", range(7))
    assert gathered.tally.urgency is Urgency.HIGH


async def test_sums_are_by_currency_and_kind_and_test_mode_is_apart(build: Build) -> None:
    street = build(phone=House(manners=Manners(burst=USUAL)))
    await street.told(*numbered("Sale", range(20)), money=Money(100, "usd"))
    await street.told(*numbered("Payment failed", range(18)), kind=Kind.FAILED_PAYMENT, money=Money(100, "eur"))
    await street.told("Sale", money=Money(300, "eur"))
    await street.told("Play", mode=Mode.TEST, money=Money(100_000, "eur"))
    await street.on(100.0)

    (gathered, _) = street.gathered[0]
    assert gathered.account == "shop"
    assert gathered.failures is not None
    assert (gathered.failures.count, gathered.failures.usual) == (18, 0.0)
    assert {(one.kind, one.total) for one in gathered.tally.counts} == {
        (Kind.SALE, Money(2000, "usd")),
        (Kind.SALE, Money(300, "eur")),
        (Kind.FAILED_PAYMENT, Money(1800, "eur")),
    }
    assert "Play" in street.houses["phone"].titles


async def test_bills_that_are_late_are_no_payments_that_failed(build: Build) -> None:
    phone = House(manners=Manners(burst=USUAL))
    street = build(phone=phone)
    late = {Variant.OVERDUE: 20, Variant.UNCOLLECTIBLE: 7, Variant.CONFIRMATION_NEEDED: 2, Variant.NOT_FINALIZED: 1}
    for variant, count in late.items():
        await street.told(
            *numbered("Bill", range(count)), kind=Kind.FAILED_PAYMENT, variant=variant, money=Money(10_000, "eur")
        )
    await street.on(100.0)

    assert phone.titles == ["Busy 30"]
    (gathered, _) = street.gathered[0]
    assert gathered.failures is None
    assert {(one.variant, one.count) for one in gathered.tally.counts} == set(late.items())


async def test_late_bills_are_not_counted_among_the_failures(build: Build) -> None:
    street = build(phone=House(manners=Manners(burst=USUAL)))
    await street.told(*numbered("Bill", range(20)), kind=Kind.FAILED_PAYMENT, variant=Variant.OVERDUE)
    await street.told(*numbered("Payment failed", range(8)), kind=Kind.FAILED_PAYMENT)
    await street.on(100.0)

    alarms = [gathered.failures.count for gathered, _ in street.gathered if gathered.failures is not None]
    assert alarms == [8]


async def test_variants_are_counted_apart(build: Build) -> None:
    street = build(phone=House(manners=Manners(burst=USUAL)))
    await street.told(*numbered("Refund", range(8)), kind=Kind.REFUND, money=Money(4900, "eur"))
    failed = numbered("Refund failed", range(8))
    await street.told(
        *failed, kind=Kind.REFUND, variant=Variant.REFUND_FAILED, urgency=Urgency.HIGH, money=Money(4900, "eur")
    )
    await street.on(100.0)

    (gathered, _) = street.gathered[0]
    assert set(gathered.tally.counts) == {
        Count(Mode.LIVE, Kind.REFUND, 8, Money(39_200, "eur"), Money(4900, "eur")),
        Count(Mode.LIVE, Kind.REFUND, 8, Money(39_200, "eur"), Money(4900, "eur"), Variant.REFUND_FAILED, notable=8),
    }


async def test_failures_that_trickle_are_one_alert(build: Build) -> None:
    phone = House(manners=Manners(burst=USUAL))
    street = build(phone=phone)
    for title in numbered("Payment failed", range(18)):
        await street.told(title, kind=Kind.FAILED_PAYMENT)
        await street.on(33.0)
    await street.on(900.0)

    assert phone.titles[:5] == numbered("Payment failed", range(5))
    assert len(phone.titles) <= 5 + 4
    assert all(gathered.failures is not None for gathered, _ in street.gathered)


# Services


@pytest.mark.fault(18, 19, measured="one given up, the next at once")
async def test_a_message_that_is_refused_for_itself_is_set_apart(build: Build) -> None:
    phone = House(lambda message, _: Refused("400", "message") if "poison" in message.title else Delivered())
    street = build(phone=phone)
    await street.told("one", "poison", "two")
    await street.on(600.0)

    assert phone.titles == ["one", "two"]
    assert street.fates("phone") == [("delivered", None), ("abandoned", "400"), ("delivered", None)]
    reason, at = (await street.record.abandoned(["phone"]))["phone"]
    assert reason == "400"
    assert at > NOON


async def test_a_dead_letter_can_be_sent_after_all(build: Build) -> None:
    answers: list[Outcome] = [*3 * [Refused("400", "message")], Delivered()]
    phone = House(lambda *_: answers.pop(0))
    street = build(phone=phone)
    await street.told("one")
    await street.on(600.0)
    assert street.fates("phone") == [("abandoned", "400")]

    assert await street.record.resend_abandoned("mail", street.now) == 0
    assert await street.record.resend_abandoned(None, street.now) == 1
    phone.awake_at = street.now
    await street.on(1.0)
    assert street.fates("phone") == [("delivered", None)]


async def test_a_token_that_is_refused_is_tried_seldom_and_loses_nothing(build: Build) -> None:
    tries: list[float] = []

    def wrong_token(_message: Message, now: float) -> Outcome:
        tries.append(now)
        return Refused("401", "channel") if now < NOON + 7200 else Delivered()

    phone = House(wrong_token)
    street = build(phone=phone)
    await street.told("one", "two", "three")
    await street.on(7100.0)
    assert len(tries) <= 12
    await street.on(2000.0)

    assert sorted(phone.titles) == ["one", "three", "two"]


@pytest.mark.fault(20, lost=0, repeated=0)
async def test_a_service_that_wants_to_be_left_alone_is(build: Build) -> None:
    tries: list[float] = []

    def limited(_message: Message, now: float) -> Outcome:
        tries.append(now)
        return Throttled("429", 90.0) if now < NOON + 60 else Delivered()

    phone = House(limited)
    street = build(phone=phone)
    await street.told("one", "two", "three")
    await street.on(300.0)

    assert tries[1] - tries[0] == pytest.approx(90.0)
    assert phone.titles == ["one", "two", "three"]


@pytest.mark.fault(20, lost=0, repeated=0)
async def test_no_more_is_sent_than_a_service_allows(build: Build) -> None:
    phone = House(pace=Pace(at_once=3, every=5.0))
    street = build(phone=phone)
    await street.told(*numbered("Sale", range(10)))
    await street.on(100.0)

    assert phone.titles == numbered("Sale", range(10))
    sent = [round(at - NOON) for at, _ in phone.got]
    assert sent == [0, 0, 0, 5, 10, 15, 20, 25, 30, 35]


# Quiet hours, on the days that summer time begins and ends

DAYS = [
    ("Europe/Paris", (2026, 3, 28), 28800),
    ("Europe/Paris", (2026, 10, 24), 36000),
    ("America/New_York", (2026, 3, 7), 28800),
    ("America/New_York", (2026, 10, 31), 36000),
]


@pytest.mark.parametrize(("zone", "evening", "seconds"), DAYS)
@pytest.mark.parametrize("asleep", [False, True])
async def test_a_night_on_which_the_clocks_change(
    build: Build,
    zone: str,
    evening: tuple[int, int, int],
    seconds: int,
    asleep: bool,  # noqa: FBT001 (a table's column)
) -> None:
    begin = datetime(*evening, 22, tzinfo=ZoneInfo(zone)).timestamp()
    night = QuietHours(time(22), time(7), ZoneInfo(zone))
    phone = House(manners=Manners(night, USUAL))
    street = build(now=begin - 60, phone=phone)
    await street.told("Before")
    await street.on(61.0)
    for title in numbered("Sale", range(10)):
        await street.told(title)
        await street.on(600.0)
    await street.told("Payments switched off", urgency=Urgency.EMERGENCY)
    await street.on(1.0)
    assert phone.titles == ["Before", "Payments switched off"]

    end = begin + seconds
    if asleep:
        street.now = end + 5000
        phone.awake_at = street.now
    await street.on(end + 5400 - street.now)
    assert phone.titles == ["Before", "Payments switched off", "Quiet 10"]
    assert phone.got[-1][0] == pytest.approx(end + 5000 if asleep else end, abs=1)
    assert street.gathered[0][1] == Quiet(Span(begin, end))
    street.restart()
    await street.on(3600.0)
    assert len(phone.titles) == 3


async def test_a_few_that_were_held_come_one_by_one(build: Build) -> None:
    begin = datetime(2026, 5, 4, 22, tzinfo=ZoneInfo("Europe/Paris")).timestamp()
    phone = House(manners=Manners(QuietHours(time(22), time(7), ZoneInfo("Europe/Paris")), USUAL))
    street = build(now=begin, phone=phone)
    await street.told("one", "two", "three")
    await street.on(12 * 3600.0)
    assert phone.titles == ["one", "two", "three"]


# Mutes


async def test_a_mute_holds_and_is_caught_up_with_and_survives_a_restart(build: Build) -> None:
    phone, mail = House(manners=Manners(burst=USUAL)), House(manners=Manners(burst=USUAL))
    street = build(phone=phone, mail=mail)
    mute = Mute(Span(NOON, NOON + 7200), drops=False)
    await street.record.mute("phone", mute)
    await street.told(*numbered("Sale", range(4)))
    street.restart()
    await street.told("Payments switched off", urgency=Urgency.EMERGENCY)
    await street.on(7000.0)
    assert phone.titles == []
    assert len(mail.titles) == 5
    await street.on(300.0)
    assert phone.titles == ["Payments switched off", "Muted 4"]
    assert street.gathered[-1][1] == Muted(mute.span)


async def test_a_dropping_mute_drops_all_but_emergencies(build: Build) -> None:
    phone = House()
    street = build(phone=phone)
    await street.told("waits since before", kind=Kind.REFUND)
    await street.record.mute(None, Mute(Span(NOON + 1, NOON + 7200), drops=True))
    street.now += 2
    await street.told("dropped")
    await street.told("Payments switched off", urgency=Urgency.EMERGENCY)
    await street.on(7300.0)

    assert phone.titles == ["Payments switched off", "waits since before"]
    assert street.fates("phone") == [("delivered", None), ("declined", "muted"), ("delivered", None)]


async def test_a_dropping_mute_drops_what_a_channel_that_was_down_did_not_see(build: Build) -> None:
    answers: list[Outcome] = [Throttled("429", 900.0)]
    phone = House(lambda *_: answers.pop() if answers else Delivered())
    street = build(phone=phone)
    await street.told("before")
    await street.on(200.0)
    await street.record.mute("phone", Mute(Span(street.now, street.now + 300), drops=True))
    await street.told("dropped")
    await street.on(300.0)
    await street.told("after")
    await street.on(900.0)

    assert phone.titles == ["before", "after"]


async def test_what_is_sent_after_all_is_no_news_to_a_dropping_mute(build: Build) -> None:
    answers: list[Outcome] = [*3 * [Refused("400", "message")], Delivered()]
    phone = House(lambda *_: answers.pop(0))
    street = build(phone=phone)
    await street.told("one")
    await street.on(600.0)
    await street.record.mute("phone", Mute(Span(street.now, street.now + 600), drops=True))
    assert await street.record.resend_abandoned("phone", street.now + 1) == 1
    phone.awake_at = street.now + 2
    await street.on(300.0)
    assert phone.titles == []
    await street.on(600.0)
    assert phone.titles == ["one"]


async def test_a_channels_own_mute_comes_before_that_of_all(build: Build) -> None:
    phone = House()
    street = build(phone=phone)
    await street.record.mute(None, Mute(Span(NOON, NOON + 7200), drops=False))
    await street.record.mute("phone", Mute(Span(NOON, NOON + 300), drops=True))
    await street.told("dropped")
    await street.on(400.0)
    await street.told("held")
    await street.on(7200.0)
    assert phone.titles == ["held"]
    assert street.fates("phone")[0] == ("declined", "muted")


async def test_unmuted_it_goes_on_at_once(build: Build) -> None:
    phone = House()
    street = build(phone=phone)
    await street.record.mute(None, Mute(Span(NOON, NOON + 7200), drops=False))
    await street.told("one")
    await street.on(60.0)
    assert await street.record.unmute(None, street.now) == 1
    phone.awake_at = street.now
    await street.on(1.0)
    assert phone.titles == ["one"]
    assert await street.record.mutes(street.now) == {}


# Coming back


async def test_what_came_while_the_daemon_was_away_is_told_with_a_word_about_it(build: Build) -> None:
    phone = House(manners=Manners(burst=USUAL))
    street = build(phone=phone)
    await street.told("Before")
    await street.on(1.0)
    street.now += 12000
    absence = Span(NOON + 1, street.now)
    await street.record.note_absence(1, absence)
    await street.told(*numbered("Sale", range(4)))
    await street.on(60.0)

    assert phone.titles == ["Before", "Away 4"]
    assert street.gathered[0][1] == Away(absence)
