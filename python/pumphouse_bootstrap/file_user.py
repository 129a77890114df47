"""Temporary access to the file system as another user."""

from __future__ import annotations

import ctypes
from contextlib import contextmanager

_LIBC = ctypes.CDLL(None)


@contextmanager
def files_of(drop_to: dict | None):
    """Access files as this user, in this thread only (setfsuid(2)); as the current user if None."""
    if drop_to is None:
        yield
        return
    libc = _LIBC
    before = (libc.setfsuid(-1), libc.setfsgid(-1))
    libc.setfsgid(drop_to["gid"])
    libc.setfsuid(drop_to["uid"])
    try:
        # The call reports no error, so this is the only way to check it.
        if libc.setfsuid(-1) != drop_to["uid"]:
            raise OSError("The user of the file system could not be changed")
        yield
    finally:
        libc.setfsuid(before[0])
        libc.setfsgid(before[1])
