"""Finds modules of a workspace that an interpreter would import in place of those that Pumphouse imports ahead."""

from __future__ import annotations

import glob
import os
import sys

# User code can put a folder of the workspace first on the path, such as one with a copy of dlt.
_MAX_FOLDERS = 500
_WITHOUT_CODE = {"__pycache__", "node_modules"}


def find_shadowed(work_folder: str, environment: str) -> str | None:
    """
    Return the name of a module of the workspace that is also the name of a module of the environment, or, at the top of the
    workspace, of Python's library; None if there is none. Nothing is imported: only names of files are read.
    """
    installed: set[str] = set()
    for packages in glob.glob(f"{glob.escape(environment)}/lib/python3*/site-packages"):
        installed |= _list_modules(packages)
    top = _list_modules(work_folder)
    found = top & (installed | sys.stdlib_module_names)
    for folder in _list_folders(work_folder):
        if found:
            break
        found = _list_modules(folder) & installed
    return min(found, default=None)


def _list_modules(folder: str) -> set[str]:
    """Folders without `__init__` come after all modules on the path, so they take no other's place."""
    names = set()
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                stem, _, suffix = entry.name.partition(".")
                is_file = suffix == "py" or suffix.endswith("so")
                if stem and (is_file or not suffix and os.path.exists(f"{entry.path}/__init__.py")):
                    names.add(stem)
    except OSError:
        pass
    return names - {"__init__", "__main__"}


def _list_folders(work_folder: str):
    count = 0
    for folder, folders, _ in os.walk(work_folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _WITHOUT_CODE)
        for name in folders:
            count += 1
            if count > _MAX_FOLDERS:
                return
            yield os.path.join(folder, name)
