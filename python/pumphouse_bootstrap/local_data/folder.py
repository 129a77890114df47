"""
The folder of local data in a pod. User code writes to it, so each name is looked up from its own folder and no link
is followed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

TEMPORARY = ".pumphouse-copying-"
# Locks on databases (inside/database_locks) and working folders of pipelines (stored_pipelines), which are no local data.
_OWN = (".locks", ".pumphouse")
_MAX_LEVELS = 100
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class DataFolder:
    def __init__(self, path: str) -> None:
        self._root = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def list(self) -> Iterator[tuple[str, os.stat_result]]:
        """Yield path and state of each file and link, sorted in each folder. Pipes, sockets and devices are skipped."""
        yield from self._list(self._root, "", 1)

    def _list(self, folder: int, prefix: str, level: int) -> Iterator[tuple[str, os.stat_result]]:
        for name in sorted(os.listdir(folder)):
            if name.startswith(TEMPORARY) or (name in _OWN and not prefix):
                continue
            try:
                info = os.stat(name, dir_fd=folder, follow_symlinks=False)
                if not stat.S_ISDIR(info.st_mode):
                    if stat.S_ISREG(info.st_mode) or stat.S_ISLNK(info.st_mode):
                        yield prefix + name, info
                    continue
                if level > _MAX_LEVELS:
                    raise OSError(0, f"Folders are nested deeper than {_MAX_LEVELS} levels", prefix)
                below = os.open(name, _FOLDER, dir_fd=folder)
            except FileNotFoundError:
                continue
            try:
                yield from self._list(below, f"{prefix}{name}/", level + 1)
            finally:
                os.close(below)

    def open_parent(self, path: str, create: bool = False) -> tuple[int, str]:
        """
        Open the folder of a path; return its descriptor and the last name. With `create`, make missing folders, in
        place of anything that is none.
        """
        *names, last = path.split("/")
        if any(name in ("", ".", "..") for name in (*names, last)):
            raise OSError(0, "Not a path in the folder", path)
        folder = os.dup(self._root)
        try:
            for name in names:
                if create:
                    self._make_folder(name, folder)
                below = os.open(name, _FOLDER, dir_fd=folder)
                os.close(folder)
                folder = below
        except BaseException:
            os.close(folder)
            raise
        return folder, last

    def _make_folder(self, name: str, folder: int) -> None:
        try:
            if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
                return
            os.unlink(name, dir_fd=folder)
        except FileNotFoundError:
            pass
        os.mkdir(name, 0o700, dir_fd=folder)

    def open_file(self, path: str) -> int:
        folder, name = self.open_parent(path)
        try:
            return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        finally:
            os.close(folder)

    def read_link(self, path: str) -> str:
        folder, name = self.open_parent(path)
        try:
            return os.readlink(name, dir_fd=folder)
        finally:
            os.close(folder)

    def find(self, path: str) -> os.stat_result | None:
        try:
            folder, name = self.open_parent(path)
        except OSError:
            return None
        try:
            return os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return None
        finally:
            os.close(folder)

    def remove(self, path: str) -> None:
        """Remove an entry of any type, if it exists, and folders that are empty then."""
        try:
            folder, name = self.open_parent(path)
        except OSError:
            return
        try:
            remove_entry(name, folder)
        finally:
            os.close(folder)
        self._remove_empty_folders(path)

    def _remove_empty_folders(self, path: str) -> None:
        while "/" in path:
            path = path.rpartition("/")[0]
            folder, name = self.open_parent(path)
            try:
                os.rmdir(name, dir_fd=folder)
            except OSError:
                return
            finally:
                os.close(folder)


def remove_entry(name: str, folder: int) -> None:
    """Remove an entry of any type, if it exists."""
    try:
        os.unlink(name, dir_fd=folder)
        return
    except FileNotFoundError:
        return
    except IsADirectoryError:
        pass
    os.chmod(name, 0o700, dir_fd=folder)
    inner = os.open(name, _FOLDER, dir_fd=folder)
    try:
        for below in os.listdir(inner):
            remove_entry(below, inner)
    finally:
        os.close(inner)
    os.rmdir(name, dir_fd=folder)
