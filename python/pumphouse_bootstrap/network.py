"""
User code's own network.

It allows outgoing connections through pasta and connections to selected ports of the machine's loopback. An
app also accepts connections, through the ingress socket only. The network exists as long as a shell that pasta
runs in it. The shell, and with it pasta, ends when this process ends for any reason.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import time

from pumphouse_bootstrap.preparation import CannotStart
from pumphouse_bootstrap.process_tree import list_descendants

_READY_SECONDS = 20.0
_LOOK_AGAIN_MILLISECONDS = 50
_MAX_DETAIL_BYTES = 4096
_HOLD = "echo ready; read line"
_VARIABLES = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin", "LANG": "C.UTF-8"}
_RESET_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD)


class Network:
    """Start pasta without waiting for it, because that takes tens of milliseconds."""

    def __init__(self, plan: dict, marks: dict[str, str]) -> None:
        """
        `plan`: `pasta` is its argv, `ports` are ports of the machine's loopback to make available on the loopback
        inside, `closed` are networks that user code does not reach. `marks`: variables that identify the owner
        of the helpers.
        """
        self._variables = {**_VARIABLES, **marks}
        # Pids that are not user code: pasta, and the process that serves the ingress socket.
        self.helpers: set[int] = set()
        # Argv that precedes a command to run it in the network; set once the network is ready.
        self.enter: list[str] = []
        # A helper ends when this pipe closes, which it does when this process ends.
        self._lifeline, self._lifeline_write = os.pipe()
        self._output, child_output = os.pipe()
        self._errors, child_errors = os.pipe()
        # pasta's later output is never read, so it must be dropped instead of blocking.
        os.set_blocking(child_errors, False)
        self._pasta = 0
        self._failure: OSError | None = None
        self._closed: list[str] = plan["closed"]
        forwarded = ",".join(map(str, plan["ports"])) or "none"
        # Without "--", the pasta of Debian 12 takes the options of the command for its own.
        command = [*plan["pasta"], "--foreground", "--tcp-ns", forwarded, "--", "/bin/sh", "-c", _HOLD]
        try:
            self._pasta = self._spawn(command, self._lifeline, child_output, child_errors)
        except OSError as error:
            self._failure = error
        finally:
            os.close(child_output)
            os.close(child_errors)

    def await_ready(self) -> None:
        """Wait until the network is ready. If that fails, close it and raise CannotStart."""
        # Load these while pasta starts.
        from pumphouse_bootstrap.machine_addresses import close_machine, list_machine_addresses

        try:
            if self._failure is not None:
                raise self._failure
            addresses = list_machine_addresses()
            holder = self._await_holder()
            close_machine(holder, addresses, self._closed)
        except OSError as error:
            self.close()
            raise CannotStart("network_failed", f"{error.filename or 'The network'}: {error.strerror or error}") from error
        except CannotStart:
            self.close()
            raise
        namespaces = [f"--net=/proc/{holder}/ns/net"]
        if os.geteuid() != 0:
            namespaces = ["--preserve-credentials", f"--user=/proc/{holder}/ns/user", *namespaces]
        self.enter = ["nsenter", *namespaces, "--"]

    def _await_holder(self) -> int:
        """Return the process that holds the network."""
        greeting = self._read_greeting(time.monotonic() + _READY_SECONDS)
        held = [process.pid for process in list_descendants(self._pasta)] if greeting else []
        if not held:
            os.set_blocking(self._errors, False)
            raise CannotStart("network_failed", _read_available(self._errors) or "pasta did not create a network.")
        return held[0]

    def _read_greeting(self, deadline: float) -> bytes:
        """Return what the shell in the network prints; empty if pasta ends before, or by the deadline."""
        poll = select.poll()
        poll.register(self._output, select.POLLIN)
        has_ended = False
        while not poll.poll(_LOOK_AGAIN_MILLISECONDS):
            # What pasta leaves behind when it fails holds the output open.
            if has_ended or time.monotonic() > deadline:
                return b""
            has_ended = os.waitid(os.P_PID, self._pasta, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        return os.read(self._output, 64)

    def open_ingress(self, folder: str, user: int) -> None:
        """
        Open the ingress socket (see `ingress`).

        `user`: the uid to which its process switches; -1 keeps the current one. Raises CannotStart.
        """
        main = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ingress", "__main__.py")
        command = [*self.enter, sys.executable, "-I", "-S", main, str(user)]
        try:
            with _listen(folder) as listener:
                self._spawn(command, self._lifeline, listener.fileno(), 2)
        except OSError as error:
            self.close()
            raise CannotStart("network_failed", f"{error.filename or 'The ingress socket'}: {error.strerror}") from error

    def close(self) -> None:
        """
        End the helpers and wait for them, so that they do not count as processes that the run left behind.
        """
        if self._lifeline_write >= 0:
            for descriptor in (self._lifeline_write, self._lifeline, self._output, self._errors):
                os.close(descriptor)
            self._lifeline_write = -1
        for pid in self.helpers:
            # With its group: a pasta that failed leaves the process that was to become the shell.
            os.killpg(pid, signal.SIGKILL)
            try:
                os.waitpid(pid, 0)
            except ChildProcessError:
                pass
        self.helpers.clear()

    def _spawn(self, command: list[str], *descriptors: int) -> int:
        """Start a process with these as its descriptors 0, 1 and 2."""
        pid = os.posix_spawnp(
            command[0],
            command,
            self._variables,
            file_actions=[(os.POSIX_SPAWN_DUP2, source, target) for target, source in enumerate(descriptors)],
            setsid=True,
            setsigdef=_RESET_SIGNALS,
        )
        self.helpers.add(pid)
        return pid


def _listen(folder: str) -> socket.socket:
    """
    Create the ingress socket: `door` in the attempt's folder, which only the server's user can access. Servers
    of earlier releases look for that name.

    The socket is bound through a descriptor, because the path of a unix socket is limited to 107 bytes.
    """
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(f"/proc/self/fd/{descriptor}/door")
        # The kernel rejects connections to a full queue instead of delaying them, and a page requests many
        # files at once.
        listener.listen(1024)
        return listener
    finally:
        os.close(descriptor)


def _read_available(descriptor: int) -> str:
    try:
        output = os.read(descriptor, 64 * 1024)
    except BlockingIOError:
        return ""
    return output[-_MAX_DETAIL_BYTES:].decode("utf-8", "backslashreplace").strip()
