"""The JSON schema of the configuration, by which editors complete, explain and check it.

The schema itself is generated (``make schema``) and lies beside this module.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

FILE_NAME: Final = "config.schema.json"
"""What the schema is called beside a configuration: a path into the package would lead nowhere on another machine, or
after an update of Python."""

MODELINE: Final = f"# yaml-language-server: $schema={FILE_NAME}"
"""The first line of a configuration: it tells editors where its schema is. A relative path begins at the file."""


def schema_text() -> str:
    """The schema, with the line break at its end."""
    return Path(__file__).with_name(FILE_NAME).read_text("utf-8")
