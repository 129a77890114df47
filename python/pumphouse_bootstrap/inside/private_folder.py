"""Folders that belong to user code but not to its work."""

from __future__ import annotations

import os
import stat

from pumphouse_bootstrap.inside.stage_failure import StageFailure


def find_private_folder(candidates: tuple[str, ...]) -> str:
    """Return the first of these folders that belongs to this user or can be created."""
    problem = ""
    for path in (*candidates, f"{candidates[-1]}-{os.urandom(8).hex()}"):
        try:
            os.mkdir(path, 0o700)
        except FileExistsError:
            pass
        except OSError as error:
            problem = f"{path}: {error.strerror}"
            continue
        found = os.lstat(path)
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid():
            return path
        problem = f"{path} belongs to another user"
    raise StageFailure("work_folder_failed", problem)
