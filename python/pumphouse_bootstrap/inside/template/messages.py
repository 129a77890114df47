"""Messages with descriptors on SOCK_SEQPACKET sockets: one JSON object each."""

from __future__ import annotations

import array
import json
import os
import socket

MAX_BYTES = 64 * 1024
MAX_DESCRIPTORS = 32


def send(connection: socket.socket, message: dict, descriptors: list[int] | tuple[int, ...] = ()) -> None:
    socket.send_fds(connection, [json.dumps(message).encode()], list(descriptors))


def receive(connection: socket.socket) -> tuple[dict | None, list[int], int | None]:
    """
    Return a message, its descriptors, and the sender's pid if the socket asks for it (SO_PASSCRED).

    The message is None at the end of the connection. Raises ValueError for anything but a JSON object; its descriptors
    are closed then.
    """
    room = socket.CMSG_SPACE(MAX_DESCRIPTORS * 4) + socket.CMSG_SPACE(12)
    data, ancillary, flags, _ = connection.recvmsg(MAX_BYTES, room, socket.MSG_CMSG_CLOEXEC)
    descriptors, pid = array.array("i"), None
    for level, kind, payload in ancillary:
        if level != socket.SOL_SOCKET:
            continue
        if kind == socket.SCM_RIGHTS:
            descriptors.frombytes(payload[: len(payload) - len(payload) % descriptors.itemsize])
        elif kind == socket.SCM_CREDENTIALS:
            pid = array.array("i", payload)[0]
    if not data:
        return None, list(descriptors), pid
    try:
        message = json.loads(data)
        if not isinstance(message, dict) or flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
            raise ValueError("not a message")
    except ValueError:
        close_all(list(descriptors))
        raise
    return message, list(descriptors), pid


def close_all(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
