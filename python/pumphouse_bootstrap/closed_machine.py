"""
Block connections from user code in a container to its engine's machine and to other containers, with routing
rules (ip-rule(8)) in the container's own network. The rules apply to one user only, so that the bootstrap can
still reach its server, even if the server restarts at another address.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct

from pumphouse_bootstrap import netlink

# Names of the machine that engines put into /etc/hosts. With rootless Podman the address is on no interface.
_MACHINE_NAMES = {"host.containers.internal", "host.docker.internal"}
# Each interface has link-local addresses of its own, including the machine's.
_LINK_LOCAL = "fe80::/10"

_USERS, _PROTOCOL, _DESTINATION_PORTS = 20, 22, 24
# After the rule for the network's own addresses (0), before all routes (32766). Rules with and without a
# destination need separate priorities, because the kernel considers them equal otherwise.
_OPEN_HOST_PRIORITY, _ALWAYS_CLOSED_PRIORITY, _OPEN_PORT_PRIORITY, _CLOSED_PRIORITY = 20, 21, 22, 23
_DNS_PORT = 53

_CAP_NET_ADMIN = 12
_CAPABILITY_VERSION = 0x20080522


def close_machine(machine: dict, server_url: str | None, user: int) -> None:
    """
    Forbid `user` to send to the addresses and networks in `closed`, except to the server, to name servers,
    and to `open_ports` (TCP) of any address; and to those in `always_closed`, except to the server and to name
    servers. Raises OSError, and ValueError for an invalid address. A second call changes nothing.
    """
    with netlink.open_netlink() as connection:
        rules = _Rules(connection, user)
        for host, port in _list_server(server_url):
            rules.open(socket.IPPROTO_TCP, port, host)
        for host in _list_name_servers():
            rules.open(socket.IPPROTO_TCP, _DNS_PORT, host)
            rules.open(socket.IPPROTO_UDP, _DNS_PORT, host)
        for port in machine["open_ports"]:
            rules.open(socket.IPPROTO_TCP, port)
        for network in machine["always_closed"]:
            rules.close(network, _ALWAYS_CLOSED_PRIORITY)
        for network in dict.fromkeys([*machine["closed"], *_list_named_machines(), _LINK_LOCAL]):
            rules.close(network, _CLOSED_PRIORITY)


def give_up_network_rights() -> None:
    """
    Drop CAP_NET_ADMIN from this thread and everything it starts, so that the rules cannot be removed. Call it
    before starting other threads.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    # Effective, permitted and inheritable capabilities below 32, then those above.
    sets = (ctypes.c_uint32 * 6)()
    if libc.capget(header, sets) != 0:
        raise OSError(ctypes.get_errno(), "capget")
    for number in range(3):
        sets[number] &= ~(1 << _CAP_NET_ADMIN)
    if libc.capset(header, sets) != 0:
        raise OSError(ctypes.get_errno(), "capset")


class _Rules:
    def __init__(self, connection: socket.socket, user: int) -> None:
        self._connection = connection
        self._user = netlink.encode_attribute(_USERS, struct.pack("=II", user, user))

    def open(self, protocol: int, port: int, host: str | None = None) -> None:
        ports = netlink.encode_attribute(_PROTOCOL, struct.pack("=B", protocol))
        ports += netlink.encode_attribute(_DESTINATION_PORTS, struct.pack("=HH", port, port))
        if host is not None:
            family, address, bits = netlink.parse_network(host)
            self._add(family, netlink.LOOK_UP, _OPEN_HOST_PRIORITY, (address, bits), ports)
            return
        for family in (socket.AF_INET, socket.AF_INET6):
            self._add(family, netlink.LOOK_UP, _OPEN_PORT_PRIORITY, None, ports)

    def close(self, network: str, priority: int) -> None:
        family, address, bits = netlink.parse_network(network)
        self._add(family, netlink.PROHIBIT, priority, (address, bits))

    def _add(
        self, family: int, action: int, priority: int, destination: tuple[bytes, int] | None, more: bytes = b""
    ) -> None:
        code = netlink.add_rule(self._connection, family, action, priority, destination, self._user + more)
        # A kernel without IPv6 has no IPv6 route to block.
        without_ipv6 = family == socket.AF_INET6 and code in (errno.EAFNOSUPPORT, errno.EOPNOTSUPP)
        if code not in (0, errno.EEXIST) and not without_ipv6:
            raise OSError(code, os.strerror(code))


def _list_server(url: str | None) -> list[tuple[str, int]]:
    if url is None:
        return []
    scheme, _, rest = url.partition("://")
    host, _, port = rest.partition("/")[0].rpartition(":") if _has_port(rest) else (rest.partition("/")[0], "", "")
    number = int(port) if port else 443 if scheme == "https" else 80
    try:
        found = socket.getaddrinfo(host.strip("[]"), number, type=socket.SOCK_STREAM)
    except OSError:
        # The bootstrap resolves the name again later. User code cannot reach a server on the machine if its
        # name cannot be resolved now.
        return []
    return list(dict.fromkeys((str(entry[4][0]).partition("%")[0], number) for entry in found))


def _has_port(rest: str) -> bool:
    return rest.partition("/")[0].rpartition("]")[2].count(":") == 1


def _list_name_servers() -> list[str]:
    entries = [line.split() for line in _read_lines("/etc/resolv.conf")]
    return [fields[1].partition("%")[0] for fields in entries if len(fields) > 1 and fields[0] == "nameserver"]


def _list_named_machines() -> list[str]:
    entries = [line.partition("#")[0].split() for line in _read_lines("/etc/hosts")]
    return [fields[0].partition("%")[0] for fields in entries if _MACHINE_NAMES & set(fields[1:])]


def _read_lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()
    except OSError:
        return []
