"""Processes that hold one database and wait for another may wait for each other: one of them has to give up."""

from __future__ import annotations

import fcntl
import itertools
import os
import time
from collections.abc import Iterator

from .ticket_lock import Slot, list_locks, read_slot

_END = 1 << 62
# Runs of the workspace may create any files and locks.
_MAX_FILES = 10_000
_MAX_QUEUE = 1000
_MAX_LISTED = 100


def has_to_give_up(folder: str, process: str) -> bool:
    """
    Report whether this process waits for itself through others, and began to wait last of them.

    All of them find the same cycle, and only the last gives up.
    """
    waits = _read_waits(folder)
    cycle = _find_cycle(waits, process)
    return bool(cycle) and max(cycle, key=lambda name: (waits[name][1], name)) == process


def list_file_waits(folder: int, attempt: str, pid: int | None, seconds: float) -> list[list[str]]:
    """
    List pairs of attempts of which the first has waited for a database file for so long, and the second is ahead of it. A
    file of this attempt counts only if the process `pid` has it open: another one may close it before it ends.
    """
    pairs: dict[tuple[str, str], float] = {}
    for queue in _read_queues(folder):
        for index, slot in enumerate(queue):
            if not _is_waiting(slot) or not isinstance(slot.get("attempt"), str) or slot["since"] > time.time() - seconds:
                continue
            for other in queue[:index]:
                ahead = other.get("attempt")
                if not _conflict(slot, other) or not isinstance(ahead, str) or slot["attempt"] in (ahead, attempt):
                    continue
                if ahead != attempt or (other.get("pid") == pid and other.get("held") is not None):
                    pairs[slot["attempt"], ahead] = slot["since"]
    return [list(pair) for pair in sorted(pairs, key=pairs.__getitem__)[:_MAX_LISTED]]


def _read_waits(path: str) -> dict[str, tuple[set[str], float]]:
    """For each waiting process: the processes ahead of it, and since when it has waited."""
    waits: dict[str, tuple[set[str], float]] = {}
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for queue in _read_queues(folder):
            for index, slot in enumerate(queue):
                if _is_waiting(slot):
                    ahead = {other["process"] for other in queue[:index] if _conflict(slot, other)}
                    before, since = waits.get(slot["process"], (set(), 0.0))
                    waits[slot["process"]] = (before | ahead, max(since, slot["since"]))
    finally:
        os.close(folder)
    return waits


def _read_queues(folder: int) -> Iterator[list[Slot]]:
    """For each database: those that have it open, and those that wait for it, in order."""
    for name in os.listdir(folder)[:_MAX_FILES]:
        try:
            flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
            descriptor = os.open(name, flags, dir_fd=folder)
        except OSError:
            continue
        try:
            tickets = itertools.islice(list_locks(descriptor, fcntl.F_WRLCK, _END), _MAX_QUEUE)
            yield [read_slot(descriptor, ticket) for ticket in tickets]
        except OSError:
            continue
        finally:
            os.close(descriptor)


def _is_waiting(slot: Slot) -> bool:
    return slot.get("held") is None and _is_complete(slot)


def _is_complete(slot: Slot) -> bool:
    return isinstance(slot.get("process"), str) and isinstance(slot.get("since"), (int, float))


def _conflict(slot: Slot, other: Slot) -> bool:
    return _is_complete(other) and not (slot.get("shared") and other.get("shared"))


def _find_cycle(waits: dict[str, tuple[set[str], float]], process: str) -> list[str]:
    """Return the waiting processes on a way from this process back to itself."""
    paths = [[process]]
    seen = {process}
    while paths:
        path = paths.pop()
        for ahead in waits.get(path[-1], (set(), 0.0))[0]:
            if ahead == process:
                return path
            if ahead not in seen:
                seen.add(ahead)
                paths.append([*path, ahead])
    return []
