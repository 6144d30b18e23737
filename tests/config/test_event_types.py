"""The types that a channel may name: all that Stripe has; a mistyped one is told of, as its news would never come.

``python -m tests.config.test_event_types`` writes the list anew, after another version of the SDK was taken.
"""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from stripe import Event

from cashnotifyd.config import event_types
from cashnotifyd.config.event_types import doubt, known_types
from cashnotifyd.occurrences.understanding import READERS
from cashnotifyd.vocabulary import Kind
from tests.config.conftest import Write, read

FILE = Path(event_types.__file__).with_name(event_types.FILE_NAME)
DOUBT = (
    "config.yaml:{at}: channels.phone.events[{index}]: Stripe has no such type of event as far as this version of"
    " cashnotifyd knows, and the channel would never be told of one. {meant}All of them stand at"
    " https://docs.stripe.com/api/events/types"
)


def types_of_the_sdk() -> frozenset[str]:
    """Stripe's own list for its current API version."""
    return frozenset(get_args(Event.__annotations__["type"]))


def all_types() -> list[str]:
    """With those that only accounts of an older API version have, and that are read here."""
    return sorted({*types_of_the_sdk(), *READERS})


def test_the_list_is_stripes() -> None:
    assert FILE.read_text("utf-8").splitlines() == all_types()
    assert known_types() == frozenset(all_types())


@pytest.mark.parametrize("pattern", [*Kind, "*", *sorted(READERS), "charge.*", "*.created", "charge.dispute.?*", "*.*"])
def test_what_there_is_is_not_doubted(pattern: str) -> None:
    assert doubt(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        ("payout.payed", "Did you mean payout.paid? "),
        ("charge.dispute.create", "Did you mean charge.dispute.created? "),
        ("invoice.paymnt_failed", "Did you mean invoice.payment_failed? "),
        # Without the first word, which is easily forgotten.
        ("dispute.created", "Did you mean charge.dispute.created? "),
        ("subscription.created", "Did you mean customer.subscription.created? "),
        ("subscription.*", "Did you mean customer.subscription.*? "),
        ("chrge.*", "Did you mean charge.*? "),
        ("charge.disputes.*", "Did you mean charge.dispute.*? "),
        ("dispute.*", "Did you mean charge.dispute.*? "),
        ("failed_paymnt.", "Did you mean failed_payment? "),
        # Nothing that resembles it.
        ("zzz.qqq", ""),
        ("q?.*z", ""),
    ],
)
def test_what_there_is_not_is_doubted_with_what_may_be_meant(write: Write, pattern: str, meant: str) -> None:
    write(
        "accounts: {shop: {api_key: rk_live_1}}\n"
        "channels:\n  phone:\n    url: json://localhost\n"
        f'    events: [sale, "{pattern}", payout.paid]\n'
    )
    assert read().warnings == (DOUBT.format(at="5:20", index=1, meant=meant),)
    assert read().settings.channels["phone"].events == ("sale", pattern, "payout.paid")


def test_each_is_told_of_where_it_stands(write: Write) -> None:
    write(
        "accounts: {shop: {api_key: rk_live_1}}\n"
        "channels:\n"
        "  phone: {url: 'json://localhost', events: [payout.payed]}\n"
        "  mail:\n    url: json://localhost\n    events: [sale]\n"
        "  desk:\n    url: json://localhost\n    events: charge.*, chrge.*\n"
    )
    told = read({"CASHNOTIFYD_CHANNELS__MAIL__EVENTS": "sale,refund.creatd"}).warnings

    assert [text.partition(": Stripe")[0] for text in told] == [
        "config.yaml:3:45: channels.phone.events[0]",
        "CASHNOTIFYD_CHANNELS__MAIL__EVENTS: channels.mail.events[1]",
        "config.yaml:9:5: channels.desk.events[1]",
    ]


def test_what_was_written_is_not_repeated(write: Write) -> None:
    """It may be a secret in the wrong line."""
    write(
        "accounts: {shop: {api_key: rk_live_1}}\n"
        "channels: {phone: {url: 'json://localhost', events: [hunter2.secret]}}\n"
    )
    [told] = read().warnings
    assert "hunter2" not in told


def test_of_very_many_some_are_told(write: Write) -> None:
    channels = "".join(f"  c{n}: {{url: 'json://localhost', events: [a.b{n}]}}\n" for n in range(150))
    write("accounts: {shop: {api_key: rk_live_1}}\nchannels:\n" + channels)

    told = read().warnings

    assert len(told) == 101
    assert told[-1] == "and 50 more types of events that Stripe does not have"


if __name__ == "__main__":
    FILE.write_text("\n".join(all_types()) + "\n", "utf-8")
