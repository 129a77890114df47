"""
Ends what dlt was doing between two steps when its process was killed.

dlt moves a package with one rename and tidies up afterwards. It does not expect to be killed in between: it would
normalize the package again and fail at the rename, or fail because the package is loaded already, in every run.
"""

from __future__ import annotations

import os

from .kept_folders import remove_tree
from .packages import EXTRACTED, NORMALIZED, exists, list_folders, opened_below

_LOADED = ("load", "loaded")
_SCHEMA = "schema.json"
_COMPLETED = "package_completed.json"


def end_interrupted_steps(pipeline: int) -> None:
    """
    Remove extracted packages that are normalized already, and move packages that are loaded to those. `pipeline`: an open
    working folder in which no process works. Raises OSError.
    """
    normalized = set(list_folders(pipeline, NORMALIZED))
    with opened_below(pipeline, EXTRACTED) as extracted:
        if extracted is not None:
            _remove_extracted(extracted, normalized)
    with opened_below(pipeline, NORMALIZED) as folder:
        if folder is not None:
            _move_loaded(pipeline, folder)


def _remove_extracted(folder: int, normalized: set[str]) -> None:
    for load_id in list_folders(folder, ()):
        # The schema is written before a package is complete, so without it the package was being removed.
        if load_id in normalized or not _has(folder, load_id, _SCHEMA):
            remove_tree(folder, load_id)


def _move_loaded(pipeline: int, folder: int) -> None:
    completed = [load_id for load_id in list_folders(folder, ()) if _has(folder, load_id, _COMPLETED)]
    if not completed:
        return
    with opened_below(pipeline, _LOADED) as loaded:
        if loaded is not None:
            _move(folder, loaded, completed)


def _move(folder: int, loaded: int, load_ids: list[str]) -> None:
    for load_id in load_ids:
        remove_tree(loaded, load_id)
        os.rename(load_id, load_id, src_dir_fd=folder, dst_dir_fd=loaded)


def _has(folder: int, load_id: str, file: str) -> bool:
    with opened_below(folder, (load_id,)) as package:
        return package is not None and exists(package, file)
