"""System calls that the standard library does not offer."""

from __future__ import annotations

import ctypes
import os

NEW_MOUNTS, NEW_CONTROL_GROUPS, NEW_HOST_NAME = 0x00020000, 0x02000000, 0x04000000
NEW_IPC, NEW_USERS, NEW_PIDS, NEW_NETWORK = 0x08000000, 0x10000000, 0x20000000, 0x40000000
READ_ONLY, NO_SETUID, NO_DEVICES, NO_EXECUTION, REMOUNT, BIND = 1, 2, 4, 8, 32, 4096
RECURSIVE, PRIVATE = 1 << 14, 1 << 18

_MOVE_MOUNT, _OPEN_TREE, _CLONE3, _MOUNT_SETATTR = 429, 428, 435, 442
_CHILD_OF_PARENT = 0x00008000
_CLONE_ARGUMENTS = 8
_FROM_EMPTY_PATH, _CLONE_TREE, _AT_EMPTY_PATH = 4, 1, 0x1000
_AT_FDCWD = -100
_DROP_BOUNDING, _AMBIENT, _CLEAR_ALL = 24, 47, 4
_PDEATHSIG, _DUMPABLE = 1, 4
_SIGKILL = 9
_CAPABILITY_VERSION = 0x20080522
_CAPABILITIES = 64

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mount.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p]
_libc.syscall.restype = ctypes.c_long
# The lock of the interpreter is not released around these calls: the new process of a fork must hold it.
_holding_interpreter = ctypes.PyDLL(None, use_errno=True)
_holding_interpreter.syscall.restype = ctypes.c_long


def _check(result: int, action: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), action)
    return result


def fork_sibling(namespaces: int) -> int:
    """
    Fork a process in new namespaces, whose parent is the parent of this process. Return its pid; 0 in the new process.

    Only for a process with one thread. Handlers of libraries and of Python do not run: the new process may use nothing that
    starts threads or takes locks before it forks again.
    """
    arguments = (ctypes.c_uint64 * _CLONE_ARGUMENTS)(namespaces | _CHILD_OF_PARENT)
    size = ctypes.c_size_t(ctypes.sizeof(arguments))
    return _check(_holding_interpreter.syscall(_CLONE3, ctypes.byref(arguments), size), "clone3")


def unshare(flags: int) -> None:
    _check(_libc.unshare(flags), "unshare")


def mount(source: str | None, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    encoded = [None if text is None else os.fsencode(text) for text in (source, target, kind, data)]
    _check(_libc.mount(encoded[0], encoded[1], encoded[2], flags, encoded[3]), f"mount {target}")


def open_tree(path: str) -> int:
    """Return a descriptor of a copy of the mount at `path`."""
    flags = ctypes.c_uint(_CLONE_TREE | os.O_CLOEXEC)
    return _check(_libc.syscall(_OPEN_TREE, _AT_FDCWD, os.fsencode(path), flags), f"open_tree {path}")


def place_mount(descriptor: int, target: str) -> None:
    """Attach the mount of a descriptor, and close the descriptor."""
    empty_path = ctypes.c_uint(_FROM_EMPTY_PATH)
    result = _libc.syscall(_MOVE_MOUNT, descriptor, b"", _AT_FDCWD, os.fsencode(target), empty_path)
    _check(result, f"move_mount {target}")
    os.close(descriptor)


def restrict_mount(descriptor: int) -> None:
    """Ignore setuid bits and devices in the mount of a descriptor."""
    attributes = (ctypes.c_uint64 * 4)(NO_SETUID | NO_DEVICES, 0, 0, 0)
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    result = _libc.syscall(_MOUNT_SETATTR, descriptor, b"", _AT_EMPTY_PATH, ctypes.byref(attributes), size)
    _check(result, "mount_setattr")


def enter_users(descriptor: int) -> None:
    """Enter the user namespace of a descriptor."""
    _check(_libc.setns(descriptor, NEW_USERS), "setns")


def map_user(inside: int, outside: int, group_inside: int, group_outside: int) -> None:
    """Map the only user and group of this process's new user namespace."""
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{inside} {outside} 1"),
        ("gid_map", f"{group_inside} {group_outside} 1"),
    ):
        # A file object would touch, and so copy, 300 more pages of the template in each run.
        descriptor = os.open(f"/proc/self/{name}", os.O_WRONLY)
        os.write(descriptor, text.encode())
        os.close(descriptor)


def drop_capabilities() -> None:
    for number in range(_CAPABILITIES):
        if _libc.prctl(_DROP_BOUNDING, ctypes.c_ulong(number), 0, 0, 0) < 0:
            break
    _libc.prctl(_AMBIENT, _CLEAR_ALL, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    none = (ctypes.c_uint32 * 6)()
    _check(_libc.capset(ctypes.byref(header), ctypes.byref(none)), "capset")


def end_with_parent() -> None:
    _check(_libc.prctl(_PDEATHSIG, ctypes.c_ulong(_SIGKILL), 0, 0, 0), "prctl")


def forbid_inspection() -> None:
    _check(_libc.prctl(_DUMPABLE, ctypes.c_ulong(0), 0, 0, 0), "prctl")


def allow_inspection() -> None:
    """Undo what a change of user or user namespace has forbidden."""
    _check(_libc.prctl(_DUMPABLE, ctypes.c_ulong(1), 0, 0, 0), "prctl")
