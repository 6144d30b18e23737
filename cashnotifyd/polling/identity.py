"""Whose record a key goes on with.

A key may be rotated, an account renamed in the configuration, a key of another Stripe account put in its place. The
record follows the Stripe account, not the key and not the name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cashnotifyd.cursor_file.values import WatchedAccount


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on where this record stands."""

    record: WatchedAccount


@dataclass(frozen=True, slots=True)
class Begin:
    """A first contact. ``instead_of``: what was watched under this id until now, if anything."""

    instead_of: WatchedAccount | None


@dataclass(frozen=True, slots=True)
class Prove:
    """Another key, and Stripe does not say whose: only the events themselves can tell (see :mod:`.walk`)."""

    record: WatchedAccount


def key_print(api_key: str, context: str | None = None) -> str:
    """A mark by which a key is known again without being kept.

    ``context``: the account that is meant, where the key is for several: it is another key then for each.
    """
    meant = api_key if context is None else f"{api_key} {context}"
    return hashlib.sha256(meant.encode()).hexdigest()[:16]


def whose(
    known: Sequence[WatchedAccount],
    *,
    config_id: str,
    configured: Collection[str],
    stripe_id: str | None,
    print_of_key: str,
) -> Resume | Begin | Prove:
    """Decide from what is on record under the configuration's id or Stripe's, the latest first.

    A record of the same Stripe account under an id that is no longer ``configured`` is that of a renamed account.
    """
    mine = [record for record in known if record.config_id == config_id]
    if stripe_id is not None:
        orphaned = [record for record in known if record.config_id not in configured]
        for record in (*mine, *orphaned):
            if record.stripe_id == stripe_id:
                return Resume(record)
    for record in mine:
        if record.key_print == print_of_key and (stripe_id is None or record.stripe_id is None):
            return Resume(record)
    if not mine:
        return Begin(None)
    latest = mine[0]
    if latest.low_water is None:
        # Nothing has been recorded under the other key: there is nothing to confuse.
        return Resume(latest) if latest.stripe_id is None else Begin(None)
    if stripe_id is not None and latest.stripe_id is not None:
        return Begin(latest)
    return Prove(latest)
