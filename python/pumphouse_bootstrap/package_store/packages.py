"""The store's record of each package: its files, and the bytecode of some of them."""

from __future__ import annotations

import json
import os
import re
import uuid
from typing import Any, Iterable, NamedTuple

from .objects import ObjectStore, StoredFile
from .trees import TreeEntry, TreeReader

_MAX_SCRIPT_BYTES = 65_536
_KEY = re.compile(r"[0-9a-f]{32}")


class Content(NamedTuple):
    """Files of a package by path. `scripts` have a placeholder for the path of their environment."""

    files: dict[str, StoredFile]
    scripts: dict[str, str]
    links: dict[str, str]


class PackageStore:
    """Manifests of packages. A manifest is written atomically, after all of its files."""

    def __init__(self, root: str, links: bool = True) -> None:
        self.root = root
        self.objects = ObjectStore(root, links)

    def read(self, key: str) -> Content | None:
        stored = self._read_json("packages", key)
        if stored is None:
            return None
        files = {path: StoredFile(*entry) for path, entry in stored["files"].items()}
        return Content(files, stored["scripts"], {})

    def write(self, key: str, content: Content) -> None:
        self._write_json("packages", key, {"files": content.files, "scripts": content.scripts})

    def read_bytecode(self, key: str, tag: str) -> dict[str, StoredFile]:
        stored = self._read_json(f"bytecode-{tag}", key) or {}
        return {path: StoredFile(*entry) for path, entry in stored.items()}

    def write_bytecode(self, key: str, tag: str, files: dict[str, StoredFile]) -> None:
        self._write_json(f"bytecode-{tag}", key, {**self.read_bytecode(key, tag), **files})

    def note_use(self, keys: Iterable[str]) -> None:
        """Set the timestamp of manifests, which is the time of their last use."""
        for key in keys:
            try:
                os.utime(self._locate("packages", key))
            except FileNotFoundError:
                pass

    def forget(self, key: str) -> None:
        for kind in self.list_kinds():
            try:
                os.unlink(self._locate(kind, key))
            except FileNotFoundError:
                pass

    def list_kinds(self) -> list[str]:
        try:
            names = os.listdir(self.root)
        except FileNotFoundError:
            return []
        return sorted(name for name in names if name == "packages" or name.startswith("bytecode-"))

    def list_keys(self, kind: str) -> list[str]:
        names = os.listdir(os.path.join(self.root, kind))
        return sorted(name[:-5] for name in names if name.endswith(".json"))

    def locate_manifest(self, key: str) -> str:
        return self._locate("packages", key)

    def _locate(self, kind: str, key: str) -> str:
        if not _KEY.fullmatch(key):
            raise ValueError(f"{key!r} is not the key of a package")
        return os.path.join(self.root, kind, f"{key}.json")

    def _read_json(self, kind: str, key: str) -> Any:
        try:
            with open(self._locate(kind, key), encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            return None
        except ValueError:
            # A machine crash has truncated it.
            os.unlink(self._locate(kind, key))
            return None

    def _write_json(self, kind: str, key: str, value: Any) -> None:
        path = self._locate(kind, key)
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        temporary = f"{path}.{uuid.uuid4().hex[:8]}"
        with open(temporary, "x", encoding="utf-8") as file:
            json.dump(value, file)
        os.replace(temporary, path)


def store_tree(store: PackageStore, reader: TreeReader, root: str, prefix: str, allow_links: bool = False) -> Content:
    """
    Copy a tree into the store.

    @param prefix: path of the environment that its scripts contain
    """
    content = Content({}, {}, {})
    for entry in reader.read(root, allow_links):
        if entry.path == ".lock":
            continue
        if entry.descriptor is None:
            content.links[entry.path] = entry.target
            continue
        script = _read_script(entry, prefix)
        if script is not None:
            content.scripts[entry.path] = script
            continue
        with open(entry.descriptor, "rb", closefd=False) as source:
            content.files[entry.path] = store.objects.add(source, entry.executable)
    return content


SCRIPT_PREFIX = "\0environment\0"


def _read_script(entry: TreeEntry, prefix: str) -> str | None:
    """Return the text of a script that contains its environment's path, with a placeholder for the path."""
    if not entry.path.startswith("bin/") or entry.descriptor is None:
        return None
    if os.fstat(entry.descriptor).st_size > _MAX_SCRIPT_BYTES:
        return None
    content = os.pread(entry.descriptor, _MAX_SCRIPT_BYTES, 0)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if prefix not in text or "\0" in text:
        return None
    return text.replace(prefix, SCRIPT_PREFIX)
