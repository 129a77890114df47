"""Convert user code's stdout and stderr to log records."""

from __future__ import annotations

import os
import select
import threading
import time

from pumphouse_bootstrap.events import FAILED, OUTPUT_ENDED, Events
from pumphouse_bootstrap.failure_report import report_failure
from pumphouse_bootstrap.masking import Masker, count_begun_character, find_character_start
from pumphouse_bootstrap.spool import LINE_OVERHEAD_BYTES, Spool, encode_line

_READ_BYTES = 64 * 1024
# Output without a newline is shown after this silence.
_SILENCE_SECONDS = 1.0
# A line that may end with the beginning of a secret is held longer. Shown earlier, its last letters would
# become a separate line.
_UNDECIDED_SECONDS = 5.0


class LineSplitter:
    """Masked lines of one stream. Lines above the limit are split into pieces; nothing is lost."""

    def __init__(self, masker: Masker, limit_bytes: int) -> None:
        self._masker = masker
        self._limit = max(4, limit_bytes)
        self._pending = b""
        # Whether a piece of the current line was returned. Then a newline alone adds no further piece.
        self._continued = False

    @property
    def has_pending(self) -> bool:
        return self._pending != b""

    def feed(self, data: bytes) -> list[bytes]:
        data = self._pending + data
        lines: list[bytes] = []
        end = data.rfind(b"\n") + 1
        if end > 0:
            for line in self._masker.mask(data[:end])[:-1].split(b"\n"):
                self._add_end(lines, line)
            data = data[end:]
        while len(data) >= self._limit + max(1, self._masker.longest):
            masked, used = self._masker.mask_start(data, self._limit)
            lines.append(masked)
            self._continued = True
            data = data[used:]
        self._pending = data
        return lines

    def count_undecided(self) -> int:
        """
        Return how many bytes at the end of the unfinished line may be the beginning of a secret or a
        character.
        """
        return max(self._masker.count_undecided(self._pending), count_begun_character(self._pending))

    def flush_silent(self) -> list[bytes]:
        """Return the unfinished line without its undecided end."""
        masked, used = self._masker.mask_start(self._pending, len(self._pending) - self.count_undecided())
        if used == 0:
            return []
        self._pending = self._pending[used:]
        self._continued = True
        return [masked]

    def finish(self) -> list[bytes]:
        lines: list[bytes] = []
        pending = self.take_pending()
        if pending:
            self._add_end(lines, self._masker.mask(pending))
        return lines

    def take_pending(self) -> bytes:
        """Return the unfinished line, unmasked."""
        pending = self._pending
        self._pending = b""
        return pending

    def _add_end(self, lines: list[bytes], line: bytes) -> None:
        line = line[:-1] if line.endswith(b"\r") else line
        if line or not self._continued:
            lines.extend(self._cut(line))
        self._continued = False

    def _cut(self, line: bytes) -> list[bytes]:
        pieces = []
        while len(line) > self._limit:
            end = find_character_start(line, self._limit)
            pieces.append(line[:end])
            line = line[end:]
        return [*pieces, line]


class _Stream:
    def __init__(self, io: str, splitter: LineSplitter) -> None:
        self.io = io
        self.splitter = splitter
        # When to show the unfinished line if nothing follows.
        self.show_at = 0.0
        self.is_held = False
        # Whether the last dropped bytes belong to an unfinished line.
        self.dropped_begun = False

    def read(self) -> None:
        self.show_at = time.monotonic() + _SILENCE_SECONDS
        self.is_held = False

    def flush_silent(self) -> list[bytes]:
        """
        Return the part of the unfinished line to show after a silence. Returns nothing the first time if its
        end is undecided.
        """
        now = time.monotonic()
        if not self.is_held and self.splitter.count_undecided() > 0:
            self.is_held = True
            self.show_at = now + _UNDECIDED_SECONDS - _SILENCE_SECONDS
            return []
        self.show_at = now + _SILENCE_SECONDS
        return self.splitter.flush_silent()


class OutputReader:
    """Thread that reads both pipes to their end. Posts OUTPUT_ENDED."""

    def __init__(
        self,
        pipes: dict[str, int],
        spool: Spool,
        masker: Masker,
        events: Events,
        line_limit_bytes: int,
        log_limit_bytes: int,
    ) -> None:
        """`pipes`: the read ends of stdout and stderr by name."""
        self._streams = {
            descriptor: _Stream(io, LineSplitter(masker, line_limit_bytes)) for io, descriptor in pipes.items()
        }
        self._spool = spool
        self._masker = masker
        self._events = events
        self._limit = log_limit_bytes
        self._used = 0
        self._dropped_bytes = 0
        self._dropped_lines = 0
        self._draining = False
        self._wake_read, self._wake_write = os.pipe()
        self._thread = threading.Thread(target=self._run, name="output", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def drain(self) -> None:
        """Read what is available now, and return when all of it is recorded."""
        self._draining = True
        os.write(self._wake_write, b".")
        self._thread.join()

    def describe_dropped(self) -> str | None:
        """Describe the output that was not stored; call it after the end."""
        if self._dropped_bytes == 0:
            return None
        return (
            f"{self._dropped_lines} more lines ({self._dropped_bytes} bytes) came after the log limit"
            f" of {self._limit} bytes. They are not stored."
        )

    def _run(self) -> None:
        try:
            self._masker.prepare()
            self._read_all()
            self._events.post(OUTPUT_ENDED)
        except Exception as error:
            # Without this reader, user code would block on full pipes forever.
            report_failure(error)
            self._events.post(FAILED)

    def _read_all(self) -> None:
        poll = select.poll()
        poll.register(self._wake_read, select.POLLIN)
        for descriptor in self._streams:
            poll.register(descriptor, select.POLLIN)
        while self._streams:
            ready = [number for number, _ in poll.poll(self._find_timeout()) if number != self._wake_read]
            if not ready and self._draining:
                break
            self._flush_silent(ready)
            for descriptor in ready:
                if not self._read(self._streams[descriptor], descriptor):
                    poll.unregister(descriptor)
                    self._finish(self._streams.pop(descriptor))
        for stream in self._streams.values():
            self._finish(stream)

    def _read(self, stream: _Stream, descriptor: int) -> bool:
        data = os.read(descriptor, _READ_BYTES)
        stream.read()
        if self._used >= self._limit:
            self._drop(stream, data)
        elif data:
            self._record(stream, stream.splitter.feed(data))
        return bool(data)

    def _find_timeout(self) -> int | None:
        """Milliseconds until an unfinished line is shown."""
        if self._draining:
            return 0
        waiting = [stream.show_at for stream in self._streams.values() if stream.splitter.has_pending]
        if not waiting or self._used >= self._limit:
            return None
        remaining = min(waiting) - time.monotonic()
        # An undecided line is checked once a second.
        return max(10, int(remaining * 1000) + 1)

    def _flush_silent(self, ready: list[int]) -> None:
        """
        Record unfinished lines after a silence. A stream in `ready` was not silent: this reader may have been
        blocked by a full disk.
        """
        now = time.monotonic()
        for descriptor, stream in self._streams.items():
            if descriptor in ready or not stream.splitter.has_pending or self._used >= self._limit:
                continue
            if now >= stream.show_at:
                self._record(stream, stream.flush_silent())

    def _finish(self, stream: _Stream) -> None:
        if self._used < self._limit:
            self._record(stream, stream.splitter.finish())
            return
        self._drop(stream, b"")
        self._count_dropped(0, int(stream.dropped_begun))

    def _record(self, stream: _Stream, lines: list[bytes]) -> None:
        kept: list[bytes] = []
        reached = False
        for line in lines:
            if self._used >= self._limit:
                self._count_dropped(len(line) + 1, 1)
                continue
            encoded = encode_line(line.decode("utf-8", "backslashreplace"))
            # Count the space on disk instead of the output, because a short line takes much more space.
            self._used += len(encoded) + LINE_OVERHEAD_BYTES
            reached = self._used >= self._limit
            kept.append(encoded)
        if kept:
            self._spool.append_lines(stream.io, kept)
        if reached:
            message = f"The log of this attempt has reached its limit of {self._limit} bytes. Further output is not stored."
            self._spool.append("note", text=message)

    def _drop(self, stream: _Stream, data: bytes) -> None:
        """
        Count bytes after the limit without splitting them into lines. A line that began before the limit
        counts when it ends.
        """
        data = stream.splitter.take_pending() + data
        if data:
            stream.dropped_begun = not data.endswith(b"\n")
            self._count_dropped(len(data), data.count(b"\n"))

    def _count_dropped(self, size: int, lines: int) -> None:
        self._dropped_bytes += size
        self._dropped_lines += lines
