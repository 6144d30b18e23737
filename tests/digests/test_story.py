"""From Stripe's events to figures: each fact counts once, as what it is."""

from __future__ import annotations

from cashnotifyd.cursor_file.figures import Entry, Sum, add_up
from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.money import Money
from cashnotifyd.vocabulary import Mode
from tests.everything import play_everything
from tests.teller import NOW, Teller, emitted, shop


async def test_all_that_happens_to_a_shop_is_counted_once(record: CursorFile) -> None:
    acme = shop("2025-03-31.basil")
    play_everything(acme)
    teller = Teller(record)
    await teller.poll(emitted(acme))
    teller.now += 60
    await teller.poll([])

    (watched,) = await record.watched([("shop", Mode.LIVE)], NOW)
    (day,) = await record.totals([watched.account], [NOW - 86400, NOW + 86400])
    figures = add_up(day)

    assert {entry: figures.count(entry) for entry in figures.sums} == {
        Entry.PAYMENT: 6,
        Entry.FAILURE: 2,
        Entry.REFUND: 2,
        Entry.DISPUTE: 1,
        Entry.WON: 1,
        Entry.STARTED: 1,
        Entry.ENDED: 1,
        Entry.PAYOUT: 2,
        Entry.PAYOUT_FAILED: 1,
    }
    assert figures.of(Entry.PAYMENT) == (Sum(5, Money(27_500, "usd")), Sum(1, Money(24_900, "jpy")))
