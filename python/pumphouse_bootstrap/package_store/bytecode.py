"""Add compiled bytecode to the store and to an environment."""

from __future__ import annotations

import importlib.util
import os
import stat
import sys
from typing import Any

from .assemble import link_bytecode
from .objects import StoredFile
from .packages import PackageStore
from .trees import HostileTree

_MAX_BYTES = 64 << 20
_UNCHECKED_HASH = (1).to_bytes(4, "little")


def adopt_bytecode(store: PackageStore, request: dict[str, Any]) -> dict[str, Any]:
    """
    Adopt the bytecode of several packages: `<number>.pyc` in a job's `folder` for each of its `files`.

    Missing files are skipped, because a module may fail to compile. The folders were written by the user that
    compiles untrusted code.
    @raises HostileTree
    """
    compiled = 0
    for job in request["jobs"]:
        adopted = _adopt_files(store, job["folder"], job["files"], request["owner"])
        if job["key"] is not None:
            store.write_bytecode(job["key"], sys.implementation.cache_tag, adopted)
        for path, stored in adopted.items():
            link_bytecode(store, request["target"], path, stored)
        compiled += len(adopted)
    return {"compiled": compiled}


def _adopt_files(store: PackageStore, path: str, files: list[str], owner: int) -> dict[str, StoredFile]:
    adopted: dict[str, StoredFile] = {}
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        for number, file in enumerate(files):
            stored = _adopt(store, folder, f"{number}.pyc", owner)
            if stored is not None:
                adopted[file] = stored
    finally:
        os.close(folder)
    return adopted


def _adopt(store: PackageStore, folder: int, name: str, owner: int) -> StoredFile | None:
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except FileNotFoundError:
        return None
    with open(descriptor, "rb") as compiled:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != owner or found.st_size > _MAX_BYTES:
            raise HostileTree(f"{name!r} is not bytecode")
        # Python accepts only such a file regardless of its source's timestamp.
        if compiled.read(8) != importlib.util.MAGIC_NUMBER + _UNCHECKED_HASH:
            raise HostileTree(f"{name!r} is not bytecode of this interpreter")
        compiled.seek(0)
        return store.objects.add(compiled, False)
