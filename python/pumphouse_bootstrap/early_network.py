"""
The part of user code's network that starts before the server responds, because pasta takes tens of
milliseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pumphouse_bootstrap.preparation import CannotStart
from pumphouse_bootstrap.start_file import StartFile

if TYPE_CHECKING:
    import socket

    from pumphouse_bootstrap.container_slot import SlotFile
    from pumphouse_bootstrap.network import Network


class EarlyNetwork:
    """Pasta, and the beacon's socket, whose port pasta needs."""

    def __init__(self, beacon_listener: socket.socket, network: Network) -> None:
        self.beacon_listener = beacon_listener
        self.network = network

    def end(self) -> None:
        """End what was begun."""
        self.network.close()


def start_network(start: StartFile) -> EarlyNetwork | None:
    """
    Start the network; None if user code uses the network of this process. Failures are reported when the
    network is awaited.
    """
    if start.network is None:
        return None
    # Load these only if needed.
    from pumphouse_bootstrap.beacon import listen
    from pumphouse_bootstrap.network import Network

    listener = listen()
    plan = {**start.network, "ports": [listener.getsockname()[1], *start.network["ports"]]}
    return EarlyNetwork(listener, Network(plan, {"PUMPHOUSE_ATTEMPT_ID": start.attempt_id}))


def close_machine(start: StartFile | SlotFile) -> CannotStart | None:
    """
    Block the engine's machine for user code, and drop the privilege to unblock it. Call it before starting
    threads, which would keep that privilege. Returns why it failed, or None.
    """
    if start.machine is None or start.drop_to is None:
        return None
    # Imported only where needed.
    from pumphouse_bootstrap import closed_machine

    try:
        closed_machine.close_machine(start.machine, start.attempts_url, start.drop_to["uid"])
        closed_machine.give_up_network_rights()
    except (OSError, ValueError) as error:
        return CannotStart("network_failed", f"The machine of the engine could not be closed to the run: {error}")
    return None
