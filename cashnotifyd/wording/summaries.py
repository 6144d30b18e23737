"""One message in the place of many: how many of each kind, what they come to, and what nobody should overlook.

What moves no money is only counted: a sum of prices, some a month and some a year, would say nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cashnotifyd.cursor_file.values import Away, Busy, Cause, Count, FailureBurst, Muted, Quiet, Tally, Unreachable
from cashnotifyd.money import Money
from cashnotifyd.vocabulary import Account, Disclosure, Kind, Message, Mode, Urgency, Wordings
from cashnotifyd.wording.dashboard import dashboard_list
from cashnotifyd.wording.headlines import beside_account, marked
from cashnotifyd.wording.language import Language
from cashnotifyd.wording.particulars import account_name, mode_name
from cashnotifyd.wording.safe_text import Clean, clean
from cashnotifyd.wording.urgencies import URGENCY

COUNTED: Final[Mapping[Kind, tuple[str, str]]] = {
    Kind.SALE: ("{count} sale", "{count} sales"),
    Kind.RENEWAL: ("{count} renewal", "{count} renewals"),
    Kind.FAILED_PAYMENT: ("{count} payment failed", "{count} payments failed"),
    Kind.REFUND: ("{count} refund", "{count} refunds"),
    Kind.DISPUTE: ("{count} dispute", "{count} disputes"),
    Kind.DISPUTE_CLOSED: ("{count} dispute closed", "{count} disputes closed"),
    Kind.FRAUD_WARNING: ("{count} fraud warning", "{count} fraud warnings"),
    Kind.PAYOUT: ("{count} payout", "{count} payouts"),
    Kind.PAYOUT_FAILED: ("{count} payout failed", "{count} payouts failed"),
    Kind.SUBSCRIPTION_STARTED: ("{count} new subscription", "{count} new subscriptions"),
    Kind.SUBSCRIPTION_CHANGED: ("{count} subscription changed", "{count} subscriptions changed"),
    Kind.SUBSCRIPTION_CANCELED: ("{count} subscription cancelled", "{count} subscriptions cancelled"),
    Kind.TRIAL_ENDING: ("{count} trial ending", "{count} trials ending"),
    Kind.CUSTOMER: ("{count} new customer", "{count} new customers"),
    Kind.ACCOUNT: ("{count} account change", "{count} account changes"),
    Kind.WATCH: ("{count} alert of cashnotifyd", "{count} alerts of cashnotifyd"),
    Kind.OTHER: ("{count} other event", "{count} other events"),
}
_MOVING_MONEY: Final = frozenset(
    {
        Kind.SALE, Kind.RENEWAL, Kind.FAILED_PAYMENT, Kind.REFUND, Kind.DISPUTE, Kind.DISPUTE_CLOSED,
        Kind.FRAUD_WARNING, Kind.PAYOUT, Kind.PAYOUT_FAILED,
    }
)  # fmt: skip
_URGENCIES, _KINDS = tuple(Urgency), tuple(Kind)
_TITLE: Final = 70
"""Characters of a title with the account's name, but for how many more things there are."""
_SHORTEST_TITLE: Final = 40
"""Characters that an account's long name leaves in any case."""
_CURRENCIES_IN_TITLE, _CURRENCIES = 2, 4
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
    """What is of one kind in one mode, the currency of most of it first."""

    mode: Mode
    kind: Kind
    counts: tuple[Count, ...]

    @property
    def count(self) -> int:
        return sum(count.count for count in self.counts)


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

    def _alone(self, notable: Sequence[Message]) -> dict[Kind, Message]:
        """The notable messages that are all there is of their kind: their titles say more than that there is one."""
        of_kind = Counter[Kind]()
        for part in self.parts:
            of_kind[part.kind] += part.count
        return {message.kind: message for message in notable if of_kind[message.kind] == 1}

    def _title(self, disclosure: Disclosure, alone: Mapping[Kind, Message]) -> Clean:
        # Where there is test as well as live, live is what one has to know.
        mode = self.parts[0].mode
        if self.failures is None:
            what = self._strongest([part for part in self.parts if part.mode is mode], disclosure, alone)
        else:
            what = _failing(self.failures, self.language)
        return marked(self._beside_account(what), mode, self.language)

    def _strongest(self, parts: list[_Part], disclosure: Disclosure, alone: Mapping[Kind, Message]) -> Clean:
        """As many parts as fit, and how many things are in the others."""
        room = max(_TITLE - len(self._beside_account(Clean(""))), _SHORTEST_TITLE)
        told = Clean("")
        for place, part in enumerate(parts):
            longer = [
                self.language.say("{what}; {more}", what=told, more=what) if told else what
                for what in self._in_title(part, disclosure, alone)
            ]
            fitting = next((what for what in longer if len(what) <= room), None if told else longer[-1])
            if fitting is None:
                more = _total(parts[place:])
                return self.language.say_count("{what}; {count} more", "{what}; {count} more", more, what=told)
            told = fitting
        return told

    def _in_title(self, part: _Part, disclosure: Disclosure, alone: Mapping[Kind, Message]) -> Iterator[Clean]:
        """A part in words, the best first and the shortest last."""
        if part.kind in alone:
            # In a title the mark stands once, before all of it.
            mark = marked(Clean(""), part.mode, self.language)
            yield Clean(self._title_of(alone[part.kind]).removeprefix(mark))
        else:
            yield _with_amounts(part, _CURRENCIES_IN_TITLE, disclosure, self.language)
        yield _counted(part, self.language)

    def _body(self, disclosure: Disclosure, notable: Sequence[Message], alone: Mapping[Kind, Message]) -> list[Clean]:
        kinds = [
            _Line(self._title_of(alone[part.kind]) if part.kind in alone else self._sum(part, disclosure), part.count)
            for part in self.parts
        ]
        named = [_Line(self._title_of(message), 1) for message in notable if message.kind not in alone]
        end = [
            *_what_now(self.failures, self.language),
            *_cause(self.cause, self.language),
            *_where_and_when(self.tally, self.within, self.language),
        ]
        room = _LINES - len(end)
        told = _cut(kinds, room - min(len(named), _NOTABLE_LINES), _total(self.parts), self.language)
        return [*told, *_cut(named, room - len(told), self.tally.notables - len(alone), self.language), *end]

    def _sum(self, part: _Part, disclosure: Disclosure) -> Clean:
        told = _with_amounts(part, _CURRENCIES, disclosure, self.language)
        most = part.counts[0]
        if told != _counted(part, self.language) and most.largest is not None and most.count > _FEW:
            largest = self.language.money(most.largest)
            told = self.language.say("{what}, largest {amount}", what=told, amount=largest)
        mixed = self.parts[0].mode is not self.parts[-1].mode
        return marked(told, part.mode, self.language) if mixed else told

    def _title_of(self, message: Message) -> Clean:
        """Without the name of the account that all of it concerns, which the summary's own title has."""
        return clean(message.title.removesuffix(self._beside_account(Clean(""))), _MESSAGE)

    def _beside_account(self, what: Clean) -> Clean:
        return what if self.within is None else beside_account(what, self.within, self.language)


def _parts(tally: Tally, failures: FailureBurst | None) -> list[_Part]:
    """Live before test, then what knocks loudest, then what there is most of."""
    grouped: dict[tuple[Mode, Kind], list[Count]] = {}
    for count in tally.counts:
        grouped.setdefault((count.mode, count.kind), []).append(count)
    parts = [
        _Part(mode, kind, tuple(sorted(counts, key=lambda count: -count.count)))
        for (mode, kind), counts in grouped.items()
    ]
    first = None if failures is None else Kind.FAILED_PAYMENT
    loud = {said.full.kind for said in tally.notable}

    def place(part: _Part) -> tuple[bool, bool, bool, int, int, int]:
        urgency, kind = _URGENCIES.index(URGENCY[part.kind]), _KINDS.index(part.kind)
        return part.mode is Mode.TEST, part.kind is not first, part.kind not in loud, urgency, -part.count, kind

    return sorted(parts, key=place)


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


def _with_amounts(part: _Part, currencies: int, disclosure: Disclosure, language: Language) -> Clean:
    what = _counted(part, language)
    totals = [count.total for count in part.counts if count.total is not None]
    if disclosure is Disclosure.PRIVATE or part.kind not in _MOVING_MONEY or not totals:
        return what
    return language.say("{what}, {amounts}", what=what, amounts=_amounts(totals, currencies, language))


def _amounts(totals: list[Money], currencies: int, language: Language) -> Clean:
    told = [language.money(total) for total in totals[:currencies]]
    if more := len(totals) - len(told):
        told.append(language.say_count("{count} more currency", "{count} more currencies", more))
    return language.listed(told)


def _counted(part: _Part, language: Language) -> Clean:
    return language.say_count(*COUNTED[part.kind], part.count)


def _total(parts: Sequence[_Part]) -> int:
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
    when = language.period(tally.since, tally.until)
    if within is not None:
        yield language.say(
            "{account} · {mode} · {when}", account=account_name(within), mode=mode_name(within, language), when=when
        )
        return
    names = [
        language.say("{account} {number}", account=clean(name, _NAME) or Clean("…"), number=language.number(count))
        for name, count in tally.accounts[:_ACCOUNTS]
    ]
    if more := len(tally.accounts) - len(names):
        names.append(language.say_count("and {count} more account", "and {count} more accounts", more))
    if names:
        yield Clean(" · ".join(names))
    yield when
