"""What the daemon promises, held against what happened."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING, Any

from cashnotifyd.vocabulary import Kind
from tests.in_memory import asking
from tests.simulation.patched import TICK
from tests.simulation.recipients import key_of

if TYPE_CHECKING:
    from tests.simulation.recipients import Key, Recipient
    from tests.simulation.shops import Fact, Shop
    from tests.simulation.simulation import Simulation

_NOTED_EVERY = 30.0 + TICK + 1.0
"""Seconds of polling whose reads may not have been counted when the daemon ends."""


def at_rest(run: Simulation) -> None:
    """What has to be so whenever no daemon runs."""
    disk, found = run.storage.disk, run.world.found
    for row in disk.accounts.values():
        for event in run.shops[row.config_id].account.emitted:
            passed = row.watched_from < event.created < (row.low_water or 0) - run.plan.overlap
            if passed and (row.id, event.id) not in disk.numbers:
                found(f"the mark has passed {event.id} ({event.type}) of {row.config_id}, which is not on record")
    _check_once(run, "accounts begun", Counter((row.config_id, row.mode) for row in disk.accounts.values()))
    _check_once(run, "events recorded", Counter((row.account, row.id) for row in disk.events.values()))
    for one in disk.events.values():
        if (one.state == "told") != (one.occurrence is not None):
            found(f"event {one.id} is {one.state}, its occurrence {one.occurrence}")
    told = {one.occurrence for one in disk.deliveries.values()}
    for number in disk.occurrences.keys() - told:
        found(f"nobody was to have occurrence {number}, and no reason says why")


def _check_once(run: Simulation, what: str, times: Counter[tuple[Any, Any]]) -> None:
    if twice := [key for key, number in times.items() if number > 1]:
        run.world.found(f"{what} twice: {twice[:3]}")


def at_the_end(run: Simulation) -> None:
    """What has to be so when all has settled."""
    for shop in run.shops.values():
        met = run.contacts.get(shop.id)
        if met is None:
            continue
        _check_explained(run, shop)
        for fact in shop.facts:
            for recipient in run.recipients:
                if fact.at > met and recipient.channel != "extra":
                    _check_reached(run, fact, recipient)
    facts = {fact.key: fact for shop in run.shops.values() for fact in shop.facts}
    for recipient in run.recipients:
        _check_arrivals(run, recipient, facts)
    _check_one_message_a_fact(run, facts)
    _check_reads(run)


def _check_reached(run: Simulation, fact: Fact, recipient: Recipient) -> None:
    if any(key == fact.key for _, key, _ in recipient.arrived):
        return
    given_up = _given_up(run, fact.key, recipient)
    if given_up is not None and (fact.key in recipient.poison or recipient.in_doubt[fact.key] > 1):
        return
    run.world.found(f"LOST on {recipient.channel}/{recipient.target}: {fact} (given up: {given_up})")


def _given_up(run: Simulation, key: Key, recipient: Recipient) -> str | None:
    disk = run.storage.disk
    for row in disk.deliveries.values():
        here = (row.channel, row.target, row.state) == (recipient.channel, recipient.target, "abandoned")
        if here and key_of(disk.occurrences[row.occurrence].wordings.full) == key:
            return row.reason
    return None


def _check_arrivals(run: Simulation, recipient: Recipient, facts: dict[Key, Fact]) -> None:
    found, name = run.world.found, f"{recipient.channel}/{recipient.target}"
    history = set().union(*(shop.history for shop in run.shops.values()))
    texts: dict[Key, set[tuple[str, str]]] = {}
    times: Counter[Key] = Counter()
    for _, key, message in recipient.arrived:
        if message.kind is Kind.WATCH:
            continue
        times[key] += 1
        texts.setdefault(key, set()).add((message.title, message.body))
        if key in history:
            found(f"history was told on {name}: {message.title}")
        elif key not in facts:
            found(f"nothing happened that was told on {name}: {message.title} {message.body!r}")
    for key, number in times.items():
        allowed = 1 + recipient.in_flight[key] + (recipient.in_doubt[key] > 0)
        if number > allowed:
            found(f"REPEATED on {name}: {key} {number} times, {allowed} allowed")
        if len(texts[key]) > 1:
            found(f"two messages on {name} for {key}: {texts[key]}")
    for key, number in recipient.in_doubt.items():
        if key in facts and number > 2 + recipient.interrupted[key]:
            found(f"sent again and again to {name} without an answer: {key}, {number} times")


def _check_one_message_a_fact(run: Simulation, facts: dict[Key, Fact]) -> None:
    disk = run.storage.disk
    sent = {one.occurrence for one in disk.deliveries.values() if one.state != "declined"}
    told = Counter(key_of(disk.occurrences[number].wordings.full) for number in sent)
    for key, number in told.items():
        if key in facts and number > 1:
            run.world.found(f"told {number} times: {facts[key]}")


def _check_explained(run: Simulation, shop: Shop) -> None:
    disk, found = run.storage.disk, run.world.found
    row = next(one for one in disk.accounts.values() if one.config_id == shop.id)
    for event in shop.account.emitted:
        if event.created <= row.watched_from or event.visible_at > run.world.clock.time():
            continue
        number = disk.numbers.get((row.id, event.id))
        if number is None:
            found(f"{event.id} ({event.type}) of {shop.id} is not on record")
            continue
        kept = disk.events[number]
        if kept.state == "pending" or (kept.state == "untold" and not kept.reason):
            found(f"{event.id} ({event.type}) of {shop.id} is {kept.state}, {kept.reason}")
    for event in run.world.rng.sample(shop.account.emitted, 3):
        lives = asking.find(disk, event.id).lives
        if len(lives) != 1 and event.created > row.watched_from:
            found(f"{event.id} has {len(lives)} lives")


def _check_reads(run: Simulation) -> None:
    disk = run.storage.disk
    for shop in run.shops.values():
        numbers = {row.id for row in disk.accounts.values() if row.config_id == shop.id}
        counted = sum(reads for (account, _), reads in disk.reads.items() if account in numbers)
        made = [at for at, name in run.network.requests if name == shop.name]
        ends = sorted(run.ends)
        forgotten = sum((place := bisect_left(ends, at)) < len(ends) and ends[place] - at < _NOTED_EVERY for at in made)
        forgotten += run.network.nameless[shop.name]
        if not len(made) - forgotten <= counted <= len(made):
            run.world.found(
                f"{counted} reads of {shop.id} are on record, {len(made)} were made, {forgotten} may be lost"
            )
