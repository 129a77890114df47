"""Find what user code has changed in the local data, and store it on the server, all or nothing."""

from __future__ import annotations

import hashlib
import os
import stat

from pumphouse_bootstrap.local_data.batches import group_parts
from pumphouse_bootstrap.local_data.folder import DataFolder
from pumphouse_bootstrap.local_data.manifest import StoredFile, find_database, is_database, is_spilled, read_signature
from pumphouse_bootstrap.server_calls import Refused, ServerCalls

PART_BYTES = 4 * 1024 * 1024
_MAX_ROUNDS = 10

Signatures = dict[str, tuple[int, int, int, int]]


class Changes:
    """What differs from the version that was downloaded."""

    def __init__(self) -> None:
        self.changed: list[dict] = []
        self.removed: list[str] = []
        # Names that are not UTF-8.
        self.unnamed = 0
        # Where the content of each part is: path, offset and size.
        self.origins: dict[str, tuple[str, int, int]] = {}

    def __bool__(self) -> bool:
        return bool(self.changed or self.removed)

    @property
    def size(self) -> int:
        return sum(size for _, _, size in self.origins.values())


def find_changes(folder: DataFolder, stored: dict[str, StoredFile], signatures: Signatures) -> Changes:
    changes = Changes()
    found: dict[str, os.stat_result] = {}
    for path, info in folder.list():
        if _is_text(path):
            found[path] = info
        else:
            changes.unnamed += 1
    databases = _find_databases(folder, found, stored, signatures)
    for path, info in found.items():
        if is_spilled(path, databases):
            continue
        if signatures.get(path) != read_signature(info):
            changes.changed.append(_describe(folder, path, info, changes, find_database(path, databases)))
    changes.removed = [path for path in stored if path not in found]
    return changes


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _find_databases(
    folder: DataFolder, found: dict[str, os.stat_result], stored: dict[str, StoredFile], signatures: Signatures
) -> set[str]:
    databases = set()
    for path, info in found.items():
        before = stored.get(path)
        if before is not None and signatures.get(path) == read_signature(info):
            if before.database_path == path:
                databases.add(path)
        elif stat.S_ISREG(info.st_mode):
            file = folder.open_file(path)
            try:
                if is_database(file):
                    databases.add(path)
            finally:
                os.close(file)
    return databases


def _describe(
    folder: DataFolder, path: str, info: os.stat_result, changes: Changes, database: str | None
) -> dict:
    is_link = stat.S_ISLNK(info.st_mode)
    described = {
        "path": path,
        "mode": stat.S_IMODE(info.st_mode) & 0o777,
        "size_bytes": 0 if is_link else info.st_size,
        "changed_ns": str(info.st_mtime_ns),
        "link_target": folder.read_link(path) if is_link else None,
        "database_path": database,
        "parts": [],
    }
    if is_link:
        return described
    file = folder.open_file(path)
    try:
        for offset, content in cut(file, info.st_size):
            sha256 = hashlib.sha256(content).hexdigest()
            described["parts"].append([offset, len(content), sha256])
            changes.origins.setdefault(sha256, (path, offset, len(content)))
    finally:
        os.close(file)
    return described


def cut(file: int, size: int):
    """Yield offset and content of each part that has anything but zeros. Holes are not read."""
    at = 0
    while at < size:
        try:
            at = os.lseek(file, at, os.SEEK_DATA)
        except OSError:
            # Nothing but a hole follows.
            return
        at -= at % PART_BYTES
        content = _read(file, at, min(PART_BYTES, size - at))
        if content.count(0) < len(content):
            yield at, content
        at += PART_BYTES


def _read(file: int, at: int, size: int) -> bytes:
    pieces = []
    while size > 0 and (piece := os.pread(file, size, at)):
        pieces.append(piece)
        at += len(piece)
        size -= len(piece)
    return b"".join(pieces)


def store_changes(
    calls: ServerCalls, folder: DataFolder, base_version: int, changes: Changes, folders: dict | None = None
) -> None:
    """
    Make the changes the next version, after the server has all contents. Raises Refused, GaveUp and OSError; nothing
    has changed on the server then. `folders`: a change of working folders of pipelines, which is made with it.
    """
    body: dict = {"base_version": base_version, "changed": changes.changed, "removed": changes.removed}
    if folders is not None:
        body["pipeline_folders"] = folders
    for _ in range(_MAX_ROUNDS):
        try:
            answer = calls.post_json("-commit-local-data", body)
            if folders is not None and not answer.get("has_pipeline_folders"):
                # A server of an older release.
                store_folders(calls, folders)
            return
        except Refused as refusal:
            if folders is not None and refusal.code.startswith("pipeline_"):
                # The local data matters more than what is pending.
                folders = _give_up(folders)
                body["pipeline_folders"] = folders
                continue
            if refusal.code != "local_data_parts_missing":
                raise
            missing = refusal.extra.get("sha256")
        _upload(calls, folder, [changes.origins[sha256] for sha256 in missing or [] if sha256 in changes.origins])
    raise OSError(0, "The server keeps asking for the same contents")


def store_folders(calls: ServerCalls, folders: dict) -> None:
    """Record working folders of pipelines without local data. Raises Refused and GaveUp."""
    try:
        calls.post_json("-record-pipeline-folders", folders)
    except Refused as refusal:
        if not refusal.code.startswith("pipeline_"):
            raise
        calls.post_json("-record-pipeline-folders", _give_up(folders))


def _give_up(folders: dict) -> dict:
    """Return the change that keeps nothing."""
    return {"saved": [], "removed": [*folders["removed"], *(each["folder"] for each in folders["saved"])]}


def _upload(calls: ServerCalls, folder: DataFolder, origins: list[tuple[str, int, int]]) -> None:
    for batch in group_parts(origins, lambda origin: origin[2], PART_BYTES):
        _send(calls, folder, batch)


def _send(calls: ServerCalls, folder: DataFolder, batch: list[tuple[str, int, int]]) -> None:
    contents = []
    for path, offset, size in batch:
        file = folder.open_file(path)
        try:
            contents.append(_read(file, offset, size))
        finally:
            os.close(file)
    sizes = ",".join(str(size) for _, _, size in batch)
    calls.post_bytes(f"-store-local-data?sizes={sizes}", b"".join(contents))
