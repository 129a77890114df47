"""Takes over working folders that other attempts left on the server, and downloads them."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time

from pumphouse_bootstrap.inside.pipeline_hooks.pending_packages.kept_folders import AttemptFolder, remove_tree
from pumphouse_bootstrap.inside.pipeline_hooks.pending_packages.packages import FOLDER
from pumphouse_bootstrap.local_data.batches import group_parts
from pumphouse_bootstrap.local_data.fetch import Damaged, write_at
from pumphouse_bootstrap.server_calls import ServerCalls
from pumphouse_bootstrap.stored_pipelines.contents import Part
from pumphouse_bootstrap.stored_pipelines.working_folder import Entry

_BATCH_BYTES = 8 * 1024 * 1024
_ID = re.compile(r"[0-9a-f\-]{36}")


class Taken:
    """A folder that this attempt owns now."""

    def __init__(self, answer: dict, pipeline: str) -> None:
        self.id: str = answer["folder"]
        self.pipeline = pipeline
        self.origin: dict = {**answer["origin"], "attempt": answer["attempt"], "folder": self.id}
        self.files: dict[str, dict] = answer["files"]
        self.packages: list[dict] = answer["packages"]
        if not _ID.fullmatch(self.id) or any(not _is_path(path) for path in self.files):
            raise Damaged("the working folder has no valid names")

    def read_parts(self, path: str) -> list[Part]:
        return [(part[0], part[1], part[2]) for part in self.files[path]["parts"] or []]


def take_next(calls: ServerCalls, pipeline: str) -> Taken | None:
    """Become the owner of the oldest working folder that an ended attempt left; None if there is none."""
    answer = calls.post_json("-take-pipeline-folder", {"pipeline": pipeline})
    return None if answer["folder"] is None else Taken(answer, pipeline)


def fetch(calls: ServerCalls, root: int, taken: Taken) -> dict[str, Entry]:
    """
    Download a folder to `<root>/<id>/<pipeline>`, as an ended attempt leaves it on a disk. Return the entries of its files.
    Raises Damaged, OSError, and what the calls raise.
    """
    draft = f".new-{taken.id}"
    remove_tree(root, draft)
    os.mkdir(draft, 0o700, dir_fd=root)
    holder = AttemptFolder(root, draft)
    try:
        holder.write_note(taken.pipeline, taken.origin)
        os.mkdir(taken.pipeline, 0o700, dir_fd=holder.descriptor)
        folder = os.open(taken.pipeline, FOLDER, dir_fd=holder.descriptor)
        try:
            _write_all(calls, folder, taken)
            entries = _read_entries(folder, taken)
        finally:
            os.close(folder)
        # Later packages continue earlier ones, so folders are finished in the order of their times: nothing may change them.
        holder.lock()
        now_ns = time.time_ns()
        os.utime(holder.descriptor, ns=(now_ns, now_ns))
        os.rename(draft, taken.id, src_dir_fd=root, dst_dir_fd=root)
        return entries
    finally:
        holder.close()


def _write_all(calls: ServerCalls, folder: int, taken: Taken) -> None:
    paths = sorted(taken.files)
    for path in paths:
        if taken.files[path]["parts"] is None:
            os.mkdir(path, 0o700, dir_fd=folder)
        else:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=folder))
    parts = ((path, part) for path in paths for part in taken.read_parts(path))
    for batch in group_parts(parts, lambda each: each[1][1], _BATCH_BYTES):
        _write_batch(calls, folder, taken, batch)
    for path in paths:
        _complete(folder, path, taken.files[path])


def _write_batch(calls: ServerCalls, folder: int, taken: Taken, batch: list[tuple[str, Part]]) -> None:
    received = bytearray()
    body = json.dumps({"folder": taken.id, "parts": [part[2] for _, part in batch]}).encode()
    calls.download("-read-pipeline-parts", received.extend, received.clear, body)
    at = 0
    for path, (offset, size, sha256) in batch:
        content = memoryview(received)[at : at + size]
        at += size
        if hashlib.sha256(content).hexdigest() != sha256:
            raise Damaged(f"{path} arrived damaged (SHA-256 differs)")
        file = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        try:
            write_at(file, content, offset)
        finally:
            os.close(file)


def _complete(folder: int, path: str, file: dict) -> None:
    if file["parts"] is None:
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        os.ftruncate(descriptor, file["size_bytes"])
        os.fchmod(descriptor, file["mode"] & 0o777)
        changed_ns = int(file["changed_ns"])
        os.utime(descriptor, ns=(changed_ns, changed_ns))
    finally:
        os.close(descriptor)


def _read_entries(folder: int, taken: Taken) -> dict[str, Entry]:
    entries = {}
    for path, file in taken.files.items():
        if file["parts"] is not None:
            info = os.lstat(path, dir_fd=folder)
            entries[path] = Entry(info.st_ino, info.st_size, info.st_mtime_ns, info.st_mode & 0o777, False)
    return entries


def _is_path(path: str) -> bool:
    return all(name not in ("", ".", "..") for name in path.split("/"))
