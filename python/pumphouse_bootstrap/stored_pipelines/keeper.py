"""Keeps the working folders of this attempt on the server while user code runs, and makes them final at its end."""

from __future__ import annotations

import json
import os
import threading
import time
import uuid
from collections.abc import Callable

from pumphouse_bootstrap.failure_report import report_failure
from pumphouse_bootstrap.file_user import files_of
from pumphouse_bootstrap.inside.pipeline_hooks.pending_packages.kept_folders import (
    create_folder,
    open_root,
)
from pumphouse_bootstrap.inside.pipeline_hooks.pending_packages.packages import is_pipeline_name, opened_below
from pumphouse_bootstrap.local_data.fetch import Damaged
from pumphouse_bootstrap.server_calls import GaveUp, Refused, ServerCalls
from pumphouse_bootstrap.start_file import StartFile
from pumphouse_bootstrap.stored_pipelines.contents import Changed, Stopped
from pumphouse_bootstrap.stored_pipelines.stored_folder import Observed, StoredFolder
from pumphouse_bootstrap.stored_pipelines.taking import fetch, take_next
from pumphouse_bootstrap.stored_pipelines.working_folder import TooManyFiles, Unstable, read_changes

# How often folders are looked at. A call follows the one before after a multiple of its own time, at least a pause.
_POLL_SECONDS = 0.1
_PAUSE_FACTOR = 4.0
_MAX_PAUSE_SECONDS = 1.0
# Packages that are loaded sooner are not uploaded.
_SETTLE_SECONDS = 1.0
# The clock of file systems advances in steps: a change within the same step as the last look has the same time.
_CLOCK_STEP_NS = 50_000_000
_MAX_TAKEN = 20
_MAX_ROUNDS = 20
_RETRY_SECONDS = 1.0


class StoredPipelines:
    """
    A thread of its own looks at the working folders, so user code waits for nothing. `take` and `begin_load` are called by
    threads of the beacon, the others by the main thread. Files are accessed as the user of user code.
    """

    def __init__(self, start: StartFile, settings: dict, note: Callable[[str], None]) -> None:
        """`settings`: {max_bytes, run, job}. `note` writes a line to the log. Raises OSError."""
        assert start.local_data is not None
        self._start = start
        self._note = note
        self._max_bytes: int = settings["max_bytes"]
        entry = os.open(start.local_data["source"], os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        with files_of(start.drop_to):
            try:
                self._root = open_root(entry, create=True)
            finally:
                os.close(entry)
            self._own = create_folder(self._root, start.attempt_id)
            self._own.write_origin({"run": settings["run"], "job": settings["job"]})
        # Guards the fields below, and the folders while they are listed.
        self._lock = threading.Lock()
        self._taken: dict[str, StoredFolder] = {}
        self._created: dict[str, StoredFolder] = {}
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._hurried = False
        self._is_refused = False
        self._has_called = False
        self._last_changes: object = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="stored-pipelines", daemon=True)
        self._thread.start()

    @property
    def is_used(self) -> bool:
        """Whether the server has had anything of this attempt, or was asked for something and had it."""
        return self._has_called or bool(self._taken)

    def hurry(self) -> None:
        """Store what is pending at once: this process may be killed soon."""
        self._hurried = True
        self._last_changes = None
        self._wake.set()

    # Questions of user code

    def take(self, body: bytes) -> bytes:
        """Take over the working folders that ended attempts left of a pipeline, and download them."""
        pipeline = _read_pipeline(body)
        found = 0
        if pipeline is None or self._is_refused:
            return json.dumps({"found": 0}).encode()
        calls = ServerCalls(self._start)
        with files_of(self._start.drop_to):
            try:
                while found < _MAX_TAKEN and (taken := take_next(calls, pipeline)) is not None:
                    entries = fetch(calls, self._root, taken)
                    folder = StoredFolder(taken.id, pipeline, taken.origin)
                    folder.recorded, folder.recorded_packages = taken.files, taken.packages
                    for path, entry in entries.items():
                        folder.contents.note(entry, taken.read_parts(path))
                    with self._lock:
                        self._taken[taken.id] = folder
                    found += 1
            except (Refused, GaveUp, Damaged, OSError, KeyError, TypeError) as error:
                report_failure(error)
                self._note(f"Pending load packages of the pipeline {pipeline} could not be downloaded, and stay on the server: {error}")
        return json.dumps({"found": found}).encode()

    def begin_load(self, body: bytes) -> bytes:
        """Note where a pipeline is about to load its packages to. What is loaded to local data is kept until that is stored."""
        pipeline = _read_pipeline(body)
        if pipeline is not None and not self._is_refused:
            is_local = json.loads(body).get("is_local") is not False
            with files_of(self._start.drop_to), self._lock:
                try:
                    folder = self._find_live(pipeline)
                    folder.is_local = is_local
                    if is_local and folder.refusal is None:
                        folder.freeze(self._own)
                except (OSError, Unstable) as error:
                    report_failure(error)
        return b"{}"

    # The thread

    def _run(self) -> None:
        # One try for each call: the thread may have to stop in between.
        calls = ServerCalls(self._start, try_seconds=0)
        with files_of(self._start.drop_to):
            while not self._stopping.is_set():
                began_at = time.monotonic()
                pause = _POLL_SECONDS
                try:
                    if self._look(calls):
                        pause = min(max(pause, _PAUSE_FACTOR * (time.monotonic() - began_at)), _MAX_PAUSE_SECONDS)
                except (Changed, Unstable):
                    self._last_changes = None
                except Stopped:
                    return
                except GaveUp:
                    self._last_changes = None
                    pause = _RETRY_SECONDS
                except Refused as refusal:
                    # The attempt is over, or the server is of an older release.
                    report_failure(refusal)
                    self._is_refused = True
                    return
                except Exception as error:
                    report_failure(error)
                    self._last_changes = None
                    pause = _RETRY_SECONDS
                self._wake.wait(pause)
                self._wake.clear()

    def _look(self, calls: ServerCalls) -> bool:
        """Store what has changed; return whether a call was made."""
        began_ns = time.time_ns()
        changes = self._read_changes()
        if changes == self._last_changes:
            return False
        is_quiet, is_called = True, False
        for folder, live in self._list_folders():
            outcome = self._sync(calls, folder, live)
            is_quiet = is_quiet and outcome is not None
            is_called = is_called or bool(outcome)
        is_old = max((time for each in changes for time in each), default=0) < began_ns - _CLOCK_STEP_NS
        self._last_changes = changes if is_quiet and is_old else None
        return is_called

    def _read_changes(self) -> tuple[tuple[int, ...], ...]:
        found = [(os.fstat(self._own.descriptor).st_mtime_ns,)]
        for name in self._own.list_pipelines():
            with self._own.opened_pipeline(name) as folder:
                if folder is not None:
                    found.append(read_changes(folder))
        return tuple(found)

    def _list_folders(self) -> list[tuple[StoredFolder, bool]]:
        """Return the folders to look at, and whether each is the working folder of its pipeline now."""
        with self._lock:
            live = {}
            for name in self._own.list_pipelines():
                found = self._find_live(name)
                if not self._is_untouched(found):
                    live[found.id] = found
            ended = [
                folder
                for folder in (*self._taken.values(), *self._created.values())
                if folder.id not in live and folder.recorded is not None and not self._is_untouched(folder)
            ]
        return [*((folder, True) for folder in live.values()), *((folder, False) for folder in ended)]

    def _find_live(self, pipeline: str) -> StoredFolder:
        taken = self._taken.get(str(self._own.read_origin(pipeline).get("folder")))
        if taken is not None and taken.pipeline == pipeline:
            return taken
        if pipeline not in self._created:
            self._created[pipeline] = StoredFolder(str(uuid.uuid4()), pipeline)
        return self._created[pipeline]

    def _is_live(self, folder: StoredFolder) -> bool:
        return folder.pipeline in self._own.list_pipelines() and self._find_live(folder.pipeline) is folder

    def _is_untouched(self, folder: StoredFolder) -> bool:
        """Report whether user code has not moved a folder that was taken over, or is just about to."""
        if folder.id not in self._taken:
            return False
        with opened_below(self._root, (folder.id, folder.pipeline)) as waiting:
            return waiting is not None

    def _sync(self, calls: ServerCalls, folder: StoredFolder, live: bool) -> bool | None:
        """Store a folder as it is; return whether that took a call, and None if it is to be looked at again soon."""
        if folder.refusal is not None:
            return False
        if not live and folder.has_frozen:
            return self._record_origin(calls, folder)
        try:
            for _ in range(_MAX_ROUNDS):
                with self._lock:
                    observed = self._observe(folder, live, as_is=False)
                if observed is None:
                    return False
                try:
                    if not observed.packages:
                        folder.pending_since = None
                        return self._forget(calls, folder)
                    if not self._hurried and folder.recorded is None and not folder.is_settled(_SETTLE_SECONDS):
                        return None
                    if self._upload(calls, folder, observed):
                        return self._record(calls, folder, observed)
                finally:
                    observed.close()
        except Refused as refusal:
            if not self._give_up(calls, folder, refusal):
                raise
            return True
        return None

    def _upload(self, calls: ServerCalls, folder: StoredFolder, observed: Observed) -> bool:
        """Upload what the server does not have. False if that took time, in which jobs may have been completed."""
        before = folder.contents.uploaded_bytes
        folder.contents.upload(calls, observed.list_files(), self._stopping.is_set)
        return folder.contents.uploaded_bytes == before

    def _observe(self, folder: StoredFolder, live: bool, as_is: bool) -> Observed | None:
        """
        List a folder; None if it is too large to be kept. Raises Changed if user code has exchanged the folder of the pipeline
        meanwhile: what was listed may belong to another one, or nothing was found of this one because it was moved.
        """
        try:
            observed = folder.observe(self._own, live, as_is)
        except TooManyFiles:
            self._refuse(folder, "it has too many files")
            return None
        # In this order: a folder that no longer waits has its place already.
        if self._is_untouched(folder) or self._is_live(folder) != live:
            observed.close()
            raise Changed(folder.pipeline)
        if observed.size <= self._max_bytes:
            return observed
        observed.close()
        self._refuse(folder, "it is larger than the limit for pending packages")
        return None

    def _record(self, calls: ServerCalls, folder: StoredFolder, observed: Observed) -> bool:
        change = folder.describe_change(observed)
        if change is None:
            return False
        self._has_called = True
        calls.post_json("-record-pipeline-folders", {"saved": [change.saved], "removed": []})
        folder.note_recorded(observed, change)
        return True

    def _record_origin(self, calls: ServerCalls, folder: StoredFolder) -> bool:
        change = folder.describe_origin_change()
        if change is not None:
            calls.post_json("-record-pipeline-folders", {"saved": [change], "removed": []})
        return change is not None

    def _forget(self, calls: ServerCalls, folder: StoredFolder) -> bool:
        if folder.recorded is None:
            return False
        calls.post_json("-record-pipeline-folders", {"saved": [], "removed": [folder.id]})
        folder.recorded = None
        folder.contents.forget()
        return True

    def _give_up(self, calls: ServerCalls, folder: StoredFolder, refusal: Refused) -> bool:
        """Keep a folder no longer, if the server refuses only that."""
        if refusal.code == "pipeline_parts_missing":
            folder.contents.forget()
            raise Changed(folder.pipeline)
        if refusal.code not in ("pipeline_folder_lost", "pipeline_folders_too_large"):
            return False
        self._refuse(folder, refusal.detail.rstrip("."))
        if refusal.code == "pipeline_folders_too_large":
            calls.post_json("-record-pipeline-folders", {"saved": [], "removed": [folder.id]})
        folder.recorded = None
        return True

    def _refuse(self, folder: StoredFolder, reason: str) -> None:
        folder.refusal = reason
        folder.thaw(self._own)
        self._note(f"Load packages of the pipeline {folder.pipeline} are not kept if this run fails: {reason}.")

    # The end

    def finish(self) -> dict | None:
        """
        Stop the thread and upload what is pending at the end of user code. Return the last change of all folders, in the form of
        the protocol, to be recorded together with the local data; None if nothing changes.
        """
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
        if self._is_refused:
            return None
        return self._collect(ServerCalls(self._start), as_is=True, only_local=None)

    def finish_without_local_data(self) -> None:
        """Record the end if the local data of this attempt could not be stored: what it had loaded there is lost."""
        if self._is_refused:
            return
        calls = ServerCalls(self._start)
        for only_local in (True, False):
            changes = self._collect(calls, as_is=not only_local, only_local=only_local)
            if changes is not None:
                calls.post_json("-record-pipeline-folders", changes)

    def _collect(self, calls: ServerCalls, as_is: bool, only_local: bool | None) -> dict | None:
        saved, removed = [], []
        with files_of(self._start.drop_to):
            for folder, live in self._list_folders_at_end():
                if only_local is not None and folder.is_local != only_local:
                    continue
                change = None if folder.refusal is not None else self._collect_one(calls, folder, live, as_is)
                if change is not None and change["packages"]:
                    saved.append(change)
                elif change is not None and folder.recorded is not None:
                    removed.append(folder.id)
        if not saved and not removed:
            return None
        self._has_called = True
        return {"saved": saved, "removed": removed}

    def _list_folders_at_end(self) -> list[tuple[StoredFolder, bool]]:
        listed = self._list_folders()
        found = {folder.id for folder, _ in listed}
        frozen = [each for each in (*self._taken.values(), *self._created.values()) if each.has_frozen]
        return [*listed, *((folder, False) for folder in frozen if folder.id not in found)]

    def _collect_one(self, calls: ServerCalls, folder: StoredFolder, live: bool, as_is: bool) -> dict | None:
        """Upload a folder; return its change, which is empty without pending packages."""
        for _ in range(_MAX_ROUNDS):
            observed = None
            try:
                observed = self._observe(folder, live, as_is)
                if observed is None:
                    return None
                if not observed.packages:
                    return {"packages": []}
                folder.contents.upload(calls, observed.list_files(), lambda: False)
                change = folder.describe_change(observed)
                return None if change is None else change.saved
            except (Changed, Unstable):
                # Processes of user code that could not be killed still write.
                continue
            except Refused as refusal:
                if not self._give_up(calls, folder, refusal):
                    raise
                return None
            finally:
                if observed is not None:
                    observed.close()
        return None


def _read_pipeline(body: bytes) -> str | None:
    try:
        message = json.loads(body)
        pipeline = message["pipeline"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return None
    return pipeline if isinstance(pipeline, str) and is_pipeline_name(pipeline) else None
