"""Processes that hold one database and wait for another may wait for each other: one of them has to give up."""

from __future__ import annotations

import fcntl
import os

from .ticket_lock import Slot, list_locks, read_slot

_END = 1 << 62


def has_to_give_up(folder: str, process: str) -> bool:
    """
    Report whether this process waits for itself through others, and began to wait last of them.

    All of them find the same cycle, and only the last gives up.
    """
    waits = _read_waits(folder)
    cycle = _find_cycle(waits, process)
    return bool(cycle) and max(cycle, key=lambda name: (waits[name][1], name)) == process


def _read_waits(folder: str) -> dict[str, tuple[set[str], float]]:
    """For each waiting process: the processes ahead of it, and since when it has waited."""
    waits: dict[str, tuple[set[str], float]] = {}
    for name in os.listdir(folder):
        try:
            descriptor = os.open(os.path.join(folder, name), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            continue
        try:
            queue = [read_slot(descriptor, ticket) for ticket in list_locks(descriptor, fcntl.F_WRLCK, _END)]
        except OSError:
            continue
        finally:
            os.close(descriptor)
        for index, slot in enumerate(queue):
            if slot.get("held") is None and _is_complete(slot):
                ahead = {other["process"] for other in queue[:index] if _conflict(slot, other)}
                before, since = waits.get(slot["process"], (set(), 0.0))
                waits[slot["process"]] = (before | ahead, max(since, slot["since"]))
    return waits


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
