"""The one place where text from outside becomes text for people: one clean line that nothing downstream obeys.

Customers choose their names, merchants their descriptions, and both end up in terminals, mails and chat rooms.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NewType

Clean = NewType("Clean", str)
"""Text that may stand in a message: written by this project, or cleaned by :func:`clean`."""

_ESCAPE_SEQUENCE = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]")
_MENTION = re.compile(
    r"@(?=(?:everyone|here)\b)"  # Discord looks for these within words too
    r"|(?<![\w.+-])@(?=[\w*])",  # elsewhere a word begins with it (@all, @ada, Zulip's @**all**): ada@all.example stays
    re.IGNORECASE,
)
_COMMAND = re.compile(r"<(?=\s*[^\W\d]|\s*[!@#:/])")
"""Slack's, Discord's and Google Chat's commands (<!channel>, <@U1>, <t:1>, <https://…|another>), and every tag."""
_DROPPED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
"""Unicode categories: controls, invisible format characters (bidi overrides, zero widths), and no characters at all."""
_BLANK_LETTERS: Final = dict.fromkeys(map(ord, "\u115f\u1160\u2800\u3164\uffa0"), " ")
_LONGEST_READ: Final = 10_000
_MARKS: Final = frozenset({"Mn", "Me"})
_HIGHEST_TOWER: Final = 4
"""Combining marks on one letter: no language needs more, and a pile of them covers the lines around it."""


def clean(value: str, limit: int = 200) -> Clean:
    """``value`` as one line of at most ``limit`` visible characters, possibly empty.

    A look-alike stands for the ``@`` of a mention, which would wake a person or a whole room, and for the ``<`` of a
    command or a tag: dropping the character would change the text, and an invisible one beside it would be what this
    function removes. Markup that only some services read is escaped at their door, :mod:`cashnotifyd.delivery`.
    """
    text = value[:_LONGEST_READ]
    if not text.isprintable():
        text = _ESCAPE_SEQUENCE.sub(" ", text)
        text = "".join(_visible(character) for character in text)
    if not text.isascii():
        text = _without_towers(text.translate(_BLANK_LETTERS))
    text = " ".join(text.split())
    if "<" in text:
        text = _COMMAND.sub("\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}", text)
    if "@" in text:
        text = _MENTION.sub("\N{FULLWIDTH COMMERCIAL AT}", text)
    # The last is a link in Markdown, whose words hide where it leads.
    return Clean(cut(text.replace("](", "] ("), limit))


def cut(text: str, limit: int) -> str:
    """``text`` in at most ``limit`` characters; what was longer ends in an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _without_towers(text: str) -> str:
    if _MARKS.isdisjoint(map(unicodedata.category, text)):
        return text
    kept, height = [], 0
    for character in text:
        height = height + 1 if unicodedata.category(character) in _MARKS else 0
        if height <= _HIGHEST_TOWER:
            kept.append(character)
    return "".join(kept)


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if character in "\t\n\v\f\r\x85" or category in {"Zl", "Zp", "Zs"}:
        return " "
    return "" if category in _DROPPED else character
