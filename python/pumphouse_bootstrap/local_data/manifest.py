"""Which files the server has, and which of them are databases."""

from __future__ import annotations

import os

_DUCKDB, _DUCKDB_AT = b"DUCK", 8
_SQLITE = b"SQLite format 3\0"
# Suffixes of files that hold changes of a database, and of those that are of use only while it is open.
_CHANGES = (".wal", "-wal", "-journal")
_SPILLED = (".tmp", "-shm")


class StoredFile:
    """A file as the server has it. `parts`: offset, id, size and SHA-256 of each piece; the rest is zeros."""

    def __init__(self, fields: dict) -> None:
        self.path: str = fields["path"]
        self.mode: int = fields["mode"]
        self.size: int = fields["size_bytes"]
        self.changed_ns = int(fields["changed_ns"])
        self.link_target: str | None = fields["link_target"]
        self.database_path: str | None = fields["database_path"]
        self.parts: list[tuple[int, int, int, str]] = [tuple(part) for part in fields["parts"]]

    def is_like(self, other: StoredFile) -> bool:
        return vars(self) == vars(other)


def read_signature(info: os.stat_result) -> tuple[int, int, int, int]:
    """What changes with each write: user code cannot set the time of the last change of the inode."""
    return info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino


def is_database(file: int) -> bool:
    head = os.pread(file, len(_SQLITE), 0)
    return head == _SQLITE or head[_DUCKDB_AT : _DUCKDB_AT + len(_DUCKDB)] == _DUCKDB


def find_database(path: str, databases: set[str]) -> str | None:
    """Return the database that a file belongs to, or None."""
    if path in databases:
        return path
    return next((path[: -len(end)] for end in _CHANGES if path.endswith(end) and path[: -len(end)] in databases), None)


def is_spilled(path: str, databases: set[str]) -> bool:
    """Whether a file is only of use to a process that has its database open."""
    names = path.split("/")
    paths = ("/".join(names[: count + 1]) for count in range(len(names)))
    return any(each.endswith(_SPILLED) and each[:-4] in databases for each in paths)
