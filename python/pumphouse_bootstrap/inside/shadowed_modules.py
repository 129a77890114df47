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
        installed |= _list_installed(packages)
    on_top = installed | sys.stdlib_module_names
    for count, (folder, folders, files) in enumerate(os.walk(work_folder)):
        if count > _MAX_FOLDERS:
            return None
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _WITHOUT_CODE)
        found = _name_modules(files) & (on_top if folder == work_folder else installed)
        parent, name = os.path.split(folder)
        if folder != work_folder and "__init__.py" in files and name in (on_top if parent == work_folder else installed):
            found.add(name)
        if found:
            return min(found)
    return None


def _list_installed(packages: str) -> set[str]:
    """Folders without `__init__` come after all modules on the path, so they take no other's place."""
    try:
        with os.scandir(packages) as entries:
            names = [entry.name for entry in entries]
    except OSError:
        return set()
    folders = {name for name in names if "." not in name and os.path.exists(f"{packages}/{name}/__init__.py")}
    return _name_modules(names) | folders


def _name_modules(files: list[str]) -> set[str]:
    parts = (name.partition(".") for name in files)
    return {stem for stem, _, suffix in parts if stem and (suffix == "py" or suffix.endswith("so"))} - {"__init__", "__main__"}
