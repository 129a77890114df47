"""Calls of the attempt routes, repeated until the server responds."""

from __future__ import annotations

import json
import select
import sys
import time

from pumphouse_bootstrap.sealing import SCHEME, NotProved, SealedRequest, Sealing
from pumphouse_bootstrap.server_addresses import Address, ServerAddresses, connect_to_socket
from pumphouse_bootstrap.start_file import StartFile

TRY_SECONDS = 24 * 3600
FIRST_PAUSE_SECONDS = 0.1
MAX_PAUSE_SECONDS = 5.0
CONNECT_TIMEOUT_SECONDS = 10.0
ANSWER_TIMEOUT_SECONDS = 60.0
_POLL_SECONDS = 1.0


class Refused(Exception):
    """The server's permanent rejection."""

    def __init__(self, status: int, body: dict) -> None:
        self.status = status
        self.code = str(body.get("code") or "")
        self.detail = str(body.get("detail") or "")
        extra = body.get("extra")
        self.extra: dict = extra if isinstance(extra, dict) else {}
        super().__init__(f"{status} {self.code} {self.detail}".strip())


class GaveUp(Exception):
    """No server responded for 24 hours, or the time that was given."""


class _NoAnswer(Exception):
    """Connection error, 429, 5xx or an invalid response: the call is repeated."""

    def __init__(self, message: str, connected: bool = False, redirected: bool = False) -> None:
        self.connected = connected
        self.redirected = redirected
        super().__init__(message)


class ServerCalls:
    """
    One persistent connection, for use by one thread at a time.

    Everything is sealed (sealing.py): a response that is not proven to come from the server is ignored. If
    the server does not respond, its other addresses are tried.
    """

    def __init__(self, start: StartFile, try_seconds: float = TRY_SECONDS) -> None:
        self._try_seconds = try_seconds
        self._sealing = Sealing(start.secret, start.attempt_id)
        self._addresses = ServerAddresses(start, self._sealing)
        self._http = _import_http_client(self._addresses.scheme)
        self._connection = None
        self._unproved: str | None = None

    def post_json(self, route: str, body: dict) -> dict:
        """Call a route with a JSON body. Raises Refused or GaveUp."""
        return self._repeat("POST", route, json.dumps(body).encode(), self._read_json)

    def post_bytes(self, route: str, body: bytes, keep_trying=None) -> dict:
        """
        Call a route with a binary body. While `keep_trying()` is true, the 24-hour limit does not apply.
        Raises Refused or GaveUp.
        """
        return self._repeat("POST", route, body, self._read_json, keep_trying)

    def get_json(self, route: str) -> dict:
        """Call a route without a body. Raises Refused or GaveUp."""
        return self._repeat("GET", route, b"", self._read_json)

    def download(self, route: str, write, restart, body: bytes | None = None) -> None:
        """
        Pass the response body to `write(bytes)` in pieces, calling `restart()` before each try. A request with a body
        is a POST.

        Raises Refused, GaveUp, or whatever `write` raises.
        """

        def read(pieces) -> None:
            restart()
            while (piece := self._guard(lambda: next(pieces, None))) is not None:
                write(piece)

        self._repeat("GET" if body is None else "POST", route, body or b"", read)

    def _repeat(self, method: str, route: str, body: bytes, read, keep_trying=None):
        pause = FIRST_PAUSE_SECONDS
        give_up_at = time.monotonic() + self._try_seconds
        while True:
            kept = self._connection is not None
            try:
                answer = self._call(method, route, body, read)
                self._addresses.note_response()
                return answer
            except _NoAnswer as error:
                self._close()
                if self._addresses.has_new_redirect() or error.redirected:
                    continue
                if kept and not error.connected:
                    # The server may have closed the idle connection, which is not a failure of this call.
                    continue
                if self._addresses.switch_to_next():
                    continue
                if time.monotonic() >= give_up_at and not (keep_trying and keep_trying()):
                    raise GaveUp(str(error)) from error
            except Exception:
                self._close()
                raise
            time.sleep(pause)
            pause = min(pause * 2, MAX_PAUSE_SECONDS)

    def _call(self, method: str, route: str, body: bytes, read):
        request = self._sealing.seal_request(method, route, body)
        response = self._guard(lambda: self._send(method, route, request))
        status = response.status
        if response.getheader(SCHEME) != "1":
            raise self._doubt(f"{method} {route} was answered {status} without a proof", may_pass=status >= 429)
        pieces = self._sealing.read_answer(request, status, response.read)
        if status == 429 or status >= 500:
            raise _NoAnswer(f"{method} {route} was answered {status}", connected=True)
        if status < 200 or status >= 300:
            refusal = Refused(status, self._read_json(pieces))
            if response.will_close or not response.isclosed():
                self._close()
            raise refusal
        answer = read(pieces)
        # Read to the end before the connection can be reused.
        if self._guard(lambda: response.read(1)) or response.will_close:
            self._close()
        return answer

    def _read_json(self, pieces) -> dict:
        return self._guard(lambda: _parse_object(b"".join(pieces)))

    def _send(self, method: str, route: str, request: SealedRequest):
        address = self._addresses.current
        if self._connection is None:
            self._connection = self._connect(address)
        headers = {"Authorization": request.authorization}
        if method == "POST":
            headers["Content-Type"] = "application/octet-stream"
        self._connection.request(method, address.base_path + route, body=request.body or None, headers=headers)
        self._await_answer(self._connection.sock)
        return self._connection.getresponse()

    def _connect(self, address: Address):
        kind = self._http.HTTPSConnection if address.scheme == "https" else self._http.HTTPConnection
        connection = kind(address.host, timeout=CONNECT_TIMEOUT_SECONDS)
        if address.socket_path is not None:
            connection.sock = connect_to_socket(address.socket_path)
        else:
            # http.client sets TCP_NODELAY.
            connection.connect()
        connection.sock.settimeout(ANSWER_TIMEOUT_SECONDS)
        return connection

    def _await_answer(self, connection) -> None:
        """
        Wait for a response. A suspended server accepts connections without responding, and another one may
        take over meanwhile.
        """
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        give_up_at = time.monotonic() + ANSWER_TIMEOUT_SECONDS
        while not poll.poll(_POLL_SECONDS * 1000):
            if self._addresses.has_new_redirect():
                raise _NoAnswer("the server does not respond, and another one has taken over", redirected=True)
            if time.monotonic() >= give_up_at:
                raise TimeoutError("the server does not respond")

    def _guard(self, action):
        try:
            return action()
        except NotProved as error:
            raise self._doubt(str(error)) from error
        except (OSError, self._http.HTTPException, ValueError) as error:
            # ValueError: the response is not JSON. It comes from a proxy in front of the server.
            raise _NoAnswer(f"{type(error).__name__}: {error}") from error

    def _doubt(self, message: str, may_pass: bool = False) -> _NoAnswer:
        """
        Report once per address that another program responds there, unless it may be a proxy that reports a
        server as down.
        """
        name = self._addresses.current.name
        if self._unproved != name and not may_pass:
            self._unproved = name
            print(f"pumphouse: the program at {name} does not prove that it is the server: {message}", file=sys.stderr, flush=True)
        return _NoAnswer(message, connected=True)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _import_http_client(scheme: str):
    """Import http.client, without OpenSSL if not needed: loading it takes a tenth of the start of a run."""
    hidden = scheme == "http" and "ssl" not in sys.modules
    if hidden:
        sys.modules["ssl"] = None  # type: ignore[assignment]
    try:
        import http.client
    finally:
        if hidden:
            del sys.modules["ssl"]
    return http.client


def _parse_object(text: bytes) -> dict:
    answer = json.loads(text)
    if not isinstance(answer, dict):
        raise ValueError("not a JSON object")
    return answer
