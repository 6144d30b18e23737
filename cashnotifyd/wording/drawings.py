"""A picture as it is handed to what draws it: every text in words already, every amount a length.

It loads nothing but the standard library: the process that draws reads it, and is short-lived.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Panel:
    """The bars of one currency.

    ``bars`` and ``ghosts``, those of the period before (or none), are parts of the height. ``peak`` stands over the
    highest bar, ``labels`` under the bars, empty where there is to be none; ``lines`` are heights with what they are.
    """

    headline: str
    note: str
    peak: str
    bars: tuple[float, ...]
    ghosts: tuple[float, ...]
    labels: tuple[str, ...]
    lines: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture. ``when`` and ``name`` say of which time and whose it is; ``now`` and ``before`` are the legend.

    ``in_english`` is the same for where there are no fonts for its own words, unless these are English.
    """

    when: str
    name: str
    panels: tuple[Panel, ...]
    now: str
    before: str
    in_english: Drawing | None = None

    def to_json(self) -> str:
        """As text for another process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Drawing:
        """What :meth:`to_json` made."""
        return cls._read(json.loads(text))

    @classmethod
    def _read(cls, read: dict[str, Any]) -> Drawing:
        panels = tuple(
            Panel(
                panel["headline"],
                panel["note"],
                panel["peak"],
                tuple(panel["bars"]),
                tuple(panel["ghosts"]),
                tuple(panel["labels"]),
                tuple((height, label) for height, label in panel["lines"]),
            )
            for panel in read["panels"]
        )
        in_english = read["in_english"]
        return cls(
            read["when"],
            read["name"],
            panels,
            read["now"],
            read["before"],
            None if in_english is None else cls._read(in_english),
        )
