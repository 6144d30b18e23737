"""Whether an installed service does what it is there for."""

from __future__ import annotations

from collections.abc import Iterable

from cashnotifyd.service.condition import Condition
from cashnotifyd.service.values import Flavour
from cashnotifyd.setup.findings import Finding, ok, problem, unknown, warning

_RUNNING = frozenset({"active", "reloading", "running"})


def on_services(conditions: Iterable[Condition]) -> list[Finding]:
    """A finding for each that is installed."""
    return [_on_service(one) for one in conditions]


def _on_service(one: Condition) -> Finding:
    if one.problem is not None:
        return unknown("service", f"a {one.flavour} is installed, and cannot be asked: {one.problem}")
    if one.state not in _RUNNING:
        how = f", it ended with {one.ended}" if one.ended else ""
        return problem("service", f"the {one.flavour} does not run: {one.state}{how}", f"Its log says why: {one.log}")
    if one.enabled is False:
        return warning(
            "service",
            f"the {one.flavour} runs, and does not start by itself",
            "Install it afresh: cashnotifyd service install",
        )
    if one.flavour is Flavour.USER and one.lingering is False:
        return warning(
            "service", f"the {one.flavour} runs, and ends when you log out", "To let it go on: loginctl enable-linger"
        )
    return ok("service", f"the {one.flavour} runs")
