"""A machine of its own: a real systemd as process 1, in namespaces, on a throw-away overlay of a folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest

T = TypeVar("T")

HERE = Path(__file__).parent
BOOT = HERE / "boot"
PROGRAM = "/opt/cashnotifyd/bin/cashnotifyd"
USER = "merchant"
USER_ID = 4711
_PATH = "PATH=/usr/sbin:/usr/bin:/sbin:/bin"
_PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"


def eventually(look: Callable[[], T], seconds: float = 60.0) -> T:
    """What ``look`` answers as soon as that is true; AssertionError where it is not in time."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s"
        time.sleep(0.05)
    return seen


class Machine:
    """A booted machine. Commands are run in it as root, or as its user."""

    def __init__(self, leader: int) -> None:
        spaces = ("--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup")
        self._enter = ("nsenter", f"--target={leader}", *spaces, "env", "--chdir=/")

    def words(self, *words: str, user: str = "root") -> tuple[str, ...]:
        """The command line, for out here, of a command in there."""
        if user == "root":
            return (*self._enter, "-i", _PATH, "LANG=C.UTF-8", "HOME=/root", "USER=root", *words)
        runtime = f"/run/user/{USER_ID}"
        session = (f"XDG_RUNTIME_DIR={runtime}", f"DBUS_SESSION_BUS_ADDRESS=unix:path={runtime}/bus")
        own = (_PATH, "LANG=C.UTF-8", f"HOME=/home/{user}", *session)
        return (*self._enter, "runuser", "-u", user, "--", "env", "-i", *own, *words)

    def run(self, *words: str, user: str = "root", **wanted: Any) -> subprocess.CompletedProcess[str]:  # noqa: ANN401
        """Run a command to its end; ``input`` is what it reads."""
        return subprocess.run(
            self.words(*words, user=user), capture_output=True, text=True, check=False, timeout=60, **wanted
        )

    def ok(self, *words: str, user: str = "root", **wanted: Any) -> str:  # noqa: ANN401
        """Run a command that has to succeed, and answer what it says."""
        done = self.run(*words, user=user, **wanted)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    @contextmanager
    def running(self, script: str, *, user: str = "root") -> Iterator[subprocess.Popen[str]]:
        """A Python script that can be spoken to, ended with what is in the `with`."""
        words = self.words("/opt/cashnotifyd/bin/python", script, user=user)
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            try:
                yield process
            finally:
                process.kill()

    def write(self, path: str, text: str, *, user: str = "root") -> None:
        """Write a file that its owner alone may read."""
        script = 'umask 077; mkdir -p "$(dirname "$1")"; cat >"$1"'
        self.ok("sh", "-c", script, "write", path, user=user, input=text)


class Shop:
    """The simulated Stripe in a machine, and what the phone there has been told."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        opened = json.loads(self._line())
        self.base, self.key = str(opened["base"]), str(opened["key"])
        self.phone, self.mail = str(opened["phone"]), str(opened["mail"])

    def sale(self) -> str:
        """Sell something. Answers how the title of its message begins."""
        return str(self._ask("sale"))

    def told(self, where: str) -> list[str]:
        """The titles of all messages so far, on the ``phone`` or by ``mail``."""
        return list(self._ask("told")[where])

    def _ask(self, question: str) -> Any:  # noqa: ANN401 (JSON)
        assert self._process.stdin is not None
        self._process.stdin.write(f"{question}\n")
        self._process.stdin.flush()
        return json.loads(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def booted(lower: Path, wheel: Path) -> Iterator[tuple[Machine, Shop]]:
    """A machine on ``lower`` with the wheel installed, a user with lingering services, and a shop. Ends all of it."""
    with ExitStack() as stack:
        machine = Machine(stack.enter_context(_leader(lower, wheel)))
        _settle(machine, wheel)
        yield machine, Shop(stack.enter_context(machine.running("/opt/tests/shop.py")))


@contextmanager
def _leader(lower: Path, wheel: Path) -> Iterator[int]:
    """The id, out here, of the machine's process 1."""
    scratch = Path(tempfile.mkdtemp(prefix="cashnotifyd-boot-"))
    with (scratch / "console").open("wb") as console:
        shared = [f"{place}={path}" for place, path in _shared(wheel).items()]
        process = subprocess.Popen([BOOT, lower, scratch, *shared], stdout=console, stderr=console)
    try:
        yield _booted(process, scratch)
    finally:
        process.kill()
        process.wait()
        _remove_group(scratch)
        shutil.rmtree(scratch, ignore_errors=True)


def _booted(process: subprocess.Popen[bytes], scratch: Path) -> int:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    deadline = time.monotonic() + 90
    state = ""
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError, IndexError):
            leader = int(children.read_text().split()[0])
            asked = Machine(leader).run("systemctl", "is-system-running")
            state = (asked.stdout + asked.stderr).strip()
            if state in {"running", "degraded"}:
                return leader
        time.sleep(0.1)
    console = (scratch / "console").read_text(errors="replace").strip()
    said = console.splitlines()[-1] if console else state
    pytest.skip(f"no machine can be booted here, which takes root and namespaces: {said}")


def _shared(wheel: Path) -> dict[str, Path]:
    """What is lent to the machine: Python, the packages that cashnotifyd needs, its wheel and the shop."""
    lent = {
        "/opt/dependencies": Path(sysconfig.get_path("purelib")),
        "/opt/tests": HERE,
        "/opt/wheel": wheel.parent,
    }
    base = Path(sys.base_prefix)
    if base != Path("/usr"):
        return {"/opt/python": base, **lent}
    return {
        f"/opt/python/bin/{_PYTHON}": Path(os.path.realpath(sys.executable)),
        f"/opt/python/lib/{_PYTHON}": Path(sysconfig.get_path("stdlib")),
        **lent,
    }


def _settle(machine: Machine, wheel: Path) -> None:
    """Install cashnotifyd where every user may read it, and make a user."""
    python, site = "/opt/cashnotifyd/bin/python", f"/opt/cashnotifyd/lib/{_PYTHON}/site-packages"
    script = f"""
    set -eu
    echo /opt/python/lib >/etc/ld.so.conf.d/lent-python.conf
    ldconfig
    /opt/python/bin/{_PYTHON} -m venv --without-pip /opt/cashnotifyd
    PYTHONPATH=/opt/dependencies {python} -m pip install --quiet --disable-pip-version-check --root-user-action ignore \
        --no-index --no-deps --ignore-installed /opt/wheel/{wheel.name}
    echo /opt/dependencies >{site}/dependencies.pth
    useradd --create-home --uid {USER_ID} {USER}
    loginctl enable-linger {USER}
    """
    machine.ok("sh", "-c", script)
    eventually(lambda: machine.run("systemctl", "--user", "is-system-running", user=USER).stdout.strip() == "running")
    machine.ok("loginctl", "show-user", USER)


def _remove_group(scratch: Path) -> None:
    """Remove the machine's control groups, from the innermost: they are empty as soon as its processes are gone."""
    with suppress(OSError):
        group = Path((scratch / "group").read_text().strip())
        folders = [path for path in group.rglob("*") if path.is_dir()]
        for folder in (*sorted(folders, reverse=True), group):
            eventually(lambda folder=folder: _removed(folder), 5)  # type: ignore[misc]


def _removed(folder: Path) -> bool:
    with suppress(OSError):
        folder.rmdir()
    return not folder.exists()
