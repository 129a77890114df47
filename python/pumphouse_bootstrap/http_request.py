"""
HTTP/1.1 requests read from a socket. Loading the standard library's server would take longer than the start of
a run.
"""

from __future__ import annotations

import socket

_HEAD_LIMIT_BYTES = 32 * 1024
_READ_BYTES = 256 * 1024
_REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    411: "Length Required",
    413: "Content Too Large",
    431: "Request Header Fields Too Large",
}


class RequestError(Exception):
    """An unsupported or malformed request. The connection ends after a response with this status."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(_REASONS[status])


class HttpRequest:
    """`length` is None for a chunked body."""

    def __init__(self, head: bytes) -> None:
        first, *lines = head.decode("latin-1").split("\r\n")
        parts = first.split(" ")
        if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
            raise RequestError(400)
        self.method, self.path, self._version = parts
        headers: dict[str, str] = {}
        for line in lines:
            name, colon, value = line.partition(":")
            name = name.lower()
            if not colon or name.strip() != name or (name == "content-length" and name in headers):
                raise RequestError(400)
            headers[name] = value.strip()
        self.length = self._read_length(headers)
        self.expects_continue = headers.get("expect", "").lower() == "100-continue"
        connection = headers.get("connection", "").lower()
        self.keeps_connection = "close" not in connection and self._version != "HTTP/1.0"

    def _read_length(self, headers: dict[str, str]) -> int | None:
        encoding = headers.get("transfer-encoding")
        if encoding is not None:
            if encoding.lower() != "chunked" or "content-length" in headers:
                raise RequestError(400)
            return None
        text = headers.get("content-length", "0")
        if not (text.isascii() and text.isdigit() and len(text) < 16):
            raise RequestError(400)
        return int(text)


class RequestReader:
    """Sequential requests of one connection: headers, then a body."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = b""

    def read_head(self) -> HttpRequest | None:
        """Read the next headers; None when the other side has ended. Raises RequestError, OSError."""
        while b"\r\n\r\n" not in self._buffer:
            if len(self._buffer) > _HEAD_LIMIT_BYTES:
                raise RequestError(431)
            data = self._connection.recv(_READ_BYTES)
            if not data:
                return None
            self._buffer += data
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        return HttpRequest(head)

    def read_body(self, request: HttpRequest, limit_bytes: int) -> bytes:
        """Read the body. Raises RequestError(413) above the limit."""
        pieces: list[bytes] = []
        self._take_body(request, limit_bytes, pieces.append)
        return b"".join(pieces)

    def skip_body(self, request: HttpRequest, limit_bytes: int) -> None:
        self._take_body(request, limit_bytes, lambda _: None)

    def _take_body(self, request: HttpRequest, limit_bytes: int, take) -> None:
        if request.length is not None and request.length > limit_bytes:
            raise RequestError(413)
        if request.expects_continue:
            self._connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if request.length is not None:
            self._take(request.length, take)
            return
        total = 0
        while (size := self._read_chunk_size()) > 0:
            total += size
            if total > limit_bytes:
                raise RequestError(413)
            self._take(size, take)
            if self._read_line() != b"":
                raise RequestError(400)
        while self._read_line() != b"":
            pass

    def _read_chunk_size(self) -> int:
        text = self._read_line().partition(b";")[0].strip()
        try:
            return int(text, 16) if text.isalnum() and len(text) < 16 else self._refuse()
        except ValueError:
            return self._refuse()

    def _refuse(self) -> int:
        raise RequestError(400)

    def _read_line(self) -> bytes:
        while b"\r\n" not in self._buffer:
            if len(self._buffer) > _HEAD_LIMIT_BYTES:
                raise RequestError(400)
            self._buffer += self._receive()
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    def _take(self, size: int, take) -> None:
        while size > 0:
            data = self._buffer or self._receive()
            self._buffer = data[size:]
            take(data[:size])
            size -= min(size, len(data))

    def _receive(self) -> bytes:
        data = self._connection.recv(_READ_BYTES)
        if not data:
            raise ConnectionError("the request ended in the middle")
        return data


def format_answer(status: int, keep: bool, body: bytes = b"{}") -> bytes:
    """Format a whole response. `body`: a JSON object."""
    connection = "keep-alive" if keep else "close"
    head = f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: {connection}\r\n\r\n"
    return head.encode("ascii") + body
