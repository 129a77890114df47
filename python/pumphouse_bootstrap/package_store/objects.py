"""
Files named by the hash of their content. Only the server writes them; environments contain hard links to
them.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import stat
import uuid
from typing import BinaryIO, NamedTuple

_CHUNK_BYTES = 1 << 20
_FICLONE = 0x40049409
_CANNOT_LINK = (errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS)


class StoredFile(NamedTuple):
    """
    The name contains the hash and whether the file is executable, because all hard links share one mode.
    """

    name: str
    size: int


class MissingObject(Exception):
    """The store lacks a file, or a machine crash has truncated it."""


class ObjectStore:
    """The objects of one store. Several processes may use a store at once."""

    def __init__(self, root: str, links: bool = True) -> None:
        """
        @param links: whether environments share files with the store; without a sandbox a run could write to
        them
        """
        self._links = links
        self._objects = os.path.join(root, "objects")
        self._incoming = os.path.join(root, "incoming", f"{os.getpid()}-{uuid.uuid4().hex[:8]}")
        self._made: set[str] = set()
        self._named = 0

    def add(self, source: BinaryIO, executable: bool) -> StoredFile:
        """Copy a file into the store, unless its content is already there."""
        digest = _hash(source)
        size = os.fstat(source.fileno()).st_size
        stored = StoredFile(digest + (".x" if executable else ""), size)
        if self._is_whole(stored):
            return stored
        source.seek(0)
        temporary = self._name_incoming()
        try:
            if _copy(source, temporary) != digest:
                raise OSError(f"{source.name!r} changed while it was read")
            os.chmod(temporary, 0o555 if executable else 0o444)
            self._make_folder(os.path.dirname(self.locate(stored.name)))
            os.replace(temporary, self.locate(stored.name))
        except BaseException:
            _remove(temporary)
            raise
        return stored

    def link(self, stored: StoredFile, target: str) -> None:
        """
        Link a stored file at an unused path.

        @raises MissingObject
        """
        if not self._is_whole(stored):
            raise MissingObject(stored.name)
        source = self.locate(stored.name)
        if not self._links:
            _clone(source, target)
            return
        try:
            os.link(source, target, follow_symlinks=False)
        except FileNotFoundError as error:
            raise MissingObject(stored.name) from error
        except OSError as error:
            if error.errno == errno.EMLINK:
                self._renew(stored)
                os.link(source, target, follow_symlinks=False)
            elif error.errno in _CANNOT_LINK:
                _clone(source, target)
            else:
                raise

    def locate(self, name: str) -> str:
        return os.path.join(self._objects, name[:2], name[2:])

    def close(self) -> None:
        shutil.rmtree(self._incoming, ignore_errors=True)

    def _is_whole(self, stored: StoredFile) -> bool:
        """A machine crash may leave a truncated file, which its size reveals."""
        try:
            found = os.lstat(self.locate(stored.name))
        except FileNotFoundError:
            return False
        return stat.S_ISREG(found.st_mode) and found.st_size == stored.size

    def _name_incoming(self) -> str:
        self._make_folder(self._incoming)
        self._named += 1
        return os.path.join(self._incoming, str(self._named))

    def _make_folder(self, path: str) -> None:
        """Create a folder of the store. Folders are never removed, so each is checked once."""
        if path not in self._made:
            os.makedirs(path, mode=0o700, exist_ok=True)
            self._made.add(path)

    def _renew(self, stored: StoredFile) -> None:
        """A file system allows about 65,000 links per file; later links go to a new copy."""
        temporary = self._name_incoming()
        _clone(self.locate(stored.name), temporary)
        os.replace(temporary, self.locate(stored.name))


def _hash(source: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := source.read(_CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


def _copy(source: BinaryIO, target: str) -> str:
    """Copy a file and return the hash of its content. Holes stay holes."""
    digest = hashlib.sha256()
    size = 0
    with open(target, "xb") as copy:
        while chunk := source.read(_CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
            if chunk[0] == 0 and chunk.count(0) == len(chunk):
                copy.seek(size)
            else:
                copy.write(chunk)
        copy.truncate(size)
    return digest.hexdigest()


def _clone(source: str, target: str) -> None:
    """Share the blocks if the file system supports it, otherwise copy."""
    with open(source, "rb") as original, open(target, "xb") as copy:
        try:
            fcntl.ioctl(copy.fileno(), _FICLONE, original.fileno())
        except OSError:
            shutil.copyfileobj(original, copy, _CHUNK_BYTES)
        os.fchmod(copy.fileno(), stat.S_IMODE(os.fstat(original.fileno()).st_mode))


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
