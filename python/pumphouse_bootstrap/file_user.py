"""Being another user to the file system for a while."""

from __future__ import annotations

import ctypes
from contextlib import contextmanager

_LIBC = ctypes.CDLL(None)


@contextmanager
def files_of(drop_to: dict | None):
    """As that user to the file system, this thread alone (setfsuid(2)); as who it is where there is none."""
    if drop_to is None:
        yield
        return
    libc = _LIBC
    before = (libc.setfsuid(-1), libc.setfsgid(-1))
    libc.setfsgid(drop_to["gid"])
    libc.setfsuid(drop_to["uid"])
    try:
        # The only way to learn whether it was done.
        if libc.setfsuid(-1) != drop_to["uid"]:
            raise OSError("The user of the file system could not be changed")
        yield
    finally:
        libc.setfsuid(before[0])
        libc.setfsgid(before[1])
