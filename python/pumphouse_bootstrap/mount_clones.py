"""
Copies of mounts that are attached nowhere yet: the owner of the descriptor can attach it in a mount namespace of its own. This
is how a sandbox that runs already gains a folder.
"""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack

from pumphouse_bootstrap.inside.template import kernel


def clone_mounts(paths: list[str]) -> list[int]:
    """Return a descriptor for each folder. Raises OSError, also on kernels before 5.12, which cannot do it."""
    if os.geteuid() == 0:
        return _clone_all(paths)
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
        for descriptor in descriptors:
            os.close(descriptor)
        raise OSError(0, report.decode("utf-8", "replace") or "the folders could not be handed over")
    return list(descriptors)


def _clone_all(paths: list[str]) -> list[int]:
    with ExitStack() as opened:
        clones = []
        for path in paths:
            clones.append(_clone(path))
            opened.callback(os.close, clones[-1])
        opened.pop_all()
    return clones


def _clone_apart(paths: list[str], connection: socket.socket) -> None:
    try:
        kernel.unshare(kernel.NEW_USERS | kernel.NEW_MOUNTS)
        socket.send_fds(connection, [b"cloned"], [_clone(path) for path in paths])
    except OSError as error:
        connection.send(f"{error.filename}: {error.strerror}".encode())
    finally:
        os._exit(0)


def _clone(path: str) -> int:
    descriptor = kernel.open_tree(path)
    try:
        kernel.restrict_mount(descriptor)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
