"""
Describes the load packages that are pending in the working folder of a dlt pipeline.

Runs write these folders, so they may hold anything: names are opened from their own folder, no link is followed, and
everything is bounded.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
from collections.abc import Iterator

from .row_counts import RowCounter

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,99}")
_LOAD_ID = re.compile(r"[A-Za-z0-9_.\-]{1,60}")
_SCHEMA_BYTES = 16 * 1024 * 1024
_MAX_PACKAGES = 50
_MAX_TABLES = 30
_MAX_FILES = 100_000
# Where dlt keeps packages that are complete in their step. A package in the middle of a step is in another folder, and
# dlt begins that step again: extraction from the source, normalization from the extracted package.
EXTRACTED = ("normalize", "extracted")
NORMALIZED = ("load", "normalized")
_PLACES = (EXTRACTED, NORMALIZED)
_LEFT = ("new_jobs", "started_jobs")
_DONE = ("completed_jobs", "failed_jobs")


def is_pipeline_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def has_pending(pipeline: int) -> bool:
    """Report whether the working folder, an open descriptor, has a package to normalize or to load."""
    return any(list_folders(pipeline, place) for place in _PLACES)


def list_pending(pipeline: int) -> list[str]:
    """Return the load ids of the pending packages of a working folder, at most 50."""
    return sorted({load_id for place in _PLACES for load_id in list_folders(pipeline, place)})[:_MAX_PACKAGES]


def describe_pending(pipeline: int, counter: RowCounter | None = None) -> list[dict]:
    """
    Describe the pending packages of a working folder, the oldest first. At most 50. With a counter, `rows` has how many
    rows of each table are in the jobs that are left; None: that is unknown.
    """
    found: dict[str, dict] = {}
    for place in _PLACES:
        for load_id in list_folders(pipeline, place)[:_MAX_PACKAGES]:
            package = _describe(pipeline, (*place, load_id), load_id, place[1], counter)
            if package is not None:
                # A package that is in both was normalized, and its extracted form is to be removed.
                found[load_id] = package
    return [found[load_id] for load_id in sorted(found)][:_MAX_PACKAGES]


def measure(folder: int) -> int:
    """Return the bytes of all files below an open folder; links count nothing."""
    return _measure(folder, [_MAX_FILES])


def open_below(folder: int, names: tuple[str, ...]) -> int | None:
    """Open a folder through others, following no link; None if there is none."""
    current = os.dup(folder)
    for name in names:
        try:
            below = os.open(name, FOLDER, dir_fd=current)
        except OSError:
            below = -1
        os.close(current)
        if below < 0:
            return None
        current = below
    return current


@contextlib.contextmanager
def opened_below(folder: int, names: tuple[str, ...]) -> Iterator[int | None]:
    """Open a folder as `open_below` does, until the end of the block."""
    opened = open_below(folder, names)
    try:
        yield opened
    finally:
        if opened is not None:
            os.close(opened)


def open_normalized(pipeline: int) -> Iterator[int]:
    """Yield the normalized packages of an open working folder, each open until the next one is asked for."""
    for load_id in list_folders(pipeline, NORMALIZED):
        with opened_below(pipeline, (*NORMALIZED, load_id)) as package:
            if package is not None:
                yield package


def exists(folder: int, name: str) -> bool:
    """Report whether an open folder has an entry of this name, whatever it is."""
    try:
        os.lstat(name, dir_fd=folder)
        return True
    except FileNotFoundError:
        return False


def read_json(folder: int, name: str, limit: int) -> dict:
    """Return the object in a file; empty if it is missing, too large or something else."""
    try:
        descriptor = os.open(name, _FILE, dir_fd=folder)
    except OSError:
        return {}
    with open(descriptor, "rb") as file:
        info = os.fstat(descriptor)
        if not stat.S_ISREG(info.st_mode) or info.st_size > limit:
            return {}
        try:
            value = json.loads(file.read(limit))
        except (ValueError, RecursionError, OSError):
            return {}
    return value if isinstance(value, dict) else {}


def list_folders(pipeline: int, place: tuple[str, ...]) -> list[str]:
    """Return the names of the packages in a folder below an open one, sorted."""
    folder = open_below(pipeline, place)
    if folder is None:
        return []
    try:
        names = sorted(name for name in os.listdir(folder) if _LOAD_ID.fullmatch(name))
        return [name for name in names if stat.S_ISDIR(os.lstat(name, dir_fd=folder).st_mode)]
    except OSError:
        return []
    finally:
        os.close(folder)


def _describe(
    pipeline: int, path: tuple[str, ...], load_id: str, place: str, counter: RowCounter | None
) -> dict | None:
    package = open_below(pipeline, path)
    if package is None:
        return None
    try:
        left, done, tables = 0, 0, set()
        for state in (*_LEFT, *_DONE):
            jobs = list_jobs(package, state)
            if state in _LEFT:
                left += len(jobs)
            else:
                done += len(jobs)
            tables.update(job.partition(".")[0] for job in jobs)
        is_partly = place == "normalized" and done > 0
        return {
            "load_id": load_id,
            "schema": _read_schema_name(package),
            "step": "partly_loaded" if is_partly else place,
            "created_at": _read_time(load_id, package),
            "bytes": measure(package),
            "jobs_left": left,
            "jobs_done": done,
            "tables": sorted(table[:200] for table in tables if not table.startswith("_dlt"))[:_MAX_TABLES],
            "rows": {} if counter is None else _count_rows(package, counter),
        }
    finally:
        os.close(package)


def _count_rows(package: int, counter: RowCounter) -> dict[str, int | None]:
    counts: dict[str, int | None] = {}
    for state in _LEFT:
        folder = open_below(package, (state,))
        if folder is None:
            continue
        try:
            for job in sorted(list_jobs(package, state)):
                table = job.partition(".")[0]
                if table.startswith("_dlt") or job.endswith(".sql"):
                    continue
                found, before = counter.count(folder, job), counts.get(table, 0)
                counts[table] = None if found is None or before is None else before + found
        finally:
            os.close(folder)
    return {table[:200]: counts[table] for table in sorted(counts)[:_MAX_TABLES]}


def list_jobs(package: int, state: str) -> list[str]:
    """Return the files of the jobs of an open package that are in a state."""
    folder = open_below(package, (state,))
    if folder is None:
        return []
    try:
        return [name for name in os.listdir(folder)[:_MAX_FILES] if not name.endswith(".exception")]
    finally:
        os.close(folder)


def _read_schema_name(package: int) -> str | None:
    name = read_json(package, "schema.json", _SCHEMA_BYTES).get("name")
    return name[:200] if isinstance(name, str) else None


def _read_time(load_id: str, package: int) -> float:
    """Return when the package was created, in seconds since 1970: a load id of dlt is that number."""
    try:
        seconds = float(load_id)
    except ValueError:
        seconds = 0.0
    return seconds if 0 < seconds < 1e11 else os.fstat(package).st_mtime


def _measure(folder: int, files_left: list[int], level: int = 0) -> int:
    size = 0
    for name in os.listdir(folder):
        files_left[0] -= 1
        if files_left[0] < 0 or level > 20:
            break
        try:
            info = os.lstat(name, dir_fd=folder)
            if stat.S_ISREG(info.st_mode):
                size += info.st_size
            elif stat.S_ISDIR(info.st_mode):
                below = os.open(name, FOLDER, dir_fd=folder)
                try:
                    size += _measure(below, files_left, level + 1)
                finally:
                    os.close(below)
        except OSError:
            continue
    return size
