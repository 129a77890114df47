"""Download local data into its folder."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator

from pumphouse_bootstrap.local_data.batches import group_parts
from pumphouse_bootstrap.local_data.folder import TEMPORARY, DataFolder, remove_entry
from pumphouse_bootstrap.local_data.manifest import StoredFile
from pumphouse_bootstrap.server_calls import ServerCalls

_BATCH_BYTES = 32 * 1024 * 1024


class Damaged(Exception):
    """Contents have another SHA-256 than the server has named."""


class _Piece:
    """A part of a file, and whether it is the last one."""

    def __init__(self, file: StoredFile, part: tuple[int, int, int, str] | None, is_last: bool) -> None:
        self.file = file
        self.part = part
        self.is_last = is_last

    @property
    def size(self) -> int:
        return self.part[2] if self.part else 0


def list_stored(calls: ServerCalls) -> tuple[int, list[StoredFile]]:
    """Return the version that this attempt gets, and its files."""
    from urllib.parse import quote

    files: list[StoredFile] = []
    answer = calls.get_json("local-data")
    version = answer["version"]
    while True:
        files += [StoredFile(fields) for fields in answer["files"]]
        if not answer["has_more"]:
            return version, files
        answer = calls.get_json(f"local-data?at={version}&after={quote(files[-1].path, safe='')}")


def fetch_files(calls: ServerCalls, folder: DataFolder, files: Iterable[StoredFile], replace) -> int:
    """
    Download files; each is complete before it replaces what has its name, which `replace(file)` announces. Return the
    number of bytes. Raises Refused, GaveUp, OSError and Damaged.
    """
    writer = _Writer(folder, replace)
    try:
        batches = group_parts(_list_pieces(files), lambda piece: piece.size, _BATCH_BYTES)
        return sum(_fetch_batch(calls, writer, batch) for batch in batches)
    finally:
        writer.close()


def _list_pieces(files: Iterable[StoredFile]) -> Iterator[_Piece]:
    for file in files:
        parts = file.parts or [None]
        for index, part in enumerate(parts):
            yield _Piece(file, part, index == len(parts) - 1)


def _fetch_batch(calls: ServerCalls, writer: _Writer, batch: list[_Piece]) -> int:
    ids = [piece.part[1] for piece in batch if piece.part]
    # Repeated from its beginning, if the connection breaks.
    writer.begin(batch)
    if ids:
        body = json.dumps({"parts": ids}).encode()
        calls.download("-read-local-data", writer.write, lambda: writer.begin(batch), body)
    writer.end()
    return sum(piece.size for piece in batch)


class _Writer:
    """Writes the pieces of a batch, which arrive one after the other in blocks of any size."""

    def __init__(self, folder: DataFolder, replace) -> None:
        self._folder = folder
        self._replace = replace
        self._file: StoredFile | None = None
        self._descriptor = -1
        # Files that a repeated batch must not write again: they are in their place.
        self._finished: set[str] = set()

    def begin(self, batch: list[_Piece]) -> None:
        self._pieces = iter(batch)
        self._next()

    def _next(self) -> None:
        """Go to the next piece with content. Files without any are made on the way."""
        while True:
            self._piece = next(self._pieces, None)
            if self._piece is None:
                return
            self._open(self._piece.file)
            if self._piece.part:
                self._left = self._piece.part[2]
                self._at = self._piece.part[0]
                self._digest = hashlib.sha256()
                return
            self._finish(self._piece.file)

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            piece = self._piece
            if piece is None or piece.part is None:
                raise Damaged("more arrived than was asked for")
            block = view[: self._left]
            view = view[len(block) :]
            self._digest.update(block)
            if self._file is piece.file:
                # Otherwise the batch is repeated, and the file is complete since an earlier try.
                write_at(self._descriptor, block, self._at)
            self._at += len(block)
            self._left -= len(block)
            if self._left == 0:
                self._end_piece(piece, piece.part[3])

    def _end_piece(self, piece: _Piece, sha256: str) -> None:
        if self._digest.hexdigest() != sha256:
            raise Damaged(f"{piece.file.path} arrived damaged (SHA-256 differs)")
        if piece.is_last:
            self._finish(piece.file)
        self._next()

    def end(self) -> None:
        if self._piece is not None:
            raise Damaged(f"{self._piece.file.path} did not arrive completely")

    def _open(self, file: StoredFile) -> None:
        if file.path in self._finished or self._file is file or file.link_target is not None:
            return
        self.close()
        parent, _ = self._folder.open_parent(file.path, create=True)
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
            self._descriptor = os.open(TEMPORARY, flags, 0o600, dir_fd=parent)
        finally:
            os.close(parent)
        self._file = file

    def _finish(self, file: StoredFile) -> None:
        if file.path in self._finished:
            return
        parent, name = self._folder.open_parent(file.path, create=True)
        try:
            if file.link_target is not None:
                remove_entry(TEMPORARY, parent)
                os.symlink(file.link_target, TEMPORARY, dir_fd=parent)
            else:
                os.ftruncate(self._descriptor, file.size)
                os.fchmod(self._descriptor, file.mode & 0o777)
                os.utime(self._descriptor, ns=(file.changed_ns, file.changed_ns))
                self.close()
            self._replace(file)
            try:
                os.rename(TEMPORARY, name, src_dir_fd=parent, dst_dir_fd=parent)
            except IsADirectoryError:
                remove_entry(name, parent)
                os.rename(TEMPORARY, name, src_dir_fd=parent, dst_dir_fd=parent)
        finally:
            os.close(parent)
        self._finished.add(file.path)

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1
        self._file = None


def write_at(descriptor: int, block: memoryview, at: int) -> None:
    while block:
        written = os.pwrite(descriptor, block, at)
        block, at = block[written:], at + written
