"""``cashnotifyd demo``: the unchanged daemon, as its own process, on the simulated Stripe and a simulated phone.

::

    story ─▶ simulator ◀─HTTP─ cashnotifyd run ─HTTP─▶ phone ─▶ cards in this terminal
"""

from __future__ import annotations

import asyncio
import io
import itertools
import os
import signal
import sys
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import click
import yaml
from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from cashnotifyd.cli.options import config_ignored
from cashnotifyd.refusal import Refusal
from cashnotifyd.simulator.account import SimulatedAccount
from cashnotifyd.simulator.phone import Notice, Phone
from cashnotifyd.simulator.server import Simulator
from cashnotifyd.simulator.story import past, story
from cashnotifyd.vocabulary import Mode

_CARD = 50
_LINE = 76
_ACCENTS = {"failure": "red", "warning": "yellow"}
_LOG_LINES = 12
_INTERRUPTED = 130
"""What a shell says of a program that SIGINT ended."""
_STOP_SECONDS = 20.0
"""How long the daemon may take to drain and end."""

# The demo shows the daemon as it is, not as this machine's owner has set it up; and nothing leaves this machine.
_SET_UP = ("CASHNOTIFYD_",)
_SURROUNDINGS = {
    "CONFIGURATION_DIRECTORY",
    "CREDENTIALS_DIRECTORY",
    "JOURNAL_STREAM",
    "NOTIFY_SOCKET",
    "STATE_DIRECTORY",
    "WATCHDOG_PID",
    "WATCHDOG_USEC",
}


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: how long to wait for a message at most, and how long to rest between what happens."""

    patience: float = 20.0
    rest: float = 1.5
    between_rounds: float = 15.0


@click.command()
@click.option("--forever", is_flag=True, help="Play the scenario again and again, until Ctrl-C.")
@config_ignored
def demo(forever: bool) -> int:  # noqa: FBT001 (a flag of the command line)
    """See it work on a simulated Stripe, in half a minute.

    Runs the real daemon against a Stripe look-alike on this machine. No account, no key, no configuration is needed,
    and nothing leaves this machine. Each message is shown as it would look on a phone.
    """
    screen = Screen(console_for_anything())
    interrupted = asyncio.run(_until_interrupted(play(screen, None if forever else 1, Pace())))
    if interrupted:
        screen.interrupted()
    # Who asked for a demo without an end has got what they wanted when they end it.
    return _INTERRUPTED if interrupted and not forever else 0


async def play(screen: Screen, rounds: int | None, pace: Pace) -> None:
    """Play the story ``rounds`` times, None: without an end.

    Raises:
        Refusal: the daemon has ended, or a message has not come in time.
    """
    with tempfile.TemporaryDirectory(prefix="cashnotifyd-demo-") as folder:
        async with Simulator() as stripe, Phone() as phone:
            live = stripe.account("acct_1DemoAcmeShop", name="Acme Shop")
            test = stripe.account(live.id, name="Acme Shop", mode=Mode.TEST, api_version="2020-08-27")
            desktop = has_desktop(os.environ)
            before = past(live, test)
            screen.opening(_emitted(live, test), desktop=desktop)
            config = write_config(Path(folder), stripe.base, live, test, phone, desktop=desktop)
            async with _running_daemon(config, Path(folder, "daemon.log")) as daemon:
                audience = _Audience(phone, daemon, screen, pace)
                await audience.wait_for(2)
                history = _emitted(live, test)
                seen = {shop: len(shop.emitted) for shop in (live, test)}
                for number in itertools.count() if rounds is None else range(rounds):
                    if number:
                        await asyncio.sleep(pace.between_rounds)
                    for shop in story(live, test, before):
                        screen.happened(shop.mode, [event.type for event in shop.emitted[seen[shop] :]])
                        seen[shop] = len(shop.emitted)
                        await audience.wait_for(1)
            screen.closing(_emitted(live, test) - history, audience.told)


class _Audience:
    """Waits for what the phone gets and shows it."""

    def __init__(self, phone: Phone, daemon: Daemon, screen: Screen, pace: Pace) -> None:
        self.told = 0
        self._phone = phone
        self._daemon = daemon
        self._screen = screen
        self._pace = pace

    async def wait_for(self, messages: int) -> None:
        """Show the next messages, then rest, and show what comes meanwhile.

        Raises:
            Refusal: they do not come.
        """
        for _ in range(messages):
            self._show(await self._next())
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pace.rest):
                while True:
                    self._show(await self._phone.notices.get())

    async def _next(self) -> Notice:
        notice = asyncio.ensure_future(self._phone.notices.get())
        end = asyncio.ensure_future(self._daemon.process.wait())
        try:
            await asyncio.wait((notice, end), timeout=self._pace.patience, return_when=asyncio.FIRST_COMPLETED)
            if notice.done():
                return notice.result()
            if end.done():
                raise Refusal(f"the daemon has ended with status {end.result()}", hint=self._daemon.last_words())
            raise Refusal(f"no message has come within {self._pace.patience:g} seconds", hint=self._daemon.last_words())
        finally:
            notice.cancel()
            end.cancel()

    def _show(self, notice: Notice) -> None:
        self.told += 1
        self._screen.message(notice)


@dataclass(frozen=True, slots=True)
class Daemon:
    """The daemon's process and where its log goes."""

    process: Process
    log: Path

    def last_words(self) -> str:
        """The end of the log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:]
        return "\n".join(["The end of the daemon's log:", *lines]) if lines else "The daemon's log is empty."


@asynccontextmanager
async def _running_daemon(config: Path, log: Path) -> AsyncIterator[Daemon]:
    """The daemon, started as anybody would start it; stopped as a service manager would."""
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cashnotifyd", "run", "--config", str(config)),
            env=environment_for_daemon(os.environ),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        yield Daemon(process, log)
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()
        except (TimeoutError, asyncio.CancelledError):
            # It hangs, or somebody has pressed Ctrl-C a second time.
            process.kill()
            await process.wait()


def environment_for_daemon(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without what would set the daemon up otherwise, or send it over a proxy."""
    return {
        name: value
        for name, value in environ.items()
        if not name.startswith(_SET_UP) and name not in _SURROUNDINGS and not name.lower().endswith("_proxy")
    }


def has_desktop(environ: Mapping[str, str]) -> bool:
    """Whether there is a Linux desktop session to show notices on."""
    return sys.platform == "linux" and bool(environ.get("DBUS_SESSION_BUS_ADDRESS"))


def write_config(
    folder: Path, base: str, live: SimulatedAccount, test: SimulatedAccount, phone: Phone, *, desktop: bool
) -> Path:
    """A configuration file as a person would write it, readable by its owner alone."""
    # The story is told in half a minute: only what happens in the same instant is too much at once.
    burst = {"above": 5, "within": "1s"}
    channels: dict[str, object] = {"phone": {"url": phone.url, "burst": burst}}
    if desktop:
        channels["desktop"] = {"url": "dbus://", "burst": burst}
    config = {
        "poll_interval": "1s",
        "cursor_file": str(folder / "cursor.db"),
        "stripe_api_base": base,
        "accounts": {"shop": {"api_key": live.key()}, "shop-test": {"api_key": test.key()}},
        "channels": channels,
    }
    path = folder / "config.yaml"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        yaml.safe_dump(config, file, sort_keys=False)
    return path


async def _until_interrupted(playing: Coroutine[None, None, None]) -> bool:
    """Run to the end or to a signal; whether a signal ended it. What was started is stopped either way."""
    task = asyncio.ensure_future(playing)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        return True
    return False


def _emitted(*accounts: SimulatedAccount) -> int:
    return sum(len(account.emitted) for account in accounts)


class Screen:
    """What the person at the terminal sees. Works without colours, and where there is no terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def opening(self, events: int, *, desktop: bool) -> None:
        """Say what is about to be seen."""
        where = "on this phone and on your desktop" if desktop else "on this phone"
        self._print(
            Text("cashnotifyd demo", style="bold"),
            Text(
                f"The real daemon watches a simulated Stripe: one shop, live and in test mode, with {events} events "
                f"from before. What happens from now on is told {where}. Nothing leaves this machine; Ctrl-C ends it."
            ),
            Text(),
        )

    def happened(self, mode: Mode, types: Sequence[str]) -> None:
        """Say what the simulated Stripe has emitted."""
        where = "Stripe" if mode is Mode.LIVE else "Stripe, test mode"
        self._print(Text(f"{where}: {shortened(types, _LINE - len(where) - 2)}", style="dim"))

    def message(self, notice: Notice) -> None:
        """Show a message as a locked phone does."""
        self._print(card(notice, time.strftime("%H:%M")), Text())

    def closing(self, events: int, messages: int) -> None:
        """Sum up, and say what to do next."""
        self._print(
            Text(
                f"{events} events at Stripe, {messages} messages: all that happened, each thing told once.",
                style="bold",
            ),
            Text(
                "Your own shop is five minutes away: a read-only key, a channel, one file. README.md leads you there, "
                "under “Your first real notification”."
            ),
        )

    def interrupted(self) -> None:
        """Say that everything is stopped."""
        self._print(Text("Stopped.", style="dim"))

    def _print(self, *lines: RenderableType) -> None:
        # Rich flushes after each print: who pipes this sees each card as it comes.
        for line in lines:
            self._console.print(line)


def console_for_anything() -> Console:
    """A console on stdout that draws also where the terminal's encoding lacks a sign."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    return Console(highlight=False)


def card(notice: Notice, clock: str) -> RenderableType:
    """A message as a card of a lock screen; the border's colour is the only thing a colourless terminal lacks."""
    accent = _ACCENTS.get(notice.type, "cyan")
    header = Table.grid(expand=True)
    header.add_column()
    header.add_column(justify="right")
    header.add_row(Text("cashnotifyd", style="dim"), Text(clock, style="dim"))
    body, _, link = notice.body.partition("\n\nhttps://")
    content: list[RenderableType] = [header, Text(notice.title, style="bold"), Text(body)]
    if link:
        content.append(Text("Open in Stripe", style=f"dim underline link https://{link}"))
    return Panel(Group(*content), box=box.ROUNDED, width=_CARD, padding=(0, 1), border_style=accent)


def shortened(types: Sequence[str], width: int) -> str:
    """Event types and their number in ``width`` columns: ``invoice.paid, charge.succeeded, … (6 events)``."""
    count = "(1 event)" if len(types) == 1 else f"({len(types)} events)"
    distinct = list(dict.fromkeys(types))
    if len(", ".join(distinct)) + 1 + len(count) > width:
        # Then what was made ready and brought up to date is told last, if at all.
        distinct.sort(key=lambda name: name.endswith((".created", ".finalized", ".updated")))
    for shown in range(len(distinct), 0, -1):
        more = ["…"] if shown < len(distinct) else []
        text = f"{', '.join([*distinct[:shown], *more])} {count}"
        if len(text) <= width:
            return text
    return f"… {count}"
