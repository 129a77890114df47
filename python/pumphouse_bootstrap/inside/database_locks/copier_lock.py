"""The copier's part in the locks on databases: it reads live data, to which it has no write access."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import struct
import time
from collections.abc import Iterator

from .ticket_lock import FLOCK, MUTEX, OFD_GETLK, OFD_SETLK, TICKETS, find_lock, read_next

FOLDER = ".locks"
_PAUSE_SECONDS = 0.02
_ANYTHING = 0


class Busy(Exception):
    """A run kept a database open for too long."""


class CopierLocks:
    """Shared locks on the databases of one folder. It waits in turn, and later writers wait for it."""

    def __init__(self, root: int, patience_seconds: float) -> None:
        """`patience_seconds`: how long all waits together may take."""
        self._deadline = time.monotonic() + patience_seconds
        try:
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
            self._folder: int | None = os.open(FOLDER, flags, dir_fd=root)
        except OSError:
            self._folder = None

    def is_locked_by_runs(self, path: str) -> bool:
        """Report whether runs have opened this file as a database, whatever it contains now."""
        lock = self._open(path)
        if lock is not None:
            os.close(lock)
        return lock is not None

    @contextlib.contextmanager
    def hold(self, path: str) -> Iterator[None]:
        """Keep runs from writing to a database. Raises Busy."""
        lock = self._open(path)
        try:
            if lock is not None:
                self._wait_in_turn(lock)
            yield
        finally:
            if lock is not None:
                os.close(lock)

    def pause(self) -> None:
        """Wait a moment before another try. Raises Busy when there was time enough."""
        if time.monotonic() > self._deadline:
            raise Busy()
        time.sleep(_PAUSE_SECONDS)

    def _open(self, path: str) -> int | None:
        if self._folder is None:
            return None
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            return os.open(name_lock_file(path), flags, dir_fd=self._folder)
        except FileNotFoundError:
            return None

    def _wait_in_turn(self, lock: int) -> None:
        # Without write access it cannot draw a ticket. It shares the next one instead, and the next writer skips it.
        while not _share(lock, MUTEX):
            self.pause()
        try:
            ticket = read_next(lock)
            while not _share(lock, TICKETS + ticket):
                self.pause()
        finally:
            _set(lock, fcntl.F_UNLCK, MUTEX)
        while find_lock(lock, fcntl.F_RDLCK, 0, ticket) is not None:
            self.pause()


def name_lock_file(path: str) -> str:
    """Return the name of the lock file of a database, from its path below the local data."""
    return hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def is_open_for_writing(file: int) -> bool:
    """Report whether a process has locked the file as DuckDB does, which attached databases do without our lock."""
    question = struct.pack(FLOCK, fcntl.F_RDLCK, os.SEEK_SET, 0, _ANYTHING, 0)
    try:
        return struct.unpack(FLOCK, fcntl.fcntl(file, OFD_GETLK, question))[0] != fcntl.F_UNLCK
    except OSError:
        return False


def _share(lock: int, at: int) -> bool:
    try:
        _set(lock, fcntl.F_RDLCK, at)
        return True
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            return False
        raise


def _set(lock: int, kind: int, at: int) -> None:
    fcntl.fcntl(lock, OFD_SETLK, struct.pack(FLOCK, kind, os.SEEK_SET, at, 1, 0))
