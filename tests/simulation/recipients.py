"""Those who are told, each with a character of its own, and the threads in which they are sent to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from cashnotifyd.cursor_file.values import Address
from cashnotifyd.delivery.outcome import Delivered, NotSent, Outcome, Pace, Refused, Throttled, Unconfirmed
from cashnotifyd.vocabulary import Kind, Message
from tests.simulation.clock import SimulatedLoop
from tests.simulation.world import World

T = TypeVar("T")

Character = Literal["healthy", "flaky", "slow"]
Key = tuple[str, str]
"""What a message speaks of: the sort of fact, and its amount, which no other fact of the sort has."""

_AMOUNT = re.compile(r"\$[\d,]+\.\d\d")
_PAID = "paid"

_TROUBLES: tuple[tuple[Outcome, bool], ...] = (
    (NotSent("connection refused"), False),
    (NotSent("500"), False),
    (Throttled("429", None), False),
    (Throttled("429", 20.0), False),
    (Unconfirmed("no answer in time"), True),
    (Unconfirmed("no answer in time"), True),
    (Unconfirmed("no answer in time"), False),
    (Refused("a bad token", "channel"), False),
)
"""What a send comes to, and whether it arrived all the same."""


def key_of(message: Message) -> Key:
    """Whether a payment is a renewal takes a look-up: without, it is told as a sale."""
    amount = _AMOUNT.search(message.title)
    sort = _PAID if message.kind in (Kind.SALE, Kind.RENEWAL) else str(message.kind)
    return sort, amount.group() if amount else message.title


def is_ours(key: Key) -> bool:
    """Whether it is a summary, a digest or an alert."""
    return key[0].startswith("our ")


@dataclass(slots=True)
class Doubts:
    """What a lane knows of messages that may have arrived: where others got through since, one is sent once more."""

    doubted: set[Key] = field(default_factory=set)
    outrun: set[Key] = field(default_factory=set)
    """Others got through since."""
    spent: set[Key] = field(default_factory=set)
    """It was in doubt again after that."""

    def answered(self, key: Key, outcome: Outcome) -> bool:
        """What came of a send. Returns whether that should not have been made any more."""
        was_spent = key in self.spent
        if isinstance(outcome, Delivered):
            self.outrun |= self.doubted - {key}
            self.doubted.clear()
        elif isinstance(outcome, Unconfirmed):
            (self.spent if key in self.outrun else self.doubted).add(key)
        return was_spent

    def forget(self, key: Key) -> None:
        """Somebody wants it sent after all."""
        for known in (self.doubted, self.outrun, self.spent):
            known.discard(key)


@dataclass(slots=True)
class Recipient:
    """One who is told, over all lives of the daemon."""

    world: World
    channel: str
    target: int
    character: Character
    key_of: Callable[[Message], Key] = field(default=key_of)
    """What a message speaks of."""
    begins: Callable[[Message], None] = lambda _message: None
    """Called when it is about to be sent to."""
    answers: Callable[[Outcome], None] = lambda _outcome: None
    """Called with what it answers."""
    poison: set[Key] = field(default_factory=set)
    """What it never takes."""
    arrived: list[tuple[float, Key, Message]] = field(default_factory=list)
    in_doubt: Counter[Key] = field(default_factory=Counter)
    """Sends that nobody knows the outcome of."""
    doubts: Doubts = field(default_factory=Doubts)
    """Of its lane."""
    in_flight: Counter[Key] = field(default_factory=Counter)
    """Sends that had arrived when the daemon ended, and of which it had not noted the outcome."""
    interrupted: Counter[Key] = field(default_factory=Counter)
    """These, and those that had not arrived."""
    retried: Counter[Key] = field(default_factory=Counter)
    """How often somebody wanted it sent that had been given up."""
    sent_at: float = 0.0
    """When the last send began."""
    under_way: Key | None = None
    """What is being sent, until it is on record what became of it."""
    has_landed: bool = False
    """Whether that has arrived."""

    @property
    def address(self) -> Address:
        """As the record has it."""
        return Address(self.channel, self.target)

    @property
    def pace(self) -> Pace:
        return Pace(5, 1.0) if self.character == "flaky" else Pace(10, 0.5)

    @property
    def patience(self) -> float:
        """Longer than any of its answers takes."""
        return 120.0

    def give_up(self) -> None:
        """Nobody does."""

    def send(self, message: Message) -> Outcome:
        """What the service does with a message that reaches it now."""
        key = self.key_of(message)
        outcome, arrives = self._fate(key)
        self.answers(outcome)
        if arrives:
            self.arrived.append((self.world.clock.elapsed, key, message))
            self.has_landed = True
        if isinstance(outcome, Unconfirmed):
            self.in_doubt[key] += 1
        if self.doubts.answered(key, outcome) and not is_ours(key):
            self.world.found(f"in doubt twice, and sent again to {self.channel} though others get through: {key}")
        self.world.say(f"arrives {self.channel}/{self.target} {key} {type(outcome).__name__} {arrives}")
        return outcome

    def journey(self) -> tuple[float, float]:
        """Seconds until a message is there, and until its answer is back."""
        rng = self.world.rng
        if self.character == "slow" and not self.world.calm:
            return rng.uniform(0.2, 8.0), rng.uniform(0.2, rng.choice((8.0, 25.0)))
        return rng.uniform(0.02, 0.4), rng.uniform(0.02, 0.4)

    def lose_sender(self) -> None:
        """The daemon has ended: what it was about to note of a send that arrived is lost."""
        if self.under_way is not None:
            self.interrupted[self.under_way] += 1
            self.in_flight[self.under_way] += self.has_landed
        self.under_way = None

    def note_settled(self) -> None:
        """It is on record what became of the last send."""
        self.under_way = None

    def _fate(self, key: Key) -> tuple[Outcome, bool]:
        rng = self.world.rng
        if key in self.poison:
            return Refused("it does not take this one", "message"), False
        troubled = {"healthy": 0.01, "flaky": 0.4, "slow": 0.1}[self.character]
        if self.world.calm or rng.random() >= troubled:
            return Delivered(), True
        return rng.choice(_TROUBLES)


def behind(url: str, recipients: Iterable[Recipient]) -> list[Recipient]:
    """Those whom a channel with this URL tells. Their lanes begin."""
    found = [one for one in recipients if one.channel == url.split("/")[2]]
    for one in found:
        one.doubts = Doubts()
    return found


class SimulatedThread(Executor):
    """What a lane sends in: nothing blocks, everything takes its time."""

    def __init__(self, world: World, loop: SimulatedLoop) -> None:
        self._world = world
        self._loop = loop

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:  # noqa: ANN401 (as there)
        done: Future[T] = Future()
        done.set_running_or_notify_cancel()
        recipient = getattr(fn, "__self__", None)
        if not isinstance(recipient, Recipient):
            done.set_result(fn(*args, **kwargs))
            return done
        there, back = recipient.journey()
        key = recipient.key_of(args[0])
        name = f"{recipient.channel}/{recipient.target} {key}"
        recipient.begins(args[0])
        recipient.sent_at, recipient.under_way, recipient.has_landed = self._world.clock.elapsed, key, False

        def arrive() -> None:
            if self._world.alive:
                self._world.effect(f"send to {name} (before it arrives)")
                outcome = fn(*args, **kwargs)
                self._loop.call_later(back, answer, outcome)

        def answer(outcome: T) -> None:
            if self._world.alive:
                self._world.effect(f"send to {name} (before its answer)")
                done.set_result(outcome)

        self._loop.call_later(there, arrive)
        return done

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 (as there)
        pass


def bury(loop: SimulatedLoop, world: World, recipients: Iterable[Recipient]) -> None:
    """The daemon has ended: whatever cleans up does so when all is over, and time has stopped."""
    world.alive, world.doom = False, None
    for recipient in recipients:
        recipient.lose_sender()
    ended = world.clock.elapsed
    loop.abandon()
    world.clock.elapsed = ended
