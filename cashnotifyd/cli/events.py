"""``cashnotifyd events``: what happened, from the record."""

from __future__ import annotations

import asyncio
import codecs
import csv
import io
import json
import os
import re
import stat
import sys
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final, Protocol

import click
from babel.dates import format_date, format_time

from cashnotifyd.cli import moments
from cashnotifyd.cli.completing import account_ids
from cashnotifyd.cli.joining import from_record, settings_in
from cashnotifyd.cli.options import config_option
from cashnotifyd.cli.output import leave_with_reader
from cashnotifyd.cli.speaking import language_of, names_in, plain
from cashnotifyd.cli.tables import be_lenient, cell, columns, styled
from cashnotifyd.config.amounts import currency
from cashnotifyd.config.findings import Refused, did_you_mean
from cashnotifyd.config.settings import Settings
from cashnotifyd.cursor_file.door import HistoryRecord
from cashnotifyd.cursor_file.lives import Place, RecordedEvent, Sought, State
from cashnotifyd.history.entries import COLUMNS, TOLD_WITH, Entry, Line, Speech, is_sought, lines
from cashnotifyd.redaction import escape_controls
from cashnotifyd.vocabulary import Kind, Mode, Urgency

_PAGE: Final = 200
_USUAL: Final = 50
_USUAL_BEFORE_FOLLOWING: Final = 10
_LOOK_EVERY: Final = 1.0
"""Seconds between two looks for news: one PRAGMA each."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_AMOUNT: Final = re.compile(r"(\d{1,15}(?:\.\d{1,3})?)\s*([A-Za-z]{3})?", re.ASCII)
_TITLE_LEAST: Final = 20
_NUMBERS: Final = frozenset({"amount", "fee", "net"})
_STYLES: Final = {Urgency.EMERGENCY: "red", Urgency.HIGH: "yellow"}


class _Amount(click.ParamType):  # type: ignore[type-arg]  # (generic in its stubs from 8.3 on)
    name = "amount"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[Decimal, str | None]:
        if (parts := _AMOUNT.fullmatch(value.strip())) is None:
            self.fail(f"{value!r} is no amount. Write 50, or with a currency 50eur.", param, ctx)
        try:
            return Decimal(parts[1]), parts[2] and currency(parts[2]).lower()
        except Refused as refused:
            self.fail(f"{parts[2]!r}: {refused}. {refused.hint}", param, ctx)


def _types(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    if not all(value.strip() for value in values):
        raise click.BadParameter("An empty one is no type. Write charge.refunded, or with a star charge.*")
    return values


@click.command()
@click.option("--account", "accounts", multiple=True, metavar="ID", shell_complete=account_ids, help="Of this account.")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice([kind.value for kind in Kind if kind is not Kind.WATCH]),  # the daemon's own are no events
    metavar="KIND",
    help="Of this kind: sale, …",
)
@click.option(
    "--type",
    "types",
    multiple=True,
    metavar="TYPE",
    callback=_types,
    help="Of this type of Stripe's; * and ? are taken.",
)
@click.option("--mode", type=click.Choice([mode.value for mode in Mode]), help="Of real money, or of test mode.")
@click.option("--since", metavar="TIME", help="What happened from then on: a day, a time, or 2h for two hours ago.")
@click.option("--until", metavar="TIME", help="What happened before then; of a day, that day included.")
@click.option("--text", metavar="TEXT", help="What has this in its message: a name, an address, a product.")
@click.option("--min-amount", "least", type=_Amount(), help="Of no less, in euros rather than cents: 50, or 50eur.")
@click.option("--max-amount", "most", type=_Amount(), help="Of no more.")
@click.option(
    "--told/--untold",
    "told",
    default=None,
    help="What brought a message to at least one channel; what brought none, as where another event of the same "
    "thing did. It is the `told` of --json and --csv.",
)
@click.option("--limit", type=click.IntRange(0), metavar="N", help="How many; 0 for all. Default: 50, with --csv all.")
@click.option("-f", "--follow", is_flag=True, help="Show the last ones and go on with what comes, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="An array, an object an event; with --follow, an object a line.")
@click.option(
    "--csv", "as_csv", is_flag=True, help="For a spreadsheet: a row an event, the first row names the columns."
)
@config_option
def events(  # noqa: PLR0913, PLR0917 (the options of the command line)
    accounts: tuple[str, ...],
    kinds: tuple[str, ...],
    types: tuple[str, ...],
    mode: str | None,
    since: str | None,
    until: str | None,
    text: str | None,
    least: tuple[Decimal, str | None] | None,
    most: tuple[Decimal, str | None] | None,
    told: bool | None,  # noqa: FBT001 (a flag of the command line)
    limit: int | None,
    follow: bool,  # noqa: FBT001 (likewise)
    as_json: bool,  # noqa: FBT001 (likewise)
    as_csv: bool,  # noqa: FBT001 (likewise)
    config: Path | None,
) -> None:
    """Show what happened, the newest first, from the local record.

    An option that is given twice takes what either asks for; different options take what all ask for. Times are those
    of the configuration's time zone.

    Stripe tells one thing in several events. The table has a line for the thing, unless --type asks for its events;
    with --json and --csv each event is there, and one alone of a thing has its amounts, so that sums are right. What
    made no message is there as well, dim, with the reason. `cashnotifyd explain` tells more of each.

    The daemon may run or not; nothing is asked of Stripe, and nothing is written.
    """
    if as_json and as_csv:
        raise click.UsageError("Either --json or --csv.")
    settings, now = settings_in(config), time.time()
    currencies = {one[1] for one in (least, most) if one is not None and one[1] is not None}
    if len(currencies) > 1:
        raise click.UsageError("--min-amount and --max-amount are of different currencies.")
    sought = Sought(
        accounts=tuple(dict.fromkeys(accounts)),
        kinds=tuple(map(Kind, kinds)),
        types=types,
        mode=None if mode is None else Mode(mode),
        since=None if since is None else moments.since(since, now, settings.timezone),
        until=None if until is None else moments.until(until, now, settings.timezone),
        text=text or None,
        least=least and least[0],
        most=most and most[0],
        currency=next(iter(currencies), None),
        told=bool(told),  # of what is told with another event the record would say that it was told as well
        leads=not (types or as_json or as_csv),
    )
    if limit is None:
        limit = _USUAL_BEFORE_FOLLOWING if follow else 0 if as_csv else _USUAL
    speech = Speech(language_of(settings), names_in(settings), settings.urgencies)
    out: _Output = _Csv() if as_csv else _JsonLines() if as_json and follow else _Json() if as_json else _Table(speech)

    async def show(record: HistoryRecord) -> None:
        await _refuse_unknown(record, sought.accounts, settings)
        listing = _Listing(record, sought, told, speech)
        if follow:
            await _follow(listing, limit, out)
        else:
            async for line in listing.newest(limit):
                out.add(line)
            out.end()

    try:
        from_record(settings, show)
    except KeyboardInterrupt:
        if not follow:
            raise


async def _refuse_unknown(record: HistoryRecord, asked: Sequence[str], settings: Settings) -> None:
    if unknown := [id_ for id_ in asked if id_ not in settings.accounts]:
        known = {*settings.accounts, *await record.account_ids()}
        for id_ in unknown:
            if id_ not in known:
                raise click.UsageError(
                    f"There is no account {id_!r}. {did_you_mean(id_, known)}"
                    f"The accounts are: {', '.join(sorted(known))}."
                )


# Reading


@dataclass(frozen=True, slots=True)
class _Listing:
    """What is sought, page by page."""

    record: HistoryRecord
    sought: Sought
    told: bool | None
    speech: Speech

    async def newest(self, limit: int) -> AsyncIterator[Line]:
        """At most ``limit`` lines; 0 for all."""
        after, shown = None, 0
        size = min(limit, _PAGE) or _PAGE
        while page := await self.record.events(self.sought, after, size):
            for line in self.lines(page):
                yield line
                shown += 1
                if shown == limit:
                    return
            if len(page) < size:
                return
            after, size = Place(page[-1].created, page[-1].number), _PAGE

    def lines(self, page: Sequence[RecordedEvent]) -> list[Line]:
        """Of a page, what is sought now that all of it is understood."""
        return [
            line
            for line in lines(page, self.speech)
            if (line.leads or not self.sought.leads)
            and self.told in {None, line.entry.told}
            and (line.event.told or is_sought(line.entry, self.sought))
        ]


async def _follow(listing: _Listing, limit: int, out: _Output) -> None:
    """The last ones, the oldest first, and each that comes, as soon as it has settled what it is."""
    record = listing.record
    news = await record.not_settled()
    if limit:
        before = [line async for line in listing.newest(limit) if line.event.state is not State.PENDING]
        for line in reversed(before):
            out.add(line)
    out.flush()
    while True:
        leave_with_reader()
        if await record.changed_elsewhere():
            news = await record.news(listing.sought, news.last, news.pending)
            for line in listing.lines(news.settled):
                out.add(line)
            out.flush()
        await asyncio.sleep(_LOOK_EVERY)


# Showing


class _Output(Protocol):
    def add(self, line: Line) -> None:
        """One more."""

    def flush(self) -> None:
        """What was added is to be seen now."""

    def end(self) -> None:
        """That was all."""


class _Table:
    def __init__(self, speech: Speech) -> None:
        be_lenient()
        self._language = speech.language
        self._day = ""
        self._clock = len(self._time(datetime(2026, 12, 20, 22, 58, tzinfo=self._language.timezone)))

    def add(self, line: Line) -> None:
        at = datetime.fromtimestamp(line.event.created, self._language.timezone)
        day = format_date(at.date(), "medium", locale=self._language.locale)
        if day != self._day:
            click.echo(styled(plain(day), "bold"))
            self._day = day
        id_ = escape_controls(line.entry.event_id)
        width = max(columns() - self._clock - 6 - len(id_), _TITLE_LEAST)
        what, style = _said(line.entry)
        clock = cell(self._time(at).rjust(self._clock), self._clock)
        click.echo(f"  {clock}  {styled(cell(what, width), style)}  {styled(id_, 'dim')}")

    def flush(self) -> None:
        sys.stdout.flush()

    def end(self) -> None:
        if not self._day:
            click.echo("There is no such event on record.")

    def _time(self, at: datetime) -> str:
        return plain(format_time(at, "short", tzinfo=self._language.timezone, locale=self._language.locale))


class _Json:
    def __init__(self) -> None:
        self._begun = False

    def add(self, line: Line) -> None:
        text = json.dumps(asdict(line.entry), indent=2, ensure_ascii=False).replace("\n", "\n  ")
        click.echo(f"{',' if self._begun else '['}\n  {text}".encode(), nl=False)
        self._begun = True

    def flush(self) -> None:
        sys.stdout.flush()

    def end(self) -> None:
        click.echo("\n]" if self._begun else "[]")


class _JsonLines:
    def add(self, line: Line) -> None:
        click.echo(json.dumps(asdict(line.entry), ensure_ascii=False).encode())

    def flush(self) -> None:
        sys.stdout.flush()

    def end(self) -> None:
        pass


class _Csv:
    def __init__(self) -> None:
        with suppress(OSError):
            if stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode):
                # By this mark Excel knows UTF-8; a script that reads from a pipe would take it for a part of a name.
                click.echo(codecs.BOM_UTF8, nl=False)
        self._write(COLUMNS)

    def add(self, line: Line) -> None:
        entry = asdict(line.entry)
        self._write(_harmless(name, entry[name]) for name in COLUMNS)

    def flush(self) -> None:
        sys.stdout.flush()

    def end(self) -> None:
        pass

    def _write(self, cells: Iterable[str]) -> None:
        row = io.StringIO()
        csv.writer(row).writerow(cells)
        click.echo(row.getvalue().encode(), nl=False)


def _harmless(column: str, value: object) -> str:
    """A spreadsheet takes what begins like a formula for one, whoever wrote it."""
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) and column not in _NUMBERS else text


def _said(entry: Entry) -> tuple[str, str]:
    """What happened, and how it is shown."""
    if entry.state is State.UNTOLD:
        return f"{entry.reason}: {entry.type}", "dim"
    if entry.state is not State.TOLD:
        return f"{entry.state}: {entry.title}", "dim"
    if (entry.reason or "").startswith(TOLD_WITH):
        return f"{entry.type}: {entry.title}", "dim"
    return entry.title, _STYLES.get(entry.urgency, "") if entry.told else "dim"
