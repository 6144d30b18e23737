"""The two locks of the one daemon that may have a record open: a file beside it, and bytes of the record itself.

Two daemons on one record would tell everything twice. The lock beside goes by the record's place, so it holds where the
record was taken away or another was put there. The lock on the record goes by the file, so it holds under any other
name of it, and when the file beside was removed. Neither keeps out who only joins the daemon for a short word.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import sys
from pathlib import Path

from cashnotifyd.refusal import Refusal

BEYOND = 1 << 62
"""Where the locked bytes begin: behind the end of any file, and far from the 512 that SQLite locks at 1 GiB (SQLite's
documentation, "Database File Format", "The Lock-Byte Page"). As many are locked as the daemon's process number says, so
that whoever is turned away can name it: the kernel tells where a lock lies, and not whose it is."""

_FLOCK = struct.Struct("@hhqqi0q")
"""Linux' ``struct flock``: type, whence, start, length, process."""

_NO_SUCH_LOCKS = {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}


def lock_beside(path: Path) -> int:
    """Lock the file beside the record; returns the descriptor that holds the lock until it is closed.

    Raises:
        Refusal: another daemon has it.
        OSError: it cannot be written.
    """
    # No link is followed: where others may make files, it would lead to one that loses what it holds.
    lock = os.open(beside(path), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, 20).decode("ascii", "replace").strip()
        os.close(lock)
        raise _refusal(path, int(holder) if holder.isdigit() else None) from None
    os.ftruncate(lock, 0)
    return lock


def write_number(lock: int) -> None:
    """Say in the file beside the record that this process has the record open."""
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)


def lock_itself(path: Path) -> int:
    """Lock the record; returns the descriptor that holds the lock until it is closed.

    It has to be opened before SQLite opens the record and closed after: with any descriptor of a file that a process
    closes, the POSIX locks on it are gone that SQLite has in this process (SQLite's documentation, "How To Corrupt An
    SQLite Database File", 2.2). The lock itself belongs to the descriptor (fcntl(2), "Open file description locks"):
    a POSIX lock would be taken back by SQLite, which unlocks the whole file when it has read. flock(2) would do on a
    disk of Linux; on BSD, on a Mac and over NFS it is one with the locks of SQLite, and shuts that out.

    Only Linux has such locks for sure; elsewhere, and in file systems that know none, the lock beside is all there is.

    Raises:
        Refusal: another daemon has it.
        OSError: it cannot be written.
    """
    record = os.open(path, os.O_RDWR)
    if sys.platform == "linux":
        try:
            fcntl.fcntl(record, fcntl.F_OFD_SETLK, _asked(os.getpid()))
        except BlockingIOError:
            kind, _, _, holder, _ = _FLOCK.unpack(fcntl.fcntl(record, fcntl.F_OFD_GETLK, _asked(1)))
            os.close(record)
            raise _refusal(path, None if kind == fcntl.F_UNLCK else holder) from None
        except OSError as error:
            if error.errno not in _NO_SUCH_LOCKS:
                os.close(record)
                raise
    return record


def beside(path: Path) -> Path:
    """The file beside the record."""
    return path.with_name(path.name + ".lock")


def _asked(length: int) -> bytes:
    return _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, BEYOND, length, 0)


def _refusal(path: Path, holder: int | None) -> Refusal:
    return Refusal(
        f"another cashnotifyd{'' if holder is None else f' (process {holder})'} uses the cursor file {path}",
        hint="Stop that one first, or give this one a cursor_file of its own: two daemons on one would tell things"
        " twice.",
    )
