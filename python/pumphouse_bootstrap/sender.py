"""Send the spool to the server in whole records, continuing from the server's offset."""

from __future__ import annotations

import os
import threading
import time

from pumphouse_bootstrap.events import DELIVERED, REFUSED, Events
from pumphouse_bootstrap.failure_report import report_failure
from pumphouse_bootstrap.server_calls import (
    FIRST_PAUSE_SECONDS,
    MAX_PAUSE_SECONDS,
    GaveUp,
    Refused,
    ServerCalls,
)
from pumphouse_bootstrap.spool import Spool

BATCH_BYTES = 1024 * 1024
# Minimum time between calls: limits a run that prints in bursts to a hundred calls a second.
_PACE_SECONDS = 0.01
# How long the records from before user code started wait for its first output, to be sent with it.
_FIRST_OUTPUT_SECONDS = 1.0


class Sender:
    """
    Thread that ends with one event.

    DELIVERED: the exit record is acknowledged, or no server responded for 24 hours. REFUSED: the server
    rejects it permanently.
    """

    def __init__(self, spool: Spool, calls: ServerCalls, events: Events) -> None:
        self._spool = spool
        self._calls = calls
        self._events = events
        self._ended = False
        self._size_at_start = 0
        self._descriptor = os.open(spool.path, os.O_RDONLY | os.O_CLOEXEC)
        self.refusal: Refused | None = None

    def start(self) -> None:
        self._size_at_start, _ = self._spool.wait_beyond(-1)
        threading.Thread(target=self._run, name="sender", daemon=True).start()

    def user_code_ended(self) -> None:
        """Let the sender give up after 24 hours without a server."""
        self._ended = True

    def _run(self) -> None:
        offset = 0
        self._spool.wait_beyond(self._size_at_start, _FIRST_OUTPUT_SECONDS)
        while True:
            try:
                self._send_from(offset)
                self._events.post(DELIVERED)
                return
            except Refused as refusal:
                self.refusal = refusal
                self._events.post(REFUSED)
                return
            except GaveUp:
                self._events.post(DELIVERED)
                return
            except Exception as error:
                # A bug must not end the delivery: the next try continues at the server's offset.
                report_failure(error)
                time.sleep(MAX_PAUSE_SECONDS)

    def _send_from(self, offset: int) -> None:
        pause = FIRST_PAUSE_SECONDS
        next_call_at = 0.0
        while True:
            size, final = self._spool.wait_beyond(offset)
            if final and offset >= size:
                return
            time.sleep(max(0.0, next_call_at - time.monotonic()))
            next_call_at = time.monotonic() + _PACE_SECONDS
            acknowledged = self._send(offset, self._read_batch(offset))
            if acknowledged == offset:
                time.sleep(pause)
                pause = min(pause * 2, MAX_PAUSE_SECONDS)
            else:
                pause = FIRST_PAUSE_SECONDS
            offset = acknowledged

    def _send(self, offset: int, batch: bytes) -> int:
        try:
            answer = self._calls.post_bytes(f"-spool?offset={offset}", batch, lambda: not self._ended)
            return self._check_offset(answer.get("offset"))
        except Refused as refusal:
            if refusal.status != 409 or refusal.code != "spool_gap":
                raise
            return self._check_offset(refusal.extra.get("offset"))

    def _check_offset(self, offset: object) -> int:
        size, _ = self._spool.wait_beyond(-1)
        if not isinstance(offset, int) or isinstance(offset, bool) or not 0 <= offset <= size:
            raise ValueError(f"the server named offset {offset!r} of a spool of {size} bytes")
        return offset

    def _read_batch(self, offset: int) -> bytes:
        """
        Read whole records from the offset: as many as fit in a batch, or a single longer one. At least one
        must exist.
        """
        size, _ = self._spool.wait_beyond(offset)
        wanted = min(BATCH_BYTES, size - offset)
        batch = os.pread(self._descriptor, wanted, offset)
        end = batch.rfind(b"\n") + 1
        if end > 0:
            return batch[:end]
        parts = [batch]
        position = offset + len(batch)
        while b"\n" not in parts[-1]:
            parts.append(os.pread(self._descriptor, BATCH_BYTES, position))
            position += len(parts[-1])
            if not parts[-1]:
                raise ValueError("the spool ends in the middle of a record")
        parts[-1] = parts[-1][: parts[-1].index(b"\n") + 1]
        return b"".join(parts)
