"""``cashnotifyd completion``: the script by which a shell completes the command line."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from cashnotifyd import cli
from cashnotifyd.cli.options import config_ignored

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@config_ignored
def completion(shell: str) -> None:
    """Print the script by which a shell completes commands, options, channels and accounts.

    To have that from the next shell on:

    \b
      bash   echo 'source <(cashnotifyd completion bash)' >> ~/.bashrc
      zsh    echo 'source <(cashnotifyd completion zsh)' >> ~/.zshrc
      fish   echo 'cashnotifyd completion fish | source' >> ~/.config/fish/config.fish
    """  # noqa: D301 (click's mark for lines that stay as they are)
    click.echo(script(shell), nl=False)


def script(shell: str) -> str:
    """Click's own, which asks the program itself what there is."""
    complete = get_completion_class(shell)
    assert complete is not None
    return f"{complete(cli.cashnotifyd, {}, 'cashnotifyd', cli.COMPLETING).source().strip()}\n"
