"""How an installed service does: asked of its manager, and read from the answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from cashnotifyd.refusal import Refusal
from cashnotifyd.service import door, machine, planning
from cashnotifyd.service.values import Flavour, Manager

_PROPERTIES = (
    "FragmentPath",
    "DropInPaths",
    "ActiveState",
    "SubState",
    "ActiveEnterTimestamp",
    "InactiveEnterTimestamp",
    "MainPID",
    "NRestarts",
    "UnitFileState",
    "Result",
    "ExecMainStatus",
    "StatusText",
)
_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Condition:
    """What is known of one service. None: not known, or there is none.

    ``state`` is systemd's word (``active``, ``failed``, …) or launchd's; ``ended`` is how it ended last, ``says`` its
    own word on how it does. ``log`` is the command that shows the log. ``problem`` is why the manager could not be
    asked.
    """

    flavour: Flavour
    files: tuple[Path, ...]
    log: str
    state: str = _UNKNOWN
    since: datetime | None = None
    pid: int | None = None
    restarts: int | None = None
    enabled: bool | None = None
    lingering: bool | None = None
    ended: str | None = None
    says: str | None = None
    problem: str | None = None


def conditions(environ: Mapping[str, str], home: Path) -> tuple[Condition, ...]:
    """Every service of ours that is installed on this machine, for this user or for all."""
    return tuple(one for flavour in machine.flavours() if (one := _condition(flavour, environ, home)) is not None)


def from_systemd(found: Manager, shown: Mapping[str, str], lingering: planning.Lingering) -> Condition | None:
    """What the properties of `systemctl show --timestamp=unix` come to; None where there is no such unit."""
    if not shown.get("FragmentPath"):
        return None
    active = shown.get("ActiveState", _UNKNOWN)
    result = shown.get("Result", "success")
    since = shown.get("ActiveEnterTimestamp" if active in {"active", "reloading"} else "InactiveEnterTimestamp", "")
    return Condition(
        found.flavour,
        files=tuple(map(Path, (shown["FragmentPath"], *shown.get("DropInPaths", "").split()))),
        log=" ".join(found.journal),
        state=active if active != "activating" else f"{active} ({shown.get('SubState', '')})",
        since=datetime.fromtimestamp(int(since[1:]), UTC) if re.fullmatch(r"@[1-9]\d*", since) else None,
        pid=int(shown.get("MainPID") or 0) or None,
        restarts=int(shown.get("NRestarts") or 0),
        enabled=shown.get("UnitFileState") == "enabled",
        lingering={planning.Lingering.ON: True, planning.Lingering.OFF: False}.get(lingering),
        ended=None if result == "success" else f"{result}, status {shown.get('ExecMainStatus', '?')}",
        says=shown.get("StatusText") or None,
    )


def from_launchd(path: Path, log: Path, printed: str | None) -> Condition:
    """What `launchctl print` says of the agent at ``path``; None where it knows no such agent."""
    if printed is None:
        return Condition(Flavour.AGENT, (path,), f"tail {log}", state="not loaded", enabled=False)
    values = dict(re.findall(r"^\t(state|pid|runs|last exit code) = (.+)$", printed, re.MULTILINE))
    runs, code = values.get("runs", ""), values.get("last exit code", "")
    return Condition(
        Flavour.AGENT,
        (path,),
        f"tail {log}",
        state=values.get("state", _UNKNOWN),
        pid=int(values["pid"]) if values.get("pid", "").isdigit() else None,
        restarts=max(int(runs) - 1, 0) if runs.isdigit() else None,
        enabled=True,
        ended=f"status {code}" if code.isdigit() and code != "0" else None,
    )


def _condition(flavour: Flavour, environ: Mapping[str, str], home: Path) -> Condition | None:
    try:
        found = machine.manager(flavour, environ, home)
    except Refusal as refusal:
        return _from_files(flavour, home, refusal.problem)
    if flavour is Flavour.AGENT:
        path = found.folder / planning.AGENT
        answer = door.run(("launchctl", "print", f"gui/{found.uid}/{path.stem}"))
        log = home / "Library" / "Logs" / "cashnotifyd.log"
        return from_launchd(path, log, answer.out if answer.status == 0 else None) if path.is_file() else None
    properties = ",".join(_PROPERTIES)
    answer = door.run((*found.control, "show", planning.UNIT, f"--property={properties}", "--timestamp=unix"))
    shown = dict(line.split("=", 1) for line in answer.out.splitlines() if "=" in line)
    lingering = machine.lingering(machine.user_name()) if flavour is Flavour.USER else planning.Lingering.UNKNOWN
    one = from_systemd(found, shown, lingering)
    # Systemd names what it has loaded; what waits to be called belongs to it as well.
    return one and replace(one, files=tuple(dict.fromkeys((*one.files, *_installed(found)))))


def _from_files(flavour: Flavour, home: Path, problem: str) -> Condition | None:
    """What is known where the manager cannot be asked."""
    found = machine.unasked(flavour, home)
    files = _installed(found)
    return Condition(flavour, files, " ".join(found.journal), problem=problem) if files else None


def _installed(found: Manager) -> tuple[Path, ...]:
    return tuple(path for path in planning.paths(found) if path.is_file())
