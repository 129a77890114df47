"""
What to keep of the working folder of a dlt pipeline: its state, its schemas, and the packages that are complete in their
step. User code writes there meanwhile, so no link is followed, and everything is bounded.
"""

from __future__ import annotations

import os
import stat
from typing import NamedTuple

from pumphouse_bootstrap.inside.pipeline_hooks.pending_packages.packages import FOLDER, open_below, opened_below

MAX_FILES = 20_000
_MAX_LEVELS = 20
_MAX_PATH_BYTES = 1024
# Folders whose contents are kept. Of the others only the names: dlt expects them.
_WHOLE = ("schemas", "normalize/extracted", "load/normalized")
_STEPS = ("normalize", "load")
# dlt loads it only to describe the last run.
_LEFT_OUT = ("trace.pickle",)
# In a package: of use to the process that loads it only.
_PROGRESS = ".progress"
_JOB_FOLDERS = ("new_jobs", "started_jobs", "completed_jobs", "failed_jobs", ".pending_transitions")
_MAX_LISTINGS = 20


class Unstable(Exception):
    """The folder changes faster than it can be listed."""


class TooManyFiles(Exception):
    """The folder has more files than are kept."""


class Entry(NamedTuple):
    """A file or a folder. The first three change with the content of a file, and stay when it is moved."""

    inode: int
    size: int
    changed_ns: int
    mode: int
    is_folder: bool


Listing = dict[str, Entry]


def list_working_folder(folder: int) -> Listing:
    """
    List an open working folder as it was at one moment: by path, without what dlt would do again. Raises Unstable, TooManyFiles
    and OSError.
    """
    before = _list(folder)
    for _ in range(_MAX_LISTINGS):
        after = _list(folder)
        if before == after:
            return after
        before = after
    raise Unstable()


def read_changes(folder: int) -> tuple[int, ...]:
    """Return numbers that differ after a package or a job has moved, at little cost."""
    names = [".", "schemas", *_WHOLE]
    for place in _WHOLE[1:]:
        for package in _list_names(folder, place):
            path = f"{place}/{package}"
            names += [path, *(f"{path}/{jobs}" for jobs in _JOB_FOLDERS)]
    return tuple(_read_time(folder, name) for name in names)


def open_file(folder: int, path: str) -> int:
    """Open a file below an open folder, following no link. Raises OSError."""
    *names, last = path.split("/")
    parent = open_below(folder, tuple(names))
    if parent is None:
        raise FileNotFoundError(2, "No such folder", path)
    try:
        return os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=parent)
    finally:
        os.close(parent)


def link_tree(source: int, target: int) -> None:
    """Link all files below a folder into another one, which keeps them when they are removed. Raises OSError."""
    for name in os.listdir(source):
        info = os.lstat(name, dir_fd=source)
        if stat.S_ISREG(info.st_mode):
            os.link(name, name, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
        elif stat.S_ISDIR(info.st_mode):
            os.mkdir(name, 0o700, dir_fd=target)
            below, copy = os.open(name, FOLDER, dir_fd=source), os.open(name, FOLDER, dir_fd=target)
            try:
                link_tree(below, copy)
            finally:
                os.close(below)
                os.close(copy)


def _list(folder: int) -> Listing:
    found: Listing = {}
    for name, info in _scan(folder):
        if not stat.S_ISDIR(info.st_mode):
            if name not in _LEFT_OUT:
                _add(found, name, info)
            continue
        _add(found, name, info)
        if name in _WHOLE:
            _walk(folder, name, found)
        elif name in _STEPS:
            _list_step(folder, name, found)
    # dlt removes the extracted form once the normalized one has its place.
    for load_id in {path.split("/")[2] for path in found if path.startswith("load/normalized/")}:
        extracted = f"normalize/extracted/{load_id}"
        for path in [path for path in found if path == extracted or path.startswith(f"{extracted}/")]:
            del found[path]
    return found


def _list_step(folder: int, step: str, found: Listing) -> None:
    with opened_below(folder, (step,)) as below:
        for name, info in [] if below is None else _scan(below):
            _add(found, f"{step}/{name}", info)
            if f"{step}/{name}" in _WHOLE:
                _walk(folder, f"{step}/{name}", found)


def _walk(folder: int, path: str, found: Listing, level: int = 0) -> None:
    below = open_below(folder, tuple(path.split("/")))
    if below is None or level > _MAX_LEVELS:
        return
    try:
        for name, info in _scan(below):
            _add(found, f"{path}/{name}", info)
            if stat.S_ISDIR(info.st_mode) and name != _PROGRESS:
                _walk(folder, f"{path}/{name}", found, level + 1)
    finally:
        os.close(below)


def _scan(folder: int) -> list[tuple[str, os.stat_result]]:
    """Return the regular files and folders of an open folder. Names that are not UTF-8 are left out: dlt makes none."""
    entries = []
    for name in sorted(os.listdir(folder)):
        try:
            name.encode()
            info = os.lstat(name, dir_fd=folder)
        except (UnicodeEncodeError, FileNotFoundError):
            continue
        if stat.S_ISREG(info.st_mode) or stat.S_ISDIR(info.st_mode):
            entries.append((name, info))
    return entries


def _add(found: Listing, path: str, info: os.stat_result) -> None:
    if len(found) >= MAX_FILES:
        raise TooManyFiles()
    if len(path.encode()) > _MAX_PATH_BYTES:
        return
    is_folder = stat.S_ISDIR(info.st_mode)
    mode = stat.S_IMODE(info.st_mode) & 0o777
    # The time of a folder changes with its entries, which are listed themselves.
    found[path] = Entry(0, 0, 0, mode, True) if is_folder else Entry(info.st_ino, info.st_size, info.st_mtime_ns, mode, False)


def _list_names(folder: int, place: str) -> list[str]:
    with opened_below(folder, tuple(place.split("/"))) as below:
        return [] if below is None else os.listdir(below)


def _read_time(folder: int, name: str) -> int:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime_ns
    except OSError:
        return 0
