"""Kernel counters of user code's control groups: out-of-memory kills and rejected processes."""

from __future__ import annotations

import os

# Memory is charged in batches of up to 64 pages, so a group this close to its limit has hit it.
_NEAR_BYTES = 1024 * 1024


class ControlGroups:
    """Counters since the creation of this object. A missing folder or file counts as zero."""

    def __init__(self, folders: dict | None) -> None:
        """`folders`: `control_groups` of start.json."""
        folders = folders or {}
        self._memory = _find_group(folders.get("memory"), "memory", ("memory.events", "memory.oom_control"))
        self._pids = _find_group(folders.get("pids"), "pids", ("pids.events",))
        self._kills = self._count_kills()
        self._limit_hits = self._count_limit_hits()
        self._refused = self._count_refused()

    def describe_out_of_memory(self) -> str | None:
        """
        Return the memory that ran out when a process of the group was killed: `limit` or `machine`.

        The kernel counts both kinds of kill together, but only one of them hits the group's limit.
        """
        if self._count_kills() <= self._kills:
            return None
        hit = self._count_limit_hits() > self._limit_hits or self._has_touched_limit()
        return "limit" if hit else "machine"

    def has_reached_process_limit(self) -> bool:
        return self._count_refused() > self._refused

    def _count_kills(self) -> int:
        # Version 2, then version 1.
        return self._memory_count("memory.events", "oom_kill") + self._memory_count("memory.oom_control", "oom_kill")

    def _count_limit_hits(self) -> int:
        hits = self._memory_count("memory.events", "oom")
        return hits + sum(self._memory_count(name) for name in ("memory.failcnt", "memory.memsw.failcnt"))

    def _has_touched_limit(self) -> bool:
        """Version 1: some kernels always leave `failcnt` at 0."""
        for prefix in ("memory", "memory.memsw"):
            limit = self._memory_count(f"{prefix}.limit_in_bytes")
            if 0 < limit <= self._memory_count(f"{prefix}.max_usage_in_bytes") + _NEAR_BYTES:
                return True
        return False

    def _count_refused(self) -> int:
        return 0 if self._pids is None else _read_count(f"{self._pids}/pids.events", "max")

    def _memory_count(self, file: str, name: str | None = None) -> int:
        return 0 if self._memory is None else _read_count(f"{self._memory}/{file}", name)


def _find_group(folder: str | None, controller: str, files: tuple[str, ...]) -> str | None:
    """
    Return the folder itself, or the controller's folder in it: in a version 1 container each controller has
    its own.
    """
    if folder is None:
        return None
    for candidate in (folder, f"{folder}/{controller}"):
        if any(os.path.exists(f"{candidate}/{name}") for name in files):
            return candidate
    return None


def _read_count(path: str, name: str | None) -> int:
    """Return the number of a line `<name> <number>`, or the only one in the file; 0 if there is none."""
    try:
        with open(path, encoding="ascii") as file:
            for line in file:
                fields = line.split()
                if name is None or fields[0] == name:
                    return int(fields[-1])
    except (OSError, ValueError, IndexError):
        pass
    return 0
