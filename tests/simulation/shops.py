"""What happens at the merchants: facts of which each has an amount of its own, by which its message is known again."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from cashnotifyd.simulator import families
from cashnotifyd.simulator.account import SimulatedAccount
from cashnotifyd.simulator.people import Plan
from cashnotifyd.vocabulary import Mode
from tests.simulation.recipients import Key

T = TypeVar("T")

_HISTORY = 40 * 60
"""Seconds before the beginning in which there was history."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What people are to be told once. ``at``: when it happened (s of the simulation); ``shop``: the account's id."""

    shop: str
    key: Key
    at: float
    story: str
    seen_from: float
    """When the first of its events can be listed."""
    seen_by: float
    """When the last of them can."""


@dataclass(slots=True)
class Shop:
    """An account at Stripe, and what happened there. ``id`` is the configuration's."""

    id: str
    account: SimulatedAccount
    may: frozenset[str]
    """What its keys may do, as a rule."""
    rng: random.Random
    numbers: Callable[[], int]
    facts: list[Fact] = field(default_factory=list)
    history: set[Key] = field(default_factory=set)
    """What nobody is to be told: it was before the first contact."""
    _sold: list[families.Payment] = field(default_factory=list)
    _subscribed: list[families.Subscription] = field(default_factory=list)
    _failing: list[families.Subscription] = field(default_factory=list)
    _running: list[families.Subscription] = field(default_factory=list)

    @property
    def name(self) -> str:
        """As the network calls it."""
        return f"{self.account.id} {self.account.mode}"

    @property
    def mode(self) -> Mode:
        return self.account.mode

    def new_key(self) -> str:
        """One more key, as good as any."""
        return self.account.key(permissions=self.may)

    def begin(self, sales: int) -> None:
        """What was before anybody watched."""
        now = self.account.now()
        for _ in range(3):
            started, _payment = families.subscription_start(self.account, self._plan(), at=now - _HISTORY)
            self._subscribed.append(started)
            self.history.add(("subscription_started", _written(started.plan.amount)))
        for _ in range(sales):
            at = now - self.rng.uniform(60.0, _HISTORY)
            amount = self._amount(50_000)
            self._sold.append(families.checkout_sale(self.account, amount=amount, at=at))
            self.history.add(("paid", _written(amount)))

    def play(self, now: float) -> Fact:
        """Something happens. Returns the last fact of it."""
        stories = {"sale": 8, "charge": 3, "failed": 3, "payout": 1, "payout_failed": 1, "start": 2}
        stories |= {"refund": 2, "dispute": 1} if self._sold else {}
        stories |= {"renewal": 2, "renewal_failed": 1} if self._subscribed else {}
        stories |= {"recovery": 3} if self._failing else {}
        stories |= {"cancellation": 1} if self._running else {}
        story = self.rng.choices(list(stories), list(stories.values()))[0]
        before = len(self.account.emitted)
        keys = getattr(self, f"_play_{story}")()
        emitted = self.account.emitted[before:]
        seen = [one.visible_at - self.account.now() + now for one in emitted]
        self.facts += [Fact(self.id, key, now, story, min(seen), max(seen)) for key in keys]
        return self.facts[-1]

    def _play_sale(self) -> list[Key]:
        amount = self._amount(50_000)
        self._sold.append(families.checkout_sale(self.account, amount=amount))
        return [("paid", _written(amount))]

    def _play_charge(self) -> list[Key]:
        amount = self._amount(50_000)
        self._sold.append(families.charge_sale(self.account, amount=amount))
        return [("paid", _written(amount))]

    def _play_failed(self) -> list[Key]:
        amount = self._amount(50_000)
        families.failed_payment(self.account, amount=amount)
        return [("failed_payment", _written(amount))]

    def _play_refund(self) -> list[Key]:
        amount = self._amount(1_000)
        families.refund(self.account, self._taken(self._sold), amount=amount)
        return [("refund", _written(amount))]

    def _play_dispute(self) -> list[Key]:
        amount = self._amount(1_000)
        families.dispute(self.account, self._taken(self._sold), amount=amount)
        return [("dispute", _written(amount))]

    def _play_payout(self) -> list[Key]:
        amount = self._amount(900_000)
        families.payout_created(self.account, amount=amount)
        return [("payout", _written(amount))]

    def _play_payout_failed(self) -> list[Key]:
        amount = self._amount(900_000)
        sent = families.payout_created(self.account, amount=amount)
        families.payout_failed(self.account, sent)
        return [("payout", _written(amount)), ("payout_failed", _written(amount))]

    def _play_start(self) -> list[Key]:
        plan = self._plan()
        started, _ = families.subscription_start(self.account, plan)
        self._running.append(started)
        return [("paid", _written(plan.amount)), ("subscription_started", _written(plan.amount))]

    def _play_renewal(self) -> list[Key]:
        renewed = self._taken(self._subscribed)
        families.renewal(self.account, renewed)
        self._running.append(renewed)
        return [("paid", _written(renewed.plan.amount))]

    def _play_renewal_failed(self) -> list[Key]:
        failing = self._taken(self._subscribed)
        families.renewal_failed(self.account, failing)
        self._failing.append(failing)
        return [("failed_payment", _written(failing.plan.amount))]

    def _play_recovery(self) -> list[Key]:
        recovered = self._taken(self._failing)
        families.renewal_recovered(self.account, recovered)
        self._running.append(recovered)
        return [("paid", _written(recovered.plan.amount))]

    def _play_cancellation(self) -> list[Key]:
        ended = self._taken(self._running)
        families.cancellation(self.account, ended)
        return [("subscription_canceled", _written(ended.plan.amount))]

    def _plan(self) -> Plan:
        return Plan("Studio plan", self._amount(200_000))

    def _amount(self, begin: int) -> int:
        return begin + 7 * self.numbers()

    def _taken(self, some: list[T]) -> T:
        return some.pop(self.rng.randrange(len(some)))


def _written(amount: int) -> str:
    return f"${amount / 100:,.2f}"
