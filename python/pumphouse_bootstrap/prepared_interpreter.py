"""The user side of a run whose attempt is not known yet: an interpreter that has imported dlt and waits."""

from __future__ import annotations

import os
import signal
import socket
from typing import NoReturn

from pumphouse_bootstrap.inside.stage import become_user
from pumphouse_bootstrap.inside.template import messages
from pumphouse_bootstrap.preparation import BeginAnswer
from pumphouse_bootstrap.process_control import end_with_parent, forbid_new_privileges
from pumphouse_bootstrap.startup_variables import explain_cold_start

_READY_SECONDS = 120.0
_MAX_MEMORY_BYTES = 1 << 40
_RESET_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD)


class PreparedInterpreter:
    """A child that has run nothing of the user but the imports of the environment's packages."""

    def __init__(self, environment: str, bootstrap: str, modules: list[str], drop_to: dict | None) -> None:
        """Start it. The caller has one thread, because it forks."""
        self.connection, inner = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._read_variables: set[str] = set()
        self.memory_bytes = 0
        self.pid = os.fork()
        if self.pid == 0:
            _become_interpreter(inner, environment, bootstrap, modules, drop_to)
        inner.close()

    def await_ready(self) -> None:
        """Wait until it has imported everything. Raises OSError, and ValueError for anything but its report."""
        self.connection.settimeout(_READY_SECONDS)
        message, descriptors, _ = messages.receive(self.connection)
        for descriptor in descriptors:
            os.close(descriptor)
        if message is None or not isinstance(message.get("read_variables"), list):
            raise ValueError("The interpreter ended while it imported packages")
        self._read_variables = {str(name) for name in message["read_variables"]}
        memory = message.get("memory_bytes")
        self.memory_bytes = min(max(memory, 0), _MAX_MEMORY_BYTES) if isinstance(memory, int) else 0
        self.connection.settimeout(None)

    def explain_cold_start(self, begin: BeginAnswer) -> str | None:
        """Return why this attempt needs an interpreter of its own; None if it can use this one."""
        if self.has_ended():
            return "the prepared interpreter has ended"
        return explain_cold_start(begin.variables, self._read_variables)

    def has_ended(self) -> bool:
        """Return whether it has ended, and reap it."""
        if self.pid != 0 and os.waitpid(self.pid, os.WNOHANG)[0] != 0:
            self.pid = 0
        return self.pid == 0

    def end(self) -> None:
        """Kill it, unless a run has it, and wait until it is gone."""
        self.connection.close()
        if not self.has_ended():
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = 0


def _become_interpreter(
    inner: socket.socket, environment: str, bootstrap: str, modules: list[str], drop_to: dict | None
) -> NoReturn:
    """Replace this forked process. It never returns to its caller's code."""
    try:
        for number in _RESET_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
        become_user(drop_to)
        end_with_parent()
        forbid_new_privileges()
        os.umask(0o077)
        os.set_inheritable(inner.fileno(), True)
        program = f"{bootstrap}/inside/prepared/__main__.py"
        python = f"{environment}/bin/python"
        variables = {
            "PATH": f"{environment}/bin:/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HOME": "/tmp/home",
            "PYTHONUNBUFFERED": "1",
        }
        os.execve(python, [python, "-u", program, str(inner.fileno()), *modules], variables)
    finally:
        os._exit(1)
