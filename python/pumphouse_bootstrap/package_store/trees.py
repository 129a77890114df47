"""
Read a folder that a build has left.

The build ran untrusted code, so reading is bounded, follows no link and accepts only regular files.
"""

from __future__ import annotations

import os
import stat
from typing import Iterator, NamedTuple

MAX_FILES = 500_000
MAX_BYTES = 16 << 30
_MAX_DEPTH = 64


class HostileTree(Exception):
    """A build has left something that cannot belong to a package."""


class TreeEntry(NamedTuple):
    """
    `descriptor` is open until the next entry is requested; None for a symbolic link, which has a target.
    """

    path: str
    descriptor: int | None
    executable: bool
    target: str


class TreeReader:
    """The limits apply to all trees of one build together."""

    def __init__(self, owner: int, max_files: int = MAX_FILES, max_bytes: int = MAX_BYTES) -> None:
        self._owner = owner
        self._files_left = max_files
        self._bytes_left = max_bytes

    def read(self, root: str, allow_links: bool = False) -> Iterator[TreeEntry]:
        """
        Yield the files of a tree with their paths below it.

        @raises HostileTree
        """
        folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            yield from self._read_folder(folder, "", allow_links, 0)
        finally:
            os.close(folder)

    def _read_folder(self, folder: int, prefix: str, allow_links: bool, depth: int) -> Iterator[TreeEntry]:
        if depth > _MAX_DEPTH:
            raise HostileTree(f"{prefix!r} is more than {_MAX_DEPTH} folders deep")
        with os.scandir(folder) as entries:
            for entry in entries:
                path = prefix + entry.name
                self._files_left -= 1
                if self._files_left < 0:
                    raise HostileTree("the build left too many files")
                mode = os.stat(entry.name, dir_fd=folder, follow_symlinks=False).st_mode
                if stat.S_ISDIR(mode):
                    below = os.open(entry.name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
                    try:
                        yield from self._read_folder(below, path + "/", allow_links, depth + 1)
                    finally:
                        os.close(below)
                elif stat.S_ISLNK(mode) and allow_links:
                    yield TreeEntry(path, None, False, os.readlink(entry.name, dir_fd=folder))
                elif stat.S_ISREG(mode):
                    yield from self._read_file(folder, entry.name, path)
                else:
                    raise HostileTree(f"{path!r} is not a regular file")

    def _read_file(self, folder: int, name: str, path: str) -> Iterator[TreeEntry]:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise HostileTree(f"{path!r} is not a regular file")
            if found.st_uid != self._owner:
                raise HostileTree(f"{path!r} does not belong to the user of the build")
            self._bytes_left -= found.st_size
            if self._bytes_left < 0:
                raise HostileTree("the build left files that are too large")
            yield TreeEntry(path, descriptor, found.st_mode & 0o111 != 0, "")
        finally:
            os.close(descriptor)
