"""Reports what happens to pending packages to the run's bootstrap, through the listener that takes dlt's telemetry."""

from __future__ import annotations

import json
import os
import socket

_SECONDS = 5.0


def report(event: str, pipeline: str, origin: dict, packages: list[dict], reason: str = "") -> None:
    """Send one event; a failure is ignored, because the load matters more than its line in the log."""
    details = {name: origin.get(name) for name in ("run", "job", "attempt")}
    left = [{name: package.get(name) for name in ("load_id", "bytes", "step")} for package in packages]
    message = {"event": event, "pipeline": pipeline, "origin": details, "packages": left, "reason": reason[:1000]}
    try:
        scheme, _, rest = os.environ["RUNTIME__DLTHUB_DSN"].partition("://")
        host, _, path = rest.partition("/")
        name, _, port = host.partition(":")
        if scheme != "http":
            return
        body = json.dumps(message).encode()
        head = f"PUT /{path}/pending_packages HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        with socket.create_connection((name, int(port)), _SECONDS) as connection:
            connection.sendall(head.encode() + body)
            connection.recv(64)
    except (OSError, KeyError, ValueError):
        pass
