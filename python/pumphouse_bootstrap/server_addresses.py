"""Addresses of the attempt's server, and connections to them."""

from __future__ import annotations

import json
import os
import socket
import stat

from pumphouse_bootstrap.sealing import Sealing
from pumphouse_bootstrap.start_file import StartFile

_REDIRECT_BYTES = 64 * 1024


class Address:
    """One address of the attempt routes. With a socket, host and scheme are unused."""

    def __init__(self, attempts_url: str, routes: str, socket_path: str | None = None) -> None:
        self.scheme, _, rest = attempts_url.partition("://")
        self.host, slash, prefix = rest.partition("/")
        if self.scheme not in ("http", "https") or not self.host:
            raise ValueError("attempts_url must be an http or https address")
        self.socket_path = socket_path
        if socket_path is not None:
            self.scheme, self.host, slash, prefix = "http", "localhost", "", ""
        self.base_path = f"{slash}{prefix}".rstrip("/") + f"/pumphouse/v1/{routes}/"
        self.name = f"unix:{socket_path}" if socket_path is not None else attempts_url

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Address) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)


class ServerAddresses:
    """
    The addresses from start.json, preceded by those from a redirect in the attempt's folder.

    A server that takes over writes the redirect with the attempt's own key, because user code may be able to
    write to the folder.
    """

    def __init__(self, start: StartFile, sealing: Sealing) -> None:
        self._routes = start.routes
        self._sealing = sealing
        self._redirect_path = os.path.join(start.folder, "redirect")
        self._first = self._list_addresses(start.attempts_url, start.attempts_socket)
        # Decide once whether to load OpenSSL; a redirect does not change that.
        self.scheme = self._first[-1].scheme
        self._redirected: list[Address] = []
        self._last_redirect = b""
        self._tried: set[Address] = set()
        self.current = self._first[0]
        self.has_new_redirect()

    def has_new_redirect(self) -> bool:
        """Check for a new redirect; later calls use it."""
        try:
            with open(self._redirect_path, "rb") as file:
                content = file.read(_REDIRECT_BYTES)
        except OSError:
            return False
        if content == self._last_redirect:
            return False
        self._last_redirect = content
        addresses = self._read_redirect(content)
        if not addresses:
            return False
        self._redirected = addresses
        self._tried.clear()
        self.current = addresses[0]
        return True

    def switch_to_next(self) -> bool:
        """Switch to the next address after a failure. False when all have failed and it is time to pause."""
        self._tried.add(self.current)
        addresses = [*self._redirected, *self._first]
        fresh = [address for address in addresses if address not in self._tried]
        if not fresh:
            self._tried.clear()
        self.current = (fresh or addresses)[0]
        return bool(fresh)

    def note_response(self) -> None:
        """Note that the current address works."""
        self._tried.clear()

    def _read_redirect(self, content: bytes) -> list[Address]:
        try:
            fields = json.loads(content)
            url, socket_path, mac = fields["attempts_url"], fields["attempts_socket"], fields["mac"]
            if not self._sealing.check_redirect(url, socket_path, mac):
                return []
            addresses = self._list_addresses(url, socket_path)
            return addresses if addresses[-1].scheme == self.scheme else []
        except (ValueError, KeyError, TypeError, AttributeError):
            return []

    def _list_addresses(self, url: str, socket_path: str | None) -> list[Address]:
        addresses = [Address(url, self._routes)]
        if socket_path is not None:
            addresses.insert(0, Address(url, self._routes, socket_path))
        return addresses


def connect_to_socket(path: str) -> socket.socket:
    """
    Connect through a descriptor of the folder, because the path of a unix socket is limited to 107 bytes.

    Raises OSError, also for a folder in which other users could have created the socket.
    """
    folder_path, name = os.path.split(path)
    folder = os.open(folder_path, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        info = os.fstat(folder)
        if info.st_uid not in (0, os.geteuid()) or stat.S_IMODE(info.st_mode) & 0o022:
            raise PermissionError(1, "The folder of the server's socket is open to others")
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(f"/proc/self/fd/{folder}/{name}")
        except OSError:
            connection.close()
            raise
        return connection
    finally:
        os.close(folder)
