"""The language of the configuration, for commands that show what is on record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from babel import Locale
from babel.dates import format_date, format_time

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


def second_in(seconds: float, language: Language) -> str:
    """Day and second, where it matters how fast things went."""
    at = datetime.fromtimestamp(seconds, language.timezone)
    day = format_date(at.date(), "medium", locale=language.locale)
    return plain(f"{day}, {format_time(at, 'medium', tzinfo=language.timezone, locale=language.locale)}")


def plain(text: str) -> str:
    """No-break spaces are for messages; a terminal may show them as something else."""
    return " ".join(text.split())
