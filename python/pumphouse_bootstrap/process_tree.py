"""The processes of the attempt: all descendants of the bootstrap."""

from __future__ import annotations

import os
import signal
import time

_KILL_SECONDS = 5.0
_POLL_SECONDS = 0.005
# The kernel's PF_EXITING: set before a process closes its files, so it is visible once its pipes have ended.
_EXITING_FLAG = 0x4


class Process:
    """One entry of the machine's process table."""

    __slots__ = ("pid", "parent", "group", "exiting")

    def __init__(self, pid: int, parent: int, group: int, exiting: bool) -> None:
        self.pid = pid
        self.parent = parent
        self.group = group
        # Already exiting, on its own or after an earlier signal.
        self.exiting = exiting


def list_descendants(root: int) -> list[Process]:
    """List all running descendants of a process, parents first. Zombies are left out."""
    by_parent: dict[int, list[Process]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (process := _read_process(name)) is not None:
            by_parent.setdefault(process.parent, []).append(process)
    found = list(by_parent.get(root, ()))
    for process in found:
        found.extend(by_parent.get(process.pid, ()))
    return found


def list_descendant_pids(root: int) -> list[int]:
    """List the descendants of a process, zombies included, without a look at all processes of the machine."""
    found = list(_list_child_pids(root))
    for pid in found:
        found.extend(_list_child_pids(pid))
    return found


def _list_child_pids(pid: int) -> list[int]:
    children: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                children.extend(int(child) for child in file.read().split())
    except OSError:
        # It has ended meanwhile.
        pass
    return children


def _read_process(name: str) -> Process | None:
    try:
        with open(f"/proc/{name}/stat", "rb") as file:
            return read_stat(int(name), file.read())
    except OSError:
        return None


def read_stat(pid: int, stat: bytes) -> Process | None:
    """Parse /proc/<pid>/stat; None if the process has ended."""
    try:
        # The name may contain spaces and parentheses; the last parenthesis closes it.
        state, parent, group, _, _, _, flags = stat.rpartition(b")")[2].split()[:7]
    except ValueError:
        return None
    if state in (b"Z", b"X"):
        return None
    return Process(pid, int(parent), int(group), bool(int(flags) & _EXITING_FLAG))


def find_by_inner_pid(inner_pid: int) -> int | None:
    """
    Find the descendant with pid `inner_pid` in its own pid namespace, which a sandbox may have created.

    If there are several, return the one in the deepest namespace.
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


def reap_children() -> list[tuple[int, int]]:
    """Reap the children of this process that have ended; return their pids and wait statuses."""
    ended: list[tuple[int, int]] = []
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended.append((pid, status))


def wake_up_for_ended_children() -> int:
    """Return a descriptor that becomes readable when a child has ended."""
    woken, wake = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return woken


def terminate_user_code(user_pid: int) -> None:
    """
    Send SIGTERM once to each process of user code: to its process group, and to descendants that left the
    group.

    The sandbox's own processes get no signal, because they would end user code at once.
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
    Send SIGKILL to all descendants until none is left, calling `reap()` in between; return how many were
    killed.

    Does not count processes in a pid namespace of their own, which end with the namespace at about the same
    time, and processes that were already exiting.
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
        time.sleep(_POLL_SECONDS)
        reap()
    reap()
    return len(killed)


def _kill(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass
