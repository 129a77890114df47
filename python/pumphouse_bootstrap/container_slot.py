"""
A container that is prepared before its attempt is known, for one attempt only.

The server holds its standard input and output: a line in each direction is a JSON object, and an empty line shows that
the server is alive.
"""

from __future__ import annotations

import json
import os
import sys

from pumphouse_bootstrap.early_network import close_machine
from pumphouse_bootstrap.events import STOP_SIGNALS, Events
from pumphouse_bootstrap.prepared_interpreter import PreparedInterpreter
from pumphouse_bootstrap.process_control import adopt_orphans, forbid_inspection
from pumphouse_bootstrap.start_file import StartFile, claim_attempt

# The server sends a line every 20 seconds.
_SILENCE_SECONDS = 60.0
_MAX_LINE_BYTES = 1024 * 1024
_PIECE_BYTES = 64 * 1024
_INPUT, _OUTPUT = 0, 1


class SlotFile:
    """The fields of slot.json; see the protocol for their meaning. Raises KeyError for a missing one."""

    def __init__(self, fields: dict) -> None:
        self.attempts_url: str = fields["attempts_url"]
        self.bootstrap_inside: str = fields["bootstrap_inside"]
        self.environment: str = fields["environment"]
        self.modules: list[str] = fields["modules"]
        self.drop_to: dict | None = fields["drop_to"]
        self.machine: dict | None = fields["machine"]


class ContainerSlot:
    """Everything of an attempt that does not depend on it."""

    def __init__(self, slot_path: str) -> None:
        """Prepare it. Raises CannotStart, OSError, ValueError and KeyError."""
        with open(slot_path, encoding="utf-8") as file:
            slot = SlotFile(json.load(file))
        unclosed = close_machine(slot)
        if unclosed is not None:
            raise unclosed
        self.events = Events()
        adopt_orphans()
        forbid_inspection()
        self.interpreter = PreparedInterpreter(slot.environment, slot.bootstrap_inside, slot.modules, slot.drop_to)
        # Load the modules of an attempt meanwhile.
        from pumphouse_bootstrap import prepared_process, recording, server_calls  # noqa: F401

        self.interpreter.await_ready()

    def await_attempt(self) -> StartFile | None:
        """Return the attempt that the server assigns; None if this slot has to end without one."""
        _send({"ready": True, "memory_bytes": self.interpreter.memory_bytes})
        line = self._await_line()
        if line is None:
            return None
        start = StartFile(json.loads(line))
        if not claim_attempt(start):
            return None
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, _INPUT)
        os.close(null)
        _send({"assigned": True})
        return start

    def _await_line(self) -> bytes | None:
        """Return the first line that is not empty; None when the server is gone or stops this slot."""
        received = b""
        while True:
            event, readable = self.events.next_or_readable(_INPUT, _SILENCE_SECONDS)
            if event in STOP_SIGNALS:
                return None
            if event is None and not readable:
                return _leave("its server has been silent for a minute")
            if self.interpreter.has_ended():
                return _leave("its interpreter has ended")
            if not readable:
                continue
            piece = os.read(_INPUT, _PIECE_BYTES)
            if not piece:
                return _leave("its server is gone")
            received = (received + piece).lstrip(b"\n")
            line, end, _ = received.partition(b"\n")
            if end:
                return line
            if len(received) > _MAX_LINE_BYTES:
                return _leave("its server sent a line without an end")


def _leave(reason: str) -> None:
    print(f"pumphouse: this prepared container ends: {reason}", file=sys.stderr)


def _send(message: dict) -> None:
    os.write(_OUTPUT, json.dumps(message).encode() + b"\n")
