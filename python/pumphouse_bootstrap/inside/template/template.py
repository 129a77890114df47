"""The template itself: imports once, then forks a slot for each request of its keeper."""

from __future__ import annotations

import os
import socket
import sys

from pumphouse_bootstrap.inside.imports import import_ahead
from pumphouse_bootstrap.inside.template import messages
from pumphouse_bootstrap.inside.template.slot import fork_init

# User code is always pid 2 of its namespace, and libraries recognise a fork by a changed pid.
_UNUSED_PIDS = 64


def serve(descriptor: int, optional_modules: list[str]) -> None:
    """Serve the keeper until its connection ends. `optional_modules`: imported if the environment has them."""
    _leave_small_pids()
    keeper = socket.socket(fileno=descriptor)
    names = import_ahead(optional_modules)
    messages.send(keeper, {"ready": True, "threads": _count_threads(), "read_variables": names})
    _answer_requests(keeper)
    # The sandbox's first process stays until the last run has ended.
    os._exit(0)


def _leave_small_pids() -> None:
    for number in range(_UNUSED_PIDS):
        pid = os.fork()
        is_last = number == _UNUSED_PIDS - 1
        if pid == 0 and is_last:
            os.setsid()
            return
        if pid == 0:
            os._exit(0)
        # The parent of the template is also that of the runs' first processes.
        while os.wait()[0] != pid:
            pass
        if is_last:
            os._exit(0)


def _count_threads() -> int:
    return len(os.listdir("/proc/self/task"))


def _answer_requests(keeper: socket.socket) -> None:
    while True:
        try:
            message, descriptors, _ = messages.receive(keeper)
        except (OSError, ValueError):
            return
        if message is None or len(descriptors) != 1:
            return
        with socket.socket(fileno=descriptors[0]) as connection:
            fork_init(connection, keeper)
