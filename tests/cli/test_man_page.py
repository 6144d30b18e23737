"""The man page: up to date, and with all that there is."""

from __future__ import annotations

import re

import pytest

from cashnotifyd import cli
from tests.cli.man_page import PAGE, page


@pytest.mark.skipif(not PAGE.exists(), reason="tested without the checkout")
def test_it_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(), "make man"


def test_it_has_every_command() -> None:
    named = re.findall(r"^\.SS cashnotifyd ([\w\\-]+)", page(), re.MULTILINE)
    assert list(dict.fromkeys(name.replace("\\", "") for name in named)) == list(cli.cashnotifyd.commands)


def test_no_line_of_text_is_taken_for_a_command_of_roff() -> None:
    assert set(re.findall(r"^[.'](\w*)", page(), re.MULTILINE)) <= {
        "",
        "B",
        "PP",
        "SH",
        "SS",
        "TH",
        "TP",
        "ad",
        "fi",
        "nf",
        "nh",
    }
