"""Which readings speak of one fact, and what they say together.

::

    readings of a batch ─┐
                         ├─▶ join ─▶ Fact (new) ─▶ tell ─▶ Occurrence
    facts told before ───┘       └─▶ Fact (told before): its siblings change nothing

Stripe tells one sale through up to six events, in any order and over many polls. Two readings are of one fact when
they share a *name* (an id that belongs to one fact alone). Sharing a mere *hint* (a payment intent that is tried again,
an invoice that is paid in parts) joins them only when nothing speaks against it: no differing names of the same sort,
no second event of a type that the fact has had already, and not far apart in time. So the events of two payments never
merge, and two attempts at one payment are two messages.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from cashnotifyd.money import Money
from cashnotifyd.occurrences.reading import Occurrence, Part, Reading, Silence, Variant
from cashnotifyd.vocabulary import Event

HINT_WINDOW = 120
"""Seconds between the ``created`` of two events that a shared hint may join. Stripe creates the events of one payment
within seconds (however late it shows them); automatic retries of an invoice are hours apart."""
_PAYMENTS: Final = frozenset({"ch", "py", "pi"})
"""The sorts of Stripe object that money comes in by."""


@dataclass(slots=True)
class Fact:
    """One real-world fact while its readings are gathered.

    ``told_as`` is the record's id of the occurrence that told it before; None for a fact that is news. ``decided``:
    the channels that this went to, or was not to go to for more than its types so far. ``contained``: another fact
    tells it as a part of its own.
    """

    family: str
    created: int
    names: set[str]
    hints: set[str]
    types: set[str]
    told_as: int | None = None
    decided: frozenset[str] = frozenset()
    contained: bool = False
    members: list[tuple[Event, Reading]] = field(default_factory=list)

    def takes(self, event: Event, reading: Reading) -> bool:
        """Whether ``reading`` is of this fact."""
        if reading.family != self.family:
            return False
        if self.names & reading.names:
            return True
        if not (self.names | self.hints) & (reading.names | reading.hints):
            return False
        if _sorts(self.names) & _sorts(reading.names):
            return False
        return event.type not in self.types and abs(event.created - self.created) <= HINT_WINDOW

    def add(self, event: Event, reading: Reading) -> None:
        """Make ``reading`` a part of this fact."""
        self.names |= reading.names
        self.hints |= reading.hints
        self.types.add(event.type)
        self.created = min(self.created, event.created) or max(self.created, event.created)  # 0 is not known
        self.members.append((event, reading))

    def awaits_siblings(self) -> bool:
        """Whether a part of the story is still missing that another event may be about to tell."""
        return bool(self.lacks())

    def lacks(self) -> frozenset[Part]:
        """The parts of the story that a member expects and none brings."""
        nothing: frozenset[Part] = frozenset()
        expected = nothing.union(*(reading.expects for _, reading in self.members))
        return expected.difference(*(reading.brings for _, reading in self.members))

    def silence(self) -> Silence | None:
        """Why no message is made of it; None where one is."""
        void = next((reading.voids for _, reading in self.members if reading.voids is not None), None)
        if void is not None or self.contained:
            return void or Silence.AUTHORIZATION_RELEASED
        return None if any(reading.tells for _, reading in self.members) else Silence.NOTHING_NEW

    def ranked(self) -> list[tuple[Event, Reading]]:
        """The members, the richest first: it is the one that the message is told by."""
        return sorted(self.members, key=lambda m: (not m[1].tells, -m[1].richness, m[0].created, m[0].id))

    def occurrence(self) -> Occurrence:
        """What the members say together: the richest gives the kind, the others fill in what it lacks."""
        ranked = self.ranked()
        said = [reading.details for _, reading in ranked]
        if self._came_through_stripe():
            said = [replace(one, variant=None) if one.variant is Variant.OUTSIDE_STRIPE else one for one in said]
        details = said[0].filled_from(*said[1:]) if len(said) > 1 else said[0]
        if (part := self._part_of_a_bill(ranked[0][1])) is not None:
            details = replace(details, money=part, whole=details.money)
        return Occurrence(
            kind=ranked[0][1].kind,
            created=self.created,
            types=frozenset(self.types),
            details=details,
            lacks=self.lacks(),
        )

    def _came_through_stripe(self) -> bool:
        """Whether a payment through Stripe is known. Its invoice may be marked as paid outside, as a checkout's is."""
        return any(
            reading.tells
            and reading.details.variant is not Variant.OUTSIDE_STRIPE
            and _sorts(reading.names) & _PAYMENTS
            for _, reading in self.members
        )

    def _part_of_a_bill(self, bill: Reading) -> Money | None:
        """What this payment took, where that is less than its bill came to: an invoice can be paid in parts."""
        total = bill.details.money
        if total is None or Part.BILL not in bill.brings:
            return None
        taken = [
            reading.details.money
            for _, reading in self.members
            if reading.tells and Part.BILL not in reading.brings and reading.details.money is not None
        ]
        parts = [money for money in taken if money.currency == total.currency and 0 < money.amount < total.amount]
        return min(parts, key=lambda money: money.amount, default=None)


def join(readings: Iterable[tuple[Event, Reading]], told_before: Sequence[Fact]) -> list[Fact]:
    """Put each reading to the fact that it is of, told before or new.

    Returns every fact that gained a member, new ones in the order of their earliest event. ``told_before`` is what the
    record knows under any of the readings' names and hints.
    """
    index = _Index(told_before)
    for event, reading in sorted(readings, key=_firmness):
        candidates = [fact for fact in index.near(event, reading) if fact.takes(event, reading)]
        if candidates:
            best = min(candidates, key=lambda fact: _nearness(fact, event, reading))
        else:
            best = Fact(reading.family, event.created, set(), set(), set())
        best.add(event, reading)
        index.put(best)
    for fact in index.facts:
        fact.contained = any(index.knows(ref) for _, reading in fact.members for ref in reading.unless)
    return sorted((fact for fact in index.facts if fact.members), key=lambda fact: fact.created)


class _Index:
    """Facts by what they can be joined by: a name for ever, any other id within a window of time.

    Asking every fact whether it takes a reading is quadratic: two thousand events took 0.11 s so, and take 0.01 s here.
    Time counts because one hint can be on many facts (a customer who pays the same each hour).
    """

    def __init__(self, facts: Iterable[Fact]) -> None:
        self.facts: list[Fact] = []
        self._places: dict[int, int] = {}
        self._under: defaultdict[tuple[str, str, int | None], set[int]] = defaultdict(set)
        for fact in facts:
            self.put(fact)

    def put(self, fact: Fact) -> None:
        """Note a fact that is new or has gained a member. Where it stood before it stays: ``takes`` decides."""
        place = self._places.setdefault(id(fact), len(self.facts))
        if place == len(self.facts):
            self.facts.append(fact)
        window = fact.created // HINT_WINDOW
        for name in fact.names:
            self._under[fact.family, name, None].add(place)
        for ref in fact.names | fact.hints:
            self._under[fact.family, ref, window].add(place)

    def knows(self, ref: tuple[str, str]) -> bool:
        """Whether a fact has this family and this hint."""
        family, hint = ref
        return any(fact.family == family and hint in fact.hints for fact in self.facts)

    def near(self, event: Event, reading: Reading) -> list[Fact]:
        """Every fact that may take ``reading``, and few others, in the order they were first put."""
        window = event.created // HINT_WINDOW
        keys: list[tuple[str, str, int | None]] = [(reading.family, name, None) for name in reading.names]
        for ref in reading.names | reading.hints:
            keys += [(reading.family, ref, near) for near in (window - 1, window, window + 1)]
        places = set().union(*(self._under[key] for key in keys if key in self._under))
        return [self.facts[place] for place in sorted(places)]


def _firmness(one: tuple[Event, Reading]) -> tuple[bool, int, int, str]:
    """Sort key: bridges first, then by how many names and hints there are.

    So those come first that tie together what knows only one end. A bridge is what knows both by ids alone, as
    ``invoice_payment.paid`` knows a payment intent and its invoice; since basil neither of those knows the other, but
    for a resemblance that another payment of the customer may have as well.
    """
    event, reading = one
    refs = reading.names | reading.hints
    bridge = bool(reading.hints - reading.names) and _ids(refs) == refs
    return (not bridge, -len(refs), event.created, event.id)


def _nearness(fact: Fact, event: Event, reading: Reading) -> tuple[int, int, int, int, bool]:
    """Sort key: the most shared names, then ids, then anything shared, then the nearest in time, then a told fact."""
    shared = (fact.names | fact.hints) & (reading.names | reading.hints)
    distance = abs(fact.created - event.created)
    return (-len(fact.names & reading.names), -len(_ids(shared)), -len(shared), distance, fact.told_as is None)


def _ids(refs: Iterable[str]) -> set[str]:
    """Stripe's ids among names and hints, without what is put together of several things (customer and amount)."""
    return {ref for ref in refs if ":" not in ref}


def _sorts(names: Iterable[str]) -> set[str]:
    """The sorts of Stripe object (``ch``, ``pi``, …) among ids. An event's own id stands in for a missing name."""
    return {name.partition("_")[0] for name in names} - {"evt"}
