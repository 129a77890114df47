"""The local data of one attempt: fetched before user code starts, stored at its end; copies follow the snapshot."""

from __future__ import annotations

import os
import threading
import time

from pumphouse_bootstrap.failure_report import report_failure
from pumphouse_bootstrap.local_data.fetch import Damaged, fetch_files, list_stored
from pumphouse_bootstrap.local_data.folder import DataFolder
from pumphouse_bootstrap.local_data.manifest import StoredFile, find_database, is_spilled, read_signature
from pumphouse_bootstrap.local_data.store import Signatures, find_changes, store_changes, store_folders
from pumphouse_bootstrap.preparation import CannotStart
from pumphouse_bootstrap.server_calls import GaveUp, Refused, ServerCalls
from pumphouse_bootstrap.start_file import StartFile

# How often a copy asks for a new snapshot, and after how long the log tells of a transfer.
_REFRESH_SECONDS = 10.0
_SLOW_SECONDS = 5.0
_MEGABYTE = 1024 * 1024


class LocalDataObjects:
    def __init__(self, path: str) -> None:
        self._folder = DataFolder(path)
        self._version = 0
        self._stored: dict[str, StoredFile] = {}
        self._signatures: Signatures = {}
        # A line for the log, if the download took long.
        self.fetch_note: str | None = None

    def fetch(self, calls: ServerCalls) -> None:
        """Download everything. Raises CannotStart."""
        began_at = time.monotonic()
        try:
            size = self._update(calls)
        except (Refused, Damaged, OSError) as error:
            raise CannotStart("download_failed", f"The local data could not be downloaded: {_explain(error)}.") from error
        seconds = time.monotonic() - began_at
        if seconds > _SLOW_SECONDS:
            self.fetch_note = f"Local data: {len(self._stored)} files ({size // _MEGABYTE} MB) were downloaded in {seconds:.0f} s."

    def _update(self, calls: ServerCalls) -> int:
        """Make the folder like the version that the server names. Own changes are lost."""
        version, files = list_stored(calls)
        replaced: set[str] = set()

        def replace(file: StoredFile) -> None:
            replaced.add(file.path)
            # The old file's changes do not apply to the new file.
            self._folder.remove(f"{file.path}.wal")

        size = fetch_files(calls, self._folder, self._find_missing(files), replace)
        stored = {file.path: file for file in files}
        self._remove_others(stored, replaced)
        self._version, self._stored = version, stored
        self._signatures = {path: read_signature(info) for path in stored if (info := self._folder.find(path))}
        return size

    def _find_missing(self, files: list[StoredFile]) -> list[StoredFile]:
        """Return the files to download: with one file of a database, all of it."""
        missing = {file.path for file in files if not self._has(file)}
        databases = {file.database_path for file in files if file.path in missing}
        return [file for file in files if file.path in missing or (file.database_path and file.database_path in databases)]

    def _has(self, file: StoredFile) -> bool:
        before = self._stored.get(file.path)
        if before is None or not before.is_like(file):
            return False
        info = self._folder.find(file.path)
        return info is not None and read_signature(info) == self._signatures.get(file.path)

    def _remove_others(self, stored: dict[str, StoredFile], replaced: set[str]) -> None:
        """Remove what the server does not have, except what belongs to a database that may be in use."""
        paths = set(stored)
        for path, _ in list(self._folder.list()):
            database = find_database(path, paths)
            is_in_use = is_spilled(path, paths) or (database is not None and database not in replaced)
            if path not in stored and not is_in_use:
                self._folder.remove(path)

    def store(self, calls: ServerCalls, note, folders: dict | None = None) -> str | None:
        """
        Store what user code has changed. Return why nothing was stored, or None. `note(text)` writes to the log. `folders`: the
        last change of working folders of pipelines, which is stored with it.
        """
        try:
            changes = find_changes(self._folder, self._stored, self._signatures)
            if changes.unnamed:
                note(f"Local data: {changes.unnamed} files are not stored, because their names are not UTF-8.")
            if changes:
                text = f"Local data: storing {len(changes.changed)} changed files ({changes.size // _MEGABYTE} MB) ..."
                timer = threading.Timer(_SLOW_SECONDS, note, [text])
                timer.start()
                try:
                    store_changes(calls, self._folder, self._version, changes, folders)
                finally:
                    timer.cancel()
            elif folders is not None:
                store_folders(calls, folders)
        except (Refused, GaveUp, OSError) as error:
            return f"The changes of this run to the local data are not stored, and no other run sees them: {_explain(error)}."
        return None

    def follow(self, start: StartFile) -> None:
        """Start a thread that updates this copy when a new snapshot was taken."""
        threading.Thread(target=self._follow, args=[start], name="local-data", daemon=True).start()

    def _follow(self, start: StartFile) -> None:
        calls = ServerCalls(start)
        while True:
            time.sleep(_REFRESH_SECONDS)
            try:
                if calls.get_json("local-data-version").get("version") != self._version:
                    self._update(calls)
            except (Refused, GaveUp):
                # The attempt has ended.
                return
            except Exception as error:
                report_failure(error)


def _explain(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{os.fsdecode(error.filename)!a}: {error.strerror}"
    return (str(error.strerror) if isinstance(error, OSError) else str(error)).rstrip(".")
