"""Mask secrets in the artifacts of dlt: its traces contain exception messages, which the dashboard shows."""

from __future__ import annotations

import os
import stat

from pumphouse_bootstrap.file_user import files_of
from pumphouse_bootstrap.masking import Masker

# Pipelines, the files of one, and its schemas.
_MAX_LEVELS = 3
# Larger files are not artifacts and are deleted.
_MAX_FILE_BYTES = 256 * 1024 * 1024
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# File system timestamps are coarse.
_CLOCK_SECONDS = 2.0


def mask_artifacts(data: str, names: list[str], masker: Masker, since: float, drop_to: dict | None) -> None:
    """
    Mask all files written since `since`, in the folder reached through `names` below the local data.

    Each secret is replaced by as many bytes, because a pickle stores lengths. Files that cannot be masked are
    deleted. This runs as the user that wrote the files and follows no link: the folder belongs to user code,
    and other runs may be writing to it.
    """
    # Open as the current user: the parent folders are closed to runs.
    folder = os.open(data, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with files_of(drop_to):
            for name in names:
                below = os.open(name, _FOLDER, dir_fd=folder)
                os.close(folder)
                folder = below
            _mask_below(folder, masker, since - _CLOCK_SECONDS, 1)
    except (FileNotFoundError, NotADirectoryError):
        # The run left no artifacts.
        pass
    finally:
        os.close(folder)


def _mask_below(folder: int, masker: Masker, since: float, level: int) -> None:
    for name in os.listdir(folder):
        try:
            info = os.lstat(name, dir_fd=folder)
            if stat.S_ISDIR(info.st_mode) and level <= _MAX_LEVELS:
                below = os.open(name, _FOLDER, dir_fd=folder)
                try:
                    _mask_below(below, masker, since, level + 1)
                finally:
                    os.close(below)
            elif stat.S_ISREG(info.st_mode) and info.st_mtime >= since:
                _mask_file(name, folder, masker)
        except FileNotFoundError:
            continue


def _mask_file(name: str, folder: int, masker: Masker) -> None:
    try:
        descriptor = os.open(name, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        with open(descriptor, "r+b", buffering=0) as file:
            if os.fstat(descriptor).st_size > _MAX_FILE_BYTES:
                raise OSError("It is too large")
            for start, end in masker.find(file.read()):
                os.pwrite(descriptor, b"*" * (end - start), start)
    except OSError:
        os.unlink(name, dir_fd=folder)
