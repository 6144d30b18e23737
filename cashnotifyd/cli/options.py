"""The option that every command takes: which configuration file is meant."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

import click

_NAMED: Final = "cashnotifyd.config"


def _named(ctx: click.Context, _param: click.Parameter, value: Path | None) -> Path | None:
    """The file that is named here, else the one that was named before the command."""
    if value is not None:
        ctx.meta[_NAMED] = value  # shared by the commands of one line
    named: Path | None = ctx.meta.get(_NAMED)
    return named


_option = partial(
    click.option,
    "--config",
    type=click.Path(path_type=Path, readable=False),  # what cannot be read is bad configuration, not wrong usage
    callback=_named,
)

config_option = _option(help="The configuration file. Default: config.yaml in the platform's configuration folder.")

config_of_service = _option(help="The configuration file. Default: yours, with --system /etc/cashnotifyd/config.yaml.")

config_handed_on = _option(expose_value=False, help="The configuration file, for whatever command follows.")
"""For what stands before a command."""

config_ignored = _option(expose_value=False, help="Taken as everywhere, and ignored: no configuration is needed here.")
