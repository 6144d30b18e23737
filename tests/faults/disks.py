"""Disks that fill up, become read-only, and lose their power: file systems of their own, which takes root."""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_SHUTDOWN = 0x8004587D
"""The ioctl ``_IOR('X', 125, __u32)`` of ext4 and XFS (linux/fs.h, xfs_fs.h)."""
_NOTHING_FLUSHED = 2
"""Neither data nor the journal: what has not been handed to the disk by then is lost, as when the power is cut."""


def ran(*command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=30)


def needs(*programs: str) -> None:
    """Skip the test where it is not root's, or a program is not there."""
    if os.geteuid() != 0:
        pytest.skip("file systems of one's own take root")
    for name in programs:
        if shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is None:
            pytest.skip(f"{name} is not installed")


@contextmanager
def memory_disk(folder: Path, kibibytes: int) -> Iterator[Path]:
    """A small file system in memory."""
    needs("mount")
    folder.mkdir()
    try:
        ran("mount", "-t", "tmpfs", "-o", f"size={kibibytes}k,mode=0700", "tmpfs", folder)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"nothing can be mounted here: {error.stderr!r}")
    try:
        yield folder
    finally:
        ran("umount", folder)


class Disk:
    """An ext4 in an image behind a loop device, mounted at ``folder``, whose power can be cut.

    A cut is the file system's own shutdown without a flush, which its developers test crashes with (xfstests' godown):
    what was not written back by then never reaches the image. What was, stays: the disk itself has no volatile cache.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._image = folder.with_suffix(".img")
        folder.mkdir()
        with self._image.open("wb") as image:
            image.truncate(96 * 2**20)
        ran("mkfs.ext4", "-q", "-F", self._image)

    def mount(self) -> None:
        """Have power; the journal is replayed."""
        try:
            ran("mount", "-o", "loop", self._image, self.folder)
        except subprocess.CalledProcessError as error:
            pytest.skip(f"nothing can be mounted here: {error.stderr!r}")

    def cut(self) -> None:
        """Have none any more. Nothing that is open can be written or read from now on."""
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, _SHUTDOWN, struct.pack("I", _NOTHING_FLUSHED))
        finally:
            os.close(handle)

    def unmount(self) -> None:
        """Take it away; nothing may be open on it."""
        ran("umount", self.folder)


@contextmanager
def ext4(folder: Path) -> Iterator[Disk]:
    """A disk, mounted; unmounted at the end."""
    needs("mount", "mkfs.ext4")
    disk = Disk(folder)
    disk.mount()
    try:
        yield disk
    finally:
        disk.unmount()
