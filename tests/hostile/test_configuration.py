"""The example, with mistakes in it that people and editors make: settings, or findings that say where and what."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

import pytest

from cashnotifyd.config.loading import ConfigError, load
from tests.config.conftest import examine_url
from tests.config.test_schema import commented_in

EXAMPLE: Final = (Path(__file__).parent.parent.parent / "config.example.yaml").read_text("utf-8")
WRITTEN: Final = [
    line for line in commented_in(EXAMPLE).splitlines() if line.strip() and not line.lstrip().startswith("#")
]
TIMES: Final = 60
SIGNS: Final = " :\t-#&*!|>'\"%@`{}[],?\\\n\0\x07\x85\u2028\ufeff\ud83d\ude00é~$<"


def a_sign_more(text: str, dice: Random) -> str:
    at = dice.randrange(len(text))
    return text[:at] + dice.choice(SIGNS) + text[at:]


def a_sign_less(text: str, dice: Random) -> str:
    at = dice.randrange(len(text))
    return text[:at] + text[at + 1 :]


def a_line_twice(text: str, dice: Random) -> str:
    lines = text.splitlines()
    lines.insert(dice.randrange(len(lines)), dice.choice(lines))
    return "\n".join(lines)


def a_line_less(text: str, dice: Random) -> str:
    lines = text.splitlines()
    lines.pop(dice.randrange(len(lines)))
    return "\n".join(lines)


def another_indentation(text: str, dice: Random) -> str:
    lines = text.splitlines()
    at = dice.randrange(len(lines))
    lines[at] = " " * dice.randrange(9) + lines[at].lstrip()
    return "\n".join(lines)


def another_value(text: str, dice: Random) -> str:
    keys = list(re.finditer(r": (.*)$", text, re.MULTILINE))
    one, other = dice.choice(keys), dice.choice(keys)
    return text[: one.start(1)] + other[1] + text[one.end(1) :]


def cut_off(text: str, dice: Random) -> str:
    return text[: dice.randrange(len(text))]


@pytest.mark.parametrize(
    "mistaken", [a_sign_more, a_sign_less, a_line_twice, a_line_less, another_indentation, another_value, cut_off]
)
def test_a_mistake_is_named_by_its_place(mistaken: Callable[[str, Random], str], tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.touch(mode=0o600)
    for seed in range(TIMES):
        dice = Random(seed)
        text = "\n".join(WRITTEN)
        for _ in range(dice.randint(1, 3)):
            text = mistaken(text, dice) or "#"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            load(path, {"SHOP_STRIPE_KEY": "rk_live_51abc"}, examine_url)
        except ConfigError as error:
            for finding in error.findings:
                assert re.fullmatch(rf"{re.escape(str(path))}:\d+:\d+", finding.place), finding
                assert finding.problem, finding
                assert finding.hint, finding
