"""Uploads the contents of files in parts, each once."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Generator, Iterator

from pumphouse_bootstrap.local_data.batches import group_parts
from pumphouse_bootstrap.local_data.store import PART_BYTES, cut
from pumphouse_bootstrap.server_calls import ServerCalls
from pumphouse_bootstrap.stored_pipelines.working_folder import Entry, open_file

Part = tuple[int, int, str]


class Changed(Exception):
    """A file was changed, moved or removed while it was read: the folder is to be listed again."""


class Stopped(Exception):
    """The upload is of no use any more."""


class Contents:
    """What the server has of the files of one working folder."""

    def __init__(self, folder_id: str, pipeline: str) -> None:
        self._folder_id = folder_id
        self._pipeline = pipeline
        # The parts of a file, which stay the same when it is moved.
        self._parts: dict[tuple[int, int, int], list[Part]] = {}
        self._stored: set[str] = set()
        self.uploaded_bytes = 0

    def note(self, entry: Entry, parts: list[Part]) -> None:
        """Note that the server has a file."""
        self._parts[entry[:3]] = parts
        self._stored.update(part[2] for part in parts)

    def find(self, entry: Entry) -> list[Part] | None:
        """Return the parts of a file, if the server has them."""
        parts = self._parts.get(entry[:3])
        return parts if parts is not None and all(part[2] in self._stored for part in parts) else None

    def keep_only(self, entries: list[Entry]) -> None:
        """Forget files that the server no longer has."""
        kept = {entry[:3] for entry in entries}
        self._parts = {key: parts for key, parts in self._parts.items() if key in kept}
        self._stored = {part[2] for parts in self._parts.values() for part in parts}

    def forget(self) -> None:
        self._parts, self._stored = {}, set()

    def upload(self, calls: ServerCalls, files: list[tuple[int, str, Entry]], is_stopped: Callable[[], bool]) -> None:
        """
        Upload files: each is the folder to open it from, its path and its entry. Raises Changed, Stopped, and what the calls
        raise.
        """
        with contextlib.closing(self._read_missing(files, is_stopped)) as missing:
            for batch in group_parts(missing, lambda part: len(part[1]), PART_BYTES):
                self._store(calls, dict(batch))

    def _read_missing(
        self, files: list[tuple[int, str, Entry]], is_stopped: Callable[[], bool]
    ) -> Generator[tuple[str, bytes], None, None]:
        """Yield SHA-256 and content of each part that the server does not have, once, and note the parts of each file."""
        found: set[str] = set()
        for folder, path, entry in files:
            if self.find(entry) is not None:
                continue
            parts: list[Part] = []
            for offset, content in _cut_unchanged(folder, path, entry):
                if is_stopped():
                    raise Stopped()
                sha256 = hashlib.sha256(content).hexdigest()
                parts.append((offset, len(content), sha256))
                if sha256 not in self._stored and sha256 not in found:
                    found.add(sha256)
                    yield sha256, content
            self._parts[entry[:3]] = parts

    def _store(self, calls: ServerCalls, contents: dict[str, bytes]) -> None:
        sizes = ",".join(str(len(content)) for content in contents.values())
        route = f"-store-pipeline-parts?folder={self._folder_id}&pipeline={self._pipeline}&sizes={sizes}"
        calls.post_bytes(route, b"".join(contents.values()))
        self.uploaded_bytes += sum(len(content) for content in contents.values())
        self._stored.update(contents)


def _cut_unchanged(folder: int, path: str, entry: Entry) -> Iterator[tuple[int, bytes]]:
    """Yield offset and content of the parts of a file. Raises Changed if it is not the file that was listed."""
    try:
        file = open_file(folder, path)
    except OSError as error:
        raise Changed(path) from error
    try:
        yield from cut(file, entry.size)
        info = os.fstat(file)
        if (info.st_ino, info.st_size, info.st_mtime_ns) != entry[:3]:
            raise Changed(path)
    finally:
        os.close(file)
