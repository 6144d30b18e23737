from __future__ import annotations

import pytest
from rich.cells import cell_len

from cashnotifyd.cli.tables import cell, styled, wrapped


@pytest.mark.parametrize("text", ["", "short", "a" * 50, "売上" * 20, "Zoë 売上 \x1b[2J", "e\u0301" * 30])
def test_a_cell_has_its_width(text: str) -> None:
    assert cell_len(cell(text, 12)) == 12


def test_what_is_cut_says_so() -> None:
    assert cell("Payment failed", 10) == "Payment f…"


@pytest.mark.parametrize("text", ["word " * 60, "x" * 500, "売" * 200, "売上 " * 100, "a" * 70 + " " + "b" * 70])
def test_no_line_is_too_long_and_nothing_is_lost(text: str) -> None:
    lines = wrapped(text, "  phone  ", "         ").splitlines()

    assert max(map(cell_len, lines)) <= 80
    assert lines[0].startswith("  phone  ")
    assert all(line.startswith("         ") for line in lines[1:])
    assert "".join("".join(line[9:].split()) for line in lines) == "".join(text.split())


def test_no_line_is_shorter_than_it_could_be() -> None:
    first, second = wrapped("word " * 20).splitlines()

    assert (len(first), len(second)) == (79, 19)


def test_nothing_to_say() -> None:
    assert wrapped("", "  phone  ") == "  phone"


def test_colours_can_be_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert styled("x", "red") != "x"
    monkeypatch.setenv("NO_COLOR", "1")
    assert styled("x", "red") == "x"
