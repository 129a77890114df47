"""
Block access from a run's own network to listeners on its machine.

pasta connects on behalf of the run from the machine itself, so it could reach the machine's own addresses.
Therefore each address of the machine is assigned to the loopback inside, where nothing of the machine
listens.

As a program (`python3 -I -S <this file>`) it prints the addresses of its network as a JSON list.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct
import sys

if __name__ == "__main__":
    sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from pumphouse_bootstrap import netlink

_NEW_ADDRESS, _LIST_ADDRESSES = 20, 22
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
# Skip duplicate address detection, which would delay the use of an IPv6 address by a second.
_NO_CHECK = 0x02
_PERMANENT = 0x80
# After the rule for the network's own addresses (0), before all routes (32766).
_RULE_PRIORITY = 10
_LOOPBACK_INDEX = 1
_LINK_LOCAL = "fe80::/10"
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000


def list_machine_addresses() -> list[bytes]:
    """List the addresses of this process's network except its loopback: 4 or 16 bytes each."""
    found = []
    with netlink.open_netlink() as connection:
        for entry in netlink.list_all(connection, _LIST_ADDRESSES, struct.pack("=B", socket.AF_UNSPEC)):
            attributes = netlink.decode_attributes(entry[8:])
            index = struct.unpack_from("=I", entry, 4)[0]
            address = attributes.get(_IFA_LOCAL) or attributes.get(_IFA_ADDRESS)
            if address is not None and index != _LOOPBACK_INDEX:
                found.append(address)
    return found


def close_machine(holder: int, addresses: list[bytes], closed: list[str]) -> None:
    """
    Assign these addresses to the loopback of `holder`'s network, and prohibit the networks in `closed` and
    link-local destinations.

    Each interface has its own link-local addresses, and the machine's interface is pasta's direct neighbour.
    Raises OSError, and ValueError for an invalid network.
    """
    networks = [netlink.parse_network(network) for network in (_LINK_LOCAL, *closed)]
    # Enter in a child process: a process with threads cannot enter a user namespace, and none can return. The
    # child imports no Python module.
    libc = ctypes.CDLL(None, use_errno=True)
    child = os.fork()
    if child == 0:
        code = 255
        try:
            _enter(libc, holder)
            with netlink.open_netlink() as connection:
                code = _close(connection, addresses, networks)
        except OSError as error:
            code = error.errno or 255
        finally:
            os._exit(min(code, 255))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code != 0:
        raise OSError(code, os.strerror(code), "The addresses of the machine")


def _enter(libc: ctypes.CDLL, holder: int) -> None:
    # Root needs no privileges in the user namespace, and would lose its own by entering it.
    kinds = [("net", _CLONE_NEWNET)] if os.geteuid() == 0 else [("user", _CLONE_NEWUSER), ("net", _CLONE_NEWNET)]
    for name, flag in kinds:
        descriptor = os.open(f"/proc/{holder}/ns/{name}", os.O_RDONLY | os.O_CLOEXEC)
        if libc.setns(descriptor, flag) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        os.close(descriptor)


def _close(connection: socket.socket, addresses: list[bytes], networks: list[tuple[int, bytes, int]]) -> int:
    """Return 0, or the errno of the kernel's rejection."""
    for address in addresses:
        code = _add_address(connection, address)
        # Without IPv6 inside there is no route to such an address.
        if code not in (0, errno.EEXIST, errno.EOPNOTSUPP, errno.EAFNOSUPPORT):
            return code
    for family, network, bits in networks:
        code = netlink.add_rule(connection, family, netlink.PROHIBIT, _RULE_PRIORITY, (network, bits))
        if code not in (0, errno.EEXIST, errno.EOPNOTSUPP, errno.EAFNOSUPPORT):
            return code
    return 0


def _add_address(connection: socket.socket, address: bytes) -> int:
    family = socket.AF_INET if len(address) == 4 else socket.AF_INET6
    flags = _PERMANENT if family == socket.AF_INET else _PERMANENT | _NO_CHECK
    body = struct.pack("=BBBBI", family, len(address) * 8, flags, 0, _LOOPBACK_INDEX)
    for kind in (_IFA_ADDRESS, _IFA_LOCAL):
        body += netlink.encode_attribute(kind, address)
    return netlink.request_change(connection, _NEW_ADDRESS, body, netlink.CREATE | netlink.EXCLUSIVE)


if __name__ == "__main__":
    import json

    families = {4: socket.AF_INET, 16: socket.AF_INET6}
    print(json.dumps([socket.inet_ntop(families[len(address)], address) for address in list_machine_addresses()]))
