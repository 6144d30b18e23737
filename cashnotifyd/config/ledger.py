"""Where the findings are gathered: it knows where in the file, or in which variable, each value came from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum

from cashnotifyd.config.document import Document, Mark
from cashnotifyd.config.findings import ENOUGH, Absent, ConfigError, Finding, KeyPath, Refused, dotted
from cashnotifyd.config.overrides import Override


class Secrets(Enum):
    """Whether the keys and URLs have to be there: who only reads the record does without those that are not."""

    NEEDED = "needed"
    SPARED = "spared"


class Ledger:
    """The findings so far. Whoever leaves a value out enters why; whoever misses one asks whether that was done."""

    def __init__(
        self,
        document: Document,
        outside: Mapping[KeyPath, Override],
        findings: Iterable[Finding],
        secrets: Secrets = Secrets.NEEDED,
    ) -> None:
        self._document = document
        self._outside = outside
        self._secrets = secrets
        # With all that stands above them: each of 10,000 accounts may ask whether something below it is there.
        self._spared: set[KeyPath] = set()
        self._refused: set[KeyPath] = set()
        self._first_outside: dict[KeyPath, Override] = {}
        for path, override in outside.items():
            for above in _from_above(path):
                self._first_outside.setdefault(above, override)
        self._found: list[tuple[tuple[int, int, str], Finding]] = [((1, 0, it.place), it) for it in findings]
        for note in document.notes:
            self._enter(note.path, note.mark, Refused(note.problem, note.hint))

    def refuse(self, path: KeyPath, refused: Refused) -> None:
        """Enter what is wrong with the value at ``path``, at the place it came from."""
        origin = self._origin(path)
        if isinstance(origin, Override):
            self._enter_outside(path, origin, refused)
        else:
            self._enter(path, origin, refused)

    def place(self, path: KeyPath) -> str:
        """Where the value at ``path`` came from: a place in the file, a variable or a credential."""
        origin = self._origin(path)
        return origin.place if isinstance(origin, Override) else self._document.place(origin)

    def _origin(self, path: KeyPath) -> Override | Mark:
        lengths = range(len(path), 0, -1)
        # A value that came from outside as a whole is there with all its parts, whatever the file has in their place.
        outside = next((self._outside[path[:length]] for length in lengths if path[:length] in self._outside), None)
        if outside is not None:
            return outside
        for length in lengths:
            above = path[:length]
            if (override := self._outside_at(above)) is not None:
                return override
            if above in self._document.marks:
                return self._document.marks[above]
        return Mark(1, 1)

    def miss(self, path: KeyPath, absent: Absent) -> None:
        """Enter that a secret is not there, which is no finding where it is spared."""
        if self._secrets is Secrets.SPARED:
            self._spared.update(_from_above(path))
        else:
            self.refuse(path, absent)

    def spares(self, path: KeyPath) -> bool:
        """Whether a secret at or below ``path`` is not there, and need not be."""
        return path in self._spared

    def _outside_at(self, path: KeyPath) -> Override | None:
        if path in self._document.marks or len(path) == 1:
            return None
        # An account that only variables tell of has no place of its own: the first of its variables stands for it.
        return self._first_outside.get(path)

    def refuse_written(self, path: KeyPath, refused: Refused) -> None:
        """Enter what is wrong with what the file says at ``path``, whether or not something overrides it."""
        self._enter(path, self._document.marks[path], refused)

    def refuse_file(self, refused: Refused) -> None:
        """Enter what is wrong with the configuration file as a whole."""
        self._found.append(((0, 0, ""), Finding(self._document.name, "", refused.problem, refused.hint)))

    def knows(self, path: KeyPath) -> bool:
        """Whether something at or below ``path`` has been refused."""
        return path in self._refused

    def raise_findings(self) -> None:
        """Raise ConfigError where there are any, in the file's order, the variables after it."""
        if not self._found:
            return
        found = [finding for _, finding in sorted(self._found, key=lambda entry: entry[0])]
        told, more = found[:ENOUGH], len(found) - ENOUGH
        if more > 0:
            told.append(
                Finding(self._document.name, "", f"and {more:,} more like these", "Mend these, then look again.")
            )
        raise ConfigError(told)

    def _enter(self, path: KeyPath, mark: Mark, refused: Refused) -> None:
        finding = Finding(self._document.place(mark), dotted(path), refused.problem, refused.hint)
        self._found.append(((0, mark.line, f"{mark.column:09}"), finding))
        self._refused.update(_from_above(path))

    def _enter_outside(self, path: KeyPath, override: Override, refused: Refused) -> None:
        finding = Finding(override.place, dotted(path), refused.problem, refused.hint)
        self._found.append(((1, 0, override.place), finding))
        self._refused.update(_from_above(path))


def _from_above(path: KeyPath) -> Iterator[KeyPath]:
    """All that ``path`` stands in, down to itself."""
    return (path[:length] for length in range(len(path) + 1))
