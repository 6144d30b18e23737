"""What the daemon promises, held against what happened."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING, Any

from cashnotifyd.vocabulary import Mode, Urgency
from tests.in_memory import asking
from tests.simulation.network import Outage
from tests.simulation.patched import TICK
from tests.simulation.readings import Item, cents, unlike_summary
from tests.simulation.recipients import is_ours

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.in_memory.disk import DeliveryRow
    from tests.simulation.recipients import Key, Recipient
    from tests.simulation.shops import Fact, Shop
    from tests.simulation.simulation import Simulation

_NOTED_EVERY = 30.0 + TICK + 1.0
"""Seconds of polling whose reads may not have been counted when the daemon ends."""

_AT_A_TIME = 5
"""Reads that may be under way when the last one is spent: look-ups, and a poll."""


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
    disk = run.storage.disk
    keys = {number: run.key_of(row.wordings.full) for number, row in disk.occurrences.items()}
    rows = {(row.address, keys[row.occurrence]): row for row in disk.deliveries.values() if row.occurrence in keys}
    for shop in run.shops.values():
        met = run.contacts.get(shop.id)
        if met is None:
            continue
        _check_explained(run, shop)
        for fact in shop.facts:
            for recipient in run.recipients:
                if fact.at > met and recipient.channel != "extra":
                    _check_reached(run, fact, recipient, rows.get((recipient.address, fact.key)))
    facts = {fact.key: fact for shop in run.shops.values() for fact in shop.facts}
    for recipient in run.recipients:
        mine = [row for row in disk.deliveries.values() if row.address == recipient.address]
        _check_arrivals(run, recipient, facts, Counter(keys[row.occurrence] for row in mine))
    _check_one_message_a_fact(run, facts)
    _check_summaries(run, keys, facts)
    _check_alerts(run)
    _check_reads(run)
    _check_budget(run)


def _check_reached(run: Simulation, fact: Fact, recipient: Recipient, row: DeliveryRow | None) -> None:
    """By a message of its own or in a summary, or it is on record why not."""
    direct = sum(key == fact.key for _, key, _ in recipient.arrived)
    if row is not None and row.state == "summarized":
        # Somebody had it sent again that had been given up: what was in doubt of it until then may have arrived.
        before = recipient.in_doubt[fact.key] if recipient.retried[fact.key] else 0
        if direct > recipient.in_flight[fact.key] + before:
            run.world.found(f"told by itself and in a summary on {recipient.channel}/{recipient.target}: {fact}")
        assert row.summary is not None
        _check_came(run, recipient, run.key_of(run.storage.disk.occurrences[row.summary].wordings.full), fact)
    elif row is None or not _is_dropped(run, row):
        _check_came(run, recipient, fact.key, fact)


def _check_came(run: Simulation, recipient: Recipient, key: Key, fact: Fact) -> None:
    if any(arrived == key for _, arrived, _ in recipient.arrived):
        return
    given_up = _given_up(run, key, recipient)
    if given_up is not None and (key in recipient.poison or recipient.in_doubt[key] > 1):
        return
    run.world.found(f"LOST on {recipient.channel}/{recipient.target}: {fact} (given up: {given_up})")


def _is_dropped(run: Simulation, row: DeliveryRow) -> bool:
    """Whether somebody wanted it so: it was told while a mute lasted that drops, and is no emergency."""
    if (row.state, row.reason) != ("declined", "muted") or row.finished is None or row.urgency is Urgency.EMERGENCY:
        return False
    told_at = run.storage.disk.occurrences[row.occurrence].told_at
    mutes = (one for one in run.commands.mutes if one.drops and one.channel in {None, row.channel})
    return any(one.since <= told_at < one.until for one in mutes)


def _given_up(run: Simulation, key: Key, recipient: Recipient) -> str | None:
    disk = run.storage.disk
    for row in disk.deliveries.values():
        here = (row.channel, row.target, row.state) == (recipient.channel, recipient.target, "abandoned")
        if here and run.key_of(disk.occurrences[row.occurrence].wordings.full) == key:
            return row.reason
    return None


def _check_arrivals(run: Simulation, recipient: Recipient, facts: dict[Key, Fact], posted: Mapping[Key, int]) -> None:
    """``posted``: how many messages there were for it, by what they say."""
    found, name = run.world.found, f"{recipient.channel}/{recipient.target}"
    history = set().union(*(shop.history for shop in run.shops.values()))
    texts: dict[Key, set[tuple[str, str]]] = {}
    times: Counter[Key] = Counter()
    for _, key, message in recipient.arrived:
        times[key] += 1
        if is_ours(key):
            continue
        texts.setdefault(key, set()).add((message.title, message.body))
        if key in history:
            found(f"history was told on {name}: {message.title}")
        elif key not in facts:
            found(f"nothing happened that was told on {name}: {message.title} {message.body!r}")
    for key, number in times.items():
        wanted = posted[key] if is_ours(key) else 1
        doubts = recipient.in_doubt[key]
        allowed = wanted + recipient.in_flight[key] + doubts
        if number > allowed:
            found(f"REPEATED on {name}: {key} {number} times, {allowed} allowed")
        if len(texts.get(key, ())) > 1:
            found(f"two messages on {name} for {key}: {texts[key]}")
    for key, number in recipient.in_doubt.items():
        if key in facts and number > 11 + recipient.interrupted[key] + 2 * recipient.retried[key]:
            found(f"sent again and again to {name} without an answer: {key}, {number} times")


def _check_summaries(run: Simulation, keys: Mapping[int, Key], facts: Mapping[Key, Fact]) -> None:
    """Each says what it stands for: so what is in none, and was not told by itself, is missing somewhere."""
    disk = run.storage.disk
    behind: dict[int, list[Item]] = {}
    for row in disk.deliveries.values():
        if row.state == "summarized" and row.summary is not None:
            told, key = disk.occurrences[row.occurrence], keys[row.occurrence]
            amount = None if key not in facts else cents(key[1])
            item = Item(told.wordings.full.kind, told.variant, told.wordings.full.title, amount)
            behind.setdefault(row.summary, []).append(item)
    for number, summary in disk.occurrences.items():
        if summary.family == "summary":
            wrong = unlike_summary(summary.wordings.full, behind.get(number, []))
            if wrong is not None:
                run.world.found(f"a summary {wrong}: {summary.wordings.full}")


def _check_alerts(run: Simulation) -> None:
    """What is wrong with a key is told once, that it works again once, and in the end nothing is wrong."""
    disk, found = run.storage.disk, run.world.found
    for shop in run.shops.values():
        numbers = {row.id for row in disk.accounts.values() if row.config_id == shop.id}
        told = Counter(
            row.wordings.full.title.split(" · ")[0].removeprefix("[TEST] ")
            if not row.wordings.full.title.startswith("Messages could")
            else row.wordings.full.body.splitlines()[0]
            for row in disk.occurrences.values()
            if row.family == "watch" and row.account in numbers
        )
        outage = run.network.outages.get(shop.name, Outage())
        refused, mended = told["Stripe refuses the key"] + told["Permission missing"], told["The key works again"]
        if not outage.is_noticed <= refused <= min(outage.answers, 1):
            found(f"{shop.id}: told {refused} times that its key is refused, after {outage.answers} refusals")
        if mended != refused:
            found(f"{shop.id}: told {refused} times that its key is refused, and {mended} times that it works again")
        if twice := [what for what, number in told.items() if number > 1 and what.startswith("The key lacks")]:
            found(f"{shop.id}: told more than once: {twice}")
    if left := [
        one for one in disk.alerts if not one[1].startswith(("poorer:", "undeliverable", "failing", "no_sale"))
    ]:
        found(f"alerts are left when all is well: {left}")


def _check_budget(run: Simulation) -> None:
    """By Stripe's own count, polls and look-ups take what lay ready and what came in, but for what has to be read."""
    share = run.plan.share
    if share is None:
        return
    came_in = run.calm_since + max(run.ahead_in_all, 0.0)
    ready = 0.1 * share * 10_000 + 0.9 * share * 10_000 * came_in / (30 * 86_400)
    for shop in run.shops.values():
        if shop.mode is Mode.LIVE:
            spent, forgotten = run.network.spending[shop.name], 0
            chosen = [at for at in spent.chosen if at <= run.calm_since]
            for end in run.crashes_at:
                forgotten += sum(end - _NOTED_EVERY < at <= end for at in chosen)
            if len(chosen) - forgotten > ready + _AT_A_TIME:
                found = f"{len(chosen)} reads of {shop.id} that could have waited, {ready:.0f} were there for them"
                run.world.found(found)


def _check_one_message_a_fact(run: Simulation, facts: dict[Key, Fact]) -> None:
    disk = run.storage.disk
    sent = {one.occurrence for one in disk.deliveries.values() if one.state != "declined"}
    told = Counter(run.key_of(disk.occurrences[number].wordings.full) for number in sent)
    for key, number in told.items():
        if key in facts and number > 1:
            run.world.found(f"told {number} times: {facts[key]}")


def _check_explained(run: Simulation, shop: Shop) -> None:
    disk, found = run.storage.disk, run.world.found
    row = next(one for one in disk.accounts.values() if one.config_id == shop.id)
    for event in shop.account.emitted:
        if event.created <= row.watched_from or event.visible_at > run.world.clock.true():
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
