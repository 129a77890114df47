"""
The folder that keeps the working folders of pipelines: one for each attempt of a workspace and profile, in its local data.

An attempt's folder is locked while the attempt lives. The kernel releases the lock with the bootstrap that holds it,
whatever ends it, so that a lock that can be had means that the attempt is over.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager

from .packages import FOLDER, has_pending, is_pipeline_name, list_pending, open_below, opened_below, read_json

ROOT = (".pumphouse", "pipelines")
LOCK = ".lock"
_ORIGIN = ".attempt.json"
_NOTES = ".taken-over.json"
_NOTES_BYTES = 64 * 1024
_ATTEMPT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-]{0,79}")
_MAX_ATTEMPTS = 1000


class AttemptFolder:
    """The kept folder of one attempt. Its descriptor is open until `close`."""

    def __init__(self, root: int, attempt: str) -> None:
        """Raises OSError."""
        self.attempt = attempt
        self.root = root
        self.descriptor = os.open(attempt, FOLDER, dir_fd=root)
        self._lock = -1

    def lock(self) -> bool:
        """Lock the folder until `close` or the end of this process; False if its attempt lives."""
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        lock = os.open(LOCK, flags, 0o600, dir_fd=self.descriptor)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            return False
        self._lock = lock
        return True

    def unlock(self) -> None:
        """Let the next attempt take over what is in the folder."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def close(self) -> None:
        for descriptor in (self._lock, self.descriptor):
            if descriptor >= 0:
                os.close(descriptor)
        self._lock = self.descriptor = -1

    def list_pipelines(self) -> list[str]:
        names = sorted(name for name in os.listdir(self.descriptor) if is_pipeline_name(name))
        return [name for name in names if stat.S_ISDIR(os.lstat(name, dir_fd=self.descriptor).st_mode)]

    def open_pipeline(self, name: str) -> int | None:
        return open_below(self.descriptor, (name,))

    def opened_pipeline(self, name: str) -> AbstractContextManager[int | None]:
        """Open a working folder until the end of the block; None if there is none."""
        return opened_below(self.descriptor, (name,))

    def write_origin(self, origin: dict) -> None:
        self._write(_ORIGIN, origin)

    def read_origin(self, pipeline: str) -> dict:
        """
        Return {run, job, attempt, tries}: which run extracted what is in the working folder, and how many other
        attempts have tried to finish it.
        """
        note = read_json(self.descriptor, _NOTES, _NOTES_BYTES).get(pipeline)
        if isinstance(note, dict):
            return note
        return {**read_json(self.descriptor, _ORIGIN, _NOTES_BYTES), "attempt": self.attempt, "tries": 0}

    def write_note(self, pipeline: str, origin: dict | None) -> None:
        """Keep where a working folder came from; None: its packages are this attempt's own from now on."""
        notes = read_json(self.descriptor, _NOTES, _NOTES_BYTES)
        if origin is None:
            notes.pop(pipeline, None)
        else:
            notes[pipeline] = origin
        self._write(_NOTES, notes)

    def _write(self, name: str, value: dict) -> None:
        draft = f"{name}.{os.getpid()}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=self.descriptor)
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(value, file)
        os.replace(draft, name, src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)


def open_root(local_data: int, create: bool) -> int:
    """Open the folder of all attempts below an open folder. Raises OSError."""
    folder = os.dup(local_data)
    try:
        for name in ROOT:
            if create:
                _make_folder(name, folder)
            below = os.open(name, FOLDER, dir_fd=folder)
            os.close(folder)
            folder = below
    except OSError:
        os.close(folder)
        raise
    return folder


def _make_folder(name: str, folder: int) -> None:
    try:
        os.mkdir(name, 0o700, dir_fd=folder)
    except FileExistsError:
        pass


def create_folder(root: int, attempt: str) -> AttemptFolder:
    """Create the folder of a new attempt, locked. Raises OSError."""
    # Locked before it has a name under which others find it.
    draft = f".new-{attempt}"
    os.mkdir(draft, 0o700, dir_fd=root)
    folder = AttemptFolder(root, draft)
    folder.lock()
    os.rename(draft, attempt, src_dir_fd=root, dst_dir_fd=root)
    folder.attempt = attempt
    return folder


def take_ended(root: int, own: str) -> Iterator[AttemptFolder]:
    """Yield the folders of attempts that are over, the oldest first, each locked until the next one is asked for."""
    for folder in _open_others(root, own):
        try:
            is_over = folder.lock()
        except OSError:
            # Removed meanwhile, or not a folder of ours.
            continue
        if is_over:
            yield folder


def is_kept_by_living(root: int, own: str, pipeline: str) -> bool:
    """Report whether the processes of another attempt live that has pending packages of the pipeline."""
    for folder in _open_others(root, own):
        try:
            if not _has_packages(folder, pipeline) or folder.lock():
                continue
        except OSError:
            # Removed meanwhile, or not a folder of ours.
            continue
        return True
    return False


def _has_packages(folder: AttemptFolder, pipeline: str) -> bool:
    with folder.opened_pipeline(pipeline) as opened:
        return opened is not None and has_pending(opened)


def list_busy(root: int, own: str) -> list[dict]:
    """Return {pipeline, load_id} of the packages in the folders of all other attempts, without waiting for them."""
    found: list[dict] = []
    for folder in _open_others(root, own):
        try:
            for name in folder.list_pipelines():
                with folder.opened_pipeline(name) as pipeline:
                    load_ids = [] if pipeline is None else list_pending(pipeline)
                found += [{"pipeline": name, "load_id": load_id} for load_id in load_ids]
        except OSError:
            # Removed meanwhile.
            continue
    return found


def _open_others(root: int, own: str) -> Iterator[AttemptFolder]:
    """Yield the folders of all other attempts, the oldest first, each open until the next one is asked for."""
    for attempt in _list_attempts(root):
        if attempt == own:
            continue
        try:
            folder = AttemptFolder(root, attempt)
        except OSError:
            continue
        try:
            yield folder
        finally:
            folder.close()


def _list_attempts(root: int) -> list[str]:
    found = []
    for name in os.listdir(root):
        if _ATTEMPT.fullmatch(name):
            try:
                found.append((os.lstat(name, dir_fd=root).st_mtime, name))
            except OSError:
                continue
    return [name for _, name in sorted(found)][:_MAX_ATTEMPTS]


def remove_tree(folder: int, name: str) -> None:
    """Remove an entry of any type, following no link."""
    try:
        os.unlink(name, dir_fd=folder)
        return
    except FileNotFoundError:
        return
    except (IsADirectoryError, PermissionError):
        pass
    os.chmod(name, 0o700, dir_fd=folder)
    below = os.open(name, FOLDER, dir_fd=folder)
    try:
        for each in os.listdir(below):
            remove_tree(below, each)
    finally:
        os.close(below)
    os.rmdir(name, dir_fd=folder)
