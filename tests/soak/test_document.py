"""What is written down of the soak."""

from __future__ import annotations

from tests.soak.document import documented
from tests.soak.mutations import MUTANTS


def test_the_document_has_what_caught_each() -> None:
    caught = documented()

    assert caught.keys() == {one.name for one in MUTANTS}
    assert not [name for name, how in caught.items() if "not caught" in how]
