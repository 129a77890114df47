"""The beacon: the URL to which dlt sends telemetry, on the attempt's loopback. Only user code has the URL."""

from __future__ import annotations

import os
import socket
import threading
from typing import TYPE_CHECKING

from pumphouse_bootstrap.database_waits import BODY_LIMIT_BYTES as WAIT_LIMIT_BYTES
from pumphouse_bootstrap.database_waits import DatabaseWaits
from pumphouse_bootstrap.http_request import HttpRequest, RequestError, RequestReader, format_answer
from pumphouse_bootstrap.masking import Masker
from pumphouse_bootstrap.pending_events import BODY_LIMIT_BYTES as EVENT_LIMIT_BYTES
from pumphouse_bootstrap.pending_events import PendingEvents
from pumphouse_bootstrap.pipeline_holds import BODY_LIMIT_BYTES as HOLD_LIMIT_BYTES
from pumphouse_bootstrap.pipeline_holds import PipelineHolds
from pumphouse_bootstrap.spool import Spool, SpoolClosed
from pumphouse_bootstrap.start_file import StartFile
from pumphouse_bootstrap.telemetry_masking import TelemetryMasker
from pumphouse_bootstrap.waiting_times import WaitingTimes

if TYPE_CHECKING:
    from pumphouse_bootstrap.stored_pipelines.keeper import StoredPipelines

TYPES = ("trace", "state", "job_result")
# Sent by our own hooks in user code.
_WAIT = "database_wait"
_PENDING = "pending_packages"
_HOLD = "pipeline_hold"
_TAKE = "pipeline_folders"
_LOAD = "pipeline_load"
_LEFT = "left_package"
# The answer to these has a body, and ends the connection.
_QUESTIONS = (_HOLD, _TAKE, _LOAD, _LEFT)
BODY_LIMIT_BYTES = 60 * 1024 * 1024
# The server accepts 64 MiB per call, and permanently rejects longer records.
_RECORD_LIMIT_BYTES = 63 * 1024 * 1024
_SMALL_BODY_BYTES = 1024 * 1024
_MAX_CONNECTIONS = 32
_SILENCE_SECONDS = 30.0


def listen() -> socket.socket:
    """Create the listening socket of the beacon."""
    return socket.create_server(("127.0.0.1", 0), backlog=_MAX_CONNECTIONS)


class Beacon:
    """
    HTTP server that accepts `PUT <address>/<type>` and answers 200 once the body is on disk.

    User code is hostile, so connections, bodies and the attempt's total are bounded.
    """

    def __init__(
        self,
        spool: Spool,
        maskers: tuple[Masker, TelemetryMasker],
        limit_bytes: int,
        listener: socket.socket,
        start: StartFile,
        stored: StoredPipelines | None = None,
    ) -> None:
        """`maskers`: of notes and of telemetry. `listener`: a socket from `listen()`. `stored`: the working folders that the server keeps, if it keeps any."""
        self._spool = spool
        masker, self._telemetry_masker = maskers
        self._limit = limit_bytes
        self._used = 0
        self._noted: set[str] = set()
        self._counting = threading.Lock()
        # Hold at most one large body in memory.
        self._large_body = threading.Lock()
        self._connections = threading.BoundedSemaphore(_MAX_CONNECTIONS)
        self._listener = listener
        secret = os.urandom(16).hex()
        self.port: int = self._listener.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}/{secret}"
        # Look paths up by hash, so that response times reveal nothing about almost correct paths.
        self._types = {f"/{secret}/{name}": name for name in (*TYPES, _WAIT, _PENDING, *_QUESTIONS)}
        waiting_times = WaitingTimes(spool)
        self._database_waits = DatabaseWaits(spool, masker, waiting_times)
        self._pipeline_holds = PipelineHolds(start, spool, masker, waiting_times)
        self._start = start
        self.pending_events = PendingEvents(spool, masker, self._telemetry_masker)
        self._stored = stored

    def start(self) -> None:
        threading.Thread(target=self._accept, name="beacon", daemon=True).start()

    def close(self) -> None:
        """Accept no more bodies. One that is being stored may finish until the exit record is written."""
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            if not self._connections.acquire(blocking=False):
                connection.close()
                continue
            try:
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()
            except RuntimeError:
                # User code uses all processes and threads of its attempt; later connections may succeed.
                connection.close()
                self._connections.release()

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.settimeout(_SILENCE_SECONDS)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            reader = RequestReader(connection)
            while (request := reader.read_head()) is not None:
                question = self._types.get(request.path)
                if question in _QUESTIONS and request.method == "PUT":
                    body = reader.read_body(request, HOLD_LIMIT_BYTES)
                    connection.sendall(format_answer(200, keep=False, body=self._answer_question(question, body, connection)))
                    return
                status = self._answer(reader, request)
                keep = request.keeps_connection and status != 413
                connection.sendall(format_answer(status, keep))
                if not keep:
                    return
        except RequestError as error:
            _try_to_answer(connection, error.status)
        except (OSError, SpoolClosed):
            # The sender gave up, or the attempt is over. No one waits for a response.
            pass
        finally:
            connection.close()
            self._connections.release()

    def _answer_question(self, question: str, body: bytes, connection: socket.socket) -> bytes:
        """Answer when the run has the pipeline, which may take hours. The caller may close the connection meanwhile."""
        if question == _HOLD:
            return self._pipeline_holds.hold(body, connection)
        if question == _LEFT:
            # Load this only if needed.
            from pumphouse_bootstrap.left_packages import decide_left_package

            return decide_left_package(self._start, body)
        if self._stored is None:
            return b"{}"
        return self._stored.take(body) if question == _TAKE else self._stored.begin_load(body)

    def _answer(self, reader: RequestReader, request: HttpRequest) -> int:
        beacon_type = self._types.get(request.path)
        if beacon_type is None or request.method != "PUT":
            reader.skip_body(request, BODY_LIMIT_BYTES)
            return 404
        if beacon_type == _WAIT:
            self._database_waits.take(reader.read_body(request, WAIT_LIMIT_BYTES))
            return 200
        if beacon_type == _PENDING:
            self.pending_events.take(reader.read_body(request, EVENT_LIMIT_BYTES))
            return 200
        if request.length is not None and request.length <= _SMALL_BODY_BYTES:
            self._store(beacon_type, reader.read_body(request, BODY_LIMIT_BYTES))
            return 200
        if request.length is not None and self._used + request.length > self._limit:
            reader.skip_body(request, BODY_LIMIT_BYTES)
            self._note_limit()
            return 200
        with self._large_body:
            self._store(beacon_type, self._read_large_body(reader, request))
        return 200

    def _read_large_body(self, reader: RequestReader, request: HttpRequest) -> bytes:
        try:
            return reader.read_body(request, BODY_LIMIT_BYTES)
        except RequestError as error:
            if error.status == 413:
                self._note_large_body()
            raise

    def _store(self, beacon_type: str, body: bytes) -> None:
        if beacon_type == "trace":
            body = self.pending_events.add_rows(body)
        with self._counting:
            fits = self._used + len(body) <= self._limit
            if fits:
                self._used += len(body)
        if not fits:
            self._note_limit()
            return
        masked, masked_name = self._telemetry_masker.mask(body)
        if masked_name is not None:
            self._note_masked_name()
        encoded = _encode_body(masked)
        if encoded is None:
            self._note_large_body()
            return
        self._spool.append("beacon", synced=True, type=beacon_type, **encoded)

    def _note_limit(self) -> None:
        self._note_once(
            f"The telemetry of this attempt has reached its limit of {self._limit} bytes."
            " Further telemetry is not stored: pipeline runs and schemas may be missing."
        )

    def _note_large_body(self) -> None:
        self._note_once(
            f"Telemetry of more than {BODY_LIMIT_BYTES} bytes in one piece is not stored:"
            " a pipeline run or a schema may be missing."
        )

    def _note_masked_name(self) -> None:
        self._note_once(
            "A name in the telemetry of this run contains a value that is secret by its key (as of a pipeline, dataset, table or"
            " file). It is stored with *** in place of the value, and names that become equal are merged: change the secret or"
            " the name."
        )

    def _note_once(self, message: str) -> None:
        with self._counting:
            noted = message in self._noted
            self._noted.add(message)
        if not noted:
            self._spool.append("note", text=message)


def _encode_body(body: bytes) -> dict[str, str] | None:
    """
    Encode a body as text, or as base64 if it is not UTF-8 or if base64 is shorter. None if it does not fit
    into a record.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = None
    if text is not None and len(body) <= _SMALL_BODY_BYTES:
        return {"body": text}
    text_bytes = len(body) + _count_escapes(body)
    base64_bytes = (len(body) + 2) // 3 * 4
    if min(base64_bytes, text_bytes if text is not None else base64_bytes) > _RECORD_LIMIT_BYTES:
        return None
    if text is not None and text_bytes <= base64_bytes:
        return {"body": text}
    import binascii

    return {"body_base64": binascii.b2a_base64(body, newline=False).decode("ascii")}


def _count_escapes(body: bytes) -> int:
    """Count the bytes that JSON adds when the body becomes a string."""
    controls = sum(body.count(bytes([code])) for code in range(32))
    return body.count(b'"') + body.count(b"\\") + 5 * controls


def _try_to_answer(connection: socket.socket, status: int) -> None:
    try:
        connection.sendall(format_answer(status, keep=False))
    except OSError:
        pass
