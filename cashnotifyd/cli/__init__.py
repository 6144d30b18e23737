"""The command line: one small module a command, imported when it is called.

`cashnotifyd --help` imports none of them, nor Stripe's library, nor Apprise: it answers in a twentieth of a second, and
those alone take a third of one.
"""

from __future__ import annotations

import importlib
import io
import os
import shutil
import sys
import textwrap
import threading
import time
import traceback
from collections.abc import Collection
from types import TracebackType

import click
from click.shell_completion import CompletionItem

from cashnotifyd import __version__
from cashnotifyd.cli.options import config_handed_on
from cashnotifyd.cli.output import OutputLost, discard, watch_output
from cashnotifyd.redaction import Redaction
from cashnotifyd.refusal import Refusal

_COMMANDS = {
    "run": "Watch the accounts and send the messages, in the foreground.",
    "demo": "See it work on a simulated Stripe, in half a minute.",
    "init": "Set it up: ask, try each answer out, write the configuration.",
    "check": "Look at the configuration, every key, permission and channel: what works, what is missing.",
    "send-test": "Send a sample message through the real channel.",
    "key-url": "Print the link that creates a read-only key with just the permissions needed.",
    "preview": "Show Stripe events from files as the messages they would become.",
    "mute": "Silence channels for a while.",
    "unmute": "End that before its time.",
    "retry": "Try again what was not delivered.",
    "status": "Show how the watching stands: accounts, channels, what waits.",
    "events": "Show what happened, from the local record.",
    "explain": "Tell the life of one event: when it was seen, what it became, whom it went to.",
    "service": "Run it as a service of this machine: install, uninstall, show.",
    "completion": "Print what makes a shell complete commands, channels and accounts.",
    "schema": "Print what makes an editor complete and check the configuration.",
}

COMPLETING = "_CASHNOTIFYD_COMPLETE"
"""The variable in which a shell asks for completions. Click makes it of the program's name."""

_COLUMNS = 80
_WIDEST = 100
_NARROWEST = 20

_FAILED = 1
_INTERRUPTED = 130  # what a shell says of a program that SIGINT ended: 128 + 2

_MOMENT = 0.5
"""Seconds in which a thread that has nothing to do is surely gone."""


class _OnDemand(click.Group):
    """Knows each command's name and its line of help, and imports the rest with its first use."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.commands:
            return super().get_command(ctx, cmd_name)
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(importlib.import_module(f"cashnotifyd.cli.{name}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 (click's)
        with formatter.section("Commands"):
            formatter.write_dl([(name, _COMMANDS[name]) for name in self.commands])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        named = [CompletionItem(name, help=_COMMANDS[name]) for name in self.commands if name.startswith(incomplete)]
        return [*named, *click.Command.shell_complete(self, ctx, incomplete)]


@click.command(
    cls=_OnDemand,
    commands={name: click.Command(name) for name in _COMMANDS},
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Nothing set up yet? `cashnotifyd demo` needs no account, no key and no configuration.",
)
@click.version_option(__version__, "-V", "--version", message="cashnotifyd %(version)s")
@config_handed_on
def cashnotifyd() -> None:
    """Tells you what happens to the money in your Stripe accounts, on the channels you chose.

    Watches any number of accounts, live and test, with read-only keys and without a public address, and sends one
    clear message for each thing that happened: to the desktop, by e-mail, to Pushover, ntfy and a hundred others.
    """


def main() -> None:
    """Runs the command line and ends the process with its exit status.

    0 done, 1 failed, 2 wrong usage, 78 bad configuration, 130 interrupted. What was written has been flushed by then.
    """
    sys.excepthook = _show_crash
    watch_output()
    others = set(threading.enumerate())
    status = _status()
    if _at_work(set(threading.enumerate()) - others):
        # Python would wait for a send as long as the service does, and for a host's name as long as the system does.
        os._exit(status)
    sys.exit(status)


def _at_work(begun: Collection[threading.Thread]) -> bool:
    """Whether there are threads that Python would wait for, and that do not end by themselves at once."""
    deadline = time.monotonic() + _MOMENT
    awaited = [thread for thread in begun if not thread.daemon]
    for thread in awaited:
        thread.join(max(0.0, deadline - time.monotonic()))
    return any(thread.is_alive() for thread in awaited)


def _status() -> int:
    """Runs what the arguments ask for. What is meant for people goes to stderr, without secrets."""
    try:
        status = cashnotifyd.main(prog_name="cashnotifyd", standalone_mode=False)
        sys.stdout.flush()
    except Refusal as refusal:
        _say(_folded(f"cashnotifyd: {refusal}"))
        return refusal.status
    except click.ClickException as error:
        text = io.StringIO()
        error.show(file=text)
        _say(_folded(text.getvalue().rstrip("\n")))
        return error.exit_code
    except click.Abort as abort:
        return _INTERRUPTED if isinstance(abort.__cause__, KeyboardInterrupt) else _FAILED
    except OutputLost as lost:
        discard(sys.stdout)
        if not lost.reader_left:  # who has left has seen enough
            _say(f"cashnotifyd: the standard output cannot be written: {lost}")
        return _FAILED
    return status if isinstance(status, int) else 0


def _folded(text: str) -> str:
    """In lines that a terminal has room for, each as far in as it was. A file and a pipe get them as they are."""
    if sys.stderr is None or not sys.stderr.isatty():
        return text
    width = min(shutil.get_terminal_size((_COLUMNS, 24)).columns, _WIDEST)
    return "\n".join(_fold(line, max(width, _NARROWEST)) for line in text.splitlines())


def _fold(line: str, width: int) -> str:
    indent = line[: len(line) - len(line.lstrip())]
    # A path or an address stays whole, so that it can be copied.
    return textwrap.fill(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _say(text: str) -> None:
    """To stderr, masked by what the logs know as secret where they are set up, else by what looks like a secret."""
    if COMPLETING in os.environ:
        return  # it would stand in the middle of what somebody types
    logs = sys.modules.get("cashnotifyd.logs")  # not imported for this: it costs a quarter of the start
    try:
        click.echo(logs.as_error(text) if logs else Redaction()(text), err=True)
    except OSError:
        discard(sys.stderr)  # there is nobody left to tell


def _show_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A crash before the logs are set up, or in a command that has none."""
    _say("".join(traceback.format_exception(kind, error, trace)).rstrip("\n"))
