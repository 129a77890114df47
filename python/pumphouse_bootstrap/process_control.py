"""prctl(2), which the standard library does not offer."""

from __future__ import annotations

import ctypes
import os
import signal

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    arguments = [ctypes.c_ulong(number) for number in (value, 0, 0, 0)]
    if libc.prctl(option, *arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl({option}): {os.strerror(number)}")


def adopt_orphans() -> None:
    """Make this process the parent of orphaned descendants, so that none is lost."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def forbid_inspection() -> None:
    """Prevent processes of the same user from reading this one's memory, environment and descriptors."""
    _prctl(PR_SET_DUMPABLE, 0)


def forbid_new_privileges() -> None:
    """Prevent programs executed from here on from gaining privileges (setuid bits, file capabilities)."""
    _prctl(PR_SET_NO_NEW_PRIVS, 1)


def end_with_parent() -> None:
    """
    Send SIGKILL to this process when its parent dies. The setting survives execve, but not fork or a change
    of user.
    """
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
