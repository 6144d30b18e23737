"""The units and the LaunchAgent as they are shipped: the source of what is installed."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import cashnotifyd
from cashnotifyd.refusal import Refusal

_WHERE = "share/cashnotifyd"


def shipped(name: str) -> str:
    """The text of ``systemd/cashnotifyd.service`` and its like.

    Raises:
        Refusal: this installation has no such file.
    """
    for path in _candidates(name):
        if path.is_file():
            return path.read_text("utf-8")
    raise Refusal(
        f"this installation of cashnotifyd has no {name}",
        hint="It comes with the wheel, under share/cashnotifyd: install cashnotifyd again, with pip or pipx.",
    )


def _candidates(name: str) -> Iterator[Path]:
    """In a checkout they lie beside the package, else where pip put them: it keeps a list of what it installed.

    The list rather than sys.prefix, because `pip install --user` and `--prefix` put them elsewhere.
    """
    checkout = Path(cashnotifyd.__file__).parent.parent
    if (checkout / "pyproject.toml").is_file():
        yield checkout / name
    try:
        files = metadata.distribution("cashnotifyd").files or []
    except metadata.PackageNotFoundError:
        return
    yield from (Path(str(file.locate())).resolve() for file in files if file.as_posix().endswith(f"{_WHERE}/{name}"))
