"""What people read in summaries and digests: how many of each, and what they come to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cashnotifyd.vocabulary import Kind, Message
from cashnotifyd.wording.counted import COUNTED, COUNTED_BY_VARIANT

_LINE = re.compile(r"(?:\[TEST\] )?(?P<count>\d+) (?P<words>[a-z ]+?)(?:, (?P<sum>\$[\d,]+\.\d\d))?(?:, largest .*)?")
_MORE = re.compile(r"and \d+ more")
_PAYMENTS = re.compile(r"(?P<mark>\[TEST\] )?(?P<sum>\$[\d,]+\.\d\d) from (?P<count>\d+) payments?\b")
_OTHERS = re.compile(r"(?P<count>\d+) (?P<words>[a-z]+(?: [a-z]+)?)(?: \((?P<sum>\$[\d,]+\.\d\d))?")
_OURS = "alerts of cashnotifyd"
_WITH_SUMS = frozenset({"payments failed", "refunds", "disputes", "payouts", "payouts failed", "sales", "renewals"})
_ONE = {
    "payment failed": "payments failed",
    "payout failed": "payouts failed",
    "of them summed up here": "payments failed",
}
"""Words of one, in the words of many, where that is not just one letter more; and words under a title that has them."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something that a summary stands for. ``cents`` is None where it has no amount."""

    kind: Kind
    variant: str | None
    title: str
    cents: int | None


def unlike_summary(message: Message, items: Sequence[Item]) -> str | None:
    """What a summary says otherwise than it should, if anything."""
    lines = message.body.splitlines()
    expected: dict[str, list[Item]] = {}
    for item in items:
        words = COUNTED_BY_VARIANT.get(item.variant or "", COUNTED[item.kind])[1]
        expected.setdefault(words.removeprefix("{count} "), []).append(item)
    cut = next((place for place, line in enumerate(lines) if _MORE.fullmatch(line)), None)
    if cut is not None:
        said = _said(lines[:cut])
        named = sum(any(_is_named(one, [line]) for one in items) for line in lines[:cut])
        if sum(count for count, _ in said.values()) + named + int(lines[cut].split(" ")[1]) == len(items):
            whole = {words: some for words, some in expected.items() if _count(said, words) == len(some)}
            return _unlike(said, whole, lines)
    said = _said(lines)
    if strange := said.keys() - expected.keys():
        return f"has {strange}, of which there are none"
    for words in [words for words in expected if words not in said]:
        # Of what is urgent a few are named instead.
        unnamed = [one.title for one in expected.pop(words) if not _is_named(one, lines)]
        if unnamed:
            return f"does not have {unnamed}"
    return _unlike(said, expected, lines)


def _unlike(
    said: Mapping[str, tuple[int, int]], expected: Mapping[str, Sequence[Item]], lines: Sequence[str]
) -> str | None:
    for words, some in expected.items():
        count, amount = said[words]
        if words == _OURS:
            # Alerts and notices are counted apart, and one that is alone is named.
            count += min(max(len(some) - count, 0), sum(_is_named(one, lines) for one in some))
        if count != len(some):
            return f"has {count} {words} for {len(some)}"
        if words in _WITH_SUMS and amount != (total := sum(one.cents or 0 for one in some)):
            return f"has {words} of {amount} cents for {total}"
    return None


def _is_named(item: Item, lines: Iterable[str]) -> bool:
    return any(item.title.split(" · ")[0].removeprefix("[TEST] ") in line for line in lines)


def _count(said: Mapping[str, tuple[int, int]], words: str) -> int:
    return said.get(words, (0, 0))[0]


def _said(lines: Iterable[str]) -> dict[str, tuple[int, int]]:
    """How many and how many cents by the words for many, of both modes together."""
    said: dict[str, tuple[int, int]] = {}
    for found in filter(None, map(_LINE.fullmatch, lines)):
        count, amount = said.get(_many(found["words"]), (0, 0))
        said[_many(found["words"])] = count + int(found["count"]), amount + cents(found["sum"])
    return said


def read_digest(message: Message) -> Mapping[tuple[str, str], tuple[int, int]]:
    """How many there are and how many cents, by mode (``live`` where it is not marked) and the words for many."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    marked_title = message.title.startswith("[TEST] ")
    for line in message.body.splitlines()[:-1]:
        mode = "test" if marked_title or line.startswith("[TEST] ") else "live"
        text = line.removeprefix("[TEST] ")
        if (paid := _PAYMENTS.match(line)) is not None:
            found[mode, "payments"] = int(paid["count"]), cents(paid["sum"])
        elif text[:1].isdigit():
            for one in _OTHERS.finditer(text):
                found[mode, _many(one["words"])] = int(one["count"]), cents(one["sum"])
    return found


def cents(written: str | None) -> int:
    """An amount as it stands in messages."""
    return 0 if written is None else int(re.sub(r"\D", "", written))


def _many(words: str) -> str:
    if words in _ONE:
        return _ONE[words]
    if words.endswith(" of cashnotifyd"):
        return _OURS
    first, *rest = words.split(" ")
    if first in {"sale", "renewal", "refund", "dispute", "payout", "alert", "payment"}:
        return " ".join([f"{first}s", *rest])
    if words == "new subscription":
        return "new subscriptions"
    return " ".join(["subscriptions", *rest]) if first == "subscription" else words
