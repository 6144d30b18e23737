"""``cashnotifyd init``: asks, tries each answer out, and writes the configuration.

::

    key ─▶ Stripe: what it can do, the latest events ─▶ id ─┐
                                                           ├─▶ the text ─▶ checked, in place at once ─▶ a service?
    channel ─▶ a test message: has it arrived? ─▶ id ───────┘
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from cashnotifyd import logs
from cashnotifyd.cli import asking
from cashnotifyd.cli.checking import Screen
from cashnotifyd.cli.ground import Ground, Secret, new_id
from cashnotifyd.cli.interview import Interview
from cashnotifyd.cli.options import config_option
from cashnotifyd.cli.trying import try_channel, try_key
from cashnotifyd.config import values
from cashnotifyd.config.findings import ConfigError, Refused
from cashnotifyd.config.loading import Loaded, default_path
from cashnotifyd.cursor_file.examining import daemon_on
from cashnotifyd.delivery.apprise_door.urls import examine
from cashnotifyd.refusal import Refusal
from cashnotifyd.service.machine import installation
from cashnotifyd.setup.composing import Entry, Section, new_text, with_entry
from cashnotifyd.setup.findings import Finding, Verdict, count
from cashnotifyd.setup.saving import save

_BAD_CONFIGURATION: Final = 78  # EX_CONFIG of sysexits.h


@click.command()
@click.option(
    "--account",
    "accounts",
    metavar="ID=KEY",
    multiple=True,
    help="An account, instead of asking for one. For KEY, @FILE names a file that holds it and '${NAME}' a variable."
    " (A key itself would show in the list of processes, and in your shell's history.)",
)
@click.option(
    "--channel",
    "channels",
    metavar="ID=URL",
    multiple=True,
    help="A channel, likewise; its URL may be @FILE or '${NAME}', too.",
)
@click.option("--no-test", is_flag=True, help="Send no test message to a --channel.")
@click.option(
    "--yes", is_flag=True, help="Write the file without asking, as is done anyway where there is no terminal."
)
@click.option("--stripe-api-base", metavar="URL", help="Where something that plays Stripe answers.")
@config_option
@click.pass_context
def init(  # noqa: PLR0913 (the options of a command)
    ctx: click.Context,
    *,
    accounts: tuple[str, ...],
    channels: tuple[str, ...],
    no_test: bool,
    yes: bool,
    stripe_api_base: str | None,
    config: Path | None,
) -> None:
    """Set it up: ask, try each answer out, and write the configuration.

    Asks for a key and says at once what it can do; shows the account's latest events as you would be told of them; asks
    where you want to be told, and sends a test message there. Then it writes the file, which only you can read, and
    offers to install the service. Ctrl-C ends it at any question, and before the end nothing is written.

    Where there is a configuration already, an account or channel is added, and everything else stays as it is, your
    comments included.

    \b
    Without questions, for scripts:
      cashnotifyd init --yes --account shop=@shop.key --channel 'phone=${PHONE_URL}'
    The file then names shop.key and the variable, and does not hold the secrets. Each
    key and channel is tried out first; what does not work ends it with 1, and nothing
    is written.
    """  # noqa: D301 (click's mark for lines that are to stay as they are)
    logs.configure((), level="critical")
    progress = asking.Progress()
    with asking.leaving(progress):
        ground, screen = _ground(config, stripe_api_base), Screen()
        if accounts or channels or yes:
            entries = _prepared(accounts, channels, ground, screen, tests=not no_test)
        else:
            entries = _asked_for(ground, screen)
        loaded = _write(entries, ground, screen, asks=sys.stdin.isatty() and not yes)
        progress.so_far = f"{ground.path} is written, and nothing else was done"
        _next_steps(ctx, ground.path, loaded, screen, asks=sys.stdin.isatty() and not yes)


def _ground(config: Path | None, stripe_api_base: str | None) -> Ground:
    try:
        path = Path(os.path.abspath(config or default_path(os.environ)))  # noqa: PTH100 (links in it stay)
        base = None if stripe_api_base is None else values.api_base(stripe_api_base)
        return Ground.at(path, os.environ, base)
    except ConfigError as error:
        raise Refusal("there is no place for it", hint=str(error), status=_BAD_CONFIGURATION) from None
    except Refused as refused:
        raise click.BadParameter(f"{refused.problem}. {refused.hint}", param_hint="--stripe-api-base") from None


# With questions


def _asked_for(ground: Ground, screen: Screen) -> list[Entry]:
    if not sys.stdin.isatty():
        raise click.UsageError(
            "There is no terminal to ask questions at. Give the answers: --account ID=KEY --channel ID=URL."
        )
    if ground.before is None:
        screen.say(
            "This sets up cashnotifyd: a Stripe account, a place to be told, and a test message. Nothing is written"
            " before you have agreed to it. Ctrl-C ends it at any question."
        )
    else:
        there = ", ".join((*ground.taken("accounts"), *ground.taken("channels")))
        screen.say(f"{ground.path} is there already, with {there}. What you add comes to it, and nothing else changes.")
    interview = Interview(ground, screen)
    interview.accounts()
    interview.channels()
    return interview.entries


# Without


def _prepared(
    accounts: Sequence[str], channels: Sequence[str], ground: Ground, screen: Screen, *, tests: bool
) -> list[Entry]:
    """What the options say, tried out.

    Raises:
        click.UsageError: they do not say it well.
        Refusal: something does not work.
    """
    keys = _named(accounts, "accounts", ground)
    urls = _named(channels, "channels", ground)
    if ground.before is None and not (keys and urls):
        raise click.UsageError("A new configuration needs at least one --account ID=KEY and one --channel ID=URL.")
    findings = [finding for id_, key in keys.items() for finding in _about(id_, try_key(key, ground)[1])]
    if tests:
        findings += [finding for id_, url in urls.items() for finding in _about(id_, try_channel(url, ground))]
    screen.findings(findings)
    if count(findings, Verdict.PROBLEM):
        raise Refusal("not everything works, so nothing was written", hint="What to do stands above.")
    return [
        *(ground.account(id_, key, None) for id_, key in keys.items()),
        *(ground.channel(id_, url) for id_, url in urls.items()),
    ]


def _named(options: Sequence[str], section: Section, ground: Ground) -> dict[str, Secret]:
    if options and (why_not := ground.why_not(section)):
        raise Refusal("nothing was written", hint=why_not)
    found: dict[str, Secret] = {}
    hint = f"--{section.removesuffix('s')}"
    for option in options:
        word, equals, text = option.partition("=")
        if not equals:
            # The text itself stays unsaid: it may be a key.
            raise click.BadParameter("it is to be written as ID=…, as in shop=@shop.key", param_hint=hint)
        try:
            id_ = new_id(word.strip(), [*ground.taken(section), *found])
            found[id_] = ground.key(text) if section == "accounts" else ground.url(text)
        except Refused as refused:
            raise click.BadParameter(f"{refused.problem}. {refused.hint}", param_hint=hint) from None
    return found


def _about(id_: str, findings: Sequence[Finding]) -> list[Finding]:
    return [Finding(one.name, one.verdict, f"{id_}: {one.text}", one.next_step) for one in findings]


# Writing


def _write(entries: Sequence[Entry], ground: Ground, screen: Screen, *, asks: bool) -> Loaded:
    """Write it, once they have agreed.

    Raises:
        Refusal: there is nothing to write, they do not want it, or it cannot be done.
    """
    if not entries:
        raise Refusal("there is nothing to add, so nothing was written", status=0)
    text = _text(entries, ground)
    screen.heading("The configuration")
    screen.say(f"{ground.path}, which nobody else can read, {'gets' if ground.before else 'is to have'}:")
    for section in ("accounts", "channels"):
        if ids := ", ".join(entry.id for entry in entries if entry.section == section):
            screen.say(f"  {section}: {ids}")
    if asks and not asking.yes("Write it?"):
        raise Refusal("nothing was written")
    loaded = save(ground.path, text, ground.before, ground.environ, examine)
    screen.say("Written.")
    for warning in loaded.warnings:
        screen.findings([Finding("setting", Verdict.WARNING, warning)])
    return loaded


def _text(entries: Sequence[Entry], ground: Ground) -> str:
    if ground.before is None:
        return new_text(entries, ground.locale)
    text = ground.before.text
    for entry in entries:
        text = with_entry(text, entry)
    return text


# Afterwards


def _next_steps(ctx: click.Context, path: Path, loaded: Loaded, screen: Screen, *, asks: bool) -> None:
    screen.heading("What is next")
    program = _program()
    named = "" if path == _usual_path() else f" --config {shlex.quote(str(path))}"
    running = daemon_on(loaded.settings.cursor_file)
    if running is not None:
        screen.say(f"A daemon runs. To make it read the new configuration: kill -HUP {running}")
    elif asks and asking.yes("Install it as a service, so that it runs from now on?"):
        _install_service(ctx, path, screen)
    else:
        screen.say(f"Run it: {program} run{named}")
        screen.say(f"Or let it run from now on: {program} service install{named}")
    screen.say(f"See whether all is well, at any time: {program} check{named}")


def _program() -> str:
    """What to type for this program: its name where that finds it, else its path."""
    called, here = Path(sys.argv[0]), installation().program
    found = shutil.which("cashnotifyd")
    if found is not None and Path(found).samefile(called if called.name == "cashnotifyd" else here[0]):
        return "cashnotifyd"
    return shlex.quote(str(called)) if called.name == "cashnotifyd" else shlex.join(here)


def _usual_path() -> Path | None:
    try:
        return default_path(os.environ)
    except ConfigError:
        return None


def _install_service(ctx: click.Context, path: Path, screen: Screen) -> None:
    from cashnotifyd.cli.service import install  # noqa: PLC0415 (for those who want one)

    try:
        ctx.invoke(install, system=False, config=path, environment_file=None, yes=False)
    except Refusal as refusal:
        screen.say(f"The service is not installed: {refusal}")
