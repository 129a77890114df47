"""Asks the server for the pipelines that user code is about to write with, and waits while another run has them."""

from __future__ import annotations

import json
import os
import select
import socket
import threading
import time

from pumphouse_bootstrap.file_user import files_of
from pumphouse_bootstrap.masking import Masker
from pumphouse_bootstrap.server_calls import FIRST_PAUSE_SECONDS, MAX_PAUSE_SECONDS, GaveUp, Refused, ServerCalls
from pumphouse_bootstrap.spool import Spool
from pumphouse_bootstrap.start_file import StartFile
from pumphouse_bootstrap.waiting_times import WaitingTimes

BODY_LIMIT_BYTES = 16 * 1024
# Half of the listener's connections: telemetry needs the others.
_MAX_ASKING = 16
_MAX_NOTES = 1000
_NAME_LENGTH = 500
_SILENCE_SECONDS = 5.0
# A connection to a database may be closed meanwhile: only a long wait for one is taken for endless.
_FILE_WAIT_SECONDS = 10.0


class PipelineHolds:
    """
    User code sends the questions, so it may send anything: texts, counts and threads are bounded. What the run got
    stays with it until its end, so a repeated question is answered without the server.
    """

    def __init__(self, start: StartFile, spool: Spool, masker: Masker, waiting_times: WaitingTimes) -> None:
        self._start = start
        self._spool = spool
        self._masker = masker
        self._waiting_times = waiting_times
        self._asking = threading.BoundedSemaphore(_MAX_ASKING)
        self._changing = threading.Lock()
        self._held: set[str] = set()
        # The number of callers that wait, by question.
        self._waiting: dict[str, int] = {}
        self._withdrawn: set[str] = set()
        self._notes = 0

    def hold(self, body: bytes, connection: socket.socket) -> bytes:
        """
        Return the answer to a question: {state: held | busy} or {state: failed, code, detail}. Ends early if the caller
        closes the connection. Raises SpoolClosed.
        """
        parsed = _parse(body)
        if parsed is None:
            return _fail("invalid_request", "This is not the name of a pipeline.")
        question, pid = parsed
        with self._changing:
            if question in self._held:
                return _HELD
        if not self._asking.acquire(blocking=False):
            return _BUSY
        try:
            return self._ask(_Wait(question, pid, connection))
        finally:
            self._asking.release()

    def _ask(self, wait: _Wait) -> bytes:
        with self._changing:
            self._waiting[wait.question] = self._waiting.get(wait.question, 0) + 1
        outcome = "stopped"
        try:
            answer = self._ask_until_answered(wait)
            outcome = "held" if answer == _HELD else outcome
            return answer
        finally:
            self._leave(wait, outcome)

    def _ask_until_answered(self, wait: _Wait) -> bytes:
        # One try for each call: the caller may leave in between.
        calls = ServerCalls(self._start, try_seconds=0)
        silent_pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                answer = calls.post_json("-hold-pipeline", {**json.loads(wait.question), **self._list_file_waits(wait)})
            except GaveUp:
                if time.monotonic() > wait.began_at + _SILENCE_SECONDS:
                    self._report(wait, f"Waiting for the server, which does not answer: {wait.name} is written only after it has.")
                if not wait.pause(silent_pause):
                    return _STOPPED
                silent_pause = min(silent_pause * 2, MAX_PAUSE_SECONDS)
                continue
            except Refused as refusal:
                self._note(refusal.detail)
                return _fail(refusal.code, refusal.detail)
            silent_pause = FIRST_PAUSE_SECONDS
            if answer.get("state") == "held":
                return _HELD
            self._report(wait, str(answer.get("detail")))
            if not wait.pause(_read_pause(answer)):
                return _STOPPED

    def _list_file_waits(self, wait: _Wait) -> dict:
        """Return what the server cannot see: which runs wait for database files, of this run or of others."""
        if wait.reported is None or self._start.local_data is None:
            return {}
        from pumphouse_bootstrap.inside.database_locks.copier_lock import FOLDER
        from pumphouse_bootstrap.inside.database_locks.deadlocks import list_file_waits

        try:
            entry = os.open(self._start.local_data["source"], os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            return {}
        with files_of(self._start.drop_to):
            try:
                folder = os.open(FOLDER, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=entry)
            except OSError:
                return {}
            finally:
                os.close(entry)
            try:
                found = list_file_waits(folder, self._start.attempt_id, wait.pid, _FILE_WAIT_SECONDS)
            finally:
                os.close(folder)
        return {"file_waits": found} if found else {}

    def _report(self, wait: _Wait, text: str) -> None:
        """Note what a wait is for, whenever that changes."""
        if wait.reported is None:
            self._waiting_times.begin()
        if wait.reported != text:
            wait.reported = text
            self._note(text)

    def _leave(self, wait: _Wait, outcome: str) -> None:
        with self._changing:
            self._waiting[wait.question] -= 1
            is_last = self._waiting[wait.question] == 0
            if is_last:
                del self._waiting[wait.question]
            if outcome == "held":
                self._held.add(wait.question)
            elif is_last and wait.reported is not None:
                self._withdraw_later(wait.question)
        if wait.reported is None:
            return
        self._waiting_times.end()
        seconds = time.monotonic() - wait.began_at
        if outcome == "held":
            self._note(f"Got {wait.name} after {seconds:.1f} s.")
        else:
            self._note(f"Stopped waiting for {wait.name} after {seconds:.1f} s.")

    def _withdraw_later(self, question: str) -> None:
        """Give up the place in the order, so that runs behind this one need not wait for its end."""
        is_running = bool(self._withdrawn)
        self._withdrawn.add(question)
        if not is_running:
            threading.Thread(target=self._withdraw_all, name="withdraw", daemon=True).start()

    def _withdraw_all(self) -> None:
        calls = ServerCalls(self._start)
        while True:
            with self._changing:
                question = next(iter(self._withdrawn), None)
                is_asked_again = question in self._waiting
            if question is None:
                return
            try:
                if not is_asked_again:
                    calls.post_json("-stop-waiting-for-pipeline", json.loads(question))
            except (Refused, GaveUp):
                # The attempt is over, and its request with it.
                pass
            with self._changing:
                self._withdrawn.discard(question)
                if not self._withdrawn:
                    return

    def _note(self, text: str) -> None:
        with self._changing:
            self._notes += 1
            if self._notes > _MAX_NOTES:
                return
        masked = self._masker.mask(_print(text).encode("utf-8", "backslashreplace"))
        self._spool.append("note", text=masked.decode("utf-8", "replace"))


class _Wait:
    """One caller that waits."""

    def __init__(self, question: str, pid: int | None, connection: socket.socket) -> None:
        self.question = question
        # The process that asks, as itself sees its id.
        self.pid = pid
        self.began_at = time.monotonic()
        # Its last line in the log.
        self.reported: str | None = None
        self.name = f"the pipeline {_print(json.loads(question)['pipeline'])}"
        self._poll = select.poll()
        self._poll.register(connection, select.POLLRDHUP)

    def pause(self, seconds: float) -> bool:
        """Wait; False at once when the caller has closed the connection, as its process does when it ends."""
        return not self._poll.poll(seconds * 1000)


def _parse(body: bytes) -> tuple[str, int | None] | None:
    """Return the question in one form, and the process that asks it, or None."""
    try:
        message = json.loads(body)
        pipeline, dataset = message["pipeline"], message["dataset"]
        names = [pipeline] if dataset is None else [pipeline, dataset["destination"], dataset["name"]]
    except (ValueError, RecursionError, KeyError, TypeError):
        return None
    if not all(isinstance(name, str) and 0 < len(name) <= _NAME_LENGTH for name in names):
        return None
    asked = None if dataset is None else {"destination": names[1], "name": names[2]}
    pid = message.get("pid")
    return json.dumps({"pipeline": pipeline, "dataset": asked}), pid if isinstance(pid, int) else None


def _read_pause(answer: dict) -> float:
    pause = answer.get("pause_seconds")
    return min(max(float(pause), FIRST_PAUSE_SECONDS), 60.0) if isinstance(pause, (int, float)) else MAX_PAUSE_SECONDS


def _print(text: str) -> str:
    """Return a text for one line of the log."""
    return "".join(char if char.isprintable() else "?" for char in text[: 2 * _NAME_LENGTH])


def _fail(code: str, detail: str) -> bytes:
    return json.dumps({"state": "failed", "code": code, "detail": detail}).encode()


_HELD = json.dumps({"state": "held"}).encode()
_BUSY = json.dumps({"state": "busy"}).encode()
_STOPPED = _fail("stopped", "The caller has left.")
