"""
A network that accepts no incoming connections.

As a program (`python3 -I -S <this file>`, with the required privilege) it forbids its network to send
anything from a port below 32768, except to itself. Callers of a listening port then get no response, while
outgoing connections use higher ports. Any process can call `await_closed_network`, which returns once this is
in effect.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import sys
import time

if __name__ == "__main__":
    sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from pumphouse_bootstrap import netlink

# Ports of outgoing connections begin at 32768 (net.ipv4.ip_local_port_range).
_FIRST_PORT, LAST_PORT = 1, 32767
_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.01
# After the rule for the network's own addresses (0), before all routes (32766).
_PRIORITY = 10

_FRA_SOURCE_PORTS = 23

# Documentation addresses (RFC 5737, RFC 3849). Nothing is sent: a datagram's address is only looked up.
_OUTSIDE_ADDRESSES = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}


def close_network() -> None:
    """Close the network. Raises OSError. A second call changes nothing."""
    with netlink.open_netlink() as connection:
        for family in _list_families():
            _forbid(connection, family)


def _list_families() -> list[int]:
    """List the IP families to close; a machine without IPv6 in its kernel has none to close for it."""
    families = []
    for family in _OUTSIDE_ADDRESSES:
        try:
            socket.socket(family, socket.SOCK_DGRAM).close()
        except OSError:
            continue
        families.append(family)
    return families


def _forbid(connection: socket.socket, family: int) -> None:
    ports = netlink.encode_attribute(_FRA_SOURCE_PORTS, struct.pack("=HH", _FIRST_PORT, LAST_PORT))
    code = netlink.add_rule(connection, family, netlink.PROHIBIT, _PRIORITY, attributes=ports)
    if code not in (0, errno.EEXIST):
        raise OSError(code, os.strerror(code))


def is_network_closed() -> bool:
    return all(_is_forbidden(family, port) for family in _list_families() for port in (_FIRST_PORT + 1023, LAST_PORT))


def _is_forbidden(family: int, port: int) -> bool:
    with socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as question:
        question.bind(("", port))
        try:
            question.connect((_OUTSIDE_ADDRESSES[family], 9))
        except OSError as error:
            return error.errno == errno.EACCES
    return False


def await_closed_network() -> bool:
    """Wait until the network is closed. Return False after a minute: the closing process has died."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not is_network_closed():
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE_SECONDS)
    return True


if __name__ == "__main__":
    try:
        close_network()
    except OSError as error:
        sys.exit(f"The network could not be closed: {error.strerror}")
