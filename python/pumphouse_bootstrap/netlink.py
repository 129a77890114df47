"""
Requests to the kernel's routing tables (rtnetlink, netlink(7)), which the standard library does not offer.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator

REQUEST, ACKNOWLEDGE, EXCLUSIVE, CREATE = 0x1, 0x4, 0x200, 0x400
# Actions of rules (ip-rule(8)).
LOOK_UP, PROHIBIT = 1, 8
_DUMP = 0x300
_ERROR, _DONE = 2, 3
_NEW_RULE = 32
_RULE_DESTINATION, _RULE_PRIORITY = 1, 6
_MAIN_TABLE = 254
_HEADER = "=IHHII"
_HEADER_BYTES = 16


def open_netlink() -> socket.socket:
    """Open a socket in the caller's network."""
    netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
    netlink.bind((0, 0))
    return netlink


def encode_attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + b"\0" * (-len(value) % 4)


def decode_attributes(data: bytes) -> dict[int, bytes]:
    attributes = {}
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        attributes[kind] = data[4:length]
        data = data[max(4, (length + 3) & ~3) :]
    return attributes


def request_change(netlink: socket.socket, kind: int, body: bytes, flags: int) -> int:
    """Send a request; return 0, or the errno of the kernel's rejection."""
    _send(netlink, kind, body, REQUEST | ACKNOWLEDGE | flags)
    answer = netlink.recv(65536)
    answer_kind = struct.unpack_from(_HEADER, answer)[1]
    code = struct.unpack_from("=i", answer, _HEADER_BYTES)[0]
    if answer_kind != _ERROR:
        raise OSError(f"netlink answered with message {answer_kind}")
    return -code


def add_rule(
    netlink: socket.socket,
    family: int,
    action: int,
    priority: int,
    destination: tuple[bytes, int] | None = None,
    attributes: bytes = b"",
) -> int:
    """
    Add a routing rule, for all destinations or for one (an address and the length of its prefix). Return 0, or
    the errno of the kernel's rejection: EEXIST if the rule exists.
    """
    address, bits = destination or (b"", 0)
    table = _MAIN_TABLE if action == LOOK_UP else 0
    body = struct.pack("=BBBBBBBBI", family, bits, 0, 0, table, 0, 0, action, 0)
    body += encode_attribute(_RULE_PRIORITY, struct.pack("=I", priority)) + attributes
    if destination is not None:
        body += encode_attribute(_RULE_DESTINATION, address)
    return request_change(netlink, _NEW_RULE, body, CREATE | EXCLUSIVE)


def parse_network(text: str) -> tuple[int, bytes, int]:
    """
    Return the family, the address with its host bits cleared, and the prefix length of an address or a
    network.
    """
    host, _, length = text.partition("/")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        address = socket.inet_pton(family, host)
    except OSError as error:
        raise ValueError(f"{text} is neither an address nor a network") from error
    width = len(address) * 8
    bits = int(length) if length else width
    if not 0 < bits <= width:
        raise ValueError(f"{text} is neither an address nor a network")
    mask = ((1 << bits) - 1) << (width - bits)
    return family, (int.from_bytes(address, "big") & mask).to_bytes(len(address), "big"), bits


def list_all(netlink: socket.socket, kind: int, body: bytes) -> Iterator[bytes]:
    """Yield the body of each entry of a table."""
    _send(netlink, kind, body, REQUEST | _DUMP)
    while True:
        data = netlink.recv(1 << 20)
        while data:
            length, answer_kind = struct.unpack_from(_HEADER, data)[:2]
            if answer_kind == _DONE:
                return
            if answer_kind == _ERROR:
                code = -struct.unpack_from("=i", data, _HEADER_BYTES)[0]
                raise OSError(code, os.strerror(code))
            yield data[_HEADER_BYTES:length]
            data = data[(length + 3) & ~3 :]


def _send(netlink: socket.socket, kind: int, body: bytes, flags: int) -> None:
    netlink.send(struct.pack(_HEADER, _HEADER_BYTES + len(body), kind, flags, 1, 0) + body)
