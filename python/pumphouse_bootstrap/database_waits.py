"""Waits of user code for database files that other runs have open: lines in the log, and times of waiting."""

from __future__ import annotations

import json
import threading
import time

from pumphouse_bootstrap.masking import Masker
from pumphouse_bootstrap.spool import Spool
from pumphouse_bootstrap.waiting_times import WaitingTimes

BODY_LIMIT_BYTES = 4096
_MAX_WAITS = 1000
_MAX_OPEN = 200
_ID_LENGTH = 40
_TEXT_LENGTH = 200
_OUTCOMES = {
    "opened": "Opened the database {file} after {seconds:.1f} s.",
    "stopped": "Stopped waiting for the database {file} after {seconds:.1f} s.",
    "gave_up": "Gave up waiting for the database {file} after {seconds:.1f} s: waiting would never have ended,"
    " because its holder waits for this run or is a part of it.",
}


class DatabaseWaits:
    """User code sends these messages, so it may send anything: texts and counts are bounded."""

    def __init__(self, spool: Spool, masker: Masker, waiting_times: WaitingTimes) -> None:
        self._spool = spool
        self._waiting_times = waiting_times
        self._masker = masker
        self._changing = threading.Lock()
        self._open: dict[str, tuple[str, float]] = {}
        self._count = 0

    def take(self, body: bytes) -> None:
        """Record a message. Ignores what is not one. Raises SpoolClosed."""
        message = _parse(body)
        wait, state = message.get("wait"), message.get("state")
        if not isinstance(wait, str) or not 0 < len(wait) <= _ID_LENGTH:
            return
        with self._changing:
            if state == "begun":
                self._begin(wait, message)
            elif isinstance(state, str) and state in _OUTCOMES and wait in self._open:
                self._end(wait, _OUTCOMES[state])

    def _begin(self, wait: str, message: dict) -> None:
        if wait in self._open or len(self._open) >= _MAX_OPEN or self._count > _MAX_WAITS:
            return
        self._count += 1
        if self._count > _MAX_WAITS:
            self._note(f"The run has waited {_MAX_WAITS} times for databases. Later waits are not logged.")
            return
        file = _read_text(message.get("file"))
        self._open[wait] = (file, time.monotonic())
        self._note(f"Waiting for the database {file}: {_describe_holder(message.get('holder'))}")
        self._waiting_times.begin()

    def _end(self, wait: str, text: str) -> None:
        file, began_at = self._open.pop(wait)
        self._waiting_times.end()
        self._note(text.format(file=file, seconds=time.monotonic() - began_at))

    def _note(self, text: str) -> None:
        masked = self._masker.mask(text.encode("utf-8", "backslashreplace"))
        self._spool.append("note", text=masked.decode("utf-8", "replace"))


def _parse(body: bytes) -> dict:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


def _read_text(value: object) -> str:
    """Return a text for one line of the log."""
    text = value if isinstance(value, str) else "?"
    return "".join(char if char.isprintable() else "?" for char in text[:_TEXT_LENGTH])


def _describe_holder(holder: object) -> str:
    details = holder if isinstance(holder, dict) else {}
    run, job, held = details.get("run"), details.get("job"), details.get("held")
    if not isinstance(run, int) or not isinstance(job, str):
        return "another process has it open."
    name = f"run {run % 10**12} of {_read_text(job)}"
    if not isinstance(held, (int, float)) or not 0 < held < 1e11:
        return f"{name} is to open it first."
    return f"{name} has had it open since {time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(held))} UTC."
