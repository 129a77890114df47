"""The spool: an append-only file of the attempt's output, written before anything is acknowledged."""

from __future__ import annotations

import errno
import json
import os
import threading
import time

from pumphouse_bootstrap.disk_reserve import DiskReserve
from pumphouse_bootstrap.file_user import files_of

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
_FIRST_PAUSE_SECONDS = 0.05
_MAX_PAUSE_SECONDS = 1.0
_NOTED_WAIT_SECONDS = 1.0
# Size of a line in the server's log file in addition to its text; in the spool it is smaller.
LINE_OVERHEAD_BYTES = 128


class SpoolClosed(Exception):
    """The exit record is written, so no other record may follow."""


class Spool:
    """
    Append-only file that any thread may write to.

    While the disk is full, an append blocks its caller: user code then blocks in its own write.
    """

    def __init__(self, folder: str, reserve: DiskReserve | None = None, takes_room_as: dict | None = None) -> None:
        """
        `reserve`: released on a full disk, before an append blocks. `takes_room_as`: the user that writes,
        because file systems reserve the last space for root.
        """
        self.path = os.path.join(folder, "spool")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        self._descriptor = os.open(self.path, flags, 0o600)
        self._reserve = reserve
        self._takes_room_as = takes_room_as
        self._writing = threading.Lock()
        self._count = 0
        self._closed = False
        self._grown = threading.Condition()
        self._size = 0
        self._second = -1
        self._waited = 0.0
        self._second_text = ""

    def append(self, kind: str, synced: bool = False, **fields: object) -> None:
        """
        Append one record. `synced`: return only when it is on disk. Raises SpoolClosed after `append_exit`.
        """
        with self._writing:
            self._write(self._format(kind, fields))
        if synced:
            os.fdatasync(self._descriptor)

    def append_exit(self, **fields: object) -> None:
        """Append the last record."""
        with self._writing:
            self._write(self._format("exit", fields))
            self._closed = True
        os.fdatasync(self._descriptor)
        with self._grown:
            self._grown.notify_all()

    def append_lines(self, io: str, lines: list[bytes]) -> None:
        """Append a log record for each line, given as the output of `encode_line`."""
        with self._writing:
            at = self._format_time()
            parts = []
            for encoded in lines:
                parts.append(f'{{"n":{self._count},"kind":"log","at":"{at}","io":"{io}","text":'.encode())
                parts.append(encoded)
                parts.append(b"}\n")
                self._count += 1
            self._write(b"".join(parts))

    def wait_beyond(self, offset: int, timeout_seconds: float | None = None) -> tuple[int, bool]:
        """
        Wait until the spool has more than `offset` bytes or the exit record; return its size and whether it
        is final.
        """
        with self._grown:
            self._grown.wait_for(lambda: self._size > offset or self._closed, timeout_seconds)
            # In this order: a size read before the exit record is not final.
            closed = self._closed
            return self._size, closed

    def _format(self, kind: str, fields: dict[str, object]) -> bytes:
        record = {"n": self._count, "kind": kind, "at": self._format_time(), **fields}
        self._count += 1
        return _encode(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")

    def _format_time(self) -> str:
        second, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
        if second != self._second:
            self._second = second
            self._second_text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        return f"{self._second_text}.{nanoseconds // 1000:06d}Z"

    def _write(self, data: bytes) -> None:
        if self._closed:
            raise SpoolClosed()
        # Sum up the waits: on a full disk, other processes that fail keep freeing a little space.
        self._waited += self._write_all(data)
        if self._waited >= _NOTED_WAIT_SECONDS:
            message = f"The disk of the run's server was full: output waited {self._waited:.0f} s. Nothing was lost."
            self._waited = 0.0
            self._write_all(self._format("note", {"text": message}))

    def _write_all(self, data: bytes) -> float:
        """
        Write everything; return the seconds spent waiting for space. A partly written record is completed,
        never repeated.
        """
        view = memoryview(data)
        pause = _FIRST_PAUSE_SECONDS
        waited = 0.0
        while view:
            try:
                with files_of(self._takes_room_as):
                    written = os.write(self._descriptor, view)
                view = view[written:]
            except OSError as error:
                if error.errno not in _DISK_FULL:
                    raise
                if self._reserve is not None and self._reserve.release():
                    continue
                time.sleep(pause)
                waited += pause
                pause = min(pause * 2, _MAX_PAUSE_SECONDS)
        with self._grown:
            self._size += len(data)
            self._grown.notify_all()
        return waited


def encode_line(text: str) -> bytes:
    """Encode a line as JSON of the same length as the server's, with the same characters escaped."""
    encoded = json.dumps(text, ensure_ascii=False)
    if not encoded.isascii():
        for breaker, escape in (("\u0085", "\\u0085"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029")):
            encoded = encoded.replace(breaker, escape)
    return _encode(encoded)


def _encode(text: str) -> bytes:
    # A lone surrogate has no UTF-8 form, but its escape is valid JSON.
    return text.encode("utf-8", "backslashreplace")
