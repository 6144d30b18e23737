"""One message in the place of many: how many of each kind, what they come to, and what nobody should overlook.

What moves no money is only counted: a sum of prices, some a month and some a year, would say nothing. What a kind can
stand for besides is counted apart: a refund that failed and the refund itself are not two refunds. Notices of the
daemon's own stand last, and in no title but where there is nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cashnotifyd.cursor_file.values import (
    NOTICE,
    Away,
    Busy,
    Cause,
    Count,
    FailureBurst,
    Muted,
    Quiet,
    Tally,
    Unreachable,
)
from cashnotifyd.money import Money
from cashnotifyd.occurrences.reading import Variant
from cashnotifyd.vocabulary import Account, Disclosure, Kind, Message, Mode, Urgency, Wordings
from cashnotifyd.wording.counted import COUNTED, COUNTED_BY_VARIANT, OURS
from cashnotifyd.wording.dashboard import dashboard_list
from cashnotifyd.wording.headlines import beside_account, marked
from cashnotifyd.wording.language import Language
from cashnotifyd.wording.particulars import account_name, mode_name
from cashnotifyd.wording.safe_text import Clean, clean
from cashnotifyd.wording.urgencies import BY_VARIANT, URGENCY

NO_DIFFERENCE: Final = frozenset[str](
    {Variant.FIRST_PAYMENT, Variant.CHANGE_PAYMENT, Variant.RECOVERED, Variant.PLAN_CHANGED}
)
"""Variants that are one with their kind to whoever adds up."""
_TROUBLE: Final = frozenset(
    {
        Kind.FAILED_PAYMENT, Kind.REFUND, Kind.DISPUTE, Kind.DISPUTE_CLOSED, Kind.FRAUD_WARNING, Kind.PAYOUT_FAILED,
    }
)  # fmt: skip
"""What a title names before it says more of what stands first in it."""
_MOVING_MONEY: Final = frozenset(
    {
        Kind.SALE, Kind.RENEWAL, Kind.FAILED_PAYMENT, Kind.REFUND, Kind.DISPUTE, Kind.DISPUTE_CLOSED,
        Kind.FRAUD_WARNING, Kind.PAYOUT, Kind.PAYOUT_FAILED,
    }
)  # fmt: skip
_URGENCIES, _KINDS = tuple(Urgency), tuple(Kind)
_LOUDNESS: Final[Mapping[str, Urgency]] = {str(variant): urgency for variant, urgency in BY_VARIANT.items()}
_TITLE: Final = 90
"""Characters of a title with the account's name."""
_SHORTEST_TITLE: Final = 50
"""Characters that an account's long name leaves in any case."""
_CURRENCIES_IN_TITLE, _CURRENCIES = 2, 8
_LINES: Final = 12
_NOTABLE_LINES: Final = 4
"""So many messages by name find room beside however many kinds."""
_ACCOUNTS: Final = 6
_NAME, _MESSAGE = 24, 100
_FEW: Final = 2
"""Of so few the largest is no news."""
_USUALLY_NONE: Final = 0.5


@dataclass(frozen=True, slots=True)
class _Part:
    """What adds up: of one kind and variant in one mode.

    ``sums`` are what it comes to in each currency, that of most of it first, ``unknown`` those without an amount.
    """

    mode: Mode
    kind: Kind
    variant: str | None
    notable: int
    sums: tuple[_Sum, ...]
    unknown: int

    @property
    def count(self) -> int:
        return sum(one.count for one in self.sums) + self.unknown

    @property
    def is_notice(self) -> bool:
        return self.variant == NOTICE


@dataclass(frozen=True, slots=True)
class _Sum:
    count: int
    total: Money
    largest: Money | None


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the body, and how many messages it stands for."""

    text: Clean
    count: int


def summary(
    tally: Tally, cause: Cause, failures: FailureBurst | None, within: Account | None, language: Language
) -> Wordings:
    """The summary for each level of detail. A tally counts at least one thing."""
    told = _Summary(tally, _parts(tally, failures), cause, failures, within, language)
    return Wordings(
        full=told.message(Disclosure.FULL, [one.full for one in tally.notable]),
        masked=told.message(Disclosure.MASKED, [one.masked for one in tally.notable]),
        private=told.message(Disclosure.PRIVATE, [one.private for one in tally.notable]),
    )


@dataclass(frozen=True, slots=True)
class _Summary:
    tally: Tally
    parts: list[_Part]
    cause: Cause
    failures: FailureBurst | None
    within: Account | None
    language: Language

    def message(self, disclosure: Disclosure, notable: Sequence[Message]) -> Message:
        # Its kind is what its title begins with: a dispute among many sales is what it knocks for.
        kind = self.parts[0].kind
        alone = self._alone(notable)
        return Message(
            kind=kind,
            title=self._title(disclosure, alone),
            body="\n".join(self._body(disclosure, notable, alone)),
            urgency=self._urgency(),
            link=None if self.within is None else dashboard_list(self.within, kind),
            icon=None if self.within is None else self.within.icon,
        )

    def _urgency(self) -> Urgency:
        """An emergency is told by itself, and not once more by what sums it up."""
        loud = self.failures is not None or self.tally.urgency is Urgency.EMERGENCY
        return Urgency.HIGH if loud else self.tally.urgency

    def _alone(self, notable: Sequence[Message]) -> dict[_Part, Message]:
        """The notable messages that are all there is of a part: their titles say more than that there is one.

        A message does not say its variant. Where each notable part of a kind is a single message, it does not matter
        which of these messages stands for which of them.
        """
        alone: dict[_Part, Message] = {}
        for kind in Kind:
            parts = [part for part in self.parts if part.kind is kind and part.notable]
            messages = [message for message in notable if message.kind is kind]
            one_mode = len({part.mode for part in parts}) == 1
            if one_mode and len(parts) == len(messages) and all(part.count == 1 for part in parts):
                alone.update(zip(parts, messages, strict=True))
        return alone

    def _title(self, disclosure: Disclosure, alone: Mapping[_Part, Message]) -> Clean:
        # Where there is test as well as live, live is what one has to know.
        mode = self.parts[0].mode
        if self.failures is None:
            parts = [part for part in self.parts if part.mode is mode]
            what = self._strongest([part for part in parts if not part.is_notice] or parts, disclosure, alone)
        else:
            what = _failing(self.failures, self.language)
        return marked(self._beside_account(what), mode, self.language)

    def _strongest(self, parts: list[_Part], disclosure: Disclosure, alone: Mapping[_Part, Message]) -> Clean:
        """As many parts as fit, and how many things are in the others."""
        around = marked(self._beside_account(Clean("")), parts[0].mode, self.language)
        room = max(_TITLE - len(around), _SHORTEST_TITLE)
        said = [self._in_title(part, disclosure, alone) for part in parts]
        told = {0: said[0][-1]}
        for place, wordings in _wishes(parts, said):
            fitting = (words for words in wordings if len(self._joined({**told, place: words}, parts)) <= room)
            if (words := next(fitting, None)) is not None:
                told[place] = words
        return self._joined(told, parts)

    def _joined(self, told: Mapping[int, Clean], parts: list[_Part]) -> Clean:
        """What is told of the parts at these places, and how many things are in the others."""
        what, *others = (told[place] for place in sorted(told))
        for more in others:
            what = self.language.say("{what}; {more}", what=what, more=more)
        if beyond := _total(part for place, part in enumerate(parts) if place not in told):
            return self.language.say_count("{what}; {count} more", "{what}; {count} more", beyond, what=what)
        return what

    def _in_title(self, part: _Part, disclosure: Disclosure, alone: Mapping[_Part, Message]) -> list[Clean]:
        """A part in words, the best first and the shortest last."""
        counted = _counted(part, self.language)
        if part in alone:
            # In a title the mark stands once, before all of it.
            mark = marked(Clean(""), part.mode, self.language)
            return [Clean(self._title_of(alone[part]).removeprefix(mark)), counted]
        if not _has_amounts(part, disclosure):
            return [counted]
        amounts = [
            _amounts(part, currencies, self.language)
            for currencies in range(min(_CURRENCIES_IN_TITLE, len(part.sums)), 0, -1)
        ]
        if len(part.sums) > 1 or part.unknown:
            amounts.append(self.language.say("{amounts} and more", amounts=self.language.money(part.sums[0].total)))
        return [*(self.language.say("{what}, {amounts}", what=counted, amounts=said) for said in amounts), counted]

    def _body(self, disclosure: Disclosure, notable: Sequence[Message], alone: Mapping[_Part, Message]) -> list[Clean]:
        kinds = [line for part in self.parts for line in self._lines_of(part, disclosure, alone)]
        told_already = {message.kind for message in alone.values()}
        named = [_Line(self._title_of(message), 1) for message in notable if message.kind not in told_already]
        end = [
            *_what_now(self.failures, self.language),
            *_cause(self.cause, self.language),
            *_where_and_when(self.tally, self.within, self.language),
        ]
        room = _LINES - len(end)
        told = _cut(kinds, room - min(len(named), _NOTABLE_LINES), _total(self.parts), self.language)
        return [*told, *_cut(named, room - len(told), self.tally.notables - len(alone), self.language), *end]

    def _lines_of(self, part: _Part, disclosure: Disclosure, alone: Mapping[_Part, Message]) -> list[_Line]:
        if part in alone:
            return [_Line(self._title_of(alone[part]), 1)]
        notices = self.tally.notices
        if part.is_notice and len(notices) == part.count:
            return [_Line(self._title_of(one.full), 1) for one in notices]  # they name no customer and no amount
        return [_Line(self._sum(part, disclosure), part.count)]

    def _sum(self, part: _Part, disclosure: Disclosure) -> Clean:
        told = self._some_of_the_failures(part) or _counted(part, self.language)
        if _has_amounts(part, disclosure):
            amounts = _amounts(part, _CURRENCIES, self.language)
            told = self.language.say("{what}, {amounts}", what=told, amounts=amounts)
            most = part.sums[0]
            if most.largest is not None and most.count > _FEW:
                largest = self.language.money(most.largest)
                told = self.language.say("{what}, largest {amount}", what=told, amount=largest)
        mixed = len({one.mode for one in self.parts if not one.is_notice}) > 1
        return marked(told, part.mode, self.language) if mixed else told

    def _some_of_the_failures(self, part: _Part) -> Clean:
        """Of what the title counts, those that were told one by one before are not in what follows."""
        failed = (part.kind, part.variant, part.mode) == (Kind.FAILED_PAYMENT, None, Mode.LIVE)
        if self.failures is None or not failed or part.count >= self.failures.count:
            return Clean("")
        return self.language.say_count("{count} of them summed up here", "{count} of them summed up here", part.count)

    def _title_of(self, message: Message) -> Clean:
        """Without the name of the account that all of it concerns, which the summary's own title has."""
        return clean(message.title.removesuffix(self._beside_account(Clean(""))), _MESSAGE)

    def _beside_account(self, what: Clean) -> Clean:
        return what if self.within is None else beside_account(what, self.within, self.language)


def _parts(tally: Tally, failures: FailureBurst | None) -> list[_Part]:
    """Live before test, then what knocks loudest, then what there is most of."""
    grouped: dict[tuple[Mode, Kind, str | None], list[Count]] = {}
    for count in tally.counts:
        grouped.setdefault((count.mode, *_sort(count)), []).append(count)
    parts = [_added_up(mode, kind, variant, counts) for (mode, kind, variant), counts in grouped.items()]
    first = None if failures is None else (Kind.FAILED_PAYMENT, None)

    def place(part: _Part) -> tuple[bool, bool, bool, bool, int, int, int]:
        urgency = URGENCY[part.kind] if part.variant is None else _LOUDNESS.get(part.variant, URGENCY[part.kind])
        return (
            part.is_notice,
            part.mode is Mode.TEST,
            (part.kind, part.variant) != first,
            not part.notable,
            _URGENCIES.index(urgency),
            -part.count,
            _KINDS.index(part.kind),
        )

    return sorted(parts, key=place)


def _sort(count: Count) -> tuple[Kind, str | None]:
    """What it can be added up with."""
    if count.variant in NO_DIFFERENCE:
        return count.kind, None
    if count.variant == Variant.OUTSIDE_STRIPE:
        return Kind.SALE, count.variant
    return count.kind, count.variant


def _added_up(mode: Mode, kind: Kind, variant: str | None, counts: Sequence[Count]) -> _Part:
    sums: dict[str, _Sum] = {}
    for count in counts:
        if (total := count.total) is not None:
            sums[total.currency] = _plus(sums.get(total.currency), _Sum(count.count, total, count.largest))
    return _Part(
        mode,
        kind,
        variant,
        notable=sum(count.notable for count in counts),
        sums=tuple(sorted(sums.values(), key=lambda one: -one.count)),
        unknown=sum(count.count for count in counts if count.total is None),
    )


def _plus(one: _Sum | None, other: _Sum) -> _Sum:
    """Of the same currency."""
    if one is None:
        return other
    total = Money(one.total.amount + other.total.amount, other.total.currency)
    largest = max((each for each in (one.largest, other.largest) if each), key=lambda each: each.amount, default=None)
    return _Sum(one.count + other.count, total, largest)


def _wishes(parts: Sequence[_Part], said: Sequence[list[Clean]]) -> Iterator[tuple[int, list[Clean]]]:
    """What a title is to have if it fits, the most important first: the place of a part, and the words for it."""
    trouble = [place for place, part in enumerate(parts) if place and part.kind in _TROUBLE]
    yield from ((place, said[place][-1:]) for place in trouble[:1])
    yield 0, said[0][1:] if len(parts[0].sums) > 1 else said[0]
    yield from ((place, said[place][-1:]) for place in trouble[1:])
    yield 0, said[0]
    yield from ((place, said[place]) for place in trouble)
    yield from enumerate(said)


def _failing(failures: FailureBurst, language: Language) -> Clean:
    what = language.say_count(
        "{count} payment failed in {duration}",
        "{count} payments failed in {duration}",
        failures.count,
        duration=language.duration(failures.seconds),
    )
    if failures.usual is None:
        return language.say("{what}: is your checkout broken?", what=what)
    if failures.usual < _USUALLY_NONE:
        return language.say("{what} (usually none): is your checkout broken?", what=what)
    usual = language.number(max(round(failures.usual), 1))
    return language.say("{what} (usually {number}): is your checkout broken?", what=what, number=usual)


def _cut(lines: list[_Line], room: int, total: int, language: Language) -> list[Clean]:
    """The lines that there is room for, the last of them with how many messages of ``total`` are in none of them."""
    if len(lines) > room or sum(line.count for line in lines) < total:
        lines = lines[: room - 1]
        beyond = total - sum(line.count for line in lines)
        return [line.text for line in lines] + [language.say_count("and {count} more", "and {count} more", beyond)]
    return [line.text for line in lines]


def _has_amounts(part: _Part, disclosure: Disclosure) -> bool:
    return disclosure is not Disclosure.PRIVATE and part.kind in _MOVING_MONEY and bool(part.sums)


def _amounts(part: _Part, currencies: int, language: Language) -> Clean:
    """What a part comes to, and how much of it is not in that."""
    told = [language.money(one.total) for one in part.sums[:currencies]]
    if more := len(part.sums) - len(told):
        told.append(language.say_count("{count} more currency", "{count} more currencies", more))
    if part.unknown:
        told.append(language.say_count("{count} of unknown amount", "{count} of unknown amount", part.unknown))
    return language.listed(told)


def _counted(part: _Part, language: Language) -> Clean:
    variant = part.variant or ""
    words = COUNTED_BY_VARIANT.get(variant) or OURS.get(variant) or COUNTED[part.kind]
    return language.say_count(*words, part.count)


def _total(parts: Iterable[_Part]) -> int:
    return sum(part.count for part in parts)


def _what_now(failures: FailureBurst | None, language: Language) -> Iterator[Clean]:
    if failures is not None:
        yield language.say("Try to buy something yourself, and see in Stripe why they failed")


def _cause(cause: Cause, language: Language) -> Iterator[Clean]:
    match cause:
        case Busy():
            return
        case Quiet(span):
            yield language.say("Held back in quiet hours, {period}", period=language.hours(span.since, span.until))
        case Muted(span):
            yield language.say("Held back while muted, {period}", period=language.hours(span.since, span.until))
        case Away(span):
            yield language.say(
                "cashnotifyd saw nothing for {duration} ({period}): it was off, asleep or without a network",
                duration=language.duration(span.until - span.since),
                period=language.hours(span.since, span.until),
            )
        case Unreachable(span):
            yield language.say(
                "This channel could not be reached for {duration} ({period})",
                duration=language.duration(span.until - span.since),
                period=language.hours(span.since, span.until),
            )


def _where_and_when(tally: Tally, within: Account | None, language: Language) -> Iterator[Clean]:
    when = None if tally.until <= 0 else language.period(tally.since, tally.until)
    if within is not None:
        where = {"account": account_name(within), "mode": mode_name(within, language)}
        if when is None:
            yield language.say("{account} · {mode}", **where)
        else:
            yield language.say("{account} · {mode} · {when}", **where, when=when)
        return
    names = [
        language.say("{account} {number}", account=clean(name, _NAME) or Clean("…"), number=language.number(count))
        for name, count in tally.accounts[:_ACCOUNTS]
    ]
    if more := len(tally.accounts) - len(names):
        names.append(language.say_count("and {count} more account", "and {count} more accounts", more))
    if len(tally.accounts) == 1:
        names = [clean(tally.accounts[0][0], _NAME) or Clean("…")]  # the rest is of none that it could be taken for
    if names:
        yield Clean(" · ".join(names))
    if when is not None:
        yield when
