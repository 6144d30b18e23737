"""``cashnotifyd key-url``: the link that creates a key which may do just what is needed."""

from __future__ import annotations

import click

from cashnotifyd.cli.options import config_ignored
from cashnotifyd.permissions import NAME_AND_LOGO, NEEDED, Permission, creation_link


@click.command("key-url")
@click.option(
    "--with-name-and-logo", is_flag=True, help="Also allow what is needed to show the account's own name and icon."
)
@config_ignored
def key_url(*, with_name_and_logo: bool) -> None:
    """Print the link that creates a restricted key with exactly the permissions needed.

    The link goes to standard output, what each permission is for to standard error.
    """
    permissions: tuple[Permission, ...] = NEEDED + (NAME_AND_LOGO if with_name_and_logo else ())
    click.echo(creation_link(permissions))
    width = max(len(permission.label) for permission in permissions)
    click.echo("\nOpen it in the mode that you want to watch, live or test, and create the key. It allows:", err=True)
    for permission in permissions:
        click.echo(f"  {permission.label:<{width}}  {permission.purpose}", err=True)
    click.echo("If the form comes up empty, set these by hand and leave the rest at None.", err=True)
    click.echo("Then copy the key: `cashnotifyd init` asks for it.", err=True)
