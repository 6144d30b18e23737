"""A picture as it is handed to what draws it: every text in words already, every amount a length.

It loads nothing but the standard library: the process that draws reads it, and is short-lived.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


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
    """A picture. ``when`` and ``name`` say of which time and whose it is; ``now`` and ``before`` are the legend."""

    when: str
    name: str
    panels: tuple[Panel, ...]
    now: str
    before: str

    def to_json(self) -> str:
        """As text for another process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Drawing:
        """What :meth:`to_json` made."""
        read = json.loads(text)
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
        return cls(read["when"], read["name"], panels, read["now"], read["before"])
