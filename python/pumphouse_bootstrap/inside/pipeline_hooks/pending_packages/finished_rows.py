"""
Counts the rows of normalized packages that a run is about to load. The trace of that run does not have them: dlt counts rows
while it normalizes, and keeps the counts in memory.
"""

from __future__ import annotations

import os

from .packages import NORMALIZED, list_folders, list_jobs, opened_below
from .row_counts import RowCounter

# By table: rows, and bytes of their files.
Rows = dict[str, tuple[int, int]]

_LEFT = ("new_jobs", "started_jobs")
_DONE = ("completed_jobs",)
# The load reads the files as well, and takes longer.
_MAX_BYTES = 1024 * 1024 * 1024
# A message to the bootstrap has 64 KB.
_MAX_TABLES = 200
_MAX_NAME = 200
_TRACE = "trace.pickle"


def count_packages(pipeline: int) -> dict[str, Rows]:
    """
    Return the rows and bytes by table for each normalized package of an open working folder. Packages with a table whose rows are
    unknown are left out.
    """
    counter = RowCounter(_MAX_BYTES)
    traced_at = _read_traced_at(pipeline)
    found: dict[str, Rows] = {}
    for load_id in list_folders(pipeline, NORMALIZED):
        with opened_below(pipeline, (*NORMALIZED, load_id)) as package:
            rows = None if package is None else _count(package, counter, is_counted=_is_before(load_id, traced_at))
        if rows and sum(map(len, found.values())) + len(rows) <= _MAX_TABLES:
            found[load_id] = rows
    return found


def _count(package: int, counter: RowCounter, is_counted: bool) -> Rows | None:
    """`is_counted`: the run before has reported the rows of the jobs that it has loaded."""
    rows: Rows = {}
    for state in (*_LEFT, *_DONE):
        with opened_below(package, (state,)) as folder:
            for job in [] if folder is None else list_jobs(package, state):
                table, kind = job.partition(".")[0], job.rpartition(".")[2]
                if table.startswith("_dlt") or kind in ("sql", "reference") or len(table) > _MAX_NAME:
                    continue
                added = (0, 0) if is_counted and state in _DONE else _count_job(folder, job, counter)
                if added is None:
                    return None
                before = rows.get(table, (0, 0))
                rows[table] = (before[0] + added[0], before[1] + added[1])
    return rows


def _count_job(folder: int, job: str, counter: RowCounter) -> tuple[int, int] | None:
    rows = _count_parquet(folder, job) if job.endswith(".parquet") else counter.count(folder, job)
    return None if rows is None else (rows, os.lstat(job, dir_fd=folder).st_size)


def _count_parquet(folder: int, job: str) -> int | None:
    """The number is at the end of the file. Code that writes such files has the library."""
    try:
        from pyarrow.parquet import ParquetFile

        with open(os.open(job, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder), "rb") as file:
            return ParquetFile(file).metadata.num_rows
    except Exception:
        return None


def _read_traced_at(pipeline: int) -> float:
    """Return when dlt last stored a trace, which it sends at the same time: never, for a run that was killed."""
    try:
        return os.lstat(_TRACE, dir_fd=pipeline).st_mtime
    except OSError:
        return 0.0


def _is_before(load_id: str, time: float) -> bool:
    """A load id is the time at which its package was created."""
    try:
        return float(load_id) < time
    except ValueError:
        return False
