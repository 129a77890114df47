"""
A lock between processes that the kernel keeps and releases with the process, first come, first served.

Each database has a lock file. An opener draws a ticket n, locks the byte of that ticket, exclusively or shared, and has
the database once no conflicting lock exists on the bytes of earlier tickets. The locks belong to the open file, not to
the process (FOFD_SETLK): closing another descriptor of the file releases nothing. The same layout is read by
copy_data.py, which has no write access.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import struct
import time
from collections.abc import Callable, Iterator

# Older Pythons lack the names. They are the same on every 64-bit Linux.
OFD_GETLK, OFD_SETLK = 36, 37
FLOCK = "hhqqi4x"
# Bytes that are locked; none of them has to exist in the file.
MUTEX = 1 << 31
TICKETS = 1 << 32
_COUNTER = struct.Struct("<Q")
_SLOTS_AT = 4096
_SLOTS = 1024
_SLOT_BYTES = 2048
_MUTEX_PAUSE_SECONDS = 0.001
_MAX_SKIPPED = 100

Slot = dict


class TicketLock:
    """One ticket for one lock file. Every method may raise OSError."""

    def __init__(self, path: str, shared: bool) -> None:
        self._shared = shared
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        self.ticket = 0

    def draw(self, describe: Slot, check: Callable[[], None]) -> None:
        """Draw the next ticket. `check` is called while another process draws; what it raises ends the wait."""
        while not self._set(fcntl.F_WRLCK, MUTEX):
            check()
            time.sleep(_MUTEX_PAUSE_SECONDS)
        try:
            ticket = self.ticket = self._take_ticket(read_next(self._descriptor))
            self.describe(describe)
            os.pwrite(self._descriptor, _COUNTER.pack(ticket + 1), 0)
        finally:
            self._set(fcntl.F_UNLCK, MUTEX)

    def _take_ticket(self, first: int) -> int:
        for ticket in range(first, first + _MAX_SKIPPED):
            # The copier, which cannot draw a ticket, shares one that was not drawn yet.
            if self._set(fcntl.F_RDLCK if self._shared else fcntl.F_WRLCK, TICKETS + ticket):
                return ticket
        raise OSError(errno.EAGAIN, "tickets that were not drawn yet are locked")

    def describe(self, slot: Slot) -> None:
        """Write who has this ticket, for those that wait for it."""
        write_slot(self._descriptor, self.ticket, {**slot, "shared": self._shared})

    def find_conflict(self) -> int | None:
        """Return an earlier ticket that this one has to wait for, or None."""
        wanted = fcntl.F_RDLCK if self._shared else fcntl.F_WRLCK
        return find_lock(self._descriptor, wanted, 0, self.ticket)

    def list_conflicts(self) -> Iterator[int]:
        """List all of them, in the order of their tickets."""
        wanted = fcntl.F_RDLCK if self._shared else fcntl.F_WRLCK
        return list_locks(self._descriptor, wanted, self.ticket)

    def read_slot(self, ticket: int) -> Slot:
        return read_slot(self._descriptor, ticket)

    def release(self) -> None:
        """Release the ticket, also if a forked process has inherited it."""
        try:
            if self.ticket:
                self._set(fcntl.F_UNLCK, TICKETS + self.ticket)
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Close the file. A process that shares it after a fork keeps the ticket."""
        os.close(self._descriptor)

    def _set(self, kind: int, at: int) -> bool:
        try:
            fcntl.fcntl(self._descriptor, OFD_SETLK, struct.pack(FLOCK, kind, os.SEEK_SET, at, 1, 0))
            return True
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EACCES):
                return False
            raise


def read_next(descriptor: int) -> int:
    """Read the next ticket to draw, with the mutex held."""
    data = os.pread(descriptor, _COUNTER.size, 0)
    ticket = _COUNTER.unpack(data)[0] if len(data) == _COUNTER.size else 1
    # Only a damaged file contains others; the maximum leaves room for the bytes to lock.
    return ticket if 1 <= ticket < 1 << 62 else 1


def find_lock(descriptor: int, wanted: int, first: int, end: int) -> int | None:
    """Return a ticket from `first` to `end` (exclusive) whose lock conflicts with the wanted kind, or None."""
    if end <= first:
        return None
    question = struct.pack(FLOCK, wanted, os.SEEK_SET, TICKETS + first, end - first, 0)
    kind, _, start, _, _ = struct.unpack(FLOCK, fcntl.fcntl(descriptor, OFD_GETLK, question))
    return None if kind == fcntl.F_UNLCK else max(first, start - TICKETS)


def list_locks(descriptor: int, wanted: int, end: int) -> Iterator[int]:
    """List the tickets below `end` whose locks conflict with the wanted kind, in order."""
    first = 0
    while (found := find_lock(descriptor, wanted, first, end)) is not None:
        # The kernel returns any of them: look for an earlier one.
        while (earlier := find_lock(descriptor, wanted, first, found)) is not None:
            found = earlier
        yield found
        first = found + 1


def write_slot(descriptor: int, ticket: int, slot: Slot) -> None:
    data = json.dumps({**slot, "ticket": ticket}).encode()[:_SLOT_BYTES]
    os.pwrite(descriptor, data.ljust(_SLOT_BYTES, b"\0"), _SLOTS_AT + ticket % _SLOTS * _SLOT_BYTES)


def read_slot(descriptor: int, ticket: int) -> Slot:
    """Return the description of a ticket; empty if it has none. Runs of the workspace may write anything there."""
    data = os.pread(descriptor, _SLOT_BYTES, _SLOTS_AT + ticket % _SLOTS * _SLOT_BYTES)
    try:
        slot = json.loads(data.rstrip(b"\0"))
    except (ValueError, RecursionError):
        return {}
    return slot if isinstance(slot, dict) and slot.get("ticket") == ticket else {}
