"""The attempt from its admission to its acknowledged end: user code, output, telemetry, exit record."""

from __future__ import annotations

import signal
import sys
import time
from typing import TYPE_CHECKING

from pumphouse_bootstrap import events as event_names
from pumphouse_bootstrap.beacon import Beacon
from pumphouse_bootstrap.control_groups import ControlGroups
from pumphouse_bootstrap.disk_reserve import DiskReserve
from pumphouse_bootstrap.events import Events
from pumphouse_bootstrap.exit_file import write_exit_file
from pumphouse_bootstrap.failure_report import report_failure
from pumphouse_bootstrap.graceful_stop import GracefulStop
from pumphouse_bootstrap.mask_artifacts import mask_artifacts
from pumphouse_bootstrap.masking import Masker
from pumphouse_bootstrap.output import OutputReader
from pumphouse_bootstrap.plain_starts import describe_plain_start
from pumphouse_bootstrap.preparation import CannotStart, Preparation
from pumphouse_bootstrap.process_tree import terminate_user_code
from pumphouse_bootstrap.resource_usage import ResourceUsage
from pumphouse_bootstrap.sender import Sender
from pumphouse_bootstrap.server_calls import GaveUp, Refused, ServerCalls
from pumphouse_bootstrap.spool import Spool
from pumphouse_bootstrap.start_file import StartFile
from pumphouse_bootstrap.telemetry_masking import TelemetryMasker
from pumphouse_bootstrap.user_code_start import CreatedProcess, create_cold_process, create_process
from pumphouse_bootstrap.user_process import UserProcess
from pumphouse_bootstrap.vanishing_files import describe_vanishing_files

if TYPE_CHECKING:
    from pumphouse_bootstrap.pending_packages import PendingPackages
    from pumphouse_bootstrap.stored_pipelines.keeper import StoredPipelines
    from pumphouse_bootstrap.early_start import EarlyStart

# After user code has ended, background processes may still hold its pipes open.
_DRAIN_SECONDS = 2.0


class Recording:
    """One attempt that has begun. Used by the main thread."""

    def __init__(
        self, start: StartFile, preparation: Preparation, calls: ServerCalls, events: Events, early: EarlyStart | None
    ) -> None:
        """`preparation` is complete."""
        assert preparation.begin is not None
        self._start = start
        self._began_at = time.time()
        self._preparation = preparation
        self._begin = preparation.begin
        self._events = events
        self._secrets = Masker(self._begin.masked_values)
        others = self._begin.text_masked_values
        self._masker = Masker([*self._begin.masked_values, *others]) if others else self._secrets
        self._reserve = DiskReserve(start.folder, start.work_folder, start.drop_to)
        self._spool = Spool(start.folder, self._reserve, start.takes_room_as)
        self._sender = Sender(self._spool, calls, events)
        self._use(create_process(start, self._begin, early, events))
        self._control_groups = ControlGroups(start.control_groups)
        self._stop = GracefulStop(start.grace_seconds)
        self._usage: ResourceUsage | None = None
        self._output_ended = False
        self._refused = False
        self._pending = self._keep_packages()
        self._stored = self._store_packages()

    def run(self) -> int:
        """Run user code; return the exit status of the bootstrap."""
        try:
            beacon = self._start_user_code()
        except CannotStart as reason:
            return self.finish_unstarted(reason)
        self._spool.append("started")
        if self._cold_reason is not None:
            self._spool.append("note", text=f"This run started an interpreter of its own, because {self._cold_reason}.")
        if (reason := self._process.plain_start) is not None:
            self._spool.append("note", text=describe_plain_start(reason), plain_start=reason)
        self._sender.start()
        self._start_usage()
        self._follow_local_data()
        if self._stored is not None:
            self._stored.start()
        output = OutputReader(
            self._process.pipes,
            self._spool,
            self._masker,
            self._events,
            self._begin.line_limit_bytes,
            self._begin.log_limit_bytes,
        )
        output.start()
        listening = self._watch_listening()
        while not self._process.ended:
            self._handle(self._events.next(self._stop.next_seconds()))
            self._carry_out(self._stop.next_step())
        if listening is not None:
            listening.end()
        killed = self._end_remaining_processes(output)
        beacon.close()
        self._record_pending(beacon)
        unstored = self._store_local_data()
        self._record_stored(beacon)
        status = self._finish(output.describe_dropped(), killed, unstored)
        self._remove_finished()
        return status

    def _start_usage(self) -> None:
        if not self._begin.records_usage:
            return
        self._usage = ResourceUsage(
            self._control_groups, self._start, self._spool, self._events, self._begin.disk_limit_bytes
        )
        self._usage.start()

    def _start_user_code(self) -> Beacon:
        """Start it, without its template if that fails. Raises CannotStart."""
        if not isinstance(self._process, UserProcess):
            from pumphouse_bootstrap.forked_process import NotForked

            try:
                return self._spawn()
            except NotForked as failure:
                report_failure(failure)
                self._use(create_cold_process(self._start, self._begin, f"the fork failed: {failure}"))
        return self._spawn()

    def _spawn(self) -> Beacon:
        limit = self._begin.beacon_limit_bytes
        maskers = (self._masker, TelemetryMasker(self._masker, self._secrets))
        beacon = Beacon(self._spool, maskers, limit, self._beacon_listener, self._start, self._stored)
        try:
            self._process.open_network(beacon.port)
            self._process.spawn(beacon.address, self._preparation.code, self._preparation.configuration)
            # The sandbox and the interpreter start meanwhile.
            beacon.start()
            self._masker.prepare()
            self._process.await_launcher(self._events)
        except Exception:
            beacon.close()
            raise
        return beacon

    def _use(self, created: CreatedProcess) -> None:
        self._process, self._beacon_listener, self._cold_reason = created

    def _watch_listening(self):
        """Start a watch for an app in its own network; otherwise None."""
        port = self._begin.app_port
        if port is None or not self._process.pid or not self._process.has_own_network:
            return None
        # Load this only for apps.
        from pumphouse_bootstrap.listening import ListeningWatch

        watch = ListeningWatch(self._process.pid, port, self._process.own_ports, self._spool)
        watch.start()
        return watch

    def finish_unstarted(self, reason: CannotStart) -> int:
        """End an attempt whose user code could not be started."""
        if reason.may_have_begun:
            self._spool.append("started")
        self._process.close_network()
        self._sender.start()
        self._reserve.user_code_ended()
        detail = self._masker.mask(reason.detail.encode("utf-8", "backslashreplace")).decode("utf-8", "replace")
        self._append_exit({"code": reason.code, "detail": detail}, killed=0)
        return self._await_delivery()

    def _handle(self, event: int | None) -> None:
        if event == signal.SIGTERM:
            self._stop.begin()
            if self._stored is not None:
                self._stored.hurry()
            if self._process.pid and not self._process.ended:
                terminate_user_code(self._process.pid)
        elif event == signal.SIGUSR1:
            self._process.kill_all()
        elif event == signal.SIGCHLD:
            self._process.reap()
        elif event == event_names.OUTPUT_ENDED:
            self._output_ended = True
        elif event == event_names.DISK_LIMIT:
            self._process.kill_all()
        elif event in (event_names.REFUSED, event_names.FAILED):
            self._refused = self._refused or event == event_names.REFUSED
            self._process.kill_all()

    def _carry_out(self, step: int | None) -> None:
        """A later step of a stop that this process carries out itself."""
        if step == signal.SIGTERM and self._process.pid and not self._process.ended:
            terminate_user_code(self._process.pid)
        elif step == signal.SIGKILL:
            self._process.kill_all()

    def _end_remaining_processes(self, output: OutputReader) -> int:
        """End the remaining processes; return how many had to be killed."""
        deadline = time.monotonic() + _DRAIN_SECONDS
        while not self._output_ended and (remaining := deadline - time.monotonic()) > 0:
            self._handle(self._events.next(remaining))
        self._process.close_network()
        killed = self._process.kill_all()
        self._mask_artifacts()
        self._name_vanishing_files()
        self._reserve.user_code_ended()
        output.drain()
        return killed

    def _name_vanishing_files(self) -> None:
        if self._start.local_data is None or self._begin.app_port is not None:
            return
        note = describe_vanishing_files(self._start.work_folder, self._began_at, self._begin.profile)
        if note is not None:
            masked = self._masker.mask(note.encode("utf-8", "backslashreplace"))
            self._spool.append("note", text=masked.decode("utf-8", "replace"))

    def _mask_artifacts(self) -> None:
        artifacts, local_data = self._begin.artifacts, self._start.local_data
        if artifacts is None or artifacts["use"] != "send" or local_data is None or self._secrets.longest == 0:
            return
        names = [artifacts["folder"], "pipelines"]
        try:
            mask_artifacts(local_data["source"], names, self._secrets, self._began_at, self._start.drop_to)
        except OSError as error:
            report_failure(error)

    def _keep_packages(self) -> PendingPackages | None:
        """Create the folder that keeps the packages of this attempt, if it keeps any."""
        local_data, pipelines = self._start.local_data, self._begin.pipelines
        settings = pipelines.get("pending") if pipelines is not None else None
        if settings is None or local_data is None or local_data.get("objects"):
            return None
        # Load this only if needed.
        from pumphouse_bootstrap.pending_packages import PendingPackages

        try:
            pending = PendingPackages(local_data["source"], self._start.attempt_id, settings, self._start.drop_to)
        except OSError as error:
            # As when the disk is full: the run works in a folder of its own, as before.
            report_failure(error)
            return None
        settings.update(folder=local_data["path"], attempt=self._start.attempt_id)
        return pending

    def _store_packages(self) -> StoredPipelines | None:
        """Keep the packages of this attempt on the server, if no disk keeps the local data."""
        local_data, pipelines = self._start.local_data, self._begin.pipelines
        settings = pipelines.get("pending") if pipelines is not None else None
        if settings is None or local_data is None or local_data.get("objects") != "read-write":
            return None
        if not settings.get("stores_folders"):
            # A server of an older release.
            return None
        # Load this only if needed.
        from pumphouse_bootstrap.stored_pipelines.keeper import StoredPipelines

        try:
            stored = StoredPipelines(self._start, settings, lambda text: self._spool.append("note", text=text))
        except OSError as error:
            report_failure(error)
            return None
        settings.update(folder=local_data["path"], attempt=self._start.attempt_id, is_stored=True)
        return stored

    def _record_stored(self, beacon: Beacon) -> None:
        """Let the server list what is pending in the working folders that it keeps."""
        events = beacon.pending_events.recorded
        if self._stored is not None and (events or self._stored.is_used):
            self._spool.append("pending", packages=[], is_complete=False, is_stored=True, events=events)

    def _record_pending(self, beacon: Beacon) -> None:
        if self._pending is None:
            return
        try:
            found, notes = self._pending.finish()
        except OSError as error:
            report_failure(error)
            return
        for text in notes:
            self._spool.append("note", text=text)
        self._spool.append("pending", **found, events=beacon.pending_events.recorded)

    def _remove_finished(self) -> None:
        if self._pending is None:
            return
        try:
            self._pending.remove_rest()
        except OSError as error:
            report_failure(error)

    @property
    def _has_copy(self) -> bool:
        return self._start.local_data is not None and self._start.local_data.get("objects") == "copy"

    def _follow_local_data(self) -> None:
        local_data = self._preparation.local_data
        if local_data is None:
            return
        if local_data.fetch_note is not None:
            self._spool.append("note", text=local_data.fetch_note)
        if self._has_copy:
            local_data.follow(self._start)

    def _store_local_data(self) -> str | None:
        """Store what user code has changed; return why that failed."""
        local_data = self._preparation.local_data
        if local_data is None or self._has_copy or self._refused:
            return None
        folders = None if self._stored is None else self._finish_stored()
        unstored = local_data.store(ServerCalls(self._start), lambda text: self._spool.append("note", text=text), folders)
        if unstored is not None and self._stored is not None:
            self._finish_stored(without_local_data=True)
        return unstored

    def _finish_stored(self, without_local_data: bool = False) -> dict | None:
        assert self._stored is not None
        try:
            if not without_local_data:
                return self._stored.finish()
            self._stored.finish_without_local_data()
        except (Refused, GaveUp, OSError) as error:
            report_failure(error)
        return None

    def _finish(self, dropped: str | None, killed: int, unstored: str | None) -> int:
        if dropped is not None:
            self._spool.append("note", text=dropped)
        if killed > 0:
            self._spool.append("note", text=f"Orphaned processes of the run were ended: {killed}.")
        if self._reserve.work_removed:
            message = "The disk of the run was full at its end: its work folder was removed, so that its log could be completed."
            self._spool.append("note", text=message)
        if unstored is not None:
            self._spool.append("note", text=unstored)
        is_only_unstored = unstored is not None and self._process.code == 0
        self._append_exit({"code": "local_data_not_stored", "detail": unstored} if is_only_unstored else None, killed)
        return self._await_delivery()

    def _explain_stop(self) -> dict | None:
        """A reason that the server uses unless it has asked for the end itself."""
        if not self._stop.has_begun or self._process.code == 0:
            return None
        detail = (
            "Kubernetes asked the pod of the run to end, as when its node is drained or shut down, or when the pod is"
            " preempted or deleted."
        )
        return {"code": "evicted", "detail": detail}

    def _explain_disk(self) -> dict | None:
        usage, limit = self._usage, self._begin.disk_limit_bytes
        if usage is None or limit is None or usage.disk_over_limit_bytes is None or self._process.code == 0:
            return None
        used, allowed = (round(size / 2**20) for size in (usage.disk_over_limit_bytes, limit))
        detail = f"The run had written {used} MiB to its disk, of {allowed} MiB that it may use, and was ended."
        return {"code": "disk_limit", "detail": detail}

    def _append_exit(self, reason: dict | None, killed: int) -> None:
        process = self._process
        sums = {} if self._usage is None else self._usage.end()
        reason = reason or self._explain_disk()
        self._sender.user_code_ended()
        record = dict(
            code=None if reason else process.code,
            signal=None if reason else process.signal,
            out_of_memory=self._control_groups.describe_out_of_memory(),
            process_limit_reached=self._control_groups.has_reached_process_limit(),
            peak_memory_bytes=process.peak_memory_bytes,
            reason=reason or self._explain_stop(),
            killed_descendants=killed,
            **sums,
        )
        self._spool.append_exit(**record)
        if self._start.exit_file is not None:
            write_exit_file(self._start.exit_file, record)

    def _await_delivery(self) -> int:
        """Wait until the end is acknowledged. Signals are ignored, because user code has ended."""
        while not self._refused:
            event = self._events.next()
            if event == event_names.DELIVERED:
                return 0
            self._refused = event == event_names.REFUSED
        print(f"pumphouse: the server refused the spool: {self._sender.refusal}", file=sys.stderr)
        return 1
