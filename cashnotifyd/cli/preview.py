"""``cashnotifyd preview``: Stripe events from files as the messages they would become.

::

    FILE ─▶ documents ─▶ events ─▶ decide, as the daemon does ─▶ one Preview a document ─▶ JSON, or blocks to read
                    └─▶ flaws: what no event can be made of, named at the end
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.text import Text

from cashnotifyd import logs
from cashnotifyd.cli.options import config_ignored
from cashnotifyd.config.findings import Refused
from cashnotifyd.config.values import locale_name, system_time_zone, time_zone
from cashnotifyd.cursor_file.values import News
from cashnotifyd.delivery.routing import Channel
from cashnotifyd.occurrences.other import anything
from cashnotifyd.occurrences.shapes import id_of, identifier, mapping
from cashnotifyd.occurrences.understanding import event_from_json
from cashnotifyd.refusal import Refusal
from cashnotifyd.telling.saying import Audience, decide
from cashnotifyd.telling.sorting import Understood, reading_of
from cashnotifyd.vocabulary import Account, Event, Kind, Mode, Urgency
from cashnotifyd.wording.message import Words

T = TypeVar("T")

_NOT_AN_EVENT: Final = "not_an_event"
_SEEN_BEFORE: Final = "seen_before"
_TOLD_WITH: Final = "told_with:"

_EVERYTHING: Final = Channel("preview", targets=1)
_COLUMNS: Final = 80
_FLAWS_SHOWN: Final = 10

_BETWEEN: Final = re.compile(r"[\s,\[\]]*")
"""What may stand between two documents. With brackets and commas among it, an array, lines of JSON and documents one
after the other are all read one element at a time: memory is for one, and a flaw costs none of those before it."""


@dataclass(frozen=True, slots=True)
class Document:
    """One JSON value, which should be an event."""

    place: str
    value: object


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something in the input that no event can be made of."""

    place: str
    problem: str


@dataclass(frozen=True, slots=True)
class Unread(Flaw):
    """A file that cannot be read, whatever it holds."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What one document comes to. The fields and their order are the keys of ``--json``."""

    event_id: str | None
    type: str | None
    kind: Kind
    told: bool
    reason: str | None
    title: str
    body: str
    urgency: Urgency
    link: str | None


def _as_configured(meaning: Callable[[object], T]) -> Callable[[click.Context, click.Parameter, str | None], T | None]:
    """An option that stands in the configuration as well, read as it is read there."""

    def callback(_context: click.Context, _parameter: click.Parameter, value: str | None) -> T | None:
        try:
            return None if value is None else meaning(value)
        except Refused as refused:
            raise click.BadParameter(str(refused)) from None

    return callback


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(allow_dash=True))
@click.option("--json", "as_json", is_flag=True, help="An array with one object an input event, in order.")
@click.option(
    "--locale",
    default="en_US",
    show_default=True,
    callback=_as_configured(locale_name),
    help="The language of the messages, and how amounts and dates are written.",
)
@click.option("--timezone", callback=_as_configured(time_zone), help="As in Europe/Paris. Default: the system's.")
@click.option(
    "--account-name",
    metavar="NAME",
    default="Stripe account",
    show_default=True,
    help="The name that the messages give the account.",
)
@config_ignored
def preview(
    files: tuple[str, ...],
    as_json: bool,  # noqa: FBT001 (a flag of the command line)
    locale: str,
    timezone: ZoneInfo | None,
    account_name: str,
) -> None:
    """Show Stripe events as the messages they would become.

    A FILE holds an event as Stripe sends it, an array of them, a list as GET /v1/events answers it, or several of
    these one after the other, as in lines of JSON; `-` is the standard input. It needs no configuration, looks nothing
    up and sends nothing. The daemon also asks Stripe for fees and products, so its messages can say more.

    All events of the input are taken to be of one account. Those that speak of one thing become one message, brought
    by the event that tells it best.

    \b
    With --json every event of the input has an object of its own:
      told    whether it brings a message to a channel without filters
      reason  why it does not, else null:
                told_with:EVENT_ID   that event of the input brings the message
                not_told_by_default  only channels that ask for it get it
                seen_before          the same event once more
                not_an_event         it has no id or no type
                any other name       makes no message, such as nothing_paid
      kind, title, body, urgency, link
              the message. An event that makes none has general words and the
              kind other. The link is null where the dashboard has no page.

    What is no event is named on the standard error, and the exit status is then 1.
    """  # noqa: D301 (click's mark for lines that are to stay as they are)
    logs.configure((), level="error")
    words = Words(locale, timezone or system_time_zone(os.environ))
    previews, flaws = previews_of(documents(files), words, account_name)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in previews], indent=2, ensure_ascii=False).encode())
    elif previews or not flaws:
        _show(previews)
    if flaws:
        sys.stdout.flush()
        raise _refusal(flaws)


# Reading


def documents(files: Iterable[str]) -> Iterator[Document | Flaw]:
    """Every JSON value in the files, in order: the elements of arrays and of Stripe's lists, not the lists."""
    for file in files:
        name = "standard input" if file == "-" else click.format_filename(file)
        try:
            with click.open_file(file, "rb") as stream:
                raw = stream.read()
            text = raw.decode(json.detect_encoding(raw))
        except OSError as error:
            yield Unread(name, error.strerror or str(error))
        except UnicodeDecodeError as error:
            yield Flaw(name, f"not text in UTF-8: byte {error.start} cannot be read")
        else:
            yield from _documents_in(text, name)


def _documents_in(text: str, name: str) -> Iterator[Document | Flaw]:
    decoder = json.JSONDecoder()
    position = line = read = depth = 0
    flawed = False
    while True:
        start = _end_of(_BETWEEN, text, position)
        depth += text.count("[", position, start) - text.count("]", position, start)
        line += text.count("\n", position, start)
        position = start
        if position == len(text):
            break
        try:
            value, end = decoder.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            flawed = True
            yield _syntax_flaw(error, name, line + 1)
            end = _next_beginning(text, position)
        else:
            for element in _elements(value):
                read += 1
                yield Document(f"{name}, line {line + 1}, event {read}", element)
        line += text.count("\n", position, end)
        position = end
    if not read and not flawed and not depth and not text.strip():
        yield Flaw(name, "it is empty")
    elif depth > 0 and not flawed:
        yield Flaw(f"{name}, line {line + 1}", "it ends in the midst of an array; what came before is shown")


def _end_of(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position


def _elements(value: object) -> Iterator[object]:
    """The events of a list as Stripe answers it, or the value itself."""
    listed = mapping(value).get("data")
    if isinstance(listed, list) and mapping(value).get("type") is None:
        yield from listed
    else:
        yield value


def _syntax_flaw(error: Exception, name: str, line: int) -> Flaw:
    if isinstance(error, json.JSONDecodeError):
        return Flaw(f"{name}, line {error.lineno}, column {error.colno}", f"not JSON: {error.msg}")
    problem = "nested too deep" if isinstance(error, RecursionError) else "a number of more digits than can be read"
    return Flaw(f"{name}, line {line}", problem)


def _next_beginning(text: str, position: int) -> int:
    """Where the next document may begin after one that cannot be read: a line that is indented as its first is."""
    before = text[text.rfind("\n", 0, position) + 1 : position]
    indentation = before if before.isspace() else ""
    following = text.find(f"\n{indentation}{{", position)
    return len(text) if following < 0 else following + 1


def _refusal(flaws: Sequence[Flaw]) -> Refusal:
    lines = [f"{flaw.place}: {flaw.problem}" for flaw in flaws[:_FLAWS_SHOWN]]
    if all(isinstance(flaw, Unread) for flaw in flaws):
        return Refusal("what cannot be read cannot be shown", hint="\n".join(lines))
    if len(flaws) > _FLAWS_SHOWN:
        lines.append(f"and {len(flaws) - _FLAWS_SHOWN} more")
    lines.append("An event looks as GET /v1/events lists it or as a webhook gets it; all that are such are shown.")
    counted = "1 thing is no Stripe event" if len(flaws) == 1 else f"{len(flaws)} things are no Stripe events"
    return Refusal(f"{counted} in the input", hint="\n".join(lines))


# Deciding


@dataclass(frozen=True, slots=True)
class _Entry:
    """A document of the input. ``reason``: why it brings no message, whatever else the input holds."""

    event_id: str | None
    type: str | None
    reason: str | None = None
    understood: Understood | None = None
    in_general: Understood | None = None
    """The same event in general words, for where it makes no message of its own."""
    repeats: int | None = None
    """The number of the entry that it is a repetition of."""


def previews_of(found: Iterable[Document | Flaw], words: Words, account_name: str) -> tuple[list[Preview], list[Flaw]]:
    """One preview a document, in order, and all that no event could be made of."""
    entries: list[_Entry] = []
    flaws: list[Flaw] = []
    first: dict[Hashable, int] = {}
    for document in found:
        if isinstance(document, Flaw):
            flaws.append(document)
            continue
        event = event_from_json(document.value)
        if event is None:
            flaws.append(Flaw(document.place, "it has no id or no type"))
            outer = mapping(document.value)
            entries.append(_Entry(identifier(outer.get("id")), identifier(outer.get("type")), _NOT_AN_EVENT))
            continue
        number = len(entries)
        # Not by the id alone: events that were made by hand often share one.
        same = first.setdefault((event.id, event.type, event.created, id_of(event.object)), number)
        if same == number:
            entries.append(_entry(number, event))
        else:
            entries.append(_Entry(event.id, event.type, _SEEN_BEFORE, repeats=same))
    return _previews(entries, words, account_name), flaws


def _entry(number: int, event: Event) -> _Entry:
    """An event under an id that no other has, and without its object: those of a hundred thousand take a gigabyte."""
    event_id, event = event.id, replace(event, id=f"evt_{number}")
    reading, general = reading_of(event), anything(event)
    event = replace(event, object={}, previous={})
    understood, in_general = Understood(number, 0.0, event, reading), Understood(number, 0.0, event, general)
    return _Entry(event_id, event.type, understood=understood, in_general=in_general)


def _previews(entries: Sequence[_Entry], words: Words, account_name: str) -> list[Preview]:
    account, audience = Account("preview", account_name, Mode.LIVE), Audience(words, (_EVERYTHING,))
    understood = [entry.understood for entry in entries if entry.understood is not None]
    telling = decide(understood, (), account, audience, None)
    silences = dict(telling.untold)
    unspoken = [entry.in_general for number, entry in enumerate(entries) if number in silences and entry.in_general]
    in_general = decide(unspoken, (), account, audience, None)
    news = {number: one for one in (*telling.news, *in_general.news) for number in one.events}
    numbers = {one.event.id: one.number for one in understood}

    def preview_of(number: int, entry: _Entry) -> Preview:
        shown = number if entry.repeats is None else entry.repeats
        if (one := news.get(shown)) is None:
            return _no_event(entry)
        bringer = numbers[one.fact.ranked()[0][0].id]
        reason = entry.reason or silences.get(number) or _declined(one)
        if reason is None and bringer != number:
            reason = f"{_TOLD_WITH}{entries[bringer].event_id}"
        message = one.wordings.full
        return Preview(
            event_id=entry.event_id,
            type=entry.type,
            kind=message.kind,
            told=reason is None,
            reason=reason,
            title=message.title,
            body=message.body,
            urgency=message.urgency,
            link=message.link,
        )

    return [preview_of(number, entry) for number, entry in enumerate(entries)]


def _declined(news: News) -> str | None:
    return next((reason for _, reason in news.routing.declined), None)


def _no_event(entry: _Entry) -> Preview:
    return Preview(
        event_id=entry.event_id,
        type=entry.type,
        kind=Kind.OTHER,
        told=False,
        reason=entry.reason,
        title="Not a Stripe event",
        body="It has no id or no type, as every event of Stripe's has",
        urgency=Urgency.LOW,
        link=None,
    )


# Showing


def _show(previews: Sequence[Preview]) -> None:
    """A block a message, a line for what brings none."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    console = Console(highlight=False)
    console.width = min(console.width, _COLUMNS)
    if not previews:
        console.print("No events.")
    after_block = False
    for number, one in enumerate(previews):
        if number and (one.told or after_block):
            console.print()
        _show_message(console, one) if one.told else _show_silence(console, one)
        after_block = one.told


def _show_message(console: Console, one: Preview) -> None:
    console.print(Text(one.title, style="bold", overflow="fold"))
    console.print(Text(one.body, overflow="fold"))
    console.print(Text(f"{one.event_id} · {one.type} · {one.kind} · {one.urgency}", style="dim", overflow="fold"))
    if one.link:
        console.print(Text(one.link, style="dim"), soft_wrap=True)


def _show_silence(console: Console, one: Preview) -> None:
    named = " ".join(part for part in (one.event_id, one.type) if part)
    with_other = (one.reason or "").removeprefix(_TOLD_WITH)
    why = one.reason if with_other == one.reason else f"told with {with_other}"
    console.print(Text(f"- {named or one.title}: {why}", style="dim", overflow="fold"))
