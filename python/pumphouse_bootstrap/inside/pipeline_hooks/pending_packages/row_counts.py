"""
Counts the rows in files of load jobs, so that a member sees what dropping a package loses.

dlt keeps its own counts in memory until a step ends. Text formats are counted by their lines, as dlt writes them; the
rows of other formats are unknown. Every attempt counts what is pending, so it reads a bounded number of bytes.
"""

from __future__ import annotations

import gzip
import json
import os
import stat
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import IO, Any

_MAX_BYTES = 16 * 1024 * 1024
_CHUNK_BYTES = 256 * 1024
# The names of the columns of a table, and the word after them.
_HEAD_BYTES = 1024 * 1024
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class RowCounter:
    """Counts until its bytes are used up."""

    def __init__(self, max_bytes: int = _MAX_BYTES) -> None:
        self._left = max_bytes

    def count(self, folder: int, job: str) -> int | None:
        """Return the rows of a job's file in an open folder; None if they are unknown."""
        parts = job.split(".")
        kind = parts[3] if len(parts) >= 4 else ""
        count = {"jsonl": _count_lines, "insert_values": _count_values, "typed-jsonl": _count_items}.get(kind)
        if count is None or self._left == 0:
            return None
        try:
            descriptor = os.open(job, _FILE, dir_fd=folder)
        except OSError:
            return None
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            try:
                return count(self._read(_open_plain(file)))
            except (OSError, EOFError, ValueError, RecursionError):
                return None

    def _read(self, file: IO[bytes]) -> Iterator[bytes]:
        """Raises EOFError when the bytes are used up: the next files are not read either."""
        while chunk := file.read(min(_CHUNK_BYTES, self._left + 1)):
            if len(chunk) > self._left:
                self._left = 0
                raise EOFError
            self._left -= len(chunk)
            yield chunk


def _open_plain(file: IO[bytes]) -> Any:
    """dlt compresses files without saying so in their names."""
    is_compressed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    return gzip.GzipFile(fileobj=file) if is_compressed else file


def _count_lines(chunks: Iterable[bytes]) -> int:
    lines, last = 0, b"\n"
    for chunk in chunks:
        lines, last = lines + chunk.count(b"\n"), chunk[-1:]
    return lines if last == b"\n" else lines + 1


def _count_values(chunks: Iterator[bytes]) -> int:
    """The first line names the columns, the second one may be VALUES."""
    head = b""
    while head.count(b"\n") < 2 and len(head) < _HEAD_BYTES and (chunk := next(chunks, b"")):
        head += chunk
    header = 2 if head.split(b"\n", 2)[1:2] == [b"VALUES"] else 1
    return max(_count_lines(chain((head,) if head else (), chunks)) - header, 0)


def _count_items(chunks: Iterable[bytes]) -> int:
    """Each line is a list of rows; nested tables are still in them."""
    rows = (json.loads(line) for line in b"".join(chunks).split(b"\n") if line)
    return sum(len(row) if isinstance(row, list) else 1 for row in rows)
