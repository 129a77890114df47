"""Reports waits to the run's bootstrap, through the listener that takes dlt's telemetry."""

from __future__ import annotations

import json
import os
import socket

from .ticket_lock import Slot

_SECONDS = 2.0


class Reporter:
    """Sends the begin and the end of each wait. Failures are ignored: the wait matters more than its log line."""

    def __init__(self) -> None:
        self._count = 0

    def begin(self, file: str, holder: Slot) -> str:
        """Returns an id for `end`."""
        self._count += 1
        wait = f"{os.getpid()}-{self._count}"
        details = {name: holder.get(name) for name in ("run", "job", "held")}
        _send({"wait": wait, "state": "begun", "file": file, "holder": details})
        return wait

    def end(self, wait: str, outcome: str) -> None:
        """`outcome`: opened, stopped or gave_up."""
        _send({"wait": wait, "state": outcome})


def _send(message: dict) -> None:
    try:
        scheme, _, rest = os.environ["RUNTIME__DLTHUB_DSN"].partition("://")
        host, _, path = rest.partition("/")
        name, _, port = host.partition(":")
        if scheme != "http":
            return
        body = json.dumps(message).encode()
        head = f"PUT /{path}/database_wait HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        with socket.create_connection((name, int(port)), _SECONDS) as connection:
            connection.sendall(head.encode() + body)
            connection.recv(64)
    except (OSError, KeyError, ValueError):
        pass
