"""What asking costs of what Stripe allows."""

from __future__ import annotations

from cashnotifyd.cursor_file.examining import Used
from cashnotifyd.lookups.allowance import MONTH, read_allowance
from cashnotifyd.polling.pace import automatic_interval
from cashnotifyd.setup.findings import Finding, ok, warning


def on_allowance(used: Used | None, interval: float | None) -> Finding:
    """Whether an account's polls fit into its allowance. ``interval``: seconds between polls, None for automatic."""
    charges = used.charges if used else 0
    allowed = read_allowance(charges)
    between = automatic_interval(charges) if interval is None else interval
    cost = MONTH / between
    counted = "no payment" if charges == 0 else "1 payment" if charges == 1 else f"{charges:,} payments"
    text = (
        f"a poll every {spoken(between)} takes {cost:,.0f} of the {allowed:,} reads that Stripe allows in 30 days"
        f" ({counted} on record)"
    )
    if used is not None:
        text += f"; {used.reads:,} were used"
    if cost <= allowed:
        return ok("reads", text)
    enough = automatic_interval(charges)
    return warning(
        "reads",
        f"{text}: Stripe may refuse what is beyond",
        f"Write poll_interval: auto (a poll every {spoken(enough)} now, sooner with more payments).",
    )


def spoken(seconds: float) -> str:
    """``9 min``, ``8 min 38 s``, ``5 s``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes and rest else f"{minutes} min" if minutes else f"{seconds:g} s"
