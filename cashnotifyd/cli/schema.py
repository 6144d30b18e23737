"""``cashnotifyd schema``: what editors need to know of the configuration."""

from __future__ import annotations

import click

from cashnotifyd.cli.options import config_ignored
from cashnotifyd.config.schema import schema_text


@click.command()
@config_ignored
def schema() -> None:
    """Print the JSON schema by which editors complete, explain and check the configuration.

    Save it as config.schema.json beside config.yaml. The first line of the configuration has to be:

        # yaml-language-server: $schema=config.schema.json
    """
    click.echo(schema_text(), nl=False)
