"""``--config FILE``: after every command and before it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cashnotifyd import cli
from tests.cli.inside import called

IGNORING = ("demo", "key-url", "preview", "completion", "schema", "service uninstall", "service show")
CONFIG = """
cursor_file: {folder}/cursor.db
accounts: {{shop: {{api_key: rk_live_1}}}}
channels: {{phone: {{url: 'json://localhost'}}}}
"""


def commands(group: click.Group = cli.cashnotifyd, above: str = "") -> Iterator[tuple[str, click.Command]]:
    """All that there are, groups and what is in them."""
    context = click.Context(group)
    for name in group.commands:
        command = group.get_command(context, name)
        assert command is not None
        yield f"{above}{name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{above}{name} ")


@pytest.fixture
def config(tmp_path: Path) -> str:
    file = tmp_path / "c.yaml"
    file.write_text(CONFIG.format(folder=tmp_path))
    file.chmod(0o600)
    return str(file)


def test_every_command_takes_it_and_says_so_where_it_is_ignored() -> None:
    told = {
        name: parameter.help or ""
        for name, command in commands()
        for parameter in command.params
        if isinstance(parameter, click.Option) and "--config" in parameter.opts
    }
    assert set(told) == {name for name, _ in commands()}
    assert {name for name, text in told.items() if "ignored" in text} == set(IGNORING)


def test_before_the_command_it_is_handed_on(config: str) -> None:
    after = called("status", "--config", config)
    assert (after.returncode, "shop" in after.stdout) == (0, True)
    assert called("--config", config, "status").stdout == after.stdout


def test_the_one_nearest_to_the_command_is_meant(config: str, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.yaml")
    assert called("--config", missing, "status", "--config", config).returncode == 0
    assert called("--config", config, "status", "--config", missing).returncode == 78
    assert called("--config", missing, "service", "--config", missing, "install").returncode == 78


@pytest.mark.parametrize(
    "arguments", [("key-url",), ("schema",), ("completion", "bash"), ("preview", "-"), ("service", "show", "--json")]
)
def test_where_it_is_ignored_no_file_need_be_there(arguments: tuple[str, ...]) -> None:
    assert called(*arguments, "--config", "/nowhere/config.yaml", stdin="[]").returncode == 0
    assert called("--config", "/nowhere/config.yaml", *arguments, stdin="[]").returncode == 0
