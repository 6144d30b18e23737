"""The table of kinds in the documents is what the code does; ``python -m tests.test_kinds`` writes it anew."""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale

from cashnotifyd.delivery.routing import TOLD_BY_DEFAULT
from cashnotifyd.occurrences import understanding
from cashnotifyd.occurrences.reading import Details, Occurrence, Reading, Silence, Untold, Variant
from cashnotifyd.vocabulary import Account, Event, Kind, Mode
from cashnotifyd.wording import headlines
from cashnotifyd.wording.language import Language
from cashnotifyd.wording.urgencies import urgency
from tests.occurrences.payloads import CLOVER, CORPUS, QUIET, event

DOCUMENT: Final = Path(__file__).parent.parent / "docs" / "kinds.md"
ACME: Final = Account("shop", "Acme Shop", Mode.LIVE)
ENGLISH: Final = Language(Locale.parse("en_US"), ZoneInfo("UTC"))

HEAD: Final = """# Kinds

What cashnotifyd makes of Stripe's events. A channel's `events` takes kinds, Stripe types, and globs over types; without
it a channel is told what stands here as told by default. This page is generated from the code
(`python -m tests.test_kinds`), and the test suite compares it. [messages.md](messages.md) shows what they look like.

Stripe tells one payment through up to six events; they become one message, whichever of them come, and the richest
gives the kind. `watch` is the daemon's own: a key revoked, a permission missing, a gap, an
account out of sight, sales that stop, a channel failing.

## What is told

| Kind | Variant | Headline | Urgency | By default | Stripe types |
|---|---|---|---|---|---|
"""

OTHERS: Final = """
Any other type is `other` as well, under a headline made of Stripe's own words.

## What is not told, and why

`cashnotifyd explain` prints the reason. Whatever a channel's own settings keep back has its reasons there too.
A channel whose `events` name one of these types exactly is told of it all the same, in general words.

| Reason | What it means | Stripe types |
|---|---|---|
"""


def parsed(raw: object) -> Event:
    found = understanding.event_from_json(raw)
    assert found is not None
    return found


def told() -> dict[tuple[Kind, Variant | None], set[str]]:
    """The types from which the corpus shows that a kind and variant is told."""
    found: dict[tuple[Kind, Variant | None], set[str]] = defaultdict(set)
    for raw in CORPUS.values():
        one = parsed(raw)
        reading = understanding.understand(one)
        if isinstance(reading, Reading) and reading.tells:
            found[reading.kind, reading.details.variant].add(one.type)
    return found


def quiet() -> dict[Silence, set[str]]:
    """The types from which it shows that a reason is given."""
    found: dict[Silence, set[str]] = defaultdict(set)
    for number, (_, event_type, thing, previous) in enumerate(QUIET):
        raw = event(event_type, thing, event_id=f"evt_{number}", version=CLOVER, previous=previous)
        outcome = understanding.understand(parsed(raw))
        reason = outcome.reason if isinstance(outcome, Untold) else outcome.voids
        if reason is not None:
            found[reason].add(event_type)
    return found


def occurred(kind: Kind, variant: Variant | None) -> Occurrence:
    return Occurrence(kind=kind, created=0, types=frozenset(), details=Details(variant=variant))


def quoted(types: set[str]) -> str:
    return ", ".join(f"`{event_type}`" for event_type in sorted(types))


def rows() -> list[str]:
    shown = told()
    found = []
    for kind in Kind:
        if kind is Kind.WATCH:
            continue
        default = "yes" if kind in TOLD_BY_DEFAULT else "no"
        for variant in (None, *Variant):
            if kind is Kind.OTHER or (kind, variant) not in shown:
                continue
            said = headlines.headline(occurred(kind, variant), ENGLISH)
            name = "" if variant is None else f"`{variant}`"
            loud = urgency(occurred(kind, variant), ACME)
            found.append(f"| `{kind}` | {name} | {said} | {loud} | {default} | {quoted(shown[kind, variant])} |")
    loud = urgency(occurred(Kind.OTHER, None), ACME)
    for event_type, headline in sorted(headlines.BY_TYPE.items()):
        found.append(f"| `{Kind.OTHER}` | | {headline} | {loud} | no | `{event_type}` |")
    return found


def page() -> str:
    silent = quiet()
    reasons = [f"| `{reason}` | {reason.meaning} | {quoted(silent[reason])} |" for reason in Silence]
    return HEAD + "\n".join(rows()) + "\n" + OTHERS + "\n".join(reasons) + "\n"


def test_the_page_says_what_the_code_does() -> None:
    assert DOCUMENT.read_text("utf-8") == page(), "python -m tests.test_kinds writes it anew"


def test_the_corpus_shows_every_type_that_is_understood() -> None:
    shown = {raw["type"] for raw in CORPUS.values()} | {event_type for _, event_type, _, _ in QUIET}

    assert set(understanding.READERS) <= shown


def test_the_corpus_shows_every_kind_variant_and_reason() -> None:
    kinds = {kind for kind, _ in told()}
    variants = {variant for _, variant in told()}

    assert kinds == set(Kind) - {Kind.WATCH}
    assert variants == {None, *Variant}
    assert set(quiet()) == set(Silence) - {Silence.NOTHING_NEW}


if __name__ == "__main__":
    DOCUMENT.write_text(page(), "utf-8")
    sys.stdout.write(f"{DOCUMENT}\n")
