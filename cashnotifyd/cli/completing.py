"""What a shell can complete of the configuration. While completing, nothing that is wrong is worth an error."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from cashnotifyd.config.document import read_document
from cashnotifyd.config.files import read_small_file
from cashnotifyd.config.findings import ConfigError, Refused
from cashnotifyd.config.loading import default_path
from cashnotifyd.config.written import is_known

_LARGEST = 64 * 1024


def channel_ids(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The ids of the channels that begin like this, but for those that stand there already."""
    return _completed("channels", ctx, param, incomplete)


def account_ids(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The ids of the accounts, likewise."""
    return _completed("accounts", ctx, param, incomplete)


def _completed(section: str, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    given = ctx.params.get(param.name or "")
    there = {given} if isinstance(given, str) else set(given or ())
    return [
        CompletionItem(id_)
        for id_ in _ids(section, ctx.params.get("config"))
        if id_.startswith(incomplete) and id_ not in there
    ]


def _ids(section: str, config: Path | None) -> Iterable[str]:
    """The ids in the file. Those that the environment alone knows of are left out: they are rare, and cost more."""
    try:
        path = config or default_path(os.environ)
        tree = read_document(read_small_file(path, _LARGEST).data, str(path), is_known).tree
    except (ConfigError, Refused):
        return ()
    below = tree.get(section)
    return below if isinstance(below, dict) else ()
