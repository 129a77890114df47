"""Prerequisites of user code: the server's admission and the two archives."""

from __future__ import annotations

import binascii
import hashlib
import os
import threading
from typing import TYPE_CHECKING

from pumphouse_bootstrap.events import PREPARED, Events
from pumphouse_bootstrap.server_calls import Refused, ServerCalls
from pumphouse_bootstrap.start_file import StartFile

if TYPE_CHECKING:
    from pumphouse_bootstrap.local_data.objects import LocalDataObjects

_DOWNLOAD_TRIES = 3


class BeginAnswer:
    """The response to `-begin`; see the protocol for the fields. Raises KeyError for a missing one."""

    def __init__(self, fields: dict) -> None:
        self.profile: str = fields["profile"]
        self.launcher: str = fields["launcher"]
        self.arguments: list[str] = fields["arguments"]
        # Absent if a server of an older version has taken over.
        self.private_arguments: list[str] = fields.get("private_arguments", [])
        self.variables: dict[str, str] = fields["variables"]
        self.masked_values: list[str] = fields["masked_values"]
        # Masked in logs and texts, and not in names. Absent on a server of an older version: all values are in the first.
        self.text_masked_values: list[str] = fields.get("text_masked_values", [])
        self.log_limit_bytes: int = fields["log_limit_bytes"]
        self.beacon_limit_bytes: int = fields["beacon_limit_bytes"]
        self.line_limit_bytes: int = fields["line_limit_bytes"]
        # The port on which an interactive job must listen. Absent on a server of an older version.
        self.app_port: int | None = fields.get("app_port")
        self.code_sha256: str | None = fields["code_sha256"]
        self.configuration_sha256: str | None = fields["configuration_sha256"]
        # Small archives as base64; the others are downloaded. Absent on a server of an older version.
        self.archives: dict[str, str] = fields.get("archives", {})
        # Where large code can be read without the server: a secret. Absent on a server of an older version.
        self.code_url: str | None = fields.get("code_url")
        self.code_bytes: int = fields.get("code_bytes", 0)
        # Absent on a server of an older version.
        self.artifacts: dict | None = fields.get("artifacts")
        # How this run is named to the runs that wait for its databases; None if it takes no locks on them. Absent on
        # a server of an older version.
        self.database_locks: dict | None = fields.get("database_locks")
        # What the steps before a pipeline writes read, as it is; None without any. Absent on a server of an older version.
        self.pipelines: dict | None = fields.get("pipelines")
        # Whether the server takes records of the resources that user code uses. Absent on a server of an older version.
        self.records_usage: bool = fields.get("records_usage", False)
        # The folder of the work folder that `local_dir` of dlt names. Absent on a server of an older version.
        self.local_folder: str | None = fields.get("local_folder")
        # How much user code may write to the disk of the attempt. Absent on a server of an older version.
        self.disk_limit_bytes: int | None = fields.get("disk_limit_bytes")


class CannotStart(Exception):
    """User code cannot be started. Carries the `reason` of the exit record."""

    def __init__(self, code: str, detail: str, may_have_begun: bool = False) -> None:
        """`may_have_begun`: nothing proves that user code did not run, so the attempt counts as started."""
        self.code = code
        self.detail = detail
        self.may_have_begun = may_have_begun
        super().__init__(f"{code}: {detail}")


class Preparation:
    """
    Thread that prepares the attempt, so that the main thread can handle signals while no server responds.
    Posts PREPARED at its end.
    """

    def __init__(self, start: StartFile, events: Events) -> None:
        self._start = start
        self._events = events
        # Written by the thread and read after PREPARED; `begin` is set once the server has admitted the
        # attempt.
        self.calls: ServerCalls | None = None
        self.begin: BeginAnswer | None = None
        self.code: int | None = None
        self.configuration: int | None = None
        # Local data that the server keeps; None if a disk has it.
        self.local_data: LocalDataObjects | None = None
        self.error: Exception | None = None
        threading.Thread(target=self._run, name="preparation", daemon=True).start()

    def _run(self) -> None:
        try:
            self._prepare()
        except Exception as error:
            self.error = error
        self._events.post(PREPARED)

    def _prepare(self) -> None:
        start = self._start
        calls = self.calls = ServerCalls(start)
        question = {"claim_number": start.claim_number, "nonce": os.urandom(16).hex(), "keeps_names": True}
        if start.pod_uid is not None:
            question["pod_uid"] = start.pod_uid
        self.begin = BeginAnswer(calls.post_json("-begin", question))
        if self.begin.code_sha256 is not None:
            file = _open_unnamed_file(start.folder)
            if not _receive_directly(self.begin, file):
                _receive(calls, "code", file, self.begin.code_sha256, self.begin.archives)
            self.code = file
        if self.begin.configuration_sha256 is not None:
            # The configuration contains secrets, so it never touches a disk.
            file = os.memfd_create("configuration", os.MFD_CLOEXEC)
            self.configuration = _receive(calls, "configuration", file, self.begin.configuration_sha256, self.begin.archives)
        if start.local_data is not None and start.local_data.get("objects"):
            # Load this only if needed.
            from pumphouse_bootstrap.local_data.objects import LocalDataObjects

            local_data = LocalDataObjects(start.local_data["source"])
            local_data.fetch(calls)
            self.local_data = local_data


def _open_unnamed_file(folder: str) -> int:
    """Open a file that disappears when its last descriptor is closed."""
    try:
        return os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError:
        # Not every file system supports O_TMPFILE.
        path = os.path.join(folder, ".code")
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        os.unlink(path)
        return descriptor


def _receive_directly(begin: BeginAnswer, descriptor: int) -> bool:
    """Store code that the object store sends; return False if it has to come from the server."""
    if begin.code_url is None or begin.code_sha256 is None:
        return False
    # Imported only where needed.
    from pumphouse_bootstrap.direct_download import DirectDownloadFailed, download_directly, report_fallback

    try:
        download_directly(begin.code_url, begin.code_bytes, begin.code_sha256, lambda piece: _write(descriptor, piece))
        return True
    except DirectDownloadFailed as error:
        report_fallback(error)
    except OSError as error:
        raise _not_stored("code", error) from error
    os.ftruncate(descriptor, 0)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return False


def _not_stored(path: str, error: OSError) -> CannotStart:
    return CannotStart("download_failed", f"{path} could not be stored: {error.strerror}")


def _receive(calls: ServerCalls, path: str, descriptor: int, expected_sha256: str, archives: dict[str, str]) -> int:
    """Store the archive that came with the admission, or download it."""
    if path not in archives:
        return _download(calls, path, descriptor, expected_sha256)
    data = binascii.a2b_base64(archives[path])
    if hashlib.sha256(data).hexdigest() != expected_sha256:
        return _download(calls, path, descriptor, expected_sha256)
    try:
        _write(descriptor, data)
    except OSError as error:
        raise _not_stored(path, error) from error
    return descriptor


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _download(calls: ServerCalls, path: str, descriptor: int, expected_sha256: str) -> int:
    for _ in range(_DOWNLOAD_TRIES):
        digest = hashlib.sha256()

        def restart() -> None:
            nonlocal digest
            digest = hashlib.sha256()
            os.ftruncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)

        def write(piece: bytes) -> None:
            digest.update(piece)
            _write(descriptor, piece)

        try:
            calls.download(path, write, restart)
        except Refused as refusal:
            raise CannotStart("download_failed", f"GET {path}: {refusal}") from refusal
        except OSError as error:
            raise _not_stored(path, error) from error
        if digest.hexdigest() == expected_sha256:
            return descriptor
    raise CannotStart("download_failed", f"{path} arrived damaged {_DOWNLOAD_TRIES} times (SHA-256 differs).")

