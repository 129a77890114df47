"""The processes of the attempt: whatever descends from the bootstrap."""

from __future__ import annotations

import os
import signal
import time

_KILL_SECONDS = 5.0
_LOOK_AGAIN_SECONDS = 0.005
# PF_EXITING of the kernel: set before a process gives up its files, so that whoever saw its pipes end sees this too.
_EXITING_FLAG = 0x4


class Process:
    """One line of the machine's process table."""

    __slots__ = ("pid", "parent", "group", "exiting")

    def __init__(self, pid: int, parent: int, group: int, exiting: bool) -> None:
        self.pid = pid
        self.parent = parent
        self.group = group
        # On its way out already, by itself or by an earlier signal.
        self.exiting = exiting


def list_descendants(root: int) -> list[Process]:
    """Everything below a process that runs now, parents first. What has ended and was not looked at yet is left out."""
    by_parent: dict[int, list[Process]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (process := _read_process(name)) is not None:
            by_parent.setdefault(process.parent, []).append(process)
    found = list(by_parent.get(root, ()))
    for process in found:
        found.extend(by_parent.get(process.pid, ()))
    return found


def _read_process(name: str) -> Process | None:
    try:
        with open(f"/proc/{name}/stat", "rb") as file:
            return read_stat(int(name), file.read())
    except OSError:
        return None


def read_stat(pid: int, stat: bytes) -> Process | None:
    """A process as its /proc/<pid>/stat describes it; None when it has ended."""
    try:
        # The name may hold spaces and parentheses; the last one closes it.
        state, parent, group, _, _, _, flags = stat.rpartition(b")")[2].split()[:7]
    except ValueError:
        return None
    if state in (b"Z", b"X"):
        return None
    return Process(pid, int(parent), int(group), bool(int(flags) & _EXITING_FLAG))


def find_by_inner_pid(inner_pid: int) -> int | None:
    """
    The descendant that calls itself `inner_pid` in its own pid namespace, which a sandbox may have made; where several do, the
    one that is deepest in namespaces.
    """
    found: list[tuple[int, int]] = []
    for process in list_descendants(os.getpid()):
        numbers = _read_namespace_pids(process.pid)
        if numbers and numbers[-1] == inner_pid:
            found.append((len(numbers), process.pid))
    return max(found)[1] if found else None


def _read_namespace_pids(pid: int) -> list[int]:
    try:
        with open(f"/proc/{pid}/status", "rb") as file:
            for line in file:
                if line.startswith(b"NSpid:"):
                    return [int(number) for number in line.split()[1:]]
    except OSError:
        pass
    return []


def terminate_user_code(user_pid: int) -> None:
    """
    SIGTERM, once each, to user code's process group and to those below it that left the group. What is above it, the sandbox's
    own processes, is left alone: they would take user code down at once.
    """
    outside_group = [process.pid for process in list_descendants(user_pid) if process.group != user_pid]
    try:
        os.killpg(user_pid, signal.SIGTERM)
    except (ProcessLookupError, PermissionError):
        pass
    for pid in outside_group:
        _kill(pid, signal.SIGTERM)


def kill_descendants(reap) -> int:
    """
    SIGKILL to everything below this process until nothing is left; `reap()` is called in between. Gives how many were killed.
    Those in a pid namespace of their own are not counted: they end with it, and whether they are still seen is chance. Nor are
    those that were about to end by themselves.
    """
    killed: set[int] = set()
    give_up_at = time.monotonic() + _KILL_SECONDS
    while descendants := list_descendants(os.getpid()):
        for process in descendants:
            if not process.exiting and len(_read_namespace_pids(process.pid)) == 1:
                killed.add(process.pid)
            _kill(process.pid, signal.SIGKILL)
        if time.monotonic() > give_up_at:
            break
        time.sleep(_LOOK_AGAIN_SECONDS)
        reap()
    reap()
    return len(killed)


def _kill(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass
