"""Lines that fit a terminal, whatever they say: cut and filled by the columns that characters take, and harmless.

What customers wrote was cleaned when it was recorded. What is shown here is made harmless all the same: a record may be
anybody's, and a service's error is a stranger's text.
"""

from __future__ import annotations

import io
import os
import shutil
import sys

import click
from rich.cells import cell_len, chop_cells, set_cell_size

from cashnotifyd.redaction import escape_controls

_COLUMNS = 80
_WIDEST = 160


def be_lenient() -> None:
    """A terminal that is not of UTF-8 gets a question mark for what it has no character for."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def columns() -> int:
    """How wide a line may be: what the terminal has; 80 where the output goes elsewhere."""
    if sys.stdout is None or not sys.stdout.isatty():
        return _COLUMNS
    return max(40, min(shutil.get_terminal_size((_COLUMNS, 24)).columns, _WIDEST))


def cell(text: str, width: int) -> str:
    """The text in exactly so many columns; what was longer ends in an ellipsis."""
    text = escape_controls(text)
    return set_cell_size(text, width) if cell_len(text) <= width else f"{set_cell_size(text, width - 1)}…"


def wrapped(text: str, first: str = "", indent: str = "") -> str:
    """Text in lines that fit, the first after ``first``, the others after ``indent``."""
    width, lines, line, is_empty = columns(), [], first, True
    for word in escape_controls(text).split():
        for part in chop_cells(word, width - cell_len(indent)):
            if is_empty or cell_len(line) + 1 + cell_len(part) > width:
                if not is_empty:
                    lines.append(line)
                line = f"{first if not lines else indent}{part}"
                is_empty = False
            else:
                line = f"{line} {part}"
    return "\n".join([*lines, line.rstrip()])


def styled(text: str, style: str) -> str:
    """``text`` as ``bold``, ``dim`` or in a colour. Click takes it off again where nobody sees it."""
    if "NO_COLOR" in os.environ or not style:
        return text
    match style:
        case "bold":
            return click.style(text, bold=True)
        case "dim":
            return click.style(text, dim=True)
        case colour:
            return click.style(text, fg=colour)
