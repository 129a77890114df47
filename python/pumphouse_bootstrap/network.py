"""
A network of user code's own: a way out through pasta, the ports that user code needs, and one way in, the door. The network
lives as long as a shell that pasta holds in it, which ends, and pasta with it, when this process ends, however it does.
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
from pumphouse_bootstrap.start_file import StartFile

_READY_SECONDS = 20.0
_LAST_WORDS_BYTES = 4096
_HOLD = "echo ready; read line"
_VARIABLES = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin", "LANG": "C.UTF-8"}
_RESET_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD)


class Network:
    """Raises CannotStart where it cannot be made; nothing is left then."""

    def __init__(self, start: StartFile, beacon_port: int) -> None:
        assert start.network is not None
        self._variables = {**_VARIABLES, "PUMPHOUSE_ATTEMPT_ID": start.attempt_id}
        # Processes that are none of user code's: pasta, and what serves the door.
        self.helpers: set[int] = set()
        # Who waits at the other end sees this one close when this process is gone.
        self._life, self._life_write = os.pipe()
        try:
            holder = self._start_pasta(start.network, beacon_port)
            namespaces = [f"--net=/proc/{holder}/ns/net"]
            if os.geteuid() != 0:
                namespaces = ["--preserve-credentials", f"--user=/proc/{holder}/ns/user", *namespaces]
            # Argv that precedes a command and puts it into the network.
            self.enter = ["nsenter", *namespaces, "--"]
            self._open_door(start)
        except OSError as error:
            self.close()
            raise CannotStart("network_failed", f"{error.filename or 'The network'}: {error.strerror}") from error
        except CannotStart:
            self.close()
            raise

    def close(self) -> None:
        """Ends the helpers, and sees that they are gone: they are nothing that the run left behind."""
        if self._life_write >= 0:
            os.close(self._life_write)
            os.close(self._life)
            self._life_write = -1
        for pid in self.helpers:
            os.kill(pid, signal.SIGKILL)
            try:
                os.waitpid(pid, 0)
            except ChildProcessError:
                pass
        self.helpers.clear()

    def _start_pasta(self, plan: dict, beacon_port: int) -> int:
        """Gives the process that holds the network."""
        ports = ",".join(map(str, [beacon_port, *plan["ports"]]))
        output, child_output = os.pipe()
        errors, child_errors = os.pipe()
        # Nobody reads what pasta says later: it is to be dropped, not waited for.
        os.set_blocking(child_errors, False)
        command = [*plan["pasta"], "--foreground", "--tcp-ns", ports, "/bin/sh", "-c", _HOLD]
        try:
            pasta = self._spawn(command, self._life, child_output, child_errors)
        finally:
            os.close(child_output)
            os.close(child_errors)
        self._errors = errors
        said = _read_line(output, time.monotonic() + _READY_SECONDS)
        os.close(output)
        held = [process.pid for process in list_descendants(pasta)] if said else []
        if not held:
            os.set_blocking(errors, False)
            raise CannotStart("network_failed", _read_last_words(errors) or "pasta made no network.")
        return held[0]

    def _open_door(self, start: StartFile) -> None:
        listener = _listen(start.folder)
        user = start.drop_to["uid"] if start.drop_to else -1
        main = os.path.join(os.path.dirname(os.path.abspath(__file__)), "door", "__main__.py")
        command = [*self.enter, sys.executable, "-I", "-S", main, str(user)]
        try:
            self._spawn(command, self._life, listener.fileno(), 2)
        finally:
            listener.close()

    def _spawn(self, command: list[str], *descriptors: int) -> int:
        """A process with these as its descriptors 0, 1 and 2."""
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
    """The door: `door` in the attempt's folder, which is closed to all but the server's user. By way of a descriptor, since the path
    of a unix socket may have 107 bytes only."""
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(f"/proc/self/fd/{descriptor}/door")
        # Who finds it full is refused by the kernel, and not told to wait: a page asks for many files at once.
        listener.listen(1024)
        return listener
    finally:
        os.close(descriptor)


def _read_line(descriptor: int, deadline: float) -> bytes:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    if not poll.poll(max(0, int((deadline - time.monotonic()) * 1000))):
        return b""
    return os.read(descriptor, 64)


def _read_last_words(descriptor: int) -> str:
    try:
        words = os.read(descriptor, 64 * 1024)
    except BlockingIOError:
        return ""
    return words[-_LAST_WORDS_BYTES:].decode("utf-8", "backslashreplace").strip()
