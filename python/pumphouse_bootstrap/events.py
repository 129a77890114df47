"""A single queue for signals and thread messages, so that the main thread waits in one place."""

from __future__ import annotations

import os
import select
import signal

# Higher than any signal number.
PREPARED = 128
OUTPUT_ENDED = 129
DELIVERED = 130
REFUSED = 131
FAILED = 132
DISK_LIMIT = 133

STOP_SIGNALS = (signal.SIGTERM, signal.SIGUSR1)


class Events:
    """Create the queue in the main thread, before any other thread."""

    def __init__(self) -> None:
        self._read_end, self._write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        os.set_blocking(self._write_end, False)
        for ignored in (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE):
            signal.signal(ignored, signal.SIG_IGN)
        # Python writes the number of each signal to the queue, so the handler itself does nothing.
        signal.set_wakeup_fd(self._write_end, warn_on_full_buffer=False)
        for number in (*STOP_SIGNALS, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)

    def post(self, event: int) -> None:
        """Post an event from any thread."""
        os.write(self._write_end, bytes([event]))

    def next(self, timeout_seconds: float | None = None) -> int | None:
        """Return the next event, or None after the timeout."""
        event, _ = self.next_or_readable(None, timeout_seconds)
        return event

    def next_or_readable(
        self, descriptor: int | None, timeout_seconds: float | None = None
    ) -> tuple[int | None, bool]:
        """Return the next event, if any, and whether the descriptor is readable (or has ended)."""
        poll = select.poll()
        poll.register(self._read_end, select.POLLIN)
        if descriptor is not None:
            poll.register(descriptor, select.POLLIN)
        timeout = None if timeout_seconds is None else max(0, int(timeout_seconds * 1000))
        ready = [number for number, _ in poll.poll(timeout)]
        event = os.read(self._read_end, 1)[0] if self._read_end in ready else None
        return event, descriptor is not None and descriptor in ready
