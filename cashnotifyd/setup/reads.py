"""What asking costs of what Stripe allows."""

from __future__ import annotations

from cashnotifyd.cursor_file.examining import Used
from cashnotifyd.lookups.allowance import MONTH, Terms, read_allowance
from cashnotifyd.polling.pace import automatic_interval
from cashnotifyd.setup.findings import Finding, ok, warning
from cashnotifyd.vocabulary import Mode


def on_allowance(used: Used | None, terms: Terms) -> Finding:
    """Whether an account's polls fit into its allowance."""
    charges = used.charges if used else 0
    if terms.interval is None and terms.mode is not Mode.LIVE:
        return ok("reads", "a poll every 30 s, sooner after news and later when all is quiet, as no real money is here")
    allowed = read_allowance(charges)
    automatic = automatic_interval(charges, terms)
    between = automatic if terms.interval is None else terms.interval
    cost = MONTH / between
    counted = "no payment" if charges == 0 else "1 payment" if charges == 1 else f"{charges:,} payments"
    text = (
        f"a poll every {spoken(between)}{' on average' if terms.interval is None else ''} takes {cost:,.0f} of the"
        f" {allowed:,} reads that Stripe allows in 30 days ({counted} on record)"
    )
    if used is not None:
        text += f"; {used.reads:,} were used"
    if cost <= allowed:
        return ok("reads", text)
    return warning(
        "reads",
        f"{text}: Stripe may refuse what is beyond",
        f"Write poll_interval: auto (a poll every {spoken(automatic)} now, sooner with more payments).",
    )


def on_pace_elsewhere(terms: Terms) -> Finding:
    """How often an account is asked at a fixed interval where what answers is not Stripe."""
    assert terms.interval is not None
    return ok(
        "reads",
        f"a poll every {spoken(terms.interval)}, of what is not Stripe itself: its read allowance does not apply",
    )


def spoken(seconds: float) -> str:
    """``9 min``, ``8 min 38 s``, ``5 s``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes and rest else f"{minutes} min" if minutes else f"{seconds:g} s"
