"""The document lists every fault, with tests that exist and figures that were measured, and nothing else."""

from __future__ import annotations

import re

import pytest

from tests.faults import catalogue

TESTS = catalogue.tests()


def test_every_fault_is_listed_once() -> None:
    assert [fault.number for fault in catalogue.FAULTS] == list(range(1, 43))


@pytest.mark.parametrize("fault", catalogue.FAULTS, ids=lambda fault: str(fault.number))
def test_every_fault_is_shown_or_says_why_it_cannot_be(fault: catalogue.Fault) -> None:
    shown_by = [test for test in TESTS if fault.number in test.faults]
    assert shown_by or fault.cannot
    assert not (shown_by and fault.cannot)


def test_no_test_shows_a_fault_that_is_not_listed() -> None:
    known = {fault.number for fault in catalogue.FAULTS}
    assert not [test.node for test in TESTS if not known.issuperset(test.faults)]


def test_every_fault_was_measured_by_tests_that_are_there() -> None:
    measured = catalogue.figures().keys()
    assert measured <= {test.node for test in TESTS}
    shown = {number for test in TESTS if test.node in measured for number in test.faults}
    assert shown == {fault.number for fault in catalogue.FAULTS if not fault.cannot}


def test_the_document_is_what_is_known() -> None:
    assert catalogue.DOCUMENT.read_text("utf-8") == catalogue.document(), "run: make faults"


def test_the_document_names_tests_that_are_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::([\w:]+)`", catalogue.document())
    assert named
    for path, name in named:
        text = (catalogue.ROOT / path).read_text("utf-8")
        assert re.search(rf"def {name.rpartition(':')[2]}\(", text), name


def test_marks_are_read_wherever_they_stand() -> None:
    source = """
pytestmark = [pytest.mark.real, pytest.mark.timeout(9)]
@pytest.mark.fault(3, 4, lost=0)
async def test_one(): ...
class TestSeveral:
    @other
    @pytest.mark.fault(5)
    @pytest.mark.slow
    def test_two(self): ...
def test_unmarked(): ...
"""
    assert list(catalogue.marked(source, "tests/x.py")) == [
        catalogue.Test("tests/x.py::test_one", (3, 4), ("real",)),
        catalogue.Test("tests/x.py::TestSeveral::test_two", (5,), ("slow", "real")),
    ]
