"""Assemble an environment from stored packages and from its build's output."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from typing import Any

from .objects import MissingObject, StoredFile
from .packages import SCRIPT_PREFIX, Content, PackageStore, store_tree
from .trees import HostileTree, TreeReader

_START_MODULES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "start_modules.json")


def find_packages(store: PackageStore, keys: list[str]) -> list[str]:
    """Return the keys of packages that are completely stored."""
    found = []
    for key in keys:
        content = store.read(key)
        if content is None:
            continue
        if all(_is_whole(store, stored) for stored in content.files.values()):
            found.append(key)
        else:
            store.forget(key)
    store.note_use(found)
    return found


def assemble(store: PackageStore, request: dict[str, Any]) -> dict[str, Any]:
    """
    Create the environment at `target`, which must not exist, from `base`, the packages and the tree `built`.

    A later file replaces an earlier one; no file is ever written through a link.
    @raises HostileTree, MissingObject; nothing is left at the target then
    """
    target = request["target"]
    reader = TreeReader(request["owner"])
    layers: list[tuple[str | None, Content]] = [(None, store_tree(store, reader, request["base"], target, True))]
    for package in request["packages"]:
        layers.append((package["key"], _take_package(store, reader, package, target)))
    if request["built"] is not None:
        layers.append((None, store_tree(store, reader, request["built"], target)))
    hooks = _read_hooks(store, request["hooks"], request["site_packages"])
    layers.append((_build_hooks_key(hooks), hooks))
    owners = _merge(layers)
    try:
        _write(store, target, layers, owners)
        jobs = _link_bytecode(store, target, layers, owners, request["site_packages"])
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
    return {"files": len(owners), **jobs}


def _is_whole(store: PackageStore, stored: StoredFile) -> bool:
    try:
        return os.lstat(store.objects.locate(stored.name)).st_size == stored.size
    except FileNotFoundError:
        return False


def _take_package(store: PackageStore, reader: TreeReader, package: dict[str, Any], target: str) -> Content:
    key, tree = package["key"], package["tree"]
    if tree is None:
        content = store.read(key)
        if content is None:
            raise MissingObject(key)
        return content
    content = store_tree(store, reader, tree, target)
    store.write(key, content)
    return content


def _read_hooks(store: PackageStore, folder: str, site_packages: str) -> Content:
    content = Content({}, {}, {})
    for name in sorted(os.listdir(folder)):
        if name.endswith((".py", ".pth")):
            with open(os.path.join(folder, name), "rb") as source:
                content.files[f"{site_packages}/{name}"] = store.objects.add(source, False)
    return content


def _build_hooks_key(hooks: Content) -> str:
    """Bytecode of hooks is stored like that of a package."""
    return hashlib.sha256(json.dumps(sorted(hooks.files.items())).encode()).hexdigest()[:32]


def _merge(layers: list[tuple[str | None, Content]]) -> dict[str, int]:
    """
    Return the layer of each path.

    @raises HostileTree if one layer has a file or link where another has a folder
    """
    owners: dict[str, int] = {}
    for number, (_, content) in enumerate(layers):
        for path in (*content.files, *content.scripts, *content.links):
            owners[path] = number
    for path in owners:
        parent = os.path.dirname(path)
        while parent:
            if parent in owners:
                raise HostileTree(f"{parent!r} is a file and a folder at once")
            parent = os.path.dirname(parent)
    return owners


def _write(store: PackageStore, target: str, layers: list[tuple[str | None, Content]], owners: dict[str, int]) -> None:
    os.mkdir(target, 0o755)
    os.chmod(target, 0o755)
    for folder in sorted({os.path.dirname(path) for path in owners}):
        os.makedirs(os.path.join(target, folder), mode=0o755, exist_ok=True)
    for path, number in owners.items():
        content = layers[number][1]
        destination = os.path.join(target, path)
        if path in content.links:
            os.symlink(content.links[path], destination)
        elif path in content.scripts:
            with open(destination, "x", encoding="utf-8") as script:
                script.write(content.scripts[path].replace(SCRIPT_PREFIX, target))
            os.chmod(destination, 0o555)
        else:
            store.objects.link(content.files[path], destination)


def _link_bytecode(
    store: PackageStore,
    target: str,
    layers: list[tuple[str | None, Content]],
    owners: dict[str, int],
    site_packages: str,
) -> dict[str, Any]:
    """Link existing bytecode, and list what must be compiled before and after the first run."""
    start_paths = read_start_paths()
    start: list[dict[str, Any]] = []
    rest: list[dict[str, Any]] = []
    for number, (key, content) in enumerate(layers):
        compiled = {} if key is None else store.read_bytecode(key, sys.implementation.cache_tag)
        is_hooks = number == len(layers) - 1
        soon, later = [], []
        for path in sorted(content.files):
            if owners[path] != number or not path.endswith(".py") or not path.startswith(site_packages + "/"):
                continue
            if path in compiled:
                try:
                    link_bytecode(store, target, path, compiled[path])
                    continue
                except MissingObject:
                    pass
            module_path = path[len(site_packages) + 1 :]
            (soon if is_hooks or module_path in start_paths else later).append(path)
        start += [{"key": key, "files": soon}] if soon else []
        rest += [{"key": key, "files": later}] if later else []
    return {"start": start, "rest": rest}


def read_start_paths() -> set[str]:
    """
    Return the modules below site-packages that dlt's start imports; scripts/list_start_modules.py writes the
    list.
    """
    with open(_START_MODULES, encoding="utf-8") as file:
        return set(json.load(file))


def link_bytecode(store: PackageStore, target: str, path: str, stored: StoredFile) -> None:
    """Link bytecode into `__pycache__` of its source. Existing bytecode is kept."""
    folder, name = os.path.split(os.path.join(target, path))
    cache = os.path.join(folder, "__pycache__")
    if not os.path.isdir(cache):
        os.mkdir(cache, 0o755)
    try:
        store.objects.link(stored, os.path.join(cache, f"{name[:-3]}.{sys.implementation.cache_tag}.pyc"))
    except FileExistsError:
        pass
