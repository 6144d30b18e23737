"""Pictures of digests, each drawn in a short-lived process of its own: what draws costs more memory than the daemon."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import sys
from pathlib import Path
from typing import Final

import structlog

from cashnotifyd.wording.drawings import Drawing

log = structlog.get_logger(__name__)

KEEP_DAYS: Final = 35
"""A message is given up after three days; people look a month back."""

_PATIENCE: Final = 60.0
_PASSED_ON: Final = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH")
"""What a Python needs to be the same one. The daemon's own environment holds keys."""

_DAY: Final = 86400.0
_LONGEST_COMPLAINT: Final = 300


class Pictures:
    """A folder of pictures. ``library`` is what draws them, an extra of the package."""

    def __init__(self, folder: Path, patience: float = _PATIENCE, library: str = "matplotlib") -> None:
        self._folder = folder
        self._patience = patience
        self._can_draw = importlib.util.find_spec(library) is not None
        if not self._can_draw:
            log.info("digests go without a picture: install cashnotifyd[pictures] to have one")

    async def draw(self, drawing: Drawing, name: str) -> Path | None:
        """The picture as a file of this name, or None where there can be none."""
        if not self._can_draw:
            return None
        path = self._folder / f"{name}.png"
        draft = path.with_suffix(".draft")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            complaint = await self._drawn(drawing, draft)
            if complaint is None:
                return draft.replace(path)
        except OSError as error:
            complaint = error.strerror or type(error).__name__
        log.warning("a digest goes without its picture", reason=complaint)
        return None

    def forget_old(self, now: float) -> None:
        """Remove pictures that nobody can want any more."""
        for path in [*self._folder.glob("*.png"), *self._folder.glob("*.draft")]:
            if path.stat().st_mtime < now - KEEP_DAYS * _DAY:
                path.unlink()

    async def _drawn(self, drawing: Drawing, path: Path) -> str | None:
        """Why it could not be drawn, if it could not."""
        # Figures go by the pipe: arguments are for everyone on the machine to see. -P: nothing of the working
        # directory is imported.
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "cashnotifyd.digests.picture", str(path),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env=self._environment(),
            start_new_session=True,
        )  # fmt: skip
        try:
            async with asyncio.timeout(self._patience):
                _, errors = await process.communicate(drawing.to_json().encode())
        except TimeoutError:
            return "it took too long"
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode == 0:
            return None
        last = errors.decode("utf-8", "replace").strip().rpartition("\n")[2]
        return last[:_LONGEST_COMPLAINT] or f"exit status {process.returncode}"

    def _environment(self) -> dict[str, str]:
        return {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {
            # Where it keeps its list of the system's fonts: making it takes a second or more.
            "MPLCONFIGDIR": str(self._folder / "fonts"),
            "MPLBACKEND": "agg",
            # Each thread of numpy's would reserve memory, and there is nothing to reckon.
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        }
