"""What a share's epoch holds off, and how shares come to be spread."""

from __future__ import annotations

from benchmarks.several_daemons.leases import Delivery, Record, Share

ACCOUNT, CHANNEL = Share("account", 1), Share("channel", 1)


def _held_by_a(*shares: Share) -> Record:
    record = Record(shares)
    record.enter("a", 0.0, 30.0)
    record.claim("a", 0.0, len(shares))
    return record


def _taken_by_b(record: Record) -> None:
    record.enter("b", 31.0, 30.0)
    standing = record.claim("b", 31.0, len(record.shares))
    assert standing is not None
    assert set(standing.mine) == set(record.shares)


def test_who_comes_too_late_to_renew_is_told_so_and_claims_nothing() -> None:
    record = _held_by_a(ACCOUNT)

    assert record.renew("a", 30.0, 30.0) is None
    assert record.claim("a", 30.0, 1) is None


def test_nobody_takes_what_somebody_has_who_is_still_there() -> None:
    record = _held_by_a(ACCOUNT, CHANNEL)
    record.enter("b", 29.0, 30.0)

    standing = record.claim("b", 29.0, 2)

    assert standing is not None
    assert standing.mine == {}


def test_a_daemon_takes_no_more_than_its_part() -> None:
    record = Record(tuple(Share("account", number) for number in range(10)))
    for daemon in "abc":
        record.enter(daemon, 0.0, 30.0)
        standing = record.renew(daemon, 0.0, 30.0)
        assert standing is not None
        record.claim(daemon, 0.0, 4)

    assert sorted(len(record.mine(daemon)) for daemon in "abc") == [2, 4, 4]


def test_a_page_a_telling_and_a_mark_from_an_epoch_that_is_over_change_nothing() -> None:
    record = _held_by_a(ACCOUNT, CHANNEL)
    record.record_page(ACCOUNT, 1, {6: 4.0, 7: 5.0})
    record.tell(ACCOUNT, 1, [6], [1], 5.0)
    _taken_by_b(record)

    assert not record.record_page(ACCOUNT, 1, {8: 9.0})
    assert not record.tell(ACCOUNT, 1, [7], [1], 32.0)
    assert not record.mark_delivered(CHANNEL, 1, 0)
    assert not record.mark_due_again(CHANNEL, 1, 0, 99.0)
    assert record.next(CHANNEL, 1, 32.0) is None

    assert record.pending(1) == [7]
    assert record.mark_of(1) == 5.0
    assert record.next(CHANNEL, 2, 32.0) == Delivery(0, 1, 6, 5.0)


def test_what_was_told_is_not_told_again_when_it_is_asked_for_twice() -> None:
    record = _held_by_a(ACCOUNT, CHANNEL)
    record.record_page(ACCOUNT, 1, {7: 5.0})

    for _ in range(2):
        assert record.tell(ACCOUNT, 1, [7], [1], 6.0)

    assert record.mark_delivered(CHANNEL, 1, 0)
    assert record.next(CHANNEL, 1, 9.0) is None


def test_what_is_given_back_is_free_at_once() -> None:
    record = _held_by_a(ACCOUNT)
    record.release(ACCOUNT, 1)
    record.enter("b", 1.0, 30.0)

    standing = record.claim("b", 1.0, 1)

    assert standing is not None
    assert standing.mine == {ACCOUNT: 2}
