"""A translation is a file: complete, true to the placeholders, and set as its language is set."""

# ruff: noqa: RUF001 (typography is the subject)

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from babel.messages.catalog import Message as Entry

from cashnotifyd.wording.catalogues import translation_for
from cashnotifyd.wording.language import Language
from tests.wording.msgids import TRANSLATIONS, WORDING, UnfollowedError, read, said_in, updated

CATALOGUES = sorted(TRANSLATIONS.glob("*.po"))


def entries(catalogue: Path) -> Iterator[Entry]:
    return (entry for entry in read(catalogue) if entry.id)


def forms(text: object) -> tuple[str, ...]:
    return tuple(text) if isinstance(text, list | tuple) else (str(text),)


def test_german_and_french_are_there() -> None:
    assert [path.stem for path in CATALOGUES] == ["de", "fr"]


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.stem)
def test_a_catalogue_holds_what_is_said_and_nothing_else(catalogue: Path) -> None:
    assert catalogue.read_bytes() == updated(catalogue), "make translations brings it up to date"


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.stem)
def test_a_catalogue_is_complete(catalogue: Path) -> None:
    untranslated = [entry.id for entry in entries(catalogue) if not all(form.strip() for form in forms(entry.string))]
    doubtful = [entry.id for entry in entries(catalogue) if entry.fuzzy]
    wrong_number = [
        entry.id
        for entry in entries(catalogue)
        if entry.pluralizable and len(forms(entry.string)) != read(catalogue).num_plurals
    ]

    assert (untranslated, doubtful, wrong_number) == ([], [], [])


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.stem)
def test_a_translation_has_the_placeholders_of_its_sentence(catalogue: Path) -> None:
    for entry in entries(catalogue):
        fields = {name for form in forms(entry.id) for name in placeholders(form)}
        for form in forms(entry.string):
            # One thing may be said without its number ("one earlier event").
            assert set(placeholders(form)) | {"count"} == fields | {"count"}, entry.id


def placeholders(text: str) -> list[str]:
    parsed = list(string.Formatter().parse(text))
    assert all(not spec and not conversion for _, _, spec, conversion in parsed), text
    return [name for _, name, _, _ in parsed if name is not None]


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.stem)
def test_a_translation_is_set_like_its_sentence(catalogue: Path) -> None:
    for entry in entries(catalogue):
        for form, said in zip(forms(entry.string), forms(entry.id), strict=True):
            assert form == form.strip(), entry.id
            assert "  " not in form, entry.id
            assert form.endswith(".") == said.endswith("."), entry.id
            assert not re.search(r"[\"'`´]", form), entry.id


def test_french_puts_its_narrow_spaces() -> None:
    for entry in entries(TRANSLATIONS / "fr.po"):
        for form in forms(entry.string):
            assert not re.search(r"[^\u202f][;!?]|[^\u202f\u00a0]:(?!//)", form), form
            assert not re.search(r"«[^\u202f\u00a0]|[^\u202f\u00a0]»|“|”|„", form), form


def test_german_puts_its_quotation_marks() -> None:
    for entry in entries(TRANSLATIONS / "de.po"):
        for form in forms(entry.string):
            assert not re.search(r"[«»”]", form), form
            assert form.count("„") == form.count("“"), form


@pytest.mark.parametrize(
    ("locale", "word"),
    [
        ("de_DE", "Rückerstattung"),
        ("de", "Rückerstattung"),
        ("de_AT", "Rückerstattung"),
        ("de_CH", "Rückerstattung"),
        ("fr_FR", "Remboursement"),
        ("fr_CA", "Remboursement"),
        ("en_US", "Refund"),
        ("en_GB", "Refund"),
        ("pt_BR", "Refund"),
    ],
)
def test_the_locale_chooses_the_language(locale: str, word: str) -> None:
    parsed = Locale.parse(locale)

    assert Language(parsed, ZoneInfo("UTC"), translation_for(parsed)).say("Refund") == word


def test_a_catalogue_is_read_once() -> None:
    assert translation_for(Locale.parse("de_DE")) is translation_for(Locale.parse("de_AT"))


@pytest.mark.parametrize("module", sorted(WORDING.glob("*.py")), ids=lambda path: path.stem)
def test_no_sentence_escapes_the_search(module: Path) -> None:
    list(said_in(module))


@pytest.mark.parametrize("said", ["say(f'{a} b')", "say(parameter)", "say('a' + 'b')", "say_count(one, 'many', 2)"])
def test_a_sentence_that_cannot_be_found_is_reported(tmp_path: Path, said: str) -> None:
    module = tmp_path / "wording.py"
    module.write_text(f"def f(language, parameter):\n    return language.{said}\n")

    with pytest.raises(UnfollowedError):
        list(said_in(module))
