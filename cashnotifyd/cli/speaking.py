"""The language of the configuration, for commands that show what is on record."""

from __future__ import annotations

from collections.abc import Mapping

from babel import Locale

from cashnotifyd.config.settings import Settings
from cashnotifyd.wording.catalogues import translation_for
from cashnotifyd.wording.language import Language


def language_of(settings: Settings) -> Language:
    """In which words, and by which clock."""
    locale = Locale.parse(settings.locale)
    return Language(locale, settings.timezone, translation_for(locale))


def names_in(settings: Settings) -> Mapping[str, str]:
    """What the configuration calls its accounts, by id, where it does."""
    return {account.id: account.name for account in settings.accounts.values() if account.name}


def moment_in(seconds: float, language: Language) -> str:
    """Day and minute."""
    return plain(language.moment(seconds))


def plain(text: str) -> str:
    """No-break spaces are for messages; a terminal may show them as something else."""
    return " ".join(text.split())
