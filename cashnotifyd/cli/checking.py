"""What is common to the commands that try things out: settings with every URL examined, findings on the screen."""

from __future__ import annotations

import io
import os
import sys
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from cashnotifyd import logs
from cashnotifyd.config.loading import Loaded, default_path, load
from cashnotifyd.delivery.apprise_door.masking import secrets_of
from cashnotifyd.delivery.apprise_door.urls import examine
from cashnotifyd.permissions import NEEDED, Permission
from cashnotifyd.redaction import escape_controls
from cashnotifyd.setup.findings import Finding, Verdict
from cashnotifyd.setup.keys import Standing

_COLUMNS: Final = 80
_MARKS: Final = {
    Verdict.OK: ("ok", "green"),
    Verdict.WARNING: ("warning", "yellow"),
    Verdict.PROBLEM: ("FAILS", "bold red"),
    Verdict.UNKNOWN: ("-", "dim"),
}
_STANDINGS: Final = {Standing.PRESENT: "green", Standing.MISSING: "yellow", Standing.UNKNOWN: "dim"}


def loaded_from(config: Path | None) -> Loaded:
    """The configuration, with every channel's URL examined. What is secret in it is masked from now on.

    Raises:
        ConfigError: it cannot be used.
    """
    logs.configure((), level="critical")
    loaded = load(config or default_path(os.environ), os.environ, examine)
    urls = (channel.url.get_secret_value() for channel in loaded.settings.channels.values())
    logs.add_secrets((*loaded.secrets, *(secret for url in urls for secret in secrets_of(url))))
    return loaded


class Screen:
    """Lines for people: 80 columns at most, colours on a terminal only, no secrets."""

    def __init__(self) -> None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")
        self._console = Console(highlight=False)
        self._columns = min(self._console.width, _COLUMNS)

    def say(self, text: str = "", style: str = "") -> None:
        """A paragraph. Nothing in it is broken that could be copied, such as a link."""
        self._line(*_wrapped(text, self._columns) or [""], style=style)

    def heading(self, text: str) -> None:
        """What the next lines are about, after an empty one."""
        self.say()
        self.say(text, "bold")

    def findings(self, findings: Iterable[Finding]) -> None:
        """Each with its mark, and the next step below it."""
        for finding in findings:
            mark, style = _MARKS[finding.verdict]
            self._row(f"  {mark:<7}  ", style, finding.text)
            if finding.next_step:
                self._row(f"{'':<9}  → ", "", finding.next_step)

    def permissions(self, standings: Mapping[Permission, Standing]) -> None:
        """A table: what the key may, and what each is for, which messages lack without it."""
        self.say("  Its permissions, and what messages lack without them:")
        width = max(len(permission.label) for permission in standings)
        for permission, standing in standings.items():
            optional = "" if permission in NEEDED else "optional: "
            self._row(
                f"  {standing:<7}  {permission.label:<{width}}  ",
                _STANDINGS[standing],
                f"{optional}{permission.purpose}",
            )

    def _row(self, head: str, style: str, text: str) -> None:
        first, *others = _wrapped(text, self._columns - len(head)) or [""]
        self._console.print(Text(head, style).append(first, ""), soft_wrap=True)
        self._line(*(" " * len(head) + line for line in others))

    def _line(self, *lines: str, style: str = "") -> None:
        for line in lines:
            self._console.print(Text(line, style), soft_wrap=True)


def _wrapped(text: str, columns: int) -> list[str]:
    # An account's name is its owner's, and nothing of it may act on the terminal.
    lines = [escape_controls(line) for line in logs.redact(text).split("\n")]
    indents = (line[: len(line) - len(line.lstrip())] for line in lines)
    return [
        part
        for line, indent in zip(lines, indents, strict=True)
        for part in textwrap.wrap(
            line, columns, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        )
        or [""]
    ]
