"""What to write, to remove and to run, decided from what is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path

from cashnotifyd.refusal import Refusal
from cashnotifyd.service import units
from cashnotifyd.service.values import Change, Daemon, Flavour, Manager, Plan, Standing, Step

UNIT = "cashnotifyd.service"
AGAIN = "cashnotifyd-again.service"
DROP_IN = "cashnotifyd.service.d/systemd-254.conf"
AGENT = "org.cashnotifyd.plist"

_NEWER = 254
"""From this systemd on the drop-in is understood, and does what `AGAIN` does for older ones."""

Shipped = Callable[[str], str]
"""The text of a shipped file, by its name in the checkout."""


class Lingering(StrEnum):
    """Whether the user's manager goes on when nobody is logged in."""

    OFF = "off"
    ON = "on"
    UNKNOWN = "unknown"


def paths(manager: Manager) -> tuple[Path, ...]:
    """The files that an installation may consist of."""
    names = (AGENT,) if manager.flavour is Flavour.AGENT else (UNIT, DROP_IN, AGAIN)
    return tuple(manager.folder / name for name in names)


def install(manager: Manager, daemon: Daemon, there: Mapping[Path, str], shipped: Shipped) -> Plan:
    """The plan that makes the service what it should be, or brings it up to date. ``there`` are the files by path."""
    if manager.flavour is Flavour.AGENT:
        return _install_agent(manager, daemon, there, shipped)
    origin = "systemd/user" if manager.flavour is Flavour.USER else "systemd"
    fill = units.user_unit if manager.flavour is Flavour.USER else units.system_unit
    unit = fill(shipped(f"{origin}/{UNIT}"), daemon)
    if units.LINGERING in there.get(manager.folder / UNIT, ""):
        unit = units.with_lingering(unit)
    wanted, unwanted = (DROP_IN, AGAIN) if manager.version >= _NEWER else (AGAIN, DROP_IN)
    texts = {UNIT: unit, wanted: units.beside(shipped(f"{origin}/{wanted}"))}
    stale = manager.folder / unwanted
    return Plan(
        manager.flavour,
        write=tuple(
            _change(manager.folder / name, text, there.get(manager.folder / name)) for name, text in texts.items()
        ),
        remove=(stale,) if units.written_by_us(there.get(stale, "")) else (),
        after=(
            Step((*manager.control, "daemon-reload")),
            Step((*manager.control, "reset-failed", UNIT), essential=False),  # after too many starts it takes no other
            Step((*manager.control, "enable", UNIT)),
            Step((*manager.control, "restart", UNIT)),
        ),
    )


def linger(manager: Manager, installed: Plan, user: str) -> Plan:
    """The plan that switches lingering on, and notes that in the installed unit, for the day it is removed."""
    (unit,) = (change for change in installed.write if change.path.name == UNIT)
    return Plan(
        manager.flavour,
        before=(Step(("loginctl", "enable-linger", user)),),
        write=(_change(unit.path, units.with_lingering(unit.text), unit.text),),
        after=(Step((*manager.control, "daemon-reload")),),
    )


def uninstall(manager: Manager, there: Mapping[Path, str], user: str) -> Plan:
    """The plan that takes away what `install` wrote, and nothing else.

    Raises:
        Refusal: there is no such service, or somebody else wrote it.
    """
    main = manager.folder / (AGENT if manager.flavour is Flavour.AGENT else UNIT)
    ours = tuple(path for path, text in there.items() if units.written_by_us(text))
    if not there:
        raise Refusal(f"no {manager.flavour} is installed", hint="`cashnotifyd service show` shows what is.")
    if main in there and main not in ours:
        raise Refusal(
            f"{main} was not written by `cashnotifyd service install`",
            hint=f"Remove it by hand: whoever put it there may have changed it. Before that:\n  {_stop(manager)[0]}",
        )
    after: tuple[Step, ...] = ()
    if manager.flavour is not Flavour.AGENT:
        after = (
            Step((*manager.control, "daemon-reload")),
            Step((*manager.control, "reset-failed", UNIT), essential=False),
        )
    if units.LINGERING in there.get(main, ""):
        after = (*after, Step(("loginctl", "disable-linger", user), essential=False))
    return Plan(manager.flavour, before=_stop(manager), remove=ours, after=after)


def _install_agent(manager: Manager, daemon: Daemon, there: Mapping[Path, str], shipped: Shipped) -> Plan:
    path = manager.folder / AGENT
    text = units.launch_agent(shipped(f"launchd/{AGENT}"), daemon)
    return Plan(
        manager.flavour,
        before=_stop(manager) if path in there else (),
        write=(_change(path, text, there.get(path)),),
        after=(Step(("launchctl", "bootstrap", _domain(manager), str(path))),),
    )


def _stop(manager: Manager) -> tuple[Step, ...]:
    if manager.flavour is Flavour.AGENT:
        return (Step(("launchctl", "bootout", f"{_domain(manager)}/{AGENT.removesuffix('.plist')}"), essential=False),)
    return (Step((*manager.control, "disable", "--now", UNIT)),)


def _domain(manager: Manager) -> str:
    return f"gui/{manager.uid}"


def _change(path: Path, text: str, before: str | None) -> Change:
    if before is None:
        standing = Standing.NEW
    elif before == text:
        standing = Standing.SAME
    elif units.written_by_us(before):
        standing = Standing.CHANGED
    else:
        standing = Standing.FOREIGN
    return Change(path, text, before, standing)
