"""Rules for paths and links in an archive. The server applied the same rules when it accepted the archive."""

from __future__ import annotations

import posixpath

from pumphouse_bootstrap.inside.stage_failure import StageFailure

_MAX_PATH_BYTES = 1024
_MAX_PART_BYTES = 255
_MAX_PARTS = 100


def refuse(path: str, problem: str) -> StageFailure:
    """Create the failure for an entry that breaks a rule."""
    return StageFailure("unpack_failed", f"The entry {path[:200]!r} {problem}.")


def check_path(path: str) -> None:
    """Raise StageFailure unless the path is a plain relative POSIX path that a Linux file system accepts."""
    problem = _find_path_problem(path, path.split("/"))
    if problem is not None:
        raise refuse(path, problem)


def is_plain_path(path: str) -> bool:
    return _find_path_problem(path, path.split("/")) is None


def _find_path_problem(path: str, parts: list[str]) -> str | None:
    if path == "":
        return "has an empty name"
    if "\0" in path or "\\" in path:
        return "has a NUL character or a backslash in its name"
    if path.startswith("/"):
        return "has an absolute name"
    if ".." in parts:
        return "has '..' in its name"
    if "" in parts or "." in parts:
        return "has an empty or '.' part in its name"
    if len(path.encode()) > _MAX_PATH_BYTES or any(len(part.encode()) > _MAX_PART_BYTES for part in parts):
        return "has a name that is too long"
    if len(parts) > _MAX_PARTS:
        return "lies too many folders deep"
    return None


def check_link_target(path: str, target: str) -> None:
    """
    Raise StageFailure unless the link stays inside the root.

    '..' is allowed only at the start of a target. After a folder name it would be resolved from the target of
    that folder if the folder is a link. Leading '..' are safe, because no entry lies below a link.
    """
    if target == "" or "\0" in target or "\\" in target or len(target.encode()) > _MAX_PATH_BYTES:
        raise refuse(path, "is a link to a name that is empty, too long or has a NUL or a backslash in it")
    if target.startswith("/"):
        raise refuse(path, "is a link to an absolute path")
    parts = target.split("/")
    while parts and parts[0] == "..":
        parts.pop(0)
    if ".." in parts:
        raise refuse(path, "is a link with '..' behind a folder name")
    resolved = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    if resolved == ".." or resolved.startswith("../"):
        raise refuse(path, "is a link that leaves the workspace")


class PathRegistry:
    """The paths of one archive, to reject those that conflict with each other."""

    def __init__(self) -> None:
        self._entries: set[str] = set()
        self._folders: set[str] = set()

    def add(self, path: str) -> None:
        """
        Raise StageFailure for a path that is a duplicate, lies below a file or link, or is the parent of
        another entry.
        """
        if path in self._entries:
            raise refuse(path, "is in the archive twice")
        if path in self._folders:
            raise refuse(path, "is a file and also a folder of others")
        folder = posixpath.dirname(path)
        while folder and folder not in self._folders:
            if folder in self._entries:
                raise refuse(path, "lies below an entry that is a file or a link")
            self._folders.add(folder)
            folder = posixpath.dirname(folder)
        self._entries.add(path)
