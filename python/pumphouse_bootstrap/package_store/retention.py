"""Disk usage of the store beyond environments, and removal of unused packages."""

from __future__ import annotations

import os
import time
from typing import Any

from .packages import PackageStore

_BLOCK_BYTES = 512
# A build that has just stored a file may not have linked it yet.
_YOUNG_SECONDS = 3600
UNREFERENCED = "unreferenced"


def list_packages(store: PackageStore) -> list[dict[str, Any]]:
    """
    List packages with the time of their last use and the bytes that only the store uses. Bytes that
    environments share count for them.
    """
    totals, sizes = _measure(store)
    listed = []
    for key, names in _list_references(store).items():
        try:
            used_at = os.stat(store.locate_manifest(key)).st_mtime
        except FileNotFoundError:
            used_at = 0.0
        # A file of several packages counts for the first.
        unused = sum(sizes.pop(name, 0) for name in names)
        is_used = unused * 2 < sum(totals.get(name, 0) for name in names)
        listed.append({"id": key, "usedAt": used_at, "sizeBytes": unused, "isUsed": is_used})
    if sizes:
        listed.append({"id": UNREFERENCED, "usedAt": 0.0, "sizeBytes": sum(sizes.values()), "isUsed": False})
    return listed


def remove_packages(store: PackageStore, keys: list[str]) -> None:
    """
    Remove packages, then files that no package and no environment uses.

    A build that links such a file meanwhile loses nothing: its link keeps the file.
    """
    for key in keys:
        if key != UNREFERENCED:
            store.forget(key)
    kept = {name for names in _list_references(store).values() for name in names}
    youngest = time.time() - _YOUNG_SECONDS
    for path, name in _list_objects(store):
        if name in kept:
            continue
        try:
            found = os.lstat(path)
            if found.st_nlink == 1 and found.st_ctime < youngest:
                os.unlink(path)
        except FileNotFoundError:
            continue


def _measure(store: PackageStore) -> tuple[dict[str, int], dict[str, int]]:
    """Return the size of each file, and the sizes of those that no environment uses."""
    totals, unused = {}, {}
    for path, name in _list_objects(store):
        try:
            found = os.lstat(path)
        except FileNotFoundError:
            continue
        totals[name] = found.st_blocks * _BLOCK_BYTES
        if found.st_nlink == 1:
            unused[name] = totals[name]
    return totals, unused


def _list_objects(store: PackageStore) -> list[tuple[str, str]]:
    root = os.path.join(store.root, "objects")
    found = []
    for folder in _list_names(root):
        for rest in _list_names(os.path.join(root, folder)):
            found.append((os.path.join(root, folder, rest), folder + rest))
    return found


def _list_references(store: PackageStore) -> dict[str, set[str]]:
    references: dict[str, set[str]] = {}
    for kind in store.list_kinds():
        for key in store.list_keys(kind):
            if kind == "packages":
                content = store.read(key)
                names = set() if content is None else {stored.name for stored in content.files.values()}
            else:
                names = {stored.name for stored in store.read_bytecode(key, kind[len("bytecode-") :]).values()}
            references.setdefault(key, set()).update(names)
    return references


def _list_names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
