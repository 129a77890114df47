"""
Forward connections from the ingress socket, a unix socket outside, to loopback ports inside.

A caller sends the port (two bytes, big-endian) and gets one byte: 0 if it is now connected to the port, or 1
if nothing listens there. A single thread with bounded buffers: if the run does not read, the caller blocks.
"""

from __future__ import annotations

import os
import selectors
import socket

from pumphouse_bootstrap.descriptors import allow_descriptors

_PIECE_BYTES = 64 * 1024
# More than the 1000 that one server allows per app, because there may be several servers.
_MAX_CONNECTIONS = 2000
_SPARE_DESCRIPTORS = 16
_CONNECTED = b"\0"
_REFUSED = b"\1"


def run_ingress(uid: int) -> None:
    """
    Forward until descriptor 0 ends.

    Switches to the given user first; everything needed is already loaded.
    """
    # Two for each connection.
    descriptors = allow_descriptors(2 * _MAX_CONNECTIONS + _SPARE_DESCRIPTORS)
    if uid >= 0:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    _Ingress(socket.socket(fileno=1), (descriptors - _SPARE_DESCRIPTORS) // 2).serve(0)


class _Ingress:
    def __init__(self, listener: socket.socket, max_connections: int) -> None:
        self.selector = selectors.DefaultSelector()
        self._listener = listener
        self._open = 0
        self._max_connections = max_connections
        listener.setblocking(False)

    def serve(self, lifeline: int) -> None:
        self.selector.register(lifeline, selectors.EVENT_READ)
        self._listen()
        while True:
            for key, mask in self.selector.select():
                if key.fd == lifeline:
                    return
                if key.data is not None:
                    # An event for a connection that an earlier event has closed is ignored.
                    key.data(key.fileobj, mask)

    def _listen(self) -> None:
        self.selector.register(self._listener, selectors.EVENT_READ, self._accept)

    def _accept(self, *_: object) -> None:
        try:
            caller, _address = self._listener.accept()
        except OSError:
            return
        self._open += 1
        if self._open == self._max_connections:
            self.selector.unregister(self._listener)
        _Connection(self, caller)

    def forget(self) -> None:
        """Note that a connection has ended."""
        if self._open == self._max_connections:
            self._listen()
        self._open -= 1


class _Flow:
    """One direction of a connection."""

    def __init__(self) -> None:
        self.pending = b""
        self.source_ended = False
        self.done = False

    def read(self, source: socket.socket) -> None:
        self.pending = source.recv(_PIECE_BYTES)
        self.source_ended = not self.pending

    def write(self, target: socket.socket) -> None:
        if self.pending:
            self.pending = self.pending[target.send(self.pending) :]
        if self.source_ended and not self.pending and not self.done:
            self.done = True
            target.shutdown(socket.SHUT_WR)

    @property
    def wants_more(self) -> bool:
        return not self.pending and not self.source_ended


class _Connection:
    def __init__(self, ingress: _Ingress, caller: socket.socket) -> None:
        self._ingress = ingress
        self._caller = caller
        self._port: socket.socket | None = None
        self._wanted = b""
        self._inwards, self._outwards = _Flow(), _Flow()
        self._closed = False
        caller.setblocking(False)
        ingress.selector.register(caller, selectors.EVENT_READ, self._guard(self._read_port))

    def _guard(self, step):
        """Close both sides when either one ends or fails."""

        def run(source: socket.socket, mask: int) -> None:
            if self._closed:
                return
            try:
                step(source, mask)
            except BlockingIOError:
                pass
            except OSError:
                self._close()

        return run

    def _read_port(self, *_: object) -> None:
        piece = self._caller.recv(2 - len(self._wanted))
        if not piece:
            return self._close()
        self._wanted += piece
        if len(self._wanted) < 2:
            return
        self._ingress.selector.unregister(self._caller)
        port = self._port = socket.socket()
        port.setblocking(False)
        port.connect_ex(("127.0.0.1", int.from_bytes(self._wanted, "big")))
        self._ingress.selector.register(port, selectors.EVENT_WRITE, self._guard(self._finish_connect))

    def _finish_connect(self, port: socket.socket, _mask: int) -> None:
        if port.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0:
            self._caller.send(_REFUSED)
            return self._close()
        port.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._outwards.pending = _CONNECTED
        self._ingress.selector.unregister(port)
        self._listen_on(port)

    def _carry(self, source: socket.socket, mask: int) -> None:
        port = self._port
        assert port is not None
        target, flow, back = (port, self._inwards, self._outwards) if source is self._caller else (self._caller, self._outwards, self._inwards)
        try:
            if mask & selectors.EVENT_WRITE:
                back.write(source)
            if mask & selectors.EVENT_READ and flow.wants_more:
                flow.read(source)
                flow.write(target)
        except BlockingIOError:
            pass
        if self._inwards.done and self._outwards.done:
            return self._close()
        self._listen_on(port)

    def _listen_on(self, port: socket.socket) -> None:
        """Select the events for which progress is possible; a side without any is not watched."""
        for side, gives, takes in ((self._caller, self._inwards, self._outwards), (port, self._outwards, self._inwards)):
            mask = (selectors.EVENT_READ if gives.wants_more else 0) | (selectors.EVENT_WRITE if takes.pending else 0)
            is_registered = side in self._ingress.selector.get_map()
            if mask and is_registered:
                self._ingress.selector.modify(side, mask, self._guard(self._carry))
            elif mask:
                self._ingress.selector.register(side, mask, self._guard(self._carry))
            elif is_registered:
                self._ingress.selector.unregister(side)

    def _close(self) -> None:
        self._closed = True
        for side in (self._caller, self._port):
            if side is None:
                continue
            if side in self._ingress.selector.get_map():
                self._ingress.selector.unregister(side)
            side.close()
        self._ingress.forget()
