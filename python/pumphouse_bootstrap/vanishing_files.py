"""Files that user code wrote into its work folder, which is removed with the run."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

_NAMED = 3
_MAX_ENTRIES = 20_000
_MAX_NAME_CHARACTERS = 200
# What tools write beside code, and nobody looks for: dlt's state, caches, logs, what dbt builds.
_UNWANTED_FOLDERS = ("logs", "target", "dbt_packages", "node_modules")
_UNWANTED_SUFFIXES = (".pyc", ".log", ".lock", ".tmp", ".wal", "-journal")


def describe_vanishing_files(work_folder: str, began_at: float, profile: str) -> str | None:
    """Return a note about files that are newer than the run, with where they would be kept; None without any."""
    found = sorted(_find_new_files(work_folder, began_at), key=lambda file: (-file[1], file[0]))
    if not found:
        return None
    named = [f"{_make_printable(path)} ({_format_size(size)})" for path, size in found[:_NAMED]]
    more = len(found) - len(named)
    files = ", ".join(named) + (f" and {more} more {'file' if more == 1 else 'files'}" if more else "")
    verb = "was" if len(found) == 1 else "were"
    example = _make_printable(os.path.basename(found[0][0]))
    return (
        f"{files} {verb} written to the work folder of the run, which is removed with it. Write files that later runs need to"
        f' .dlt/data/{profile}, such as os.environ["DLT_LOCAL_DIR"] + "/{example}". `pumphouse data list` shows what is kept.'
    )


def _find_new_files(root: str, began_at: float) -> Iterator[tuple[str, int]]:
    """Yield path and size. All processes of user code have ended, and no link is followed."""
    count = 0
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if _is_wanted_folder(name))
        for name in sorted(names):
            count += 1
            if count > _MAX_ENTRIES:
                return
            if name.startswith(".") or name.endswith(_UNWANTED_SUFFIXES):
                continue
            path = os.path.join(folder, name)
            try:
                info = os.lstat(path)
            except OSError:
                continue
            if stat.S_ISREG(info.st_mode) and info.st_size > 0 and info.st_mtime >= began_at:
                yield os.path.relpath(path, root), info.st_size


def _is_wanted_folder(name: str) -> bool:
    return not name.startswith((".", "__")) and name not in _UNWANTED_FOLDERS


def _make_printable(name: str) -> str:
    shown = "".join(character if character.isprintable() else "?" for character in name)
    return shown if len(shown) <= _MAX_NAME_CHARACTERS else f"{shown[:_MAX_NAME_CHARACTERS]}..."


def _format_size(size: int) -> str:
    for unit, factor in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} B"
