"""User code that is forked from a template, in place of a sandbox and an interpreter of its own."""

from __future__ import annotations

import os
import signal
import threading
import time

from pumphouse_bootstrap.control_file import describe_control, write_control
from pumphouse_bootstrap.events import STOP_SIGNALS, Events
from pumphouse_bootstrap.file_user import files_of
from pumphouse_bootstrap.inside.template import messages
from pumphouse_bootstrap.plain_starts import read_plain_start
from pumphouse_bootstrap.preparation import BeginAnswer, CannotStart
from pumphouse_bootstrap.process_tree import reap_children
from pumphouse_bootstrap.start_file import StartFile
from pumphouse_bootstrap.template_slot import TemplateSlot
from pumphouse_bootstrap.user_process import name_signal

_DETAIL_CHARACTERS = 4096
# Mounting takes milliseconds.
_MOUNT_SECONDS = 10.0


class NotForked(Exception):
    """The fork failed before it touched the attempt's files: the attempt can start cold."""


class ForkedProcess:
    """Like UserProcess, for a slot of a template."""

    has_own_network = True

    def __init__(self, start: StartFile, begin: BeginAnswer, slot: TemplateSlot, events: Events) -> None:
        self._start = start
        self._begin = begin
        self._slot = slot
        self._events = events
        self._failure: dict = {}
        self._started = False
        self._is_mounted = False
        self._archives: list[int] = []
        self.pipes: dict[str, int] = {}
        # Pid of user code in this pid namespace; 0 until it runs.
        self.pid = 0
        self.plain_start: dict | None = None
        self.ended = False
        self.code: int | None = None
        self.signal: str | None = None
        self.peak_memory_bytes: int | None = None
        self.own_ports: set[int] = set()

    def open_network(self, beacon_port: int) -> None:
        """The slot has its network."""
        self.own_ports = {beacon_port}

    def close_network(self) -> None:
        """End what is left of the run, and its network."""
        self._slot.end()

    def spawn(self, beacon_address: str, code: int | None, configuration: int | None) -> None:
        """Give the slot its files. Raises NotForked."""
        with files_of(self._start.drop_to):
            # User code may reopen its own output as /dev/stdout.
            stdout, child_stdout = os.pipe()
            stderr, child_stderr = os.pipe()
        self.pipes = {"stdout": stdout, "stderr": stderr}
        control = write_control(describe_control(self._start, self._begin, beacon_address))
        named = [("control", control), ("stdout", child_stdout), ("stderr", child_stderr)]
        # The archives stay open here until user code runs: a cold start would need them.
        archives = [(name, number) for name, number in (("code", code), ("configuration", configuration)) if number is not None]
        self._archives = [number for _, number in archives]
        named += [(name, os.dup(number)) for name, number in archives]
        named += [(f"mount:{target}", number) for number, target in self._slot.mounts]
        self._slot.mounts = []
        request = {"work_folder": self._start.inside_work_folder, "descriptors": [name for name, _ in named]}
        try:
            messages.send(self._slot.connection, request, [number for _, number in named])
        except OSError as error:
            self._close_pipes()
            self.close_network()
            raise NotForked(f"the forked run is gone: {error.strerror}") from error
        finally:
            for _, number in named:
                os.close(number)
        threading.Thread(target=self._listen, name="forked run", daemon=True).start()

    def _listen(self) -> None:
        """Follow the run from another thread; its end wakes the main thread like that of a child."""
        while not self.ended:
            try:
                message, descriptors, pid = messages.receive(self._slot.connection)
                messages.close_all(descriptors)
                self._take(message, pid)
            except (OSError, ValueError, KeyError, TypeError):
                # Packages of the environment can make the slot send anything.
                self._take(None, None)
            self._events.post(signal.SIGCHLD)

    def _take(self, message: dict | None, pid: int | None) -> None:
        if message is None:
            self.signal = name_signal(signal.SIGKILL) if self.code is None and self.signal is None else self.signal
            self.ended = True
        elif message.get("mounted"):
            self._is_mounted = True
        elif message.get("ready"):
            self.pid = pid or 0
            self.plain_start = read_plain_start(message.get("plain_start"))
            self._started = True
        elif "exit" in message:
            self._take_exit(message)
        elif "code" in message:
            self._failure = message

    def _take_exit(self, message: dict) -> None:
        code = int(message["exit"])
        self.peak_memory_bytes = int(message["peak_memory_bytes"])
        if code < 0:
            self.signal = name_signal(-code)
        else:
            self.code = code
        self.ended = True

    def await_launcher(self, events: Events) -> None:
        """Wait until user code runs. Raises CannotStart or NotForked; everything of the run has then ended."""
        stops: list[int] = []
        deadline = time.monotonic() + _MOUNT_SECONDS
        while not self._started and not self.ended:
            event = events.next(None if self._is_mounted else max(0.0, deadline - time.monotonic()))
            if event is None and not self._is_mounted:
                # It hangs: a lock that was held when it was forked. A cold start needs nothing of it.
                self._slot.kill()
            if event in STOP_SIGNALS:
                stops.append(event)
                self._slot.kill()
        if not self._started:
            self.close_network()
            raise self._explain_failure(is_stopped=bool(stops))
        for number in self._archives:
            os.close(number)
        for event in stops:
            events.post(event)

    def _explain_failure(self, is_stopped: bool) -> Exception:
        if is_stopped:
            return CannotStart("stopped_before_start", "The run was stopped before its code had started.")
        detail = str(self._failure.get("detail") or "The forked run ended without a report.")[:_DETAIL_CHARACTERS]
        if not self._is_mounted:
            self._close_pipes()
            return NotForked(detail)
        # Without a report, the message that user code runs may be what was lost.
        return CannotStart(str(self._failure.get("code") or "sandbox_failed")[:64], detail, may_have_begun=not self._failure)

    def _close_pipes(self) -> None:
        for number in self.pipes.values():
            os.close(number)
        self.pipes = {}

    def kill_all(self) -> int:
        """
        Kill the first process of the run's namespace, and with it all others; wait until they are gone.

        Returns 0: which processes were left at that moment is chance.
        """
        self._slot.kill()
        return 0

    def reap(self) -> None:
        """Reap children of the bootstrap; processes of the run belong to the slot's init."""
        reap_children()
