"""Reading the few small files a configuration is made of, and seeing who else may read or change them."""

from __future__ import annotations

import os
import shlex
import stat
from dataclasses import dataclass
from pathlib import Path

from cashnotifyd.config.findings import Absent, Refused


@dataclass(frozen=True, slots=True)
class SmallFile:
    """A file's bytes, with the mode and owner of the very file that was read (no second look by name)."""

    path: Path
    data: bytes
    mode: int
    owner: int

    def refuse_writable_by_others(self) -> None:
        """Raise Refused where any user of the machine may change the file: they would choose where the news goes."""
        if self.mode & stat.S_IWOTH:
            raise Refused("every user of this machine may change the file", f"Type: {self._closing_command()}")

    def refuse_readable_by_others(self) -> None:
        """Raise Refused where any user of the machine may read the file. Its group may: root:cashnotifyd 0640."""
        if self.mode & stat.S_IROTH:
            raise Refused(
                "every user of this machine may read the secrets in the file",
                f"Type: {self._closing_command()}",
            )

    def refuse_replaceable(self, judged: set[Path]) -> None:
        """Raise Refused where any user of the machine may put another file in the place of this one.

        ``judged`` are the folders that are known to be sound; what is found sound is added.
        """
        path = self.path.absolute()  # as it is written: to resolve a .. after a link, the link has to be followed
        if path.parent in judged and not path.is_symlink():
            return
        for folder in (*Path(os.path.realpath(path)).parents, *path.parents):
            if folder in judged:
                continue
            try:
                mode = folder.stat().st_mode
            except OSError:
                continue  # the file was reached otherwise, from within
            # In a sticky folder such as /tmp nobody removes or renames what belongs to others.
            if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
                raise Refused(
                    f"every user of this machine may put another file in its place, in the folder {folder}",
                    f"Type: chmod o-w {shlex.quote(str(folder))}",
                )
            judged.add(folder)

    def belongs_to_another(self) -> bool:
        """Whether neither this user nor root owns the file: its owner may write what is to be done in it."""
        return self.owner not in {0, os.geteuid()}

    def _closing_command(self) -> str:
        # A file that belongs to somebody else (root, as a rule) is read through its group: 600 would lock us out.
        mode = "600" if self.owner == os.geteuid() else "640"
        return f"chmod {mode} {shlex.quote(str(self.path))}"


def read_small_file(path: Path, limit: int) -> SmallFile:
    """Read a regular file of at most ``limit`` bytes. Raises Refused, its problem ready to print but for the path.

    It is Absent where there is no such file, or this user may not read it.
    """
    try:
        # Non-blocking, so that a named pipe is refused below instead of waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise Absent("there is no such file", "Create it, or correct the path.") from None
    except PermissionError:
        raise Absent(
            "this user may not read the file",
            "Give the file to the user that cashnotifyd runs as (chown), or to that user's group with mode 640.",
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a usable path"
        raise Refused(f"the file cannot be opened ({reason})", "Correct the path.") from None
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise Refused("this is a folder, not a file", "Name the file in it.")
        if not stat.S_ISREG(status.st_mode):
            raise Refused("this is not a regular file", "Name a plain file.")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise Refused(f"the file cannot be read ({error.strerror})", "Look at the disk it is on.") from None
    finally:
        os.close(descriptor)
    if len(data) > limit:
        raise Refused(f"the file is larger than {limit // 1024} KiB", "This looks like another file: correct the path.")
    return SmallFile(path, data, stat.S_IMODE(status.st_mode), status.st_uid)
