"""Detect in the kernel's tables on which port an app listens, without connecting to it."""

from __future__ import annotations

import threading
import time

from pumphouse_bootstrap.closed_network import LAST_PORT
from pumphouse_bootstrap.spool import Spool, SpoolClosed

_POLL_SECONDS = 0.05
# Frameworks open other ports, too. An app that still listens only on those after this time ignores its
# assigned port.
_OTHER_SECONDS = 20.0
_LISTENING = "0A"


class ListeningWatch:
    """
    Report once in the log that the app listens, or on which other port it listens.

    The first report makes the server check that the app answers. `pid` is a process of user code; listeners
    on `own_ports` do not belong to user code.
    """

    def __init__(self, pid: int, port: int, own_ports: set[int], spool: Spool) -> None:
        self._pid = pid
        self._port = port
        self._own_ports = own_ports
        self._spool = spool
        self._ended = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._run, name="listening", daemon=True).start()

    def end(self) -> None:
        self._ended.set()

    def _run(self) -> None:
        try:
            self._watch()
        except SpoolClosed:
            pass

    def _watch(self) -> None:
        other_at = time.monotonic() + _OTHER_SECONDS
        is_reported = False
        while not self._ended.wait(_POLL_SECONDS):
            ports = list_listening_ports(self._pid) - self._own_ports
            if self._port in ports:
                self._spool.append("note", text=f"The app listens on port {self._port}.")
                return
            # Higher ports are assigned by the system, for example to Docker's resolver in each container.
            others = sorted(port for port in ports if port <= LAST_PORT)
            if others and not is_reported and time.monotonic() > other_at:
                is_reported = True
                listed = ", ".join(map(str, others))
                message = f"Nothing listens on port {self._port}, where visitors connect. It listens on port {listed} instead."
                self._spool.append("note", text=message)


def list_listening_ports(pid: int) -> set[int]:
    """Return the TCP ports with listeners in a process's network; none if the process is gone."""
    ports: set[int] = set()
    for table in ("tcp", "tcp6"):
        try:
            with open(f"/proc/{pid}/net/{table}", encoding="ascii") as file:
                lines = file.readlines()[1:]
        except OSError:
            continue
        for line in lines:
            # sl, local address, remote address, state
            _, local, _, state = line.split(None, 4)[:4]
            if state == _LISTENING:
                ports.add(int(local.rpartition(":")[2], 16))
    return ports
