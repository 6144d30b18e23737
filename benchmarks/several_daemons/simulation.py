"""Several daemons on one record, simulated: crashes, pauses, cut connections, messages that come late.

A simulated clock and one seed: a run gives the same outcome always. Daemons are generators that yield what they wait
for. What they ask of the record travels for a while, is done at once where it arrives, and the answer travels back;
what is on its way arrives even if who sent it is dead by then. Clocks go wrong by one part in a hundred.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import partial
from itertools import count
from typing import Any

from benchmarks.several_daemons.leases import Delivery, Record, Share, Standing

_POLL_EVERY = 10.0
_LOOK_EVERY = 2.0
"""Seconds after which a channel's owner looks for something to send."""
_HOP = 0.002
"""Seconds between the look at the clock and the first byte on the wire."""
_THINK = 0.05
_ASK_AGAIN = 5.0
"""Seconds without an answer after which the record is asked the same once more."""

_TRY_AGAIN = 2.0
_REFUSED = 0.1
"""Part of the sends that the service does not take."""
_LATE = 0.002
"""Part of what travels between daemon and record that takes up to two leases."""
_NO_ANSWER = 0.005
"""Part of the answers that never come. What was asked for is done all the same."""


class Fault(Enum):
    """What befalls a daemon."""

    CRASH = auto()
    PAUSE = auto()
    """It stands still and notices nothing (SIGSTOP, a swapped-out process)."""
    SUSPEND = auto()
    """As ``PAUSE``, and its clock stands still too (a virtual machine; Linux's CLOCK_MONOTONIC in a laptop's sleep)."""
    CUT = auto()
    """Its way to the record; what it sends arrives when the cut is over. Stripe and the services stay in reach."""


@dataclass(frozen=True, slots=True)
class Misfortune:
    """A fault of one daemon. ``lasts``: seconds; after a crash it is started again then."""

    at: float
    daemon: int
    fault: Fault
    lasts: float


@dataclass(frozen=True, slots=True)
class Rules:
    """By which the daemons live. Times in seconds.

    ``margin``: how long before its end a lease is not acted on any more. It bears a clock that is wrong by up to
    ``margin / lease``.
    """

    lease: float = 30.0
    margin: float = 3.0

    @property
    def renew_every(self) -> float:
        """Two renewals may go missing."""
        return self.lease / 4.0


@dataclass(frozen=True, slots=True)
class Scene:
    """What there is, and what happens to it. Events come until ``until`` (s); then all has time to come to rest."""

    daemons: int = 3
    accounts: int = 6
    channels: int = 4
    until: float = 200.0
    rest: float = 40.0
    events_every: float = 25.0
    misfortunes: tuple[Misfortune, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message that a service took."""

    at: float
    channel: int
    epoch: int
    daemon: str
    delivery: int
    event: int


@dataclass(slots=True)
class Outcome:
    """What came of a run."""

    scene: Scene
    created: dict[int, tuple[float, int]] = field(default_factory=dict)
    """When each event was created, and on which account."""
    arrivals: list[Arrival] = field(default_factory=list)
    interrupted: set[tuple[int, int, int]] = field(default_factory=set)
    """Channel, epoch and delivery of each send whose mark found the channel in other hands, or never came."""
    claims: list[tuple[float, Share, str]] = field(default_factory=list)
    takeovers: list[float] = field(default_factory=list)
    """Seconds from each crash until another daemon had each share of the one that crashed."""
    calls: Counter[str] = field(default_factory=Counter)
    stale_writes: int = 0
    """Writes that took effect after their share had changed hands."""

    @property
    def repeats(self) -> int:
        """Messages that a channel had once too often."""
        return sum(times - 1 for times in Counter((one.channel, one.event) for one in self.arrivals).values())

    @property
    def changes(self) -> int:
        """How often a share changed hands."""
        return len(self.claims) - len({share for _, share, _ in self.claims})

    def delays(self) -> list[tuple[float, float]]:
        """When each event was created, and how many seconds later a channel first had it."""
        first: dict[tuple[int, int], float] = {}
        for one in self.arrivals:
            first.setdefault((one.channel, one.event), one.at)
        began = self.created
        return [(began[event][0], at - began[event][0]) for (_, event), at in first.items()]


def violations(outcome: Outcome) -> list[str]:
    """What must not happen and did."""
    stale = [f"{outcome.stale_writes} writes came too late and counted"] if outcome.stale_writes else []
    return [*_lost(outcome), *_two_at_once(outcome), *_told_twice(outcome), *_repeated_without_cause(outcome), *stale]


def _lost(outcome: Outcome) -> list[str]:
    had = {(one.channel, one.event) for one in outcome.arrivals}
    return [
        f"event {event} never reached channel {channel}"
        for event, (_, account) in outcome.created.items()
        for channel in audience(account, outcome.scene)
        if (channel, event) not in had
    ]


def _two_at_once(outcome: Outcome) -> list[str]:
    senders: dict[tuple[int, int], set[str]] = defaultdict(set)
    for one in outcome.arrivals:
        senders[one.channel, one.epoch].add(one.daemon)
    return [
        f"channel {channel} was sent to in epoch {epoch} by {', '.join(sorted(who))}"
        for (channel, epoch), who in senders.items()
        if len(who) > 1
    ]


def _told_twice(outcome: Outcome) -> list[str]:
    deliveries: dict[tuple[int, int], set[int]] = defaultdict(set)
    for one in outcome.arrivals:
        deliveries[one.channel, one.event].add(one.delivery)
    return [
        f"event {event} was told to channel {channel} in {len(which)} deliveries"
        for (channel, event), which in deliveries.items()
        if len(which) > 1
    ]


def _repeated_without_cause(outcome: Outcome) -> list[str]:
    """A repeat needs a send in flight while its channel changed hands, of which there is one an epoch at most."""
    found = [
        f"channel {channel} had {times} sends in flight at the end of epoch {epoch}"
        for (channel, epoch), times in Counter((send[0], send[1]) for send in outcome.interrupted).items()
        if times > 1
    ]
    sends: dict[int, list[Arrival]] = defaultdict(list)
    for one in outcome.arrivals:
        sends[one.delivery].append(one)
    for delivery, arrivals in sends.items():
        interrupted = sum((one.channel, one.epoch, delivery) in outcome.interrupted for one in arrivals)
        if len(arrivals) - 1 > interrupted:
            found.append(f"delivery {delivery} was sent {len(arrivals)} times, {interrupted} of them interrupted")
    return found


def audience(account: int, scene: Scene) -> list[int]:
    """The channels that an account's events are told on."""
    return sorted({account % scene.channels, (account * 5 + 1) % scene.channels})


def run(scene: Scene, rules: Rules, seed: int, kept_by: type[Record] = Record) -> Outcome:
    """One run. ``kept_by``: the record, or a mutation of it."""
    world = _World(scene, rules, kept_by, random.Random(seed))  # noqa: S311 (a simulation, to be repeatable)
    world.begin()
    world.play(scene.until + scene.rest + 4.0 * rules.lease)
    return world.finished()


def misfortunes(scene: Scene, lease: float, seed: int) -> tuple[Misfortune, ...]:
    """A few faults, of lengths around the lease, all over before the events end."""
    rng = random.Random(f"faults {seed}")  # noqa: S311 (a simulation, to be repeatable)
    return tuple(
        Misfortune(
            at=rng.uniform(20.0, scene.until - 20.0),
            daemon=rng.randrange(scene.daemons),
            fault=rng.choice(list(Fault)),
            lasts=lease * rng.choice((0.1, 0.5, 0.9, 1.0, 1.1, 1.5, 2.5)) + rng.uniform(0.0, 2.0),
        )
        for _ in range(rng.randint(1, 5))
    )


# What a daemon waits for


@dataclass(frozen=True, slots=True)
class _Sleep:
    seconds: float
    """By the daemon's clock."""


@dataclass(frozen=True, slots=True)
class _Ask:
    of_record: Callable[[Record, float], Any]


@dataclass(frozen=True, slots=True)
class _List:
    account: int
    since: float


@dataclass(frozen=True, slots=True)
class _Send:
    share: Share
    epoch: int
    delivery: Delivery


@dataclass(slots=True)
class _Question:
    """It may be done twice: who waits too long for the answer asks once more."""

    of_record: Callable[[Record, float], Any]
    is_answered: bool = False


_Step = Generator[_Sleep | _Ask | _List | _Send, Any, None]


@dataclass(slots=True)
class _Daemon:
    """One life of a process."""

    number: int
    name: str
    rate: float
    """How many of its seconds one of the record's takes."""
    behind: float = 0.0
    is_dead: bool = False
    paused_until: float = 0.0
    cut_until: float = 0.0
    acts_until: float = 0.0
    """By its own clock: until then nobody else can have its shares."""
    held: dict[Share, int] = field(default_factory=dict)
    leaving: set[Share] = field(default_factory=set)

    def clock(self, now: float) -> float:
        return now * self.rate - self.behind

    def holds(self, share: Share, epoch: int) -> bool:
        return self.held.get(share) == epoch

    def drop(self, share: Share, epoch: int) -> None:
        if self.holds(share, epoch):
            del self.held[share]
        self.leaving.discard(share)


class _World:
    def __init__(self, scene: Scene, rules: Rules, kept_by: type[Record], rng: random.Random) -> None:
        shares = (
            *(Share("account", number) for number in range(scene.accounts)),
            *(Share("channel", number) for number in range(scene.channels)),
        )
        self._scene = scene
        self._rules = rules
        self._rng = rng
        self._now = 0.0
        self._order = count()
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._record = kept_by(shares)
        self._daemons: list[_Daemon] = []
        self._lives: Counter[int] = Counter()
        self._listed: dict[int, list[tuple[float, int]]] = defaultdict(list)
        self._orphaned: dict[Share, float] = {}
        self._in_flight: set[tuple[int, int, int]] = set()
        self._outcome = Outcome(scene)

    def begin(self) -> None:
        """Events, faults and daemons take their places."""
        for number in range(self._scene.daemons):
            self._daemons.append(self._start(number))
        events = count()
        for account in range(self._scene.accounts):
            at = self._rng.expovariate(1.0 / self._scene.events_every)
            while at < self._scene.until:
                event = next(events)
                self._listed[account].append((at, event))
                self._outcome.created[event] = (at, account)
                at += self._rng.expovariate(1.0 / self._scene.events_every)
        for one in self._scene.misfortunes:
            self._at(one.at, partial(self._befall, one))

    def play(self, until: float) -> None:
        """Until then."""
        while self._agenda and self._agenda[0][0] <= until:
            self._now, _, act = heapq.heappop(self._agenda)
            act()

    def finished(self) -> Outcome:
        """What has come of it."""
        self._outcome.interrupted |= self._in_flight
        self._outcome.calls = self._record.calls
        self._outcome.stale_writes = self._record.stale_writes
        return self._outcome

    def _at(self, when: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (when, next(self._order), act))

    def _start(self, number: int) -> _Daemon:
        self._lives[number] += 1
        rate = self._rng.uniform(0.99, 1.01)
        daemon = _Daemon(number, f"{number}.{self._lives[number]}", rate)
        self._at(self._now + self._rng.uniform(0.0, 1.0), lambda: self._go_on(daemon, self._keep(daemon), None))
        return daemon

    def _befall(self, one: Misfortune) -> None:
        daemon, until = self._daemons[one.daemon], self._now + one.lasts
        match one.fault:
            case Fault.CRASH if not daemon.is_dead:
                daemon.is_dead = True
                self._orphaned |= dict.fromkeys(self._record.mine(daemon.name), self._now)
                self._at(until, lambda: self._daemons.__setitem__(one.daemon, self._start(one.daemon)))
            case Fault.PAUSE | Fault.SUSPEND:
                if one.fault is Fault.SUSPEND:
                    daemon.behind += max(until - max(self._now, daemon.paused_until), 0.0) * daemon.rate
                daemon.paused_until = max(daemon.paused_until, until)
            case Fault.CUT:
                daemon.cut_until = max(daemon.cut_until, until)
            case _:
                pass

    # Generators go on, when what they wait for is there

    def _go_on(self, daemon: _Daemon, step: _Step, answer: object) -> None:
        if daemon.is_dead:
            return
        if daemon.paused_until > self._now:
            self._at(daemon.paused_until, lambda: self._go_on(daemon, step, answer))
            return
        try:
            wanted = step.send(answer)
        except StopIteration:
            return
        match wanted:
            case _Sleep(seconds):
                self._at(self._now + seconds / daemon.rate, lambda: self._go_on(daemon, step, None))
            case _Ask(of_record):
                self._ask(daemon, step, _Question(of_record))
            case _List(account, since):
                self._at(self._now + self._rng.uniform(0.05, 0.4), lambda: self._list(daemon, step, account, since))
            case _Send():
                self._at(self._now + self._rng.uniform(0.02, 1.0), lambda: self._sent(daemon, step, wanted))

    def _reaches(self, daemon: _Daemon) -> float:
        """When something between the daemon and the record arrives: usually soon, now and then very late."""
        late = self._rng.random() < _LATE
        way = self._rng.uniform(0.0, 2.0 * self._rules.lease) if late else self._rng.uniform(0.001, 0.02)
        return max(self._now, daemon.cut_until) + way

    def _ask(self, daemon: _Daemon, step: _Step, question: _Question) -> None:
        if question.is_answered or daemon.is_dead:
            return
        if daemon.paused_until > self._now:
            self._at(daemon.paused_until, partial(self._ask, daemon, step, question))
            return
        self._at(self._reaches(daemon), partial(self._asked, daemon, step, question))
        self._at(self._now + _ASK_AGAIN / daemon.rate, partial(self._ask, daemon, step, question))

    def _asked(self, daemon: _Daemon, step: _Step, question: _Question) -> None:
        answer = question.of_record(self._record, self._now)
        if self._rng.random() >= _NO_ANSWER:
            self._at(self._reaches(daemon), partial(self._answered, daemon, step, question, answer))

    def _answered(self, daemon: _Daemon, step: _Step, question: _Question, answer: object) -> None:
        if not question.is_answered:
            question.is_answered = True
            self._go_on(daemon, step, answer)

    def _list(self, daemon: _Daemon, step: _Step, account: int, since: float) -> None:
        page = {event: at for at, event in self._listed[account] if since < at <= self._now}
        self._at(self._now + self._rng.uniform(0.05, 0.4), lambda: self._go_on(daemon, step, page))

    def _sent(self, daemon: _Daemon, step: _Step, send: _Send) -> None:
        took = self._rng.random() >= _REFUSED
        if took:
            one = send.delivery
            self._outcome.arrivals.append(
                Arrival(self._now, one.channel, send.epoch, daemon.name, one.number, one.event)
            )
        self._at(self._now + self._rng.uniform(0.02, 0.2), lambda: self._go_on(daemon, step, took))

    # What a daemon does

    def _keep(self, daemon: _Daemon) -> _Step:
        """Stay alive on record, take what nobody has, give back what is too much."""
        lease = self._rules.lease
        yield _Ask(lambda record, now: record.enter(daemon.name, now, lease))
        while True:
            # Counted from before the question was sent: the lease began when it arrived, or later.
            asked = daemon.clock(self._now)
            standing = yield _Ask(lambda record, now: record.renew(daemon.name, now, lease))
            if standing is not None and len(standing.mine) < standing.part:
                standing = yield self._claiming(daemon, standing.part)
            if standing is None:
                break
            daemon.acts_until = asked + lease - self._rules.margin
            self._adopt(daemon, standing)
            yield _Sleep(self._rules.renew_every)
        # Too late: what it had may be others' by now. It begins again as somebody new.
        daemon.held.clear()
        daemon.leaving.clear()
        daemon.is_dead = True
        self._daemons[daemon.number] = self._start_again(daemon)

    def _start_again(self, daemon: _Daemon) -> _Daemon:
        again = self._start(daemon.number)
        again.paused_until, again.cut_until = daemon.paused_until, daemon.cut_until
        return again

    def _claiming(self, daemon: _Daemon, part: int) -> _Ask:
        def claim(record: Record, now: float) -> Standing | None:
            before = record.mine(daemon.name)
            standing = record.claim(daemon.name, now, part)
            for share in (standing.mine if standing else before).keys() - before:
                self._outcome.claims.append((now, share, daemon.name))
                if (since := self._orphaned.pop(share, None)) is not None:
                    self._outcome.takeovers.append(now - since)
            return standing

        return _Ask(claim)

    def _adopt(self, daemon: _Daemon, standing: Standing) -> None:
        """Begin what is its own by now, and let go of what is not, or too much."""
        for share in [share for share, epoch in daemon.held.items() if standing.mine.get(share) != epoch]:
            daemon.drop(share, daemon.held[share])
        for share, epoch in standing.mine.items():
            if not daemon.holds(share, epoch):
                daemon.held[share] = epoch
                work = self._watch if share.kind == "account" else self._lane
                self._at(self._now, partial(self._go_on, daemon, work(daemon, share, epoch), None))
        daemon.leaving = set(sorted(daemon.held)[standing.part :])

    def _watch(self, daemon: _Daemon, share: Share, epoch: int) -> _Step:
        channels = audience(share.number, self._scene)
        while daemon.holds(share, epoch):
            if share in daemon.leaving:
                yield from self._release(daemon, share, epoch)
                return
            mark = yield _Ask(lambda record, _: record.mark_of(share.number))
            page = yield _List(share.number, mark)
            ours = yield _recording(share, epoch, page)
            if ours and (pending := (yield _Ask(lambda record, _: record.pending(share.number)))):
                yield _Sleep(_THINK)
                ours = yield _telling(share, epoch, pending, channels)
            if not ours:
                daemon.drop(share, epoch)
                return
            yield _Sleep(_POLL_EVERY * self._rng.uniform(0.9, 1.0))

    def _lane(self, daemon: _Daemon, share: Share, epoch: int) -> _Step:
        while daemon.holds(share, epoch):
            if share in daemon.leaving:
                yield from self._release(daemon, share, epoch)
                return
            delivery = yield _Ask(lambda record, now: record.next(share, epoch, now))
            if delivery is None or daemon.clock(self._now) >= daemon.acts_until:
                yield _Sleep(_LOOK_EVERY)
                continue
            yield _Sleep(_HOP)
            self._in_flight.add((share.number, epoch, delivery.number))
            took = yield _Send(share, epoch, delivery)
            ours = yield self._marking(share, epoch, delivery, took)
            if not ours:
                daemon.drop(share, epoch)
                return

    def _marking(self, share: Share, epoch: int, delivery: Delivery, took: object) -> _Ask:
        send = (share.number, epoch, delivery.number)

        def mark(record: Record, now: float) -> bool:
            if send in self._in_flight:
                self._in_flight.remove(send)
                if record.epoch(share) != epoch:
                    self._outcome.interrupted.add(send)
            if took:
                return record.mark_delivered(share, epoch, delivery.number)
            return record.mark_due_again(share, epoch, delivery.number, now + _TRY_AGAIN)

        return _Ask(mark)

    def _release(self, daemon: _Daemon, share: Share, epoch: int) -> _Step:
        daemon.drop(share, epoch)
        yield _Ask(lambda record, _: record.release(share, epoch))


def _recording(share: Share, epoch: int, page: dict[int, float]) -> _Ask:
    return _Ask(lambda record, _: record.record_page(share, epoch, page))


def _telling(share: Share, epoch: int, events: list[int], channels: list[int]) -> _Ask:
    return _Ask(lambda record, now: record.tell(share, epoch, events, channels, now))
