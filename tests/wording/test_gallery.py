"""The page of example messages is what the daemon says, and shows everything that it can say."""

from __future__ import annotations

import re

import pytest

from cashnotifyd.occurrences.reading import Variant
from cashnotifyd.vocabulary import Kind, Message
from tests.wording.gallery import LANGUAGES, PAGE, examples, page, summaries

EXAMPLES = list(examples())


def test_the_page_is_what_is_said() -> None:
    assert PAGE.read_text("utf-8") == page(), "make messages writes it afresh"


def test_every_kind_and_every_variant_is_shown() -> None:
    assert {example.kind for example in EXAMPLES} == set(Kind)
    assert {example.variant for example in EXAMPLES} == {None, *Variant}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_title_fits_a_locked_screen(language: str) -> None:
    long = [title for title in (without_account(said) for said in alone(language)) if len(title) > 40]
    long_summaries = [said.title for said in summed_up(language) if len(said.title) > 90]

    assert long + long_summaries == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_example_shows_the_machinery(language: str) -> None:
    for message in all_of(language):
        assert not re.search(r"None|null|[{}]|  |\n\n", f"{message.title}\n{message.body}")


@pytest.mark.parametrize("language", ["Deutsch", "Français"])
def test_no_english_is_left(language: str) -> None:
    """But for what others wrote, and for Stripe's types that are newer than any catalogue."""
    english = re.compile(
        r"\b([Tt]he|[Ff]or|is|by|with|paid|[Rr]efund|[Pp]ayment|[Cc]ustomer|[Ii]nvoice|bank account|test mode)\b"
    )
    for message in all_of(language):
        ours = message.body.replace("Went back to pen and paper", "")
        assert not english.search(f"{message.title}\n{ours}"), message


def all_of(language: str) -> list[Message]:
    return [*alone(language), *summed_up(language)]


def alone(language: str) -> list[Message]:
    return [example.tell(LANGUAGES[language]) for example in EXAMPLES]


def summed_up(language: str) -> list[Message]:
    return [tell(LANGUAGES[language]).full for tell in summaries()]


def without_account(message: Message) -> str:
    return message.title.removeprefix("[TEST] ").rpartition(" · ")[0] or message.title
