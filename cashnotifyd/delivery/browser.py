"""The user's browser, started as a process of its own: for desktops that open no links by a portal."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Mapping
from typing import Final

import structlog

log = structlog.get_logger(__name__)

_PASSED: Final = frozenset({
    "BROWSER", "DBUS_SESSION_BUS_ADDRESS", "DESKTOP_SESSION", "DISPLAY", "HOME", "LANG", "LOGNAME", "PATH", "SHELL",
    "USER", "WAYLAND_DISPLAY", "XAUTHORITY",
})  # fmt: skip
"""What a browser is told of the daemon's environment, which may hold Stripe's keys."""
_PASSED_FAMILIES: Final = ("GNOME_", "KDE_", "LC_", "XDG_")


def browse(link: str, activation_token: str) -> None:
    """Begins to open ``link`` and returns at once; the browser outlives this process.

    ``activation_token`` lets the browser's window come to the front; it may be empty. A failure is logged: whoever
    clicked sees that nothing opened.
    """
    threading.Thread(
        target=_run,
        args=[command(link, activation_token, os.environ, os.getpid()), environment(os.environ, activation_token)],
        name="browser",
        daemon=True,
    ).start()


def command(link: str, activation_token: str, environ: Mapping[str, str], pid: int) -> list[str]:
    """What opens a link.

    A process that systemd itself has started (systemd.exec, "$SYSTEMD_EXEC_PID") is confined, and its memory bounded:
    a browser below it would find no profile and no room. There the user's manager is asked to start it.
    """
    if environ.get("SYSTEMD_EXEC_PID") != str(pid):
        return ["xdg-open", link]
    token = [f"--setenv=XDG_ACTIVATION_TOKEN={activation_token}"] if activation_token else []
    return ["systemd-run", "--user", "--collect", "--quiet", *token, "--", "xdg-open", link]


def environment(environ: Mapping[str, str], activation_token: str) -> dict[str, str]:
    """What a browser needs of ``environ``, and the token (freedesktop.org's xdg-activation protocol)."""
    passed = {name: value for name, value in environ.items() if name in _PASSED or name.startswith(_PASSED_FAMILIES)}
    return {**passed, "XDG_ACTIVATION_TOKEN": activation_token} if activation_token else passed


def _run(arguments: list[str], environ: dict[str, str]) -> None:
    """Waits until it has ended, which may be when the browser does, or it would stay as a zombie."""
    try:
        done = subprocess.run(  # noqa: S603 (no shell, and a link that is strictly Stripe's)
            arguments,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            check=False,
        )
    except OSError as error:
        log.warning("a notice's link was not opened", program=arguments[0], reason=os.strerror(error.errno or 0))
    else:
        if done.returncode:
            log.warning("a notice's link was not opened", program=arguments[0], exit_status=done.returncode)
