"""What the documents say, as far as it can be checked: links, commands, configurations, names, the version."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

import cashnotifyd
from cashnotifyd import __version__, cli
from cashnotifyd.config.loading import ConfigError, Loaded, load
from cashnotifyd.cursor_file.door import KEEP_DAYS
from cashnotifyd.delivery.apprise_door.urls import examine
from cashnotifyd.delivery.retrying import GIVE_UP_AFTER
from cashnotifyd.occurrences.facts import HINT_WINDOW
from cashnotifyd.polling.pace import automatic_interval
from cashnotifyd.polling.walk import HISTORY, OVERLAP, PAGE
from cashnotifyd.telling.sorting import HOLD

ROOT = Path(__file__).parent.parent
PACKAGE = Path(cashnotifyd.__file__).parent  # not beside the tests where the built wheel is tested
DECISIONS = sorted(ROOT.glob("docs/decisions/*.md"))
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *DECISIONS]
PLACEHOLDER = "rk_live_PASTE_YOUR_KEY_HERE"
KEY = "rk_live_51AbCdEfGhIjKlMnOp"
FOREIGN = {"TaskGroup", "dbus_fast"}  # named in ARCHITECTURE.md, and not ours


def place_of(name: str) -> Path:
    return PACKAGE.parent / name if name.startswith("cashnotifyd/") else ROOT / name


def text_of(name: str) -> str:
    return place_of(name).read_text("utf-8")


def blocks(document: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)


def commands(document: str) -> Iterator[str]:
    """Every line of a shell block and every piece of code that begins like a command."""
    for block in blocks(document, "sh"):
        yield from (line.partition("  #")[0].strip() for line in block.splitlines())
    yield from re.findall(r"`((?:make|cashnotifyd) [^`\n]+)`", document)


def slug(heading: str) -> str:
    """As GitHub makes an anchor of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def loaded(folder: Path, written: str) -> Loaded:
    """The settings of a configuration as a person would have it, with a value for every variable it names."""
    file = folder / "config.yaml"
    file.write_text(written, "utf-8")
    file.chmod(0o600)
    environ = dict.fromkeys(re.findall(r"\$\{(\w+)\}", written), "u1234567890abcdefghij1234567890")
    environ |= {name: f"rk_test_51{name}" for name in environ if name.endswith("STRIPE_KEY")}
    return load(file, environ, examine)


def test_there_are_documents() -> None:
    assert {path.name for path in DOCUMENTS} >= {"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"}
    assert DECISIONS


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_no_link_is_dead(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8")):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        linked = path.parent / name if name else path
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", linked.read_text("utf-8"), re.MULTILINE)
            assert anchor in map(slug, headings), target


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_is_named_exists(path: Path) -> None:
    named = re.findall(r"`((?:cashnotifyd|tests|systemd|launchd|docs|\.ci)/[\w./-]*)`", path.read_text("utf-8"))
    assert not [name for name in named if not place_of(name).exists()]


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md"])
def test_every_command_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    found = 0
    for command in commands(text_of(name)):
        if made := re.match(r"make (?:\w+=\S+ )?([a-z-]+)", command):
            assert made[1] in targets, command
            found += 1
        elif called := re.match(r"(?:\w+=\S+ )?(?:\.venv/bin/)?cashnotifyd (.+)", command):
            understood(called[1].split())
            found += 1
        elif copied := re.match(r"(?:sudo )?cp (?:-r )?(.+) \S+$", command):
            assert all((ROOT / source).exists() for source in copied[1].split()), command
            found += 1
    assert found


def understood(arguments: list[str]) -> None:
    """Raises where the command line would not take them."""
    if arguments == ["--version"]:
        return
    name, *rest = arguments
    context = click.Context(cli.cashnotifyd)
    command = cli.cashnotifyd.get_command(context, name)
    assert command is not None, name
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in rest if word.startswith("--")} <= options, rest


def test_the_configurations_in_the_readme_work(tmp_path: Path) -> None:
    written = blocks(text_of("README.md"), "yaml")
    assert len(written) > 1
    for block in written:
        settings = loaded(tmp_path, block.replace(PLACEHOLDER, KEY)).settings
        assert list(settings.accounts) == list(yaml.safe_load(block)["accounts"])


def test_whoever_forgets_to_paste_the_key_is_told_so(tmp_path: Path) -> None:
    first = blocks(text_of("README.md"), "yaml")[0]
    with pytest.raises(ConfigError, match="placeholder"):
        loaded(tmp_path, first)


def test_the_urls_in_the_readme_are_urls() -> None:
    urls = re.findall(r"`((?:ntfys|pover|mailtos|dbus)://[^`]*)`", text_of("README.md"))
    assert len(urls) > 3
    for url in urls:
        filled = url.replace("USER_KEY", "u1234567890abcdefghij1234567890").replace("API_TOKEN", "a" * 30)
        assert examine(filled).problem is None, url


def test_the_readme_knows_what_there_is_and_what_there_is_not() -> None:
    works, missing = re.findall(r"## Not yet\n\n(.*?) Not there: (.*?)\n\n", text_of("README.md"), re.DOTALL)[0]
    there = set(cli.cashnotifyd.commands)
    assert set(re.findall(r"`cashnotifyd ([\w-]+)`", works)) == there
    assert there.isdisjoint(re.findall(r"[\w-]+", missing.partition(";")[0]))


def test_the_demo_points_to_a_heading_that_is_there() -> None:
    (heading,) = re.findall(r"under “(.+?)”", text_of("cashnotifyd/cli/demo.py"))
    assert f"\n## {heading}\n" in text_of("README.md")


@pytest.mark.parametrize(("charges", "seconds"), [(0, 576), (20, 592), (100, 149), (1000, 12), (12_000, 1)])
def test_the_intervals_in_the_readme(charges: int, seconds: int) -> None:
    assert round(automatic_interval(charges)) == seconds
    assert f" {seconds} s " in text_of("README.md")


def test_every_kind_of_exit_is_in_the_readme() -> None:
    told = re.findall(r"^\| (\d+) \|", text_of("README.md"), re.MULTILINE)
    said = re.search(r"0 done.*interrupted", cli.main.__doc__ or "")
    assert said
    assert told == re.findall(r"\d+", said[0])


def test_the_architecture_is_short() -> None:
    assert len(text_of("ARCHITECTURE.md").splitlines()) < 150


def test_every_room_is_in_the_architecture_and_no_other() -> None:
    rooms = {
        path.name + "/" if path.is_dir() else path.name
        for path in PACKAGE.iterdir()
        if path.is_dir() or path.suffix == ".py"
    } - {"__init__.py", "__pycache__/"}
    (table,) = re.findall(r"^\| room \|.*?\n\n", text_of("ARCHITECTURE.md"), re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"^\| `([\w/.]+)` \|", table, re.MULTILINE)) == rooms


def test_every_module_and_name_in_the_architecture_is_there() -> None:
    document = text_of("ARCHITECTURE.md")
    places = [ROOT, PACKAGE, PACKAGE / "occurrences", ROOT / "tests"]
    for name in re.findall(r"`([\w/.]+\.(?:py|yaml|toml|md))`", document):
        assert any((place / name).exists() for place in places), name
    code = "\n".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py"))
    for name in re.findall(r"`([A-Z]\w+|_[A-Z]+|[a-z]+_[a-z_]+)`", document):
        assert name in FOREIGN or re.search(rf"(?:class|def) {name}\b|^{name}\b.* = ", code, re.MULTILINE), name


def test_the_figures_of_the_decisions_are_those_of_the_code() -> None:
    walk, facts, deliveries = (" ".join(path.read_text("utf-8").split()) for path in DECISIONS[2:5])
    assert f"{OVERLAP} s (`OVERLAP`)" in walk
    assert f"latest {HISTORY} events" in walk
    assert f"{PAGE} a page" in walk
    assert f"{HOLD:g} s (`HOLD`)" in facts
    assert HINT_WINDOW == 2 * 60
    assert "two minutes (`HINT_WINDOW`)" in facts
    assert GIVE_UP_AFTER == 3 * 86400
    assert "three days" in deliveries
    assert f"for {KEEP_DAYS} days" in text_of("README.md")


def test_no_document_names_a_line() -> None:
    for path in DOCUMENTS:
        assert not re.search(r"\.py:\d|\bline \d", path.read_text("utf-8")), path


def test_the_changelog_knows_this_version() -> None:
    assert re.search(rf"^## \[{re.escape(__version__)}\]", text_of("CHANGELOG.md"), re.MULTILINE)
