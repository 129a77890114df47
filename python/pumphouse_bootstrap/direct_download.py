"""
Download of an archive from the object store, with a URL that the server signed.

The URL is a secret: every holder can read the archive for some minutes. No message contains it.
"""

from __future__ import annotations

import hashlib
import socket
import sys
import time

_CONNECT_SECONDS = 3.0
_IDLE_SECONDS = 10.0
_TOTAL_SECONDS = 300.0
_READ_BYTES = 256 * 1024


class DirectDownloadFailed(Exception):
    """The store cannot be used. The message contains neither its address nor what it answered."""


def download_directly(url: str, size: int, expected_sha256: str, write) -> None:
    """
    Pass the archive to `write(bytes)` in pieces. Follows no redirect.

    Raises DirectDownloadFailed, or whatever `write` raises.
    """
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    if scheme not in ("http", "https") or not host:
        raise DirectDownloadFailed("its address is not an http or https address")
    give_up_at = time.monotonic() + _TOTAL_SECONDS
    connection = None
    try:
        connection = _connect(scheme, host)
        response = _ask(connection, slash + path)
        pieces = _read(response, size, give_up_at)
    except Exception as error:
        _close(connection)
        raise _explain(error) from None
    try:
        _receive(pieces, expected_sha256, write)
    finally:
        _close(connection)


def _receive(pieces, expected_sha256: str, write) -> None:
    digest = hashlib.sha256()
    while (piece := _next(pieces)) is not None:
        digest.update(piece)
        write(piece)
    if digest.hexdigest() != expected_sha256:
        raise DirectDownloadFailed("the archive is damaged")


def _next(pieces) -> bytes | None:
    try:
        return next(pieces, None)
    except Exception as error:
        raise _explain(error) from None


def _connect(scheme: str, host: str):
    # The module may be loaded already, without HTTPSConnection (see server_calls), so TLS is added here.
    from http.client import HTTPConnection

    connection = HTTPConnection(host, 443 if scheme == "https" and ":" not in host else None, timeout=_CONNECT_SECONDS)
    connection.connect()
    if scheme == "https":
        import ssl

        connection.sock = ssl.create_default_context().wrap_socket(connection.sock, server_hostname=connection.host)
    connection.sock.settimeout(_IDLE_SECONDS)
    return connection


def _ask(connection, path: str):
    connection.request("GET", path, headers={"Accept-Encoding": "identity"})
    response = connection.getresponse()
    if response.status != 200:
        raise DirectDownloadFailed(f"it answered {response.status}")
    return response


def _read(response, size: int, give_up_at: float):
    """Return the pieces of the body, as far as it has the announced size."""
    if response.length != size:
        raise DirectDownloadFailed("the archive has another size")

    def read():
        rest = size
        while rest > 0:
            if time.monotonic() >= give_up_at:
                raise TimeoutError
            piece = response.read(min(rest, _READ_BYTES))
            if not piece:
                raise ConnectionError
            rest -= len(piece)
            yield piece

    return read()


def _explain(error: Exception) -> DirectDownloadFailed:
    if isinstance(error, DirectDownloadFailed):
        return error
    # Messages of http.client may quote the request.
    kind = "it does not answer in time" if isinstance(error, (TimeoutError, socket.timeout)) else type(error).__name__
    return DirectDownloadFailed(kind)


def _close(connection) -> None:
    if connection is not None:
        connection.close()


def report_fallback(error: DirectDownloadFailed) -> None:
    print(f"pumphouse: the code comes through the server, because the object store could not be read: {error}", file=sys.stderr, flush=True)
