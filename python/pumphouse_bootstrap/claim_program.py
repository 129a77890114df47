"""
Actions on the claim, as the program of a short pod: look at, copy and remove folders. It runs no code of users.
The last line of its output is the result as JSON.
"""

from __future__ import annotations

import json
import os
import sys

from pumphouse_bootstrap.claim_folders import (
    begin_snapshot,
    copy_snapshot,
    drop_snapshot,
    keep_snapshot,
    list_snapshots,
    make_shared_folder,
    remove_folder,
)
from pumphouse_bootstrap.copy_data import main as copy_main

_CLAIM = "/pumphouse/volume"
_MAX_KEY_BYTES = 1024


def run_action(action: str, given: dict, claim: str = _CLAIM) -> object:
    """Run one action; return its result, or None if it has printed that itself."""
    if action == "list":
        return list_claim(f"{claim}/{given['root']}", bool(given["with_sizes"]))
    if action == "measure":
        return {"size_bytes": measure(f"{claim}/{given['path']}")}
    if action == "complete":
        with open(f"{claim}/{given['path']}/complete", "w", encoding="utf-8"):
            return {}
    if action == "remove":
        for path in given["paths"]:
            complete = f"{claim}/{path}/complete"
            if os.path.lexists(complete):
                # First, so that no run starts with a part of an environment.
                os.unlink(complete)
            remove_folder(f"{claim}/{path}")
        return {}
    if action == "snapshot":
        make_shared_folder(claim, given["root"])
        make_shared_folder(claim, f"{given['root']}/local-data")
        source, target = begin_snapshot(claim, given["scope"], given["unique"])
        code = copy_main(source, target, *([given["only"]] if given.get("only") is not None else []))
        if code != 0:
            sys.exit(code)
        return None
    if action == "keep":
        keep_snapshot(claim, given["scope"], given["unique"])
        return {}
    if action == "drop":
        drop_snapshot(claim, given["scope"], given["unique"])
        return {}
    if action == "refresh":
        copy_snapshot(f"{claim}/{given['scope']}", f"{claim}/{given['target']}")
        return {}
    sys.exit(f"unknown action {action}")


def list_claim(root: str, with_sizes: bool) -> list[dict]:
    """Describe the folders of an installation: {kind, path, changed_at, size_bytes, ...}."""
    found = []

    def add(kind: str, path: str, **more: object) -> None:
        try:
            info = os.lstat(f"{root}/{path}")
        except FileNotFoundError:
            return
        size = measure(f"{root}/{path}") if with_sizes else None
        common = {"kind": kind, "path": path, "changed_at": info.st_mtime, "size_bytes": size, "uid": info.st_uid}
        found.append({**common, **more})

    for name in _list(f"{root}/environments"):
        add("environment", f"environments/{name}", key=_read_key(f"{root}/environments/{name}/key"))
    for organization in _list(f"{root}/caches"):
        for name in _list(f"{root}/caches/{organization}"):
            add("cache", f"caches/{organization}/{name}", organization=organization)
    for name in _list(f"{root}/copies"):
        add("copy", f"copies/{name}", attempt=name.rpartition("-")[0])
    for workspace in _list(f"{root}/local-data"):
        for profile in _list(f"{root}/local-data/{workspace}"):
            scope = f"local-data/{workspace}/{profile}"
            current = list_snapshots(f"{root}/{scope}")[:1]
            for name in _list(f"{root}/{scope}"):
                is_needed = name == "live" or name in current
                add("local-data" if is_needed else "remains", f"{scope}/{name}", workspace=workspace, profile=profile)
    return found


def _list(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []


def _read_key(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read(_MAX_KEY_BYTES).strip()
    except OSError:
        return ""


def measure(path: str) -> int:
    """Return the disk usage of a folder in bytes; what cannot be read counts as nothing."""
    total = 0
    for folder, names, files in os.walk(path):
        for name in (*names, *files, "."):
            try:
                total += os.lstat(f"{folder}/{name}").st_blocks * 512
            except OSError:
                continue
    return total


def main(action: str, given: str) -> None:
    result = run_action(action, json.loads(given))
    if result is not None:
        print(json.dumps(result))
