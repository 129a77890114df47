"""A slot: a forked run that waits for its attempt, with its network."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack

from pumphouse_bootstrap.inside.template import messages
from pumphouse_bootstrap.machine_addresses import close_machine, list_machine_addresses
from pumphouse_bootstrap.template_keeper.slot_network import NetworkFailed, SlotNetwork

_READY_SECONDS = 10


class SlotFailed(Exception):
    """The template cannot fork a run here."""


class SlotPlan:
    """The network of slots."""

    def __init__(self, network: dict, empty_folder: str) -> None:
        """`network`: argv of pasta, and ports of the machine's loopback. `empty_folder`: of the helpers of pasta."""
        self.pasta: list[str] = network["pasta"]
        self.ports: list[int] = network["ports"]
        self.closed: list[str] = network["closed"]
        self.empty_folder = empty_folder


class PreparedSlot:
    def __init__(self, plan: SlotPlan, template: socket.socket) -> None:
        """Fork it from the template. Raises SlotFailed and OSError; nothing of the slot stays open then."""
        with ExitStack() as opened:
            self._fork(template, opened)
            _require_own_namespaces(self.init)
            self._addresses = list_machine_addresses()
            try:
                self._network = SlotNetwork(plan.pasta, plan.ports, self.init, plan.empty_folder)
                opened.callback(self._network.end)
                self._network.await_ready(self._addresses, plan.closed)
            except (NetworkFailed, OSError) as error:
                raise SlotFailed(f"The network of the run failed: {error}") from error
            # The bootstrap waits without a limit of this process.
            self._connection.settimeout(None)
            self._opened = opened.pop_all()

    def _fork(self, template: socket.socket, opened: ExitStack) -> None:
        self._connection, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # A slot ends with its connection.
        opened.enter_context(self._connection)
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._connection.settimeout(_READY_SECONDS)
        with other:
            messages.send(template, {"fork": True}, [other.fileno()])
        try:
            report, descriptors, init = messages.receive(self._connection)
        except (OSError, ValueError) as error:
            raise SlotFailed(f"The template did not fork: {error}") from error
        for descriptor in descriptors:
            opened.callback(os.close, descriptor)
        if report is None or not report.get("init") or init is None or len(descriptors) != 1 or "beacon_port" not in report:
            raise SlotFailed(str((report or {}).get("detail") or "The template did not fork."))
        self.init = init
        self._beacon_port: int = report["beacon_port"]
        self._beacon_listener = descriptors[0]

    def close_new_addresses(self, addresses: list[bytes]) -> None:
        """Close what the machine has got since the slot was prepared."""
        if set(addresses) - set(self._addresses):
            close_machine(self.init, addresses, [])

    def describe(self) -> dict:
        return {"slot": {"init": self.init, "beacon_port": self._beacon_port}}

    @property
    def descriptors(self) -> list[int]:
        return [self._connection.fileno(), self._beacon_listener, self._network.lease]

    def forget(self) -> None:
        """Close this process's copies: the slot belongs to its bootstrap."""
        self._opened.close()


def _require_own_namespaces(init: int) -> None:
    """Never attach pasta to the machine's own network, whatever packages made of the template."""
    for name in ("net", "user", "pid"):
        if os.readlink(f"/proc/{init}/ns/{name}") == os.readlink(f"/proc/self/ns/{name}"):
            raise SlotFailed(f"The slot has no {name} namespace of its own.")
    with open(f"/proc/{init}/status", encoding="ascii", errors="replace") as file:
        numbers = next((line.split()[1:] for line in file if line.startswith("NSpid:")), [])
    if numbers[-1:] != ["1"]:
        raise SlotFailed("The slot is not the first process of its namespace, so that killing it would not end the run.")
