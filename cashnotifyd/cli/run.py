"""``cashnotifyd run``: the daemon in the foreground."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from types import FrameType

import click

from cashnotifyd.cli.options import config_option


@click.command()
@config_option
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
    help="How much to log.",
)
def run(config: Path | None, log_level: str) -> None:
    """Watch the accounts and send the messages, in the foreground.

    SIGTERM or Ctrl-C: send what is due and stop. SIGHUP: read the configuration again.
    """
    # Signals come at any moment, and what is imported here and read there takes half a second or more.
    signal.signal(signal.SIGTERM, _stop)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})

    from cashnotifyd.cli.serving import serve  # noqa: PLC0415 (signals are expected first)

    serve(config, log_level)


def _stop(_number: int, _frame: FrameType | None) -> None:
    """Nothing has begun yet, and an open transaction is as if it had not been.

    An exception would depend on nobody's catching it, in whatever is being imported.
    """
    os._exit(0)
