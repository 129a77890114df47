"""The network of a slot: pasta attached to a network that the slot has created itself."""

from __future__ import annotations

import os
import select
import signal
import time
from contextlib import ExitStack

from pumphouse_bootstrap.inside.template import kernel
from pumphouse_bootstrap.machine_addresses import close_machine

_READY_SECONDS = 20.0
_VARIABLES = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin", "LANG": "C.UTF-8"}


class NetworkFailed(Exception):
    """The network of a slot could not be created."""


class SlotNetwork:
    """Start pasta for the network of a slot without waiting for it."""

    def __init__(self, pasta: list[str], ports: list[int], init: int, empty_folder: str) -> None:
        """`init`: pid of the slot's first process. `ports`: of the machine's loopback, made available inside."""
        self._init = init
        self._empty_folder = empty_folder
        # pasta ends a moment after the last copy of this pipe is closed.
        self._lease_read, self.lease = os.pipe()
        self._output, child_output = os.pipe()
        self._open = {self._lease_read, self.lease, self._output}
        try:
            command = [*pasta, "--tcp-ns", ",".join(map(str, ports)) or "none", *self._name_namespaces()]
            self._pasta = os.posix_spawnp(
                command[0],
                command,
                _VARIABLES,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, child_output, 1),
                    (os.POSIX_SPAWN_DUP2, child_output, 2),
                ],
                setsid=True,
                setsigdef=(signal.SIGPIPE, signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP, signal.SIGINT),
            )
        except BaseException:
            self.end()
            raise
        finally:
            os.close(child_output)

    def _name_namespaces(self) -> list[str]:
        """
        Return the arguments that name the slot's namespaces.

        An ordinary user's pasta may open those of its own process by pid. As root it gives up the privilege to do so
        before it looks: two helpers of its own user, without capabilities, hold them open for it. The second one is in
        the slot's user namespace, where pasta then is. pasta ends with it.
        """
        if os.geteuid() != 0:
            return [str(self._init)]
        with ExitStack() as opened:
            users, network = (self._open_namespace(name, opened) for name in ("user", "net"))
            outer = self._hold(users, enters=False)
            inner = self._hold(network, enters=True, users=users)
        return ["--userns", f"/proc/{outer}/fd/{users}", "--netns", f"/proc/{inner}/fd/{network}"]

    def _open_namespace(self, name: str, opened: ExitStack) -> int:
        descriptor = os.open(f"/proc/{self._init}/ns/{name}", os.O_RDONLY)
        opened.callback(os.close, descriptor)
        return descriptor

    def _hold(self, descriptor: int, enters: bool, users: int = -1) -> int:
        """Fork a process that keeps a descriptor open until the lease of the network ends; return its pid."""
        ready, child_ready = os.pipe()
        try:
            pid = os.fork()
        except OSError:
            os.close(ready)
            os.close(child_ready)
            raise
        if pid == 0:
            try:
                self._become_holder(descriptor, child_ready, users if enters else -1)
            finally:
                os._exit(0)
        os.close(child_ready)
        reported = os.read(ready, 1)
        os.close(ready)
        if reported == b"":
            raise NetworkFailed("The namespaces of the slot could not be held open.")
        return pid

    def _become_holder(self, descriptor: int, ready: int, users: int) -> None:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        _close_all_but({descriptor, ready, users, self._lease_read})
        # Code of the run has all privileges in its own user namespace. Should it ever get hold of this process, there are
        # no files here.
        os.chroot(self._empty_folder)
        os.chdir("/")
        if users >= 0:
            kernel.enter_users(users)
        kernel.drop_capabilities()
        # Entering a user namespace forbids inspection; pasta must be able to open the descriptor.
        kernel.allow_inspection()
        os.write(ready, b"1")
        os.close(ready)
        os.read(self._lease_read, 1)

    def await_ready(self, machine_addresses: list[bytes], closed: list[str]) -> None:
        """Wait until pasta serves the network, and close the machine to it. Raises NetworkFailed, OSError."""
        message = _read_to_end(self._output, time.monotonic() + _READY_SECONDS)
        _, status = os.waitpid(self._pasta, 0)
        self._close(self._output)
        self._close(self._lease_read)
        if status != 0:
            raise NetworkFailed(message.decode("utf-8", "replace").strip() or "pasta did not create a network.")
        close_machine(self._init, machine_addresses, closed)

    def end(self) -> None:
        """Give up this process's part in the lease of the network, and close what a failed start left open."""
        for descriptor in list(self._open):
            self._close(descriptor)

    def _close(self, descriptor: int) -> None:
        self._open.discard(descriptor)
        os.close(descriptor)


def _close_all_but(kept: set[int]) -> None:
    for name in os.listdir("/proc/self/fd"):
        if (number := int(name)) > 2 and number not in kept:
            try:
                os.close(number)
            except OSError:
                continue


def _read_to_end(descriptor: int, deadline: float) -> bytes:
    """pasta goes into the background once it is ready, and closes its output."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    text = b""
    while poll.poll(max(0, int((deadline - time.monotonic()) * 1000))):
        piece = os.read(descriptor, 4096)
        if piece == b"":
            return text
        text += piece
    raise NetworkFailed("pasta did not create a network in time.")
