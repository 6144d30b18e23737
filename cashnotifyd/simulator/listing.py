"""Stripe's list semantics as pure functions: parameters are read as Stripe reads them, pages cut as Stripe cuts them.

Every page is newest first. ``starting_after`` goes on with older objects. ``ending_before`` answers the page *next to*
the cursor on the newer side, still newest first, and ``has_more`` then means "still newer". Objects of one second come
in an order that means nothing, but stays.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

from cashnotifyd.simulator import errors

DEFAULT_LIMIT = 10
MOST = 100
MOST_TYPES = 20

_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


class Listed(Protocol):
    """What a list is made of."""

    @property
    def id(self) -> str:
        """Stripe's id."""

    @property
    def created(self) -> int:
        """Seconds since 1970 UTC."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page. At most one cursor is set."""

    limit: int = DEFAULT_LIMIT
    starting_after: str | None = None
    ending_before: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """The ids of one page, newest first, and whether there is more in the direction of travel."""

    ids: tuple[str, ...]
    has_more: bool


class Parameters:
    """A query string as Stripe reads it: ``created[gte]``, ``types[]`` and ``types[0]`` name parts of a parameter."""

    def __init__(
        self, pairs: Iterable[tuple[str, str]], known: Iterable[str], expandable: Collection[str] = ()
    ) -> None:
        """Read ``pairs``.

        Raises:
            Refusal: a parameter is not among the ``known`` ones, or something that is not ``expandable`` shall be.
        """
        self._pairs = list(pairs)
        accepted = {"expand", *known}
        unknown = sorted({name for name, _ in self._pairs if name.split("[", 1)[0] not in accepted})
        if unknown:
            raise errors.unknown_parameters(unknown)
        for path in self.many("expand"):
            if path not in expandable:
                raise errors.invalid(f"This property cannot be expanded ({path}).", "expand")

    def one(self, name: str) -> str | None:
        """The value of ``name`` itself; the last of several wins."""
        return next((value for key, value in reversed(self._pairs) if key == name), None)

    def many(self, name: str) -> list[str]:
        """The entries of a list parameter."""
        entry = re.compile(rf"{re.escape(name)}\[\d*\]")
        return [value for key, value in self._pairs if entry.fullmatch(key)]

    def parts(self, name: str) -> dict[str, str]:
        """The named parts of a parameter: ``created[gte]=1`` is ``{"gte": "1"}``."""
        part = re.compile(rf"{re.escape(name)}\[(\w+)\]")
        return {found[1]: value for key, value in self._pairs if (found := part.fullmatch(key))}


def page_request(parameters: Parameters) -> PageRequest:
    """``limit`` and the cursors.

    Raises:
        Refusal: a limit out of 1..100, or both cursors.
    """
    starting_after, ending_before = parameters.one("starting_after"), parameters.one("ending_before")
    if starting_after is not None and ending_before is not None:
        raise errors.invalid("You may only specify one of these parameters: starting_after, ending_before.", "")
    limit = DEFAULT_LIMIT if (text := parameters.one("limit")) is None else _integer(text, "limit")
    if limit < 1:
        raise errors.invalid(
            "This value must be greater than or equal to 1.", "limit", code="parameter_invalid_integer"
        )
    if limit > MOST:
        raise errors.invalid(
            f"This value must be less than or equal to {MOST} (it currently is '{limit}').",
            "limit",
            code="parameter_invalid_integer",
        )
    return PageRequest(limit, starting_after, ending_before)


def created_filter(parameters: Parameters) -> Callable[[int], bool]:
    """The test that ``created`` or ``created[gt|gte|lt|lte]`` asks for, in whole seconds.

    Raises:
        Refusal: no integer, or an unknown comparison.
    """
    exact = parameters.one("created")
    bounds = parameters.parts("created")
    if unknown := sorted(set(bounds) - set(_COMPARISONS)):
        raise errors.unknown_parameters([f"created[{name}]" for name in unknown])
    tests = [(_COMPARISONS[name], _integer(text, f"created[{name}]")) for name, text in bounds.items()]
    if exact is not None:
        tests.append((operator.eq, _integer(exact, "created")))
    return lambda created: all(holds(created, bound) for holds, bound in tests)


def type_filter(parameters: Parameters) -> Callable[[str], bool]:
    """The test that ``type`` (one ``*`` allowed) or ``types[]`` (at most 20 exact names) asks for.

    Raises:
        Refusal: both, too many names, or two stars.
    """
    pattern, names = parameters.one("type"), parameters.many("types")
    if pattern is not None and names:
        raise errors.invalid("You may only specify one of these parameters: type, types.", "types")
    if len(names) > MOST_TYPES:
        raise errors.invalid(f"You may specify at most {MOST_TYPES} event types (you specified {len(names)}).", "types")
    if names:
        return frozenset(names).__contains__
    if pattern is None:
        return lambda _: True
    if pattern.count("*") > 1:
        raise errors.invalid(f"Invalid type: {pattern} (only one wildcard is allowed).", "type")
    before, star, after = pattern.partition("*")
    if not star:
        return pattern.__eq__
    shortest = len(before) + len(after)
    return lambda name: len(name) >= shortest and name.startswith(before) and name.endswith(after)


def boolean(parameters: Parameters, name: str) -> bool | None:
    """A true or false parameter.

    Raises:
        Refusal: something else.
    """
    text = parameters.one(name)
    if text not in {None, "true", "false"}:
        raise errors.invalid(f"Invalid boolean: {text}", name)
    return None if text is None else text == "true"


def cut(newest_first: Sequence[Listed], asked: PageRequest, cursor: Listed | None) -> Page:
    """The page that was asked for. ``cursor`` is the object that the cursor names; it need not match the filters."""
    if cursor is None:
        candidates = [item.id for item in newest_first]
    elif asked.ending_before is not None:
        newer = [item.id for item in newest_first if position(item) > position(cursor)]
        return Page(tuple(newer[-asked.limit :]), has_more=len(newer) > asked.limit)
    else:
        candidates = [item.id for item in newest_first if position(item) < position(cursor)]
    return Page(tuple(candidates[: asked.limit]), has_more=len(candidates) > asked.limit)


def position(item: Listed) -> tuple[int, str]:
    """Where an object stands in every list. Ids are random, so the order within one second means nothing."""
    return (item.created, item.id)


def cursor_of(asked: PageRequest) -> tuple[str, str] | None:
    """The cursor's parameter and the id in it."""
    if asked.starting_after is not None:
        return "starting_after", asked.starting_after
    if asked.ending_before is not None:
        return "ending_before", asked.ending_before
    return None


def unknown_cursor(kind: str, param: str, wanted: str) -> errors.Refusal:
    """A cursor that names nothing is a bad request, not a 404."""
    return errors.missing(kind, wanted, param=param, status=HTTPStatus.BAD_REQUEST)


def envelope(url: str, data: Sequence[Any], *, has_more: bool) -> dict[str, Any]:
    """A list in Stripe's shape."""
    return {"object": "list", "data": list(data), "has_more": has_more, "url": url}


def _integer(text: str, param: str) -> int:
    # int() would take " 7 ", "1_0" and other digits than 0-9.
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise errors.invalid(f"Invalid integer: {text}", param, code="parameter_invalid_integer")
    return int(text)
