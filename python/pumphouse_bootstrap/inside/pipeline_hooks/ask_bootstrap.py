"""Asks the run's bootstrap, through the listener that takes dlt's telemetry."""

from __future__ import annotations

import json
import socket

from .description import read_description
from .signals import check_signals

_CONNECT_SECONDS = 10.0
_SIGNAL_SECONDS = 0.1
_ANSWER_LIMIT_BYTES = 64 * 1024


def ask(name: str, body: bytes) -> dict:
    """
    Send a question and wait for its answer, however long that takes. Raises OSError or ValueError without an answer, and
    dlt's exception when a signal ends the run: the bootstrap sees the closed connection.
    """
    _, _, rest = read_description()["listener"].partition("://")
    address, _, path = rest.partition("/")
    host, _, port = address.partition(":")
    head = f"PUT /{path}/{name} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    with socket.create_connection((host, int(port)), _CONNECT_SECONDS) as connection:
        connection.sendall(head.encode() + body)
        connection.settimeout(_SIGNAL_SECONDS)
        return _read_answer(connection)


def _read_answer(connection: socket.socket) -> dict:
    received = b""
    while len(received) < _ANSWER_LIMIT_BYTES:
        check_signals()
        try:
            data = connection.recv(_ANSWER_LIMIT_BYTES)
        except socket.timeout:
            continue
        if not data:
            break
        received += data
    status, _, rest = received.partition(b"\r\n")
    if status.split(b" ")[1:2] != [b"200"]:
        raise ValueError(f"the answer is {status[:100]!r}")
    answer = json.loads(rest.partition(b"\r\n\r\n")[2])
    if not isinstance(answer, dict):
        raise ValueError("the answer is not an object")
    return answer
