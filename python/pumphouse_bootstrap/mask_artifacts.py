"""Takes secrets out of the artifacts that dlt has left: a trace has the words of exceptions as they were, and the dashboard shows them."""

from __future__ import annotations

import os
import stat

from pumphouse_bootstrap.file_user import files_of
from pumphouse_bootstrap.masking import Masker

# Pipelines, what is of one, and its schemas.
_DEEPEST = 3
# What is larger is no artifact, and is not kept.
_LARGEST_BYTES = 256 * 1024 * 1024
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Clocks of file systems are coarse.
_CLOCK_SECONDS = 2.0


def mask_artifacts(data: str, names: list[str], masker: Masker, since: float, drop_to: dict | None) -> None:
    """
    Masks what was written since then below the folder that the names lead to from a folder of local data: each secret with as many
    bytes as it has, since a pickle counts them. Whatever cannot be masked is removed. As the user that wrote it, and over no link: the
    folder is user code's, and other runs may be writing there.
    """
    # As who this is: what is above is closed to runs.
    folder = os.open(data, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with files_of(drop_to):
            for name in names:
                below = os.open(name, _FOLDER, dir_fd=folder)
                os.close(folder)
                folder = below
            _mask_below(folder, masker, since - _CLOCK_SECONDS, 1)
    except (FileNotFoundError, NotADirectoryError):
        # The run left none.
        pass
    finally:
        os.close(folder)


def _mask_below(folder: int, masker: Masker, since: float, level: int) -> None:
    for name in os.listdir(folder):
        try:
            facts = os.lstat(name, dir_fd=folder)
            if stat.S_ISDIR(facts.st_mode) and level <= _DEEPEST:
                below = os.open(name, _FOLDER, dir_fd=folder)
                try:
                    _mask_below(below, masker, since, level + 1)
                finally:
                    os.close(below)
            elif stat.S_ISREG(facts.st_mode) and facts.st_mtime >= since:
                _mask_file(name, folder, masker)
        except FileNotFoundError:
            continue


def _mask_file(name: str, folder: int, masker: Masker) -> None:
    try:
        descriptor = os.open(name, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        with open(descriptor, "r+b", buffering=0) as file:
            if os.fstat(descriptor).st_size > _LARGEST_BYTES:
                raise OSError("It is too large")
            for start, end in masker.find(file.read()):
                os.pwrite(descriptor, b"*" * (end - start), start)
    except OSError:
        os.unlink(name, dir_fd=folder)
