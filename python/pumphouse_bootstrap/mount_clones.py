"""
Copies of mounts that are attached nowhere yet: the owner of the descriptor can attach it in a mount namespace of its own. This
is how a sandbox that runs already gains a folder.
"""

from __future__ import annotations

import ctypes
import os
import socket

_OPEN_TREE, _MOUNT_SETATTR = 428, 442
_CLONE, _AT_FDCWD, _AT_EMPTY_PATH = 1, -100, 0x1000
_NO_SETUID, _NO_DEVICES = 0x2, 0x4
_NEW_USERS, _NEW_MOUNTS = 0x10000000, 0x00020000
_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def clone_mounts(paths: list[str]) -> list[int]:
    """Return a descriptor for each folder. Raises OSError, also on kernels before 5.12, which cannot do it."""
    if os.geteuid() == 0:
        return [_clone(path) for path in paths]
    # An ordinary user needs namespaces of its own for it, which a process with threads cannot enter.
    mine, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with mine, other:
        child = os.fork()
        if child == 0:
            _clone_apart(paths, other)
        other.close()
        report, descriptors, _, _ = socket.recv_fds(mine, 4096, len(paths))
        os.waitpid(child, 0)
    if len(descriptors) != len(paths):
        raise OSError(0, report.decode("utf-8", "replace") or "the folders could not be handed over")
    return list(descriptors)


def _clone_apart(paths: list[str], connection: socket.socket) -> None:
    try:
        if _libc.unshare(_NEW_USERS | _NEW_MOUNTS) < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), "unshare")
        socket.send_fds(connection, [b"cloned"], [_clone(path) for path in paths])
    except OSError as error:
        connection.send(f"{error.filename}: {error.strerror}".encode())
    finally:
        os._exit(0)


def _clone(path: str) -> int:
    flags = ctypes.c_uint(_CLONE | os.O_CLOEXEC)
    descriptor = _libc.syscall(_OPEN_TREE, _AT_FDCWD, os.fsencode(path), flags)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), path)
    attributes = (ctypes.c_uint64 * 4)(_NO_SETUID | _NO_DEVICES, 0, 0, 0)
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    if _libc.syscall(_MOUNT_SETATTR, descriptor, b"", _AT_EMPTY_PATH, ctypes.byref(attributes), size) < 0:
        number = ctypes.get_errno()
        os.close(descriptor)
        raise OSError(number, os.strerror(number), path)
    return descriptor
