"""Calls of the attempt routes, repeated until the server answers."""

from __future__ import annotations

import json
import os
import select
import sys
import time

from pumphouse_bootstrap.start_file import StartFile

TRY_SECONDS = 24 * 3600
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
CONNECT_TIMEOUT_SECONDS = 10.0
ANSWER_TIMEOUT_SECONDS = 60.0
_LOOK_SECONDS = 1.0
_DOWNLOAD_CHUNK_BYTES = 256 * 1024


class Refused(Exception):
    """The server's final no."""

    def __init__(self, status: int, body: dict) -> None:
        self.status = status
        self.code = str(body.get("code") or "")
        extra = body.get("extra")
        self.extra: dict = extra if isinstance(extra, dict) else {}
        super().__init__(f"{status} {self.code} {body.get('detail') or ''}".strip())


class GaveUp(Exception):
    """No server answered for 24 hours."""


class _NoAnswer(Exception):
    """Connection error, 429, 5xx, or an answer that is none: the call is repeated."""

    def __init__(self, words: str, connected: bool = False) -> None:
        self.connected = connected
        super().__init__(words)


class ServerCalls:
    """
    One kept connection; used by one thread at a time. Another server that takes over says so in the attempt's folder, and is gone to
    when the one that is talked to fails.
    """

    def __init__(self, start: StartFile) -> None:
        self._redirect_path = os.path.join(start.folder, "redirect")
        self._attempt_id = start.attempt_id
        self._headers = {"Authorization": f"Bearer {start.token}"}
        self._scheme = start.attempts_url.partition("://")[0]
        self._http = _import_http_client(self._scheme)
        self._connection = None
        self._go_to(start.attempts_url)

    def _go_to(self, attempts_url: str) -> None:
        scheme, _, rest = attempts_url.partition("://")
        address, slash, prefix = rest.partition("/")
        if scheme not in ("http", "https") or scheme != self._scheme or not address:
            raise ValueError("attempts_url must be an http or https address")
        self._url = attempts_url
        self._address = address
        self._base_path = f"{slash}{prefix}".rstrip("/") + f"/pumphouse/v1/attempts/{self._attempt_id}"

    def _find_redirect(self) -> str | None:
        """Where another server answers; None while there is none but the one that is talked to."""
        try:
            with open(self._redirect_path, encoding="utf-8") as file:
                url = file.read().strip()
        except OSError:
            return None
        return url if url != self._url and url.startswith(f"{self._scheme}://") else None

    def post_json(self, path: str, body: dict) -> dict:
        """Raises Refused or GaveUp."""
        return self._repeat("POST", path, json.dumps(body).encode(), "application/json", _read_json)

    def post_bytes(self, path: str, body: bytes, keep_trying=None) -> dict:
        """`keep_trying()` true: does not give up after 24 hours. Raises Refused or GaveUp."""
        return self._repeat("POST", path, body, "application/x-ndjson", _read_json, keep_trying)

    def download(self, path: str, write, restart) -> None:
        """
        Gives the body to `write(bytes)` piece by piece; `restart()` is called before each try.
        Raises Refused, GaveUp, or what `write` raises.
        """

        def read(response) -> None:
            restart()
            while piece := _guard(self._http, lambda: response.read(_DOWNLOAD_CHUNK_BYTES)):
                write(piece)

        self._repeat("GET", path, None, None, read)

    def _repeat(self, method, path, body, content_type, read, keep_trying=None):
        headers = dict(self._headers)
        if content_type is not None:
            headers["Content-Type"] = content_type
        pause = FIRST_PAUSE_SECONDS
        give_up_at = time.monotonic() + TRY_SECONDS
        while True:
            kept = self._connection is not None
            try:
                return self._call(method, self._base_path + path, body, headers, read)
            except _NoAnswer as error:
                self._close()
                if url := self._find_redirect():
                    self._go_to(url)
                    continue
                if kept and not error.connected:
                    # The server may have closed the kept connection while nothing was said: that is no failure of this call.
                    continue
                if time.monotonic() >= give_up_at and not (keep_trying and keep_trying()):
                    raise GaveUp(str(error)) from error
            except Exception:
                self._close()
                raise
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _call(self, method, path, body, headers, read):
        response = _guard(self._http, lambda: self._request(method, path, body, headers))
        status = response.status
        if status == 429 or status >= 500:
            raise _NoAnswer(f"{method} {path} was answered {status}", connected=True)
        if status < 200 or status >= 300:
            refusal = Refused(status, _read_refusal(self._http, response))
            if response.will_close or not response.isclosed():
                self._close()
            raise refusal
        answer = read(response) if read is not _read_json else _guard(self._http, lambda: read(response))
        if response.will_close:
            self._close()
        return answer

    def _request(self, method, path, body, headers):
        if self._connection is None:
            connection_class = (
                self._http.HTTPSConnection if self._scheme == "https" else self._http.HTTPConnection
            )
            connection = connection_class(self._address, timeout=CONNECT_TIMEOUT_SECONDS)
            # http.client sets TCP_NODELAY.
            connection.connect()
            connection.sock.settimeout(ANSWER_TIMEOUT_SECONDS)
            self._connection = connection
        self._connection.request(method, path, body=body, headers=headers)
        self._await_answer(self._connection.sock)
        return self._connection.getresponse()

    def _await_answer(self, connection) -> None:
        """A server that stands still takes connections and says nothing: another one may have taken over meanwhile."""
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        give_up_at = time.monotonic() + ANSWER_TIMEOUT_SECONDS
        while not poll.poll(_LOOK_SECONDS * 1000):
            if self._find_redirect() or time.monotonic() >= give_up_at:
                raise TimeoutError("the server says nothing")

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _import_http_client(scheme: str):
    """Loading OpenSSL takes a tenth of the time until user code starts; only https needs it."""
    hidden = scheme == "http" and "ssl" not in sys.modules
    if hidden:
        sys.modules["ssl"] = None  # type: ignore[assignment]
    try:
        import http.client
    finally:
        if hidden:
            del sys.modules["ssl"]
    return http.client


def _guard(http, action):
    try:
        return action()
    except (OSError, http.HTTPException, ValueError) as error:
        # ValueError: an answer that is not JSON does not come from the server, but from something before it.
        raise _NoAnswer(f"{type(error).__name__}: {error}") from error


def _read_json(response) -> dict:
    answer = json.loads(response.read())
    if not isinstance(answer, dict):
        raise ValueError("not a JSON object")
    return answer


def _read_refusal(http, response) -> dict:
    try:
        body = json.loads(response.read(64 * 1024))
    except (OSError, http.HTTPException, ValueError):
        return {}
    return body if isinstance(body, dict) else {}
