"""``cashnotifyd service``: run the daemon as a service of this machine, and see how it does."""

from __future__ import annotations

import difflib
import json
import os
import shlex
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import click

from cashnotifyd.cli.options import config_handed_on, config_ignored, config_of_service
from cashnotifyd.config.document import read_document
from cashnotifyd.config.loading import ConfigError, Loaded, default_path, load
from cashnotifyd.config.written import is_known
from cashnotifyd.delivery.apprise_door.urls import examine
from cashnotifyd.refusal import Refusal
from cashnotifyd.service import handing, machine, planning
from cashnotifyd.service.carrying_out import carry_out
from cashnotifyd.service.condition import Condition, conditions
from cashnotifyd.service.shipped import shipped
from cashnotifyd.service.values import Daemon, Flavour, Manager, Plan, Standing, Step

_BAD_CONFIGURATION = 78  # EX_CONFIG of sysexits.h
_WRONG_USAGE = 2
_SYSTEM_CONFIG = Path("/etc/cashnotifyd/config.yaml")
_SYSTEM_STATE = Path("/var/lib/cashnotifyd")
_DIFFERENCES_SHOWN = 20

_system = click.option(
    "--system", is_flag=True, help="The service of the whole machine instead of your own. Needs root."
)
_yes = click.option("--yes", is_flag=True, help="Do it without asking.")


@click.group()
@config_handed_on
def service() -> None:
    """Run cashnotifyd as a service: from the start of the machine, and again after a crash.

    On Linux that is a systemd service, your own or one of the whole machine. Your own shows notices on your desktop
    and reads the configuration in your home. The one of the machine runs as a user who owns nothing, and suits servers.
    On a Mac it is a LaunchAgent.

    Nothing is done before it has been shown and you have agreed.
    """


@service.command(short_help="Install it and start it, or bring it up to date.")
@_system
@config_of_service
@click.option(
    "--environment-file",
    type=click.Path(path_type=Path, readable=False),
    help="A file of NAME=value lines, for each ${NAME} in the configuration. A service does not get your shell's.",
)
@_yes
def install(*, system: bool, config: Path | None, environment_file: Path | None, yes: bool) -> None:
    """Install the service and start it, or bring an installed one up to date.

    The configuration is checked first. Then all files and commands are shown, and you are asked. Changes of your own,
    made with `systemctl edit`, are kept.
    """
    flavour = _flavour(the_machine=system)
    if flavour is Flavour.SYSTEM:
        _need_root("install")
    path = _configuration(flavour, config)
    found = _manager(flavour, path, environment_file)
    daemon, notes = _daemon(found, path, environment_file)
    there = machine.read(planning.paths(found))
    plan = replace(planning.install(found, daemon, there, shipped), notes=notes)
    user = machine.user_name()
    lingers = flavour is not Flavour.USER or machine.lingering(user) is not planning.Lingering.OFF
    _show_plan(plan, *_about(daemon))
    if not lingers:
        click.echo(
            "\nThe service would end when you log out. With lingering it goes on, and starts with the machine,"
            f"\nas all services of {user} then do. That takes one thing more:"
            f"\n  run      loginctl enable-linger {user}"
        )
    _agree("Do this?", yes=yes)
    to_linger = not lingers and (yes or click.confirm("Switch lingering on, too?", default=True))
    carry_out(plan, found, _say)
    if to_linger:
        carry_out(planning.linger(found, plan, user), found, _say)
    click.echo("\nThe service runs. `cashnotifyd service show` tells how it does, and where its log is.")


@service.command(short_help="Stop it and take away what install wrote.")
@_system
@config_ignored
@_yes
def uninstall(*, system: bool, yes: bool) -> None:
    """Stop the service and take away what `install` wrote.

    Your configuration stays, and so does the record of what was told.
    """
    flavour = _flavour(the_machine=system)
    if flavour is Flavour.SYSTEM:
        _need_root("uninstall")
    found = machine.manager(flavour, os.environ, Path.home())
    plan = planning.uninstall(found, machine.read(planning.paths(found)), machine.user_name())
    _show_plan(plan)
    _agree("Do this?", yes=yes)
    carry_out(plan, found, _say)
    click.echo("\nThe service is gone. Your configuration and the record (cursor.db) are where they were.")
    folder = found.folder / f"{planning.UNIT}.d"
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        click.echo(f"Kept, as `service install` did not write it: {path}")


@service.command(short_help="Show what is installed and how it does.")
@click.option("--json", "as_json", is_flag=True, help="An array with one object a service.")
@config_ignored
def show(*, as_json: bool) -> None:
    """Show what is installed and how it does: state, since when, restarts, log."""
    found = conditions(os.environ, Path.home())
    if as_json:
        click.echo(json.dumps([_as_json(one) for one in found], indent=2))
    elif not found:
        click.echo("No service is installed. `cashnotifyd service install` does it.")
    else:
        click.echo("\n\n".join(_in_words(one) for one in found))


def _flavour(*, the_machine: bool) -> Flavour:
    """The kind of service that is meant."""
    usual, *others = machine.flavours()
    if not the_machine:
        return usual
    if Flavour.SYSTEM not in others:
        raise Refusal(
            "a Mac has the LaunchAgent only", hint="Leave --system out: it runs while you are logged in.",
            status=_WRONG_USAGE,
        )  # fmt: skip
    return Flavour.SYSTEM


def _need_root(command: str) -> None:
    if os.geteuid() == 0:
        return
    program = shlex.join(machine.installation().program)
    raise Refusal(
        "the service of the whole machine needs root",
        hint=f"sudo {program} service {command} --system\nWithout --system it is a service of your own.",
    )


def _configuration(flavour: Flavour, named: Path | None) -> Path:
    """The configuration's absolute path. Links in it stay: whoever put one there may point it elsewhere."""
    try:
        path = named or (_SYSTEM_CONFIG if flavour is Flavour.SYSTEM else default_path(os.environ))
    except ConfigError as error:
        raise _bad(error) from None
    return Path(os.path.abspath(path))  # noqa: PTH100 (Path.absolute leaves ".." in it)


def _manager(flavour: Flavour, config: Path, environment_file: Path | None) -> Manager:
    """The service manager. Where it cannot be had, a bad configuration is told before that.

    Raises:
        Refusal: one of the two is in the way.
    """
    try:
        return machine.manager(flavour, os.environ, Path.home())
    except Refusal:
        more = machine.environment_file(environment_file) if environment_file else {}
        try:
            load(config, {**os.environ, **more}, examine)
        except ConfigError as error:
            raise _bad(error) from None
        raise


def _daemon(found: Manager, config: Path, environment_file: Path | None) -> tuple[Daemon, tuple[str, ...]]:
    """What is to run, and what its owner should know.

    Raises:
        Refusal: the configuration is bad as the service would read it, or the service could not read what it needs.
    """
    here = machine.installation()
    variables = Path(os.path.abspath(environment_file)) if environment_file else None  # noqa: PTH100 (as above)
    if variables and found.flavour is Flavour.AGENT:
        raise Refusal(
            "launchd reads no file of variables",
            hint="Put each secret into a file of its own, named by api_key_file or url_file.",
            status=_WRONG_USAGE,
        )
    loaded = _loaded(found, config, variables)
    daemon = Daemon(here.program, config, loaded.settings.cursor_file, Path.home(), environment=variables)
    notes = [f"warning: {warning}" for warning in loaded.warnings]
    needed = {f"this installation needs {part}": part for part in here.parts}
    if found.flavour is Flavour.SYSTEM:
        named = tuple(handing.named_in(read_document(config.read_bytes(), str(config), is_known).tree))
        daemon = replace(daemon, credentials=handing.credentials(iter(named), config.parent))
        needed |= {f"{one.key} names {one.path}": config.parent / one.path for one in named if not one.is_bare}
        _refuse_record_elsewhere(daemon)
        if any(channel.url.get_secret_value().startswith("dbus:") for channel in loaded.settings.channels.values()):
            notes.append("The system service reaches no desktop: a dbus:// channel needs the service without --system.")
    else:
        needed |= {f"the configuration is {config}": config, f"the record is {daemon.record}": daemon.record}
        if os.geteuid() == 0 and found.flavour is Flavour.USER:
            notes.append("This runs it as root. With --system it runs as a user who owns nothing, which is safer.")
    _refuse_out_of_sight(needed, found.flavour)
    return daemon, tuple(notes)


def _loaded(found: Manager, config: Path, variables: Path | None) -> Loaded:
    """The configuration as the service will read it: with the manager's variables, not with this shell's."""
    environ = machine.environment(found)
    if variables:
        environ |= machine.environment_file(variables)
    if found.flavour is Flavour.SYSTEM:
        environ["STATE_DIRECTORY"] = str(_SYSTEM_STATE)
    try:
        return load(config, environ, examine)
    except ConfigError as error:
        raise _bad(error, _missing_variables(config)) from None


def _missing_variables(config: Path) -> str:
    """What to do where a variable is set in this shell, and so the file is good here and bad in the service."""
    try:
        load(config, os.environ, examine)
    except ConfigError:
        return ""
    return (
        "\nIn this shell it is good: a service does not get the shell's variables. Write them into a file that only you"
        "\nmay read, a line NAME=value each, and name it with --environment-file."
    )


def _bad(error: ConfigError, more: str = "") -> Refusal:
    return Refusal(
        "the configuration cannot be used, so nothing was installed", hint=f"{error}{more}", status=_BAD_CONFIGURATION
    )


def _refuse_record_elsewhere(daemon: Daemon) -> None:
    if not daemon.record.is_relative_to(_SYSTEM_STATE):
        raise Refusal(
            f"the system service cannot write its record to {daemon.record}",
            hint=f"It keeps it in {_SYSTEM_STATE}: take cursor_file out of {daemon.config}.",
            status=_BAD_CONFIGURATION,
        )


def _refuse_out_of_sight(needed: dict[str, Path], flavour: Flavour) -> None:
    for what, path in needed.items():
        if why := machine.out_of_sight(path, flavour):
            raise Refusal(f"the service could not work: {what}, and {why}", hint=_elsewhere(what, flavour))


def _elsewhere(what: str, flavour: Flavour) -> str:
    if what.startswith("this installation") and flavour is Flavour.SYSTEM:
        return (
            "Install cashnotifyd where every user may read it, with the system's Python, and start from there:\n"
            "  sudo python3 -m venv /opt/cashnotifyd\n"
            "  sudo /opt/cashnotifyd/bin/pip install cashnotifyd\n"
            "  sudo /opt/cashnotifyd/bin/cashnotifyd service install --system"
        )
    if flavour is Flavour.SYSTEM:
        return "Put the file beside the configuration and name it without a folder: the service is handed a copy."
    return "Put it into your home."


# Asking and showing


def _say(line: str) -> None:
    click.echo(f"  {line}")


def _agree(question: str, *, yes: bool) -> None:
    """Ask, unless it is agreed.

    Raises:
        Refusal: the answer is no, or nobody is there to be asked.
    """
    click.echo()
    if yes:
        return
    if not sys.stdin.isatty():
        raise Refusal(
            "nothing was done: there is no terminal to ask on", hint="Add --yes to agree to it.", status=_WRONG_USAGE
        )
    if not click.confirm(question):
        raise Refusal("nothing was done")


def _about(daemon: Daemon) -> Iterator[str]:
    """What the service would be made of."""
    yield f"Runs: {shlex.join(daemon.program)} run"
    yield f"Configuration: {daemon.config}"
    if daemon.credentials:
        yield f"Handed over beside it: {', '.join(name for name, _ in daemon.credentials)}"
    if daemon.environment:
        yield f"Variables: {daemon.environment}"
    yield f"Record: {daemon.record}"


def _show_plan(plan: Plan, *about: str) -> None:
    """What would be done, in order."""
    click.echo(f"{plan.flavour[0].upper()}{plan.flavour[1:]}")
    for line in about:
        click.echo(f"  {line}")
    click.echo()
    _show_steps(plan.before)
    for change in plan.write:
        click.echo(f"  write    {change.path} ({change.standing})")
        if change.standing in {Standing.CHANGED, Standing.FOREIGN}:
            _show_differences(change.before or "", change.text)
    for path in plan.remove:
        click.echo(f"  remove   {path}")
    _show_steps(plan.after)
    for note in plan.notes:
        click.echo(f"\n{note}")


def _show_steps(steps: Iterable[Step]) -> None:
    for step in steps:
        click.echo(f"  run      {step}")


def _show_differences(before: str, after: str) -> None:
    """The lines that come and go, but for comments."""
    lines = [
        line
        for line in difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
        if line[0] in "+-" and not line.startswith(("+++", "---", "+#", "-#")) and line[1:].strip()
    ]
    for line in lines[:_DIFFERENCES_SHOWN]:
        click.echo(f"             {line}")
    if len(lines) > _DIFFERENCES_SHOWN:
        click.echo(f"             … and {len(lines) - _DIFFERENCES_SHOWN} lines more")


def _as_json(one: Condition) -> dict[str, object]:
    return {
        "service": one.flavour.value,
        "files": [str(path) for path in one.files],
        "state": one.state,
        "since": one.since and one.since.isoformat(),
        "pid": one.pid,
        "restarts": one.restarts,
        "enabled": one.enabled,
        "lingering": one.lingering,
        "ended": one.ended,
        "says": one.says,
        "log": one.log,
        "problem": one.problem,
    }


def _in_words(one: Condition) -> str:
    rows: list[tuple[str, str | None]] = [
        ("state", one.state + (f" since {one.since.astimezone():%Y-%m-%d %H:%M:%S}" if one.since else "")),
        ("says", one.says),
        ("ended", one.ended),
        ("process", None if one.pid is None else str(one.pid)),
        ("restarts", None if one.restarts is None else str(one.restarts)),
        ("starts", _of_itself(one)),
        *(("file", str(path)) for path in one.files),
        ("log", one.log),
        ("problem", one.problem),
    ]
    lines = [f"  {name:<10}{value}" for name, value in rows if value is not None]
    return "\n".join([f"{one.flavour[0].upper()}{one.flavour[1:]}", *lines])


def _of_itself(one: Condition) -> str | None:
    if one.enabled is None:
        return None
    if not one.enabled:
        return "only when told to"
    if one.flavour is Flavour.SYSTEM:
        return "with the machine"
    return "with the machine (lingering)" if one.lingering else "when you log in, ends when you log out"
