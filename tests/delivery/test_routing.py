"""Which channels take a message, and why the others do not."""

from __future__ import annotations

import pytest

from cashnotifyd.delivery.routing import Channel, route
from cashnotifyd.vocabulary import Account, Kind, Mode

SHOP = Account("shop", "Acme Shop", Mode.LIVE)


def reason(channel: Channel, kind: Kind = Kind.SALE, *types: str) -> str | None:
    routing = route([channel], SHOP, kind, types)
    return routing.declined[0][1] if routing.declined else None


@pytest.mark.parametrize("kind", sorted(set(Kind) - {Kind.OTHER, Kind.CUSTOMER}))
def test_a_channel_without_filters_takes_what_is_told_by_default(kind: Kind) -> None:
    assert reason(Channel("phone", 1), kind) is None


@pytest.mark.parametrize("kind", [Kind.OTHER, Kind.CUSTOMER])
def test_what_would_nag_is_told_only_when_asked_for(kind: Kind) -> None:
    assert reason(Channel("phone", 1), kind) == "not_told_by_default"
    assert reason(Channel("phone", 1, events=(kind.value,)), kind) is None


def test_accounts_and_modes() -> None:
    assert reason(Channel("phone", 1, accounts=frozenset({"other"}))) == "account_not_wanted"
    assert reason(Channel("phone", 1, modes=frozenset({Mode.TEST}))) == "mode_not_wanted"
    assert reason(Channel("phone", 1, accounts=frozenset({"shop"}), modes=frozenset({Mode.LIVE}))) is None


def test_kinds_types_and_globs() -> None:
    disputes = Channel("phone", 1, events=("sale", "charge.dispute.*"))
    assert reason(disputes, Kind.SALE) is None
    assert reason(disputes, Kind.DISPUTE, "charge.dispute.created") is None
    assert reason(disputes, Kind.OTHER, "charge.dispute.updated") is None
    assert reason(disputes, Kind.REFUND, "charge.refunded") == "kind_not_wanted"
    assert reason(disputes, Kind.WATCH) == "kind_not_wanted"


def test_each_recipient_gets_a_delivery() -> None:
    routing = route([Channel("mail", 2), Channel("phone", 1)], SHOP, Kind.SALE)
    assert routing.deliver == (("mail", 0), ("mail", 1), ("phone", 0))
