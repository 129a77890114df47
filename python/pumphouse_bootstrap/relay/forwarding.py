"""
Many connections over one pair of pipes.

A frame begins with its kind (one byte), the number of its connection and the length of its content (four bytes
each, big-endian). Each side may send only as many bytes of a connection as the other side has granted as
credit. So buffers stay bounded, and an unread connection does not block others.
"""

from __future__ import annotations

import os
import selectors
import socket
import struct

from pumphouse_bootstrap.descriptors import allow_descriptors

OPEN, OPENED, REFUSED, DATA, END, RESET, CREDIT, ALIVE = range(8)
HEADER = struct.Struct(">BII")
# Initial credit of a connection in each direction; src/executors/docker/relay.ts has the same value.
WINDOW_BYTES = 1024 * 1024
_PIECE_BYTES = 64 * 1024
# Maximum bytes buffered for a pipe that is not being read.
_MAX_WAITING_BYTES = 1024 * 1024
# Twice what a server allows per app.
_MAX_DESCRIPTORS = 2048
# The server sends three keep-alives in this time. If it dies, the engine may keep the pipes open.
_SILENCE_SECONDS = 60.0


def run_relay(source: int, target: int) -> None:
    """Forward until the source ends or is silent for too long."""
    allow_descriptors(_MAX_DESCRIPTORS)
    for descriptor in (source, target):
        os.set_blocking(descriptor, False)
    _Relay(source, target).serve()


class _Relay:
    def __init__(self, source: int, target: int) -> None:
        self.selector = selectors.DefaultSelector()
        self._source, self._target = source, target
        self._received = bytearray()
        self._waiting = bytearray()
        self._connections: dict[int, _Connection] = {}
        self._ended = False
        self._is_writing = False

    def serve(self) -> None:
        self.selector.register(self._source, selectors.EVENT_READ, self._read)
        while not self._ended:
            ready = self.selector.select(_SILENCE_SECONDS)
            if not ready:
                return
            for key, mask in ready:
                key.data(mask)

    def send(self, kind: int, number: int, content: bytes = b"") -> None:
        self._waiting += HEADER.pack(kind, number, len(content)) + content
        self._write()

    @property
    def takes_more(self) -> bool:
        return len(self._waiting) < _MAX_WAITING_BYTES

    def forget(self, number: int) -> None:
        self._connections.pop(number, None)

    def _write(self, _mask: int = 0) -> None:
        was_full = not self.takes_more
        try:
            while self._waiting:
                del self._waiting[: os.write(self._target, memoryview(self._waiting)[:_PIECE_BYTES].tobytes())]
        except BlockingIOError:
            pass
        except OSError:
            self._ended = True
            return
        if bool(self._waiting) != self._is_writing:
            self._is_writing = bool(self._waiting)
            if self._is_writing:
                self.selector.register(self._target, selectors.EVENT_WRITE, self._write)
            else:
                self.selector.unregister(self._target)
        if was_full and self.takes_more:
            for connection in list(self._connections.values()):
                connection.listen()

    def _read(self, _mask: int) -> None:
        try:
            piece = os.read(self._source, _PIECE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece:
            self._ended = True
            return
        self._received += piece
        at = 0
        while len(self._received) - at >= HEADER.size:
            kind, number, length = HEADER.unpack_from(self._received, at)
            end = at + HEADER.size + length
            if len(self._received) < end:
                break
            self._take(kind, number, bytes(memoryview(self._received)[at + HEADER.size : end]))
            at = end
        del self._received[:at]

    def _take(self, kind: int, number: int, content: bytes) -> None:
        if kind == OPEN:
            try:
                self._connections[number] = _Connection(self, number, int.from_bytes(content, "big"))
            except OSError:
                # The limit of open connections is reached. Existing ones continue.
                self.send(REFUSED, number)
            return
        connection = self._connections.get(number)
        # Frames may still arrive for a connection that has just ended here.
        if connection is not None:
            connection.take(kind, content)


class _Connection:
    def __init__(self, relay: _Relay, number: int, port: int) -> None:
        self._relay = relay
        self._number = number
        self._credit = WINDOW_BYTES
        self._pending = bytearray()
        self._is_connected = False
        self._input_ended = self._input_done = self._output_done = False
        self._listens_for = 0
        self._socket = socket.socket()
        self._socket.setblocking(False)
        self._socket.connect_ex(("127.0.0.1", port))
        self.listen()

    def take(self, kind: int, content: bytes) -> None:
        if kind == DATA:
            self._pending += content
        elif kind == END:
            self._input_ended = True
        elif kind == CREDIT:
            self._credit += int.from_bytes(content, "big")
        elif kind == RESET:
            self._close()
            return
        if self._is_connected:
            self._guard(self._write)

    def listen(self) -> None:
        """Select the events for which progress is possible."""
        if self._socket.fileno() < 0:
            return
        wanted = 0
        if not self._is_connected or self._pending:
            wanted |= selectors.EVENT_WRITE
        if self._is_connected and not self._output_done and self._credit > 0 and self._relay.takes_more:
            wanted |= selectors.EVENT_READ
        if wanted == self._listens_for:
            return
        selector = self._relay.selector
        if not self._listens_for:
            selector.register(self._socket, wanted, self._on_ready)
        elif wanted:
            selector.modify(self._socket, wanted, self._on_ready)
        else:
            selector.unregister(self._socket)
        self._listens_for = wanted

    def _on_ready(self, mask: int) -> None:
        # An event for a connection that an earlier event has closed is ignored.
        if self._socket.fileno() < 0:
            return
        if not self._is_connected:
            self._finish_connect()
        elif mask & selectors.EVENT_WRITE:
            self._guard(self._write)
        if mask & selectors.EVENT_READ and self._socket.fileno() >= 0:
            self._guard(self._read)

    def _finish_connect(self) -> None:
        if self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0:
            self._relay.send(REFUSED, self._number)
            self._close()
            return
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._is_connected = True
        self._relay.send(OPENED, self._number)
        self._guard(self._write)

    def _guard(self, step) -> None:
        try:
            step()
        except BlockingIOError:
            pass
        except OSError:
            self._relay.send(RESET, self._number)
            self._close()
            return
        if self._input_done and self._output_done:
            self._close()
        else:
            self.listen()

    def _write(self) -> None:
        written = 0
        try:
            while self._pending:
                sent = self._socket.send(memoryview(self._pending)[:_PIECE_BYTES].tobytes())
                del self._pending[:sent]
                written += sent
        finally:
            if written:
                self._relay.send(CREDIT, self._number, written.to_bytes(4, "big"))
        if self._input_ended and not self._pending and not self._input_done:
            self._input_done = True
            self._socket.shutdown(socket.SHUT_WR)

    def _read(self) -> None:
        if self._output_done or self._credit <= 0 or not self._relay.takes_more:
            return
        piece = self._socket.recv(min(_PIECE_BYTES, self._credit))
        if piece:
            self._credit -= len(piece)
            self._relay.send(DATA, self._number, piece)
        else:
            self._output_done = True
            self._relay.send(END, self._number)

    def _close(self) -> None:
        if self._socket.fileno() >= 0:
            if self._listens_for:
                self._relay.selector.unregister(self._socket)
            self._socket.close()
        self._listens_for = 0
        self._relay.forget(self._number)
