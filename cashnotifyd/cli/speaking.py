"""The language of the configuration, for commands that show what is on record."""

from __future__ import annotations

from babel import Locale

from cashnotifyd.config.settings import Settings
from cashnotifyd.history.entries import Speech
from cashnotifyd.wording.catalogues import translation_for
from cashnotifyd.wording.language import Language


def speech_of(settings: Settings) -> Speech:
    """In which words, and under which names."""
    locale = Locale.parse(settings.locale)
    names = {account.id: account.name for account in settings.accounts.values() if account.name}
    return Speech(Language(locale, settings.timezone, translation_for(locale)), names)


def moment_in(seconds: float, language: Language) -> str:
    """Day and minute."""
    return plain(language.moment(seconds))


def plain(text: str) -> str:
    """No-break spaces are for messages; a terminal may show them as something else."""
    return " ".join(text.split())
