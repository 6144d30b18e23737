"""The events of the corpus that are the project's own: written by hand, played by the simulator, made from types."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final

from cashnotifyd.simulator.account import SimulatedAccount
from cashnotifyd.vocabulary import Mode
from tests.corpus import synthetic
from tests.everything import play_everything
from tests.occurrences import payloads

Json = dict[str, Any]

PLAYED_VERSIONS: Final = (
    "2012-07-09", "2015-02-18", "2017-06-05", "2019-03-14", "2020-08-27", "2022-11-15", "2024-06-20",
    "2024-10-28.acacia", "2025-03-31.basil", "2025-05-28.basil", "2025-09-30.clover", "2026-03-25.dahlia",
    "2026-10-28.endive",
)  # fmt: skip
VARIANTS: Final = 6


def by_hand() -> list[Json]:
    return [dict(event) for event in payloads.CORPUS.values()]


def played() -> Iterator[Json]:
    """Each family of the simulator in each version whose shape it knows or imitates."""
    for version in PLAYED_VERSIONS:
        for mode, currency in ((Mode.LIVE, "usd"), (Mode.TEST, "jpy")):
            shop = SimulatedAccount(
                "acct_1Shop", name="Acme", api_version=version, mode=mode, now=lambda: float(payloads.AT), seed=7,
                country="US", currency=currency,
            )  # fmt: skip
            play_everything(shop, sale_in="kwd")
            yield from (stored.json for stored in shop.emitted)


@cache
def synthetic_events() -> Sequence[Json]:
    return list(synthetic.all_events(VARIANTS))


def all_examples() -> list[Json]:
    return [*by_hand(), *played(), *synthetic_events()]
