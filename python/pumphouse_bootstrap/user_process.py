"""Start user code: the sandbox, then the inside stage, which is replaced by the launcher."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import TYPE_CHECKING

from pumphouse_bootstrap.control_file import ATTEMPT_ID_VARIABLE, describe_control, write_control
from pumphouse_bootstrap.events import STOP_SIGNALS, Events
from pumphouse_bootstrap.file_user import files_of
from pumphouse_bootstrap.plain_starts import read_plain_start
from pumphouse_bootstrap.preparation import BeginAnswer, CannotStart
from pumphouse_bootstrap.process_tree import find_by_inner_pid, kill_descendants
from pumphouse_bootstrap.start_file import StartFile

if TYPE_CHECKING:
    from pumphouse_bootstrap.network import Network

# If a sandbox holds the status pipe open, the launcher counts as started after this time.
_EXEC_SECONDS = 1.0
_MAX_DETAIL_BYTES = 4096
# The writer of the status pipe is on user code's side and may write anything.
_REPORT_BYTES = 64 * 1024
_RESET_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ, *STOP_SIGNALS, signal.SIGCHLD)


class UserProcess:
    """The process started by the bootstrap, its pipes, and details of its end."""

    def __init__(self, start: StartFile, begin: BeginAnswer, network: Network | None = None) -> None:
        """`network`: user code's own network, which is being started."""
        self._start = start
        self._begin = begin
        self._child = 0
        self._status_read = -1
        self.pipes: dict[str, int] = {}
        # Pid of user code in this pid namespace; 0 until it runs.
        self.pid = 0
        # Why user code started without modules imported ahead.
        self.plain_start: dict | None = None
        self.ended = False
        self.code: int | None = None
        self.signal: str | None = None
        self.peak_memory_bytes: int | None = None
        self._network = network
        # Ports of telemetry and the server inside the network; user code never listens there.
        self.own_ports: set[int] = set()

    def open_network(self, beacon_port: int) -> None:
        """Wait for the network. Raises CannotStart."""
        self.own_ports = {beacon_port, *(self._start.network["ports"] if self._start.network else ())}
        if self._start.network_gets_closed:
            # Load this only if needed.
            from pumphouse_bootstrap.closed_network import await_closed_network

            if not await_closed_network():
                raise CannotStart("network_failed", "The network of the run was not closed to others.")
        if self._network is not None and self._start.network is not None:
            self._network.await_ready()
            if self._start.network["door"]:
                self._network.open_ingress(self._start.folder, self._start.drop_to["uid"] if self._start.drop_to else -1)

    @property
    def has_own_network(self) -> bool:
        """Whether no process of the machine listens in the network, except user code and the bootstrap."""
        return self._start.network is not None or self._start.network_gets_closed

    def close_network(self) -> None:
        if self._network is not None:
            self._network.close()

    def spawn(self, beacon_address: str, code: int | None, configuration: int | None) -> None:
        """
        Start user code. Main thread only: a sandbox that ends with its parent ends with the thread that
        started it.
        """
        start = self._start
        self._status_read, status = os.pipe()
        with files_of(start.drop_to):
            # User code may reopen its own output as /dev/stdout.
            stdout, child_stdout = os.pipe()
            stderr, child_stderr = os.pipe()
        self.pipes = {"stdout": stdout, "stderr": stderr}
        control = self._write_control(beacon_address, status, code, configuration)
        passed = [number for number in (control, status, code, configuration) if number is not None]
        for number in passed:
            os.set_inheritable(number, True)
        inside = f"{start.bootstrap_inside}/inside/__main__.py"
        enter = self._network.enter if self._network else []
        command = [*start.join_groups, *enter, *start.sandbox, start.inside_python, "-I", "-S", inside, str(control)]
        try:
            self._child = os.posix_spawnp(
                command[0],
                command,
                {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", ATTEMPT_ID_VARIABLE: start.attempt_id},
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, child_stdout, 1),
                    (os.POSIX_SPAWN_DUP2, child_stderr, 2),
                ],
                setsid=True,
                setsigdef=_RESET_SIGNALS,
            )
        except OSError as error:
            reason = "sandbox_failed" if start.sandbox else "bootstrap_failed"
            raise CannotStart(reason, f"{command[0]}: {error.strerror}") from error
        finally:
            for number in (*passed, child_stdout, child_stderr):
                os.close(number)

    def _write_control(
        self, beacon_address: str, status: int, code: int | None, configuration: int | None
    ) -> int:
        control = {
            **describe_control(self._start, self._begin, beacon_address),
            "drop_to": self._start.drop_to,
            "status_fd": status,
            "code_fd": code,
            "configuration_fd": configuration,
        }
        return write_control(control)

    def await_launcher(self, events: Events) -> None:
        """
        Wait until the launcher has replaced the inside stage.

        If that fails, ends everything it started and raises CannotStart. A stop signal before the stage has
        reported its pid ends the wait, too. A later one stays in the queue, because user code may run by then.
        """
        report = b""
        executed_at = None
        stops: list[int] = []
        while True:
            timeout = None if executed_at is None else max(0.0, executed_at + _EXEC_SECONDS - time.monotonic())
            event, readable = events.next_or_readable(self._status_read, timeout)
            if event in STOP_SIGNALS:
                stops.append(event)
            if event == signal.SIGCHLD:
                self.reap()
            data = os.read(self._status_read, _REPORT_BYTES) if readable else b""
            report += data
            if executed_at is None and b"\n" in report:
                executed_at = time.monotonic()
                self._find_user_process(_parse_report(report.partition(b"\n")[0]))
            if stops and executed_at is None:
                report += self._kill_and_read_rest()
                break
            if readable and not data or len(report) > _REPORT_BYTES or (executed_at and time.monotonic() >= executed_at + _EXEC_SECONDS):
                break
        os.close(self._status_read)
        if stops and b"\n" not in report:
            raise CannotStart("stopped_before_start", "The run was stopped before its code had started.")
        self._check_report(report)
        for event in stops:
            events.post(event)

    def _kill_and_read_rest(self) -> bytes:
        """Kill the stage and return its last report: it may have become user code meanwhile."""
        kill_descendants(self.reap)
        os.set_blocking(self._status_read, False)
        try:
            return os.read(self._status_read, _REPORT_BYTES)
        except BlockingIOError:
            return b""

    def _find_user_process(self, first: dict) -> None:
        self.plain_start = read_plain_start(first.get("plain_start"))
        inner_pid = first.get("pid")
        if isinstance(inner_pid, int):
            self.pid = find_by_inner_pid(inner_pid) or (0 if self._start.sandbox else self._child)

    def _check_report(self, report: bytes) -> None:
        """Raise CannotStart if the last report is a failure. A stage that succeeds reports its pid last."""
        last = _parse_report(report.splitlines()[-1]) if report else {}
        if "pid" in last:
            return
        kill_descendants(self.reap)
        if "code" in last:
            raise CannotStart(str(last["code"])[:64], str(last.get("detail"))[:_MAX_DETAIL_BYTES])
        output = self._read_output()
        raise CannotStart("sandbox_failed", output or f"It ended without output ({self.signal or self.code}).")

    def _read_output(self) -> str:
        output = b""
        for descriptor in (self.pipes["stderr"], self.pipes["stdout"]):
            os.set_blocking(descriptor, False)
            try:
                output += os.read(descriptor, 64 * 1024)
            except BlockingIOError:
                pass
        return output[-_MAX_DETAIL_BYTES:].decode("utf-8", "backslashreplace").strip()

    def kill_all(self) -> int:
        """Kill all processes of the attempt; return how many had to be killed."""
        return kill_descendants(self.reap)

    def reap(self) -> None:
        """Reap every child that has ended; orphans of user code are children too."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if self._network and pid in self._network.helpers:
                self._network.helpers.discard(pid)
                continue
            self.peak_memory_bytes = max(self.peak_memory_bytes or 0, usage.ru_maxrss * 1024)
            if pid == self._child:
                self.ended = True
                self._read_status(os.waitstatus_to_exitcode(status))

    def _read_status(self, code: int) -> None:
        number = -code
        if self._start.sandbox and code > 128:
            # A sandbox cannot die from its child's signal; like shells, it exits with 128 + n.
            number = code - 128
        if number > 0 and number in {int(each) for each in signal.valid_signals()}:
            self.signal = name_signal(number)
        else:
            self.code = code


def _parse_report(line: bytes) -> dict:
    try:
        report = json.loads(line)
    except ValueError:
        return {}
    return report if isinstance(report, dict) else {}


def name_signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIG{number}"
