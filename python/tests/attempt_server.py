"""The attempt routes, simulated by a small real HTTP server."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sealed_server import ATTEMPT as ATTEMPT_ID
from sealed_server import SCHEME, SECRET, open_request, seal_answer

# Generous for slow machines; no test waits for it to pass.
PATIENCE_SECONDS = 300.0


class AttemptServer:
    """
    Server of one attempt.

    It can be stopped and restarted on the same port without losing what it stored. `fail_next`: statuses for
    the next spool calls, which then store nothing.
    """

    def __init__(self, program: str = "user_program", **begin: object) -> None:
        self.begin: dict = {
            "run_id": "run-1",
            "profile": "prod",
            "launcher": program,
            "arguments": [],
            "private_arguments": [],
            "variables": {},
            "masked_values": [],
            "log_limit_bytes": 50_000_000,
            "beacon_limit_bytes": 50_000_000,
            "line_limit_bytes": 65536,
            "code_sha256": None,
            "configuration_sha256": None,
            "intercept_signals": True,
            **begin,
        }
        self.archives: dict[str, bytes] = {}
        self.begin_status = 200
        self.nonce: str | None = None
        # The body of the last `-begin`.
        self.question: dict = {}
        self.spool = b""
        # As they were sent.
        self.chunks: list[bytes] = []
        self.calls: list[str] = []
        self.fail_next: list[int] = []
        # Number of responses to drop after the chunk was stored.
        self.drop_answers = 0
        self.forget_bytes = 0
        # Other routes: method and name, and what answers them with a status and a body, given query and body.
        self.routes: dict[str, Callable[[str, bytes], tuple[int, bytes]]] = {}
        # While cleared, archives are not sent.
        self.hold_archives = threading.Event()
        self.hold_archives.set()
        # Called before each response.
        self.on_call: Callable[[], None] = lambda: None
        self._changed = threading.Condition()
        self._port = 0
        self._server: ThreadingHTTPServer | None = None
        # Bound but not listening: no other process gets the port while the server is stopped.
        self._port_holder: socket.socket | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        server = _Server(("127.0.0.1", self._port), _make_handler(self))
        server.daemon_threads = True
        self._port = server.server_address[1]
        self._server = server
        self._release_port()
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections from now on, and close open ones at their next call."""
        if self._server is not None:
            server, self._server = self._server, None
            server.shutdown()
            server.server_close()
            self._port_holder = socket.socket()
            self._port_holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._port_holder.bind(("127.0.0.1", self._port))

    def vacate(self) -> int:
        """Stop, and release the port."""
        self.stop()
        self._release_port()
        return self._port

    def _release_port(self) -> None:
        if self._port_holder is not None:
            self._port_holder.close()
            self._port_holder = None

    def remove(self) -> None:
        self.stop()
        self._release_port()

    def move(self) -> None:
        """Move to another port, as a server that takes over does."""
        self.stop()
        self._port = 0
        self.start()

    def serve_archive(self, name: str, data: bytes, inline: bool = False) -> None:
        self.archives[name] = data
        if inline:
            self.begin.setdefault("archives", {})[name] = base64.b64encode(data).decode()
        self.begin[f"{name}_sha256"] = hashlib.sha256(data).hexdigest()

    def store(self, offset: int, body: bytes) -> tuple[int, dict]:
        with self._changed:
            if self.forget_bytes:
                self.spool, self.forget_bytes = self.spool[: -self.forget_bytes], 0
            if offset > len(self.spool):
                return 409, {"code": "spool_gap", "detail": "a gap", "extra": {"offset": len(self.spool)}}
            if not body.endswith(b"\n"):
                return 400, {"code": "bad_chunk"}
            self.chunks.append(body)
            self.spool += body[len(self.spool) - offset :]
            self._changed.notify_all()
            return 200, {"offset": len(self.spool)}

    def records(self) -> list[dict]:
        return [json.loads(line) for line in self.spool.split(b"\n") if line]

    def log(self, io: str | None = None) -> list[str]:
        return [r["text"] for r in self.records() if r["kind"] == "log" and io in (None, r["io"])]

    def notes(self) -> list[str]:
        return [r["text"] for r in self.records() if r["kind"] == "note"]

    def beacons(self) -> list[tuple[str, bytes]]:
        return [(r["type"], decode_body(r)) for r in self.records() if r["kind"] == "beacon"]

    def exit(self) -> dict:
        last = self.records()[-1]
        assert last["kind"] == "exit", last
        return last

    def await_log(self, text: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until a log line with this text has arrived. Raises AssertionError if the attempt ends without it."""
        needle = json.dumps(text)[1:-1].encode()
        with self._changed:
            self._changed.wait_for(lambda: needle in self.spool or b'"kind":"exit"' in self.spool, seconds)
            if needle not in self.spool:
                raise AssertionError(f"{text!r} did not arrive; the spool is {self.spool[-2000:]!r}")


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A killed bootstrap closes its connection without notice; the tests check what it did."""


def decode_body(record: dict) -> bytes:
    if "body_base64" in record:
        return base64.b64decode(record["body_base64"])
    return record["body"].encode()


def _make_handler(state: AttemptServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            self._take()

        def do_POST(self) -> None:
            self._take()

        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path, _, query = self.path.partition("?")
            route = path.removeprefix(f"/pumphouse/v1/attempts/{ATTEMPT_ID}/")
            if state._server is not self.server:
                # Answer nothing on a connection of a stopped server, like a process that died.
                self.close_connection = True
                return
            state.calls.append(route)
            state.on_call()
            opened = open_request(self.command, self.path.partition(f"/{ATTEMPT_ID}/")[2], self.headers, body)
            if opened is None:
                self.close_connection = True
                return self._answer_plain(401, b'{"code": "not_authenticated"}')
            self._nonce, body = opened
            if route == "-begin":
                return self._begin(json.loads(body))
            if route in state.archives:
                state.hold_archives.wait()
                return self._answer_bytes(200, state.archives[route])
            if route == "-spool":
                return self._spool(int(query.removeprefix("offset=")), body)
            if f"{self.command} {route}" in state.routes:
                return self._answer_bytes(*state.routes[f"{self.command} {route}"](query, body))
            return self._answer(404, {"code": "not_found", "detail": "no such route"})

        def _begin(self, question: dict) -> None:
            state.question = question
            state.nonce = state.nonce or question["nonce"]
            if state.begin_status != 200 or state.nonce != question["nonce"]:
                return self._answer(max(409, state.begin_status), {"code": "claim_lost", "detail": "no"})
            return self._answer(200, state.begin)

        def _spool(self, offset: int, body: bytes) -> None:
            if state.fail_next:
                return self._answer(state.fail_next.pop(0), {"code": "told_to", "detail": "fail"})
            status, answer = state.store(offset, body)
            if state.drop_answers > 0:
                state.drop_answers -= 1
                self.close_connection = True
                return None
            return self._answer(status, answer)

        def _answer(self, status: int, body: dict) -> None:
            self._answer_bytes(status, json.dumps(body).encode())

        def _answer_bytes(self, status: int, body: bytes) -> None:
            self._answer_plain(status, seal_answer(self._nonce, status, body), {SCHEME: "1"})

        def _answer_plain(self, status: int, body: bytes, headers: dict = {}) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    return Handler
