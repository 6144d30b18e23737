"""Questions to this machine: which service manager there is, where this installation lies, who may read what."""

from __future__ import annotations

import os
import pwd
import re
import shlex
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import cashnotifyd
from cashnotifyd.refusal import Refusal
from cashnotifyd.service import door
from cashnotifyd.service.planning import Lingering
from cashnotifyd.service.values import Flavour, Manager

_IN_THE_FOREGROUND = (
    "Or without a service: `cashnotifyd run` runs in the foreground, under whatever starts programs here."
)

# What ProtectHome= and PrivateTmp= put out of the service's sight.
_HIDDEN = {
    Flavour.SYSTEM: ("/home", "/root", "/run/user", "/tmp", "/var/tmp"),  # noqa: S108 (named, not used)
    Flavour.USER: ("/tmp", "/var/tmp"),  # noqa: S108 (named, not used)
    Flavour.AGENT: (),
}


@dataclass(frozen=True, slots=True)
class Installation:
    """This installation: the words that start it, and the files and folders it cannot do without."""

    program: tuple[str, ...]
    parts: tuple[Path, ...]


def flavours() -> tuple[Flavour, ...]:
    """The kinds of service that this platform may have, the usual one first."""
    return (Flavour.AGENT,) if sys.platform == "darwin" else (Flavour.USER, Flavour.SYSTEM)


def installation() -> Installation:
    """The command beside this interpreter, as in every virtual environment; without one, the interpreter itself.

    The interpreter's links are followed to see what has to be readable only: what they lead to lacks the environment.
    """
    python = Path(sys.executable)
    script = python.with_name("cashnotifyd")
    program = (str(script),) if os.access(script, os.X_OK) else (str(python), "-m", "cashnotifyd")
    return Installation(program, (Path(program[0]), python.resolve(), Path(cashnotifyd.__file__).parent))


def manager(flavour: Flavour, environ: Mapping[str, str], home: Path) -> Manager:
    """The service manager.

    Raises:
        Refusal: there is none, or it cannot be reached from here.
    """
    found = unasked(flavour, home)
    if flavour is Flavour.AGENT:
        return found
    answer = door.run((*found.control, "show", "--property=Version", "--value"))
    if answer.status != 0:
        raise _unreachable(flavour, answer, environ)
    number = re.match(r"\d+", answer.out)
    found = replace(found, version=int(number[0]) if number else 0)
    # What the manager takes for the configuration's folder counts, not what this shell does.
    elsewhere = environment(found).get("XDG_CONFIG_HOME") if flavour is Flavour.USER else None
    return replace(found, folder=Path(elsewhere) / "systemd" / "user") if elsewhere else found


def unasked(flavour: Flavour, home: Path) -> Manager:
    """The service manager as it usually is, where nobody has asked it."""
    folders = {
        Flavour.SYSTEM: Path("/etc/systemd/system"),
        Flavour.USER: home / ".config" / "systemd" / "user",
        Flavour.AGENT: home / "Library" / "LaunchAgents",
    }
    return Manager(flavour, folders[flavour], os.getuid())


def environment(found: Manager) -> dict[str, str]:
    """The variables that the manager gives to every service."""
    if found.flavour is Flavour.AGENT:
        return {}
    return dict(_variables(door.run((*found.control, "show-environment")).out))


def environment_file(path: Path) -> dict[str, str]:
    """The variables of a file for ``EnvironmentFile=``: lines of NAME=value, with quotes where needed.

    Raises:
        Refusal: it cannot be read.
    """
    try:
        return dict(_variables(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, ValueError) as problem:
        raise Refusal(f"{path} cannot be used: {problem}", hint="It holds lines of NAME=value.") from None


def lingering(user: str) -> Lingering:
    """Whether the user's services go on when nobody is logged in."""
    answer = door.run(("loginctl", "show-user", user, "--property=Linger", "--value"))
    return {"yes": Lingering.ON, "no": Lingering.OFF}.get(answer.out.strip(), Lingering.UNKNOWN)


def user_name() -> str:
    """Who runs this; the number where the user has no name."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def read(paths: Iterable[Path]) -> dict[Path, str]:
    """The texts of those files that are there."""
    return {path: path.read_text("utf-8", errors="replace") for path in paths if path.is_file()}


def out_of_sight(path: Path, flavour: Flavour) -> str | None:
    """Why a service could not read this file or folder, None: it could. A user's service reads what the user does."""
    for folder in _HIDDEN[flavour]:
        if path.is_relative_to(folder):
            return f"it lies in {folder}, which the service does not see"
    if flavour is not Flavour.SYSTEM:
        return None
    for parent in reversed(path.parents):
        if not _mode(parent) & stat.S_IXOTH:
            return f"only its owner may enter {parent}"
    return None if _mode(path) & stat.S_IROTH else "only its owner may read it"


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def _variables(text: str) -> Iterator[tuple[str, str]]:
    """NAME and value of each line. systemctl quotes as $'…' what has to be quoted."""
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith(("#", ";")):
            value = value[1:] if value.startswith("$'") else value
            yield name, "".join(shlex.split(value))


def _unreachable(flavour: Flavour, answer: door.Answer, environ: Mapping[str, str]) -> Refusal:
    said = answer.err.splitlines()[0] if answer.err else f"systemctl ended with status {answer.status}"
    if "command not found" in said:
        return Refusal("there is no systemd here: systemctl is not installed", hint=_IN_THE_FOREGROUND)
    if flavour is Flavour.SYSTEM:
        hint = "In a container, say, another program is the first one.\n" + _IN_THE_FOREGROUND
        return Refusal(f"systemd does not run this machine ({said})", hint=hint)
    runtime = f"/run/user/{os.getuid()}"
    if not environ.get("XDG_RUNTIME_DIR") and Path(runtime, "bus").exists():
        hint = (
            "This shell does not know where it is, as after su or sudo. Type this and try again:\n"
            f"  export XDG_RUNTIME_DIR={runtime}"
        )
    else:
        hint = (
            "A log-in starts it, on a machine that systemd runs (su and sudo are none); so does, for good:\n"
            f"  sudo loginctl enable-linger {user_name()}\n"
            f"  export XDG_RUNTIME_DIR={runtime}\n"
            "For a server without users there is the system service: `cashnotifyd service install --system`, as root."
        )
    return Refusal(f"your systemd user manager cannot be reached ({said})", hint=f"{hint}\n{_IN_THE_FOREGROUND}")
