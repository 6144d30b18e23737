"""Takes secrets, and characters that could forge a line, out of text that is about to be shown.

Works on finished text, whoever made it: a log line of a foreign library, a traceback, an error message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus, unquote

MASK = "[redacted]"

# A shorter secret would be found inside ordinary words, and a log without words helps nobody.
_SHORTEST = 4

_COLOUR = r"\x1b\[[\d;]*m"

# Stripe's keys by their prefixes (https://docs.stripe.com/keys); what is left says which sort of key it was.
_STRIPE_KEY = re.compile(r"((?:sk|rk|pk)_(?:org_)?(?:live|test)_|sk_org_|whsec_)[A-Za-z0-9_]{3,}")

# No pattern begins with \b: in a coloured line a value follows the "m" that ends the colour's code.
_PATTERNS = (
    _STRIPE_KEY,
    re.compile(r"((?:sk|rk|pk)_)[A-Za-z0-9]{16,}"),
    # The client secret of an intent, pi_…_secret_…
    re.compile(r"(_secret_)[A-Za-z0-9]{8,}"),
    # A header in any dress: "Name: value", JSON, JSON inside JSON, a Python mapping, a pair, bytes.
    re.compile(
        rf"""((?:authorization|x-gotify-key)(?:["'\\\s]|{_COLOUR})*[:=,](?:["'\\\s(]|b(?=["'])|{_COLOUR})*"""
        r"""(?:(?:basic|bearer|digest|token)\s+)?)[^\s"',;)}\\\x1b]+""",
        re.IGNORECASE,
    ),
    re.compile(r"(bearer\s+)[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE),
    # Who signs in, in a URL. As far as the last @: a password may hold one.
    re.compile(r"""(://)[^\s/"'<>\\\x1b]+(?=@)"""),
    re.compile(r"""([?&](?:[a-z]+[_-])*(?:token|key|secret|password|pass)=)[^&\s"'<>\\\x1b]+""", re.IGNORECASE),
)

# Everything but printable text and the blank: C0 and C1 controls, line and paragraph separators, the marks that turn
# the direction of writing (https://www.unicode.org/reports/tr9/), and halves of surrogate pairs.
_CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]",
)


class Redaction:
    """What counts as secret, and the text without it: ``redaction(text)``.

    A secret once added stays secret: a key that was rotated may still stand in an error that comes late.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: set[str] = set()
        self._known: re.Pattern[str] | None = None
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """Takes up more secrets. Those of fewer than four characters are left to the patterns, and Stripe's keys too.

        These are found by their looks. To look for each of 10,000 took a second to prepare, in which the daemon stood
        still at a reload, 15 MiB, and 0.15 ms a line.
        """
        known = len(self._forms)
        for secret in map(str.strip, secrets):
            if len(secret) >= _SHORTEST and not _STRIPE_KEY.fullmatch(secret):
                self._forms |= _forms(secret)
        if len(self._forms) > known:
            longest_first = sorted(self._forms, key=lambda form: (-len(form), form))
            self._known = re.compile("|".join(map(re.escape, longest_first)))

    def __call__(self, text: str) -> str:
        """The text with each secret masked. Of JSON, what comes back is still JSON."""
        if self._known is not None:
            text = self._known.sub(MASK, text)
        for pattern in _PATTERNS:
            text = pattern.sub(rf"\g<1>{MASK}", text)
        return text


def escape_controls(text: str) -> str:
    """The text on one line: what would start another, or act on the terminal, is spelt out as in Python.

    The backslash itself stays as it is, so this is to be read by people, not to be turned back.
    """
    return _CONTROLS.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)


def _forms(secret: str) -> set[str]:
    """A secret as it may appear: as it is, quoted in a URL, in Python's notations, in JSON, on a terminal."""
    plain = {secret, unquote(secret), quote(secret), quote(secret, safe=""), quote_plus(secret)}
    shown = set(plain)
    for form in plain:
        in_bytes = repr(form.encode(errors="backslashreplace"))[2:-1]
        beside_a_quote = repr('"' + form)[2:-1]  # Python escapes by what else stands in the same text
        shown |= {repr(form)[1:-1], beside_a_quote, ascii(form)[1:-1], in_bytes, escape_controls(form)}
    return shown | {json.dumps(form)[1:-1] for form in shown}
