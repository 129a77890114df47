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
from typing import IO, Any

_MAX_BYTES = 16 * 1024 * 1024
_CHUNK_BYTES = 256 * 1024
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
        if count is None:
            return None
        try:
            descriptor = os.open(job, _FILE, dir_fd=folder)
        except OSError:
            return None
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            try:
                content = self._read(_open_plain(file))
                return None if content is None else count(content)
            except (OSError, EOFError, ValueError, RecursionError):
                return None

    def _read(self, file: IO[bytes]) -> bytes | None:
        chunks: list[bytes] = []
        while chunk := file.read(min(_CHUNK_BYTES, self._left + 1)):
            self._left -= len(chunk)
            if self._left < 0:
                # The next files are not read either.
                self._left = 0
                return None
            chunks.append(chunk)
        return b"".join(chunks)


def _open_plain(file: IO[bytes]) -> Any:
    """dlt compresses files without saying so in their names."""
    is_compressed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    return gzip.GzipFile(fileobj=file) if is_compressed else file


def _count_lines(content: bytes) -> int:
    return content.count(b"\n") + (0 if not content or content.endswith(b"\n") else 1)


def _count_values(content: bytes) -> int:
    """The first line names the columns, the second one may be VALUES."""
    lines = content.split(b"\n", 2)
    header = 2 if lines[1:2] == [b"VALUES"] else 1
    return max(_count_lines(content) - header, 0)


def _count_items(content: bytes) -> int:
    """Each line is a list of rows; nested tables are still in them."""
    rows = (json.loads(line) for line in content.split(b"\n") if line)
    return sum(len(row) if isinstance(row, list) else 1 for row in rows)
