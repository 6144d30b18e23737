"""The shipped units with the paths of one installation in them. Text in, text out.

Each path that is replaced must be there: a unit that was edited without this module fails at once, in the tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import escape

from cashnotifyd.refusal import Refusal
from cashnotifyd.service.values import Daemon

MARK = "Written by `cashnotifyd service install`"
"""What tells our files from others'."""
LINGERING = "# Lingering was switched on for it.\n"
"""Tells `service uninstall` to switch it off again."""

USUAL_RECORD = ".local/state/cashnotifyd"
"""The record's folder, in the home."""

_EDIT = "{mark}, which writes it afresh when it is run again.\n# Changes of your own: `{edit}`.\n"
_HEADER = re.compile(r"\A(?:#.*\n)+")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_UNTAKEN = re.compile(r"""[\x00-\x1f\x7f"'\\$:]""")


def system_unit(shipped: str, daemon: Daemon) -> str:
    """The system service: paths of the program and of the configuration, and the credentials beside it."""
    config, program = _path(daemon.config), _words(daemon.program)
    text = _replaced(shipped, "/opt/cashnotifyd/bin/cashnotifyd run", f"{program} run")
    text = _replaced(text, "/etc/cashnotifyd/config.yaml", config)
    handed = f"LoadCredential=config.yaml:{config}\n"
    more = "".join(f"LoadCredential={name}:{_path(path)}\n" for name, path in daemon.credentials)
    text = _replaced(text, handed, handed + more)
    return _headed(_with_environment(text, daemon), "systemctl edit cashnotifyd")


def user_unit(shipped: str, daemon: Daemon) -> str:
    """The user service: paths of the program, the configuration and the folder of the record."""
    command = f"{_words(daemon.program)} run --config {_word(daemon.config)}"
    text = _replaced(shipped, "%h/.local/bin/cashnotifyd run", command)
    folder = daemon.record.parent
    if folder != daemon.home / USUAL_RECORD:
        text = _replaced(text, f"%h/{USUAL_RECORD}", _word(folder))
    return _headed(_with_environment(text, daemon), "systemctl --user edit cashnotifyd")


def beside(shipped: str) -> str:
    """A file that goes with the service and holds no paths."""
    return f"# {MARK}, with cashnotifyd.service.\n{shipped}"


def launch_agent(shipped: str, daemon: Daemon) -> str:
    """The LaunchAgent: the whole command line, and where the log goes."""
    text = _COMMENT.sub(f"<!-- {MARK}, which writes it afresh when it is run again. -->", shipped, count=1)
    words = [*daemon.program, "run", "--config", str(daemon.config)]
    was = "\t\t<string>/Users/YOU/.local/bin/cashnotifyd</string>\n\t\t<string>run</string>\n"
    text = _replaced(text, was, "".join(f"\t\t<string>{escape(word)}</string>\n" for word in words))
    return _replaced(text, "/Users/YOU", escape(str(daemon.home)))


def written_by_us(text: str) -> bool:
    """Whether `service install` wrote this file."""
    return MARK in text


def with_lingering(unit: str) -> str:
    """The unit with a note that lingering was switched on for it."""
    header = _HEADER.match(unit)
    at = header.end() if header else 0
    return unit[:at] + LINGERING + unit[at:]


def _headed(text: str, edit: str) -> str:
    """With a header of its own instead of the one that tells how to install it by hand."""
    return _HEADER.sub(lambda _: "# " + _EDIT.format(mark=MARK, edit=edit), text, count=1)


def _with_environment(text: str, daemon: Daemon) -> str:
    if daemon.environment is None:
        return text
    return _replaced(text, "\nExecReload=", f"\nEnvironmentFile={_path(daemon.environment)}\nExecReload=")


def _replaced(text: str, was: str, now: str) -> str:
    if was not in text:
        raise ValueError(f"the shipped file does not contain {was!r}")
    return text.replace(was, now)


def _words(words: Iterable[str]) -> str:
    return " ".join(_word(Path(word)) if "/" in word else word for word in words)


def _word(path: Path) -> str:
    """As one of several words of a line."""
    text = _path(path)
    return f'"{text}"' if " " in text else text


def _path(path: Path) -> str:
    """A path for a unit.

    Raises:
        Refusal: it contains what systemd reads as something else; quoting differs from key to key.
    """
    text = str(path)
    if _UNTAKEN.search(text):
        raise Refusal(
            f"systemd cannot be given the path {text!r}",
            hint="Use one without quotes, backslashes, dollar signs, colons and control characters.",
        )
    return text.replace("%", "%%")
