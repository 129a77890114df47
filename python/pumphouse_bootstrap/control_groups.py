"""Kernel counters of user code's control groups: memory, processor time, out-of-memory kills, rejected processes."""

from __future__ import annotations

import os
import resource

from pumphouse_bootstrap.process_tree import list_descendant_pids

# Memory is charged in batches of up to 64 pages, so a group this close to its limit has hit it.
_NEAR_BYTES = 1024 * 1024
# Enough for a pool of workers; a group with more has its processor time underestimated.
_MAX_COUNTED_PROCESSES = 256
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
# Version 1 has a number near 2**63 for no limit.
_NO_LIMIT_BYTES = 2**60


class ControlGroups:
    """Counters since the creation of this object. A missing folder or file counts as zero."""

    def __init__(self, folders: dict | None) -> None:
        """`folders`: `control_groups` of start.json."""
        folders = folders or {}
        self._memory = _find_group(folders.get("memory"), "memory", ("memory.events", "memory.oom_control"))
        self._pids = _find_group(folders.get("pids"), "pids", ("pids.events",))
        self._cpu = _find_group(folders.get("memory"), "cpuacct", ("cpu.stat", "cpuacct.usage"))
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

    @property
    def measures_group(self) -> bool:
        """Whether memory is that of a group. Without one it is the sum of the processes, which share some of it."""
        return self._memory is not None

    def read_memory_bytes(self) -> int:
        """
        Return the memory in use, what is swapped out included, without what the kernel can drop at once. Without a
        group: what the descendants of this process have for themselves.
        """
        if self._memory is None:
            return sum(map(_read_own_bytes, list_descendant_pids(os.getpid())[:_MAX_COUNTED_PROCESSES]))
        used = self._memory_count("memory.current") + self._memory_count("memory.swap.current")
        # The second counts swap as well, if the kernel accounts for it.
        used = used or max(map(self._memory_count, ("memory.usage_in_bytes", "memory.memsw.usage_in_bytes")))
        cached = self._memory_count("memory.stat", "inactive_file")
        return max(0, used - (self._memory_count("memory.stat", "total_inactive_file") or cached))

    def read_peak_memory_bytes(self) -> int:
        """
        Return the most memory that was charged to a group that ran out of it; 0 for others, whose charges include
        disk cache, and if the kernel does not tell.
        """
        if self.describe_out_of_memory() != "limit":
            return 0
        return self._memory_count("memory.peak") or self._memory_count("memory.max_usage_in_bytes")

    def read_memory_limit_bytes(self) -> int | None:
        """Return the limit of the group; None without one."""
        limit = self._memory_count("memory.max") or self._memory_count("memory.limit_in_bytes")
        return limit if 0 < limit < _NO_LIMIT_BYTES else None

    def read_cpu_microseconds(self) -> int:
        """Return the processor time of the group's processes, also of those that have ended."""
        if self._cpu is not None:
            used = _read_count(f"{self._cpu}/cpu.stat", "usage_usec")
            return used or _read_count(f"{self._cpu}/cpuacct.usage", None) // 1000
        return _sum_ended_children() + self._sum_live_processes()

    def _sum_live_processes(self) -> int:
        """Sum up the processes of a version 1 group, whose kernel counts processor time elsewhere, or of none."""
        ticks = 0
        group = self._pids or self._memory
        pids = _read_lines(f"{group}/cgroup.procs") if group else list_descendant_pids(os.getpid())
        for pid in pids[:_MAX_COUNTED_PROCESSES]:
            try:
                with open(f"/proc/{int(pid)}/stat", encoding="ascii", errors="replace") as file:
                    # The name of the program may contain anything.
                    fields = file.read().rpartition(")")[2].split()
                ticks += sum(int(field) for field in fields[11:15])
            except (OSError, ValueError):
                continue
        return ticks * 1_000_000 // _TICKS_PER_SECOND

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


def _sum_ended_children() -> int:
    """Return the processor time of all processes that this one has reaped, in microseconds."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round((usage.ru_utime + usage.ru_stime) * 1_000_000)


def _read_own_bytes(pid: int) -> int:
    """Return the memory of a process that it shares with no file and no other process; 0 if it has ended."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            _, resident, shared = (int(pages) for pages in file.read().split()[:3])
    except (OSError, ValueError):
        return 0
    return max(0, resident - shared) * _PAGE_BYTES


def _read_lines(path: str) -> list[str]:
    try:
        with open(path, encoding="ascii") as file:
            return file.read().split()
    except OSError:
        return []


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
