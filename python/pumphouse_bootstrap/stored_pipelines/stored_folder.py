"""One working folder that the server keeps, as this attempt sees it."""

from __future__ import annotations

import json
import os
import time
from typing import NamedTuple

from pumphouse_bootstrap.inside.pipeline_hooks.pending_packages.kept_folders import AttemptFolder, remove_tree
from pumphouse_bootstrap.inside.pipeline_hooks.pending_packages.packages import (
    FOLDER,
    describe_pending,
    open_below,
    read_json,
)
from pumphouse_bootstrap.stored_pipelines.contents import Contents
from pumphouse_bootstrap.stored_pipelines.working_folder import (
    Entry,
    Listing,
    link_tree,
    list_working_folder,
)

_NORMALIZED = "load/normalized"
_STATE_BYTES = 256 * 1024 * 1024


class Observed:
    """What is to be kept of a working folder at one moment. Its folders are open until `close`."""

    def __init__(self) -> None:
        self.listing: Listing = {}
        # The open folder that has each file.
        self.folders: dict[str, int] = {}
        self.packages: list[dict] = []
        self.origin: dict = {}
        self._opened: list[int] = []

    @property
    def size(self) -> int:
        return sum(entry.size for entry in self.listing.values())

    def add(self, folder: int, listing: Listing) -> None:
        self._opened.append(folder)
        self.listing.update(listing)
        self.folders.update(dict.fromkeys(listing, folder))

    def list_files(self) -> list[tuple[int, str, Entry]]:
        return [(self.folders[path], path, entry) for path, entry in self.listing.items() if not entry.is_folder]

    def close(self) -> None:
        for folder in self._opened:
            os.close(folder)
        self._opened = []


class Change(NamedTuple):
    """What differs from what the server has, in the form of the protocol, and what it has afterwards."""

    saved: dict
    files: dict[str, dict]
    notes: str


class StoredFolder:
    """
    `is_local`: the destination is in the local data of this attempt, which is stored at its end only. Until then the server
    keeps packages as they were when their load began: if the pod is lost, what was loaded is lost with it.
    """

    def __init__(self, folder_id: str, pipeline: str, origin: dict | None = None) -> None:
        self.id = folder_id
        self.pipeline = pipeline
        self.contents = Contents(folder_id, pipeline)
        self.is_local = False
        # Whether the pipeline had loaded nothing before its packages were frozen.
        self.is_first_load = False
        # What the server has; None before anything is recorded.
        self.recorded: dict[str, dict] | None = None
        self.recorded_notes = ""
        self.recorded_packages: list[dict] = []
        # When something was pending for the first time.
        self.pending_since: float | None = None
        # Why it is not kept.
        self.refusal: str | None = None
        self._frozen: set[str] = set()
        # As it was when packages were frozen.
        self._origin: dict = dict(origin or {})

    @property
    def frozen_name(self) -> str:
        return f".frozen-{self.id}"

    @property
    def has_frozen(self) -> bool:
        return bool(self._frozen)

    def freeze(self, own: AttemptFolder) -> None:
        """Keep the packages that are about to be loaded as they are. Raises OSError."""
        packages = open_below(own.descriptor, (self.pipeline, *_NORMALIZED.split("/")))
        if packages is None:
            return
        try:
            self._origin = own.read_origin(self.pipeline)
            if not self._frozen:
                self.is_first_load = self._reads_first_load(own)
            for load_id in sorted(os.listdir(packages)):
                if load_id not in self._frozen:
                    self._freeze_package(own, packages, load_id)
        finally:
            os.close(packages)

    def _reads_first_load(self, own: AttemptFolder) -> bool:
        origin = own.read_origin(self.pipeline)
        if origin.get("folder") == self.id and origin.get("first_load"):
            return True
        with own.opened_pipeline(self.pipeline) as folder:
            if folder is None:
                return False
            return bool(read_json(folder, "state.json", _STATE_BYTES).get("_local", {}).get("first_run"))

    def _freeze_package(self, own: AttemptFolder, packages: int, load_id: str) -> None:
        target = os.dup(own.descriptor)
        try:
            for name in (self.frozen_name, *_NORMALIZED.split("/"), load_id):
                try:
                    os.mkdir(name, 0o700, dir_fd=target)
                except FileExistsError:
                    pass
                below = os.open(name, FOLDER, dir_fd=target)
                os.close(target)
                target = below
            source = os.open(load_id, FOLDER, dir_fd=packages)
            try:
                link_tree(source, target)
            finally:
                os.close(source)
        finally:
            os.close(target)
        self._frozen.add(load_id)

    def thaw(self, own: AttemptFolder) -> None:
        """Give up what was frozen."""
        remove_tree(own.descriptor, self.frozen_name)
        self._frozen = set()

    def observe(self, own: AttemptFolder, live: bool, as_is: bool = False) -> Observed:
        """
        Return what is to be kept. `live`: the working folder is that of the pipeline now. `as_is`: without regard to what was
        frozen. Raises Unstable, TooManyFiles and OSError.
        """
        observed = Observed()
        try:
            folder = own.open_pipeline(self.pipeline) if live else None
            if folder is not None:
                listing = list_working_folder(folder)
                packages = describe_pending(folder)
                if not as_is:
                    listing = {path: entry for path, entry in listing.items() if not self._is_frozen(path)}
                    packages = [each for each in packages if each["load_id"] not in self._frozen]
                observed.add(folder, listing)
                observed.packages = packages
            if self._frozen and not as_is:
                self._add_frozen(own, observed)
            observed.packages.sort(key=lambda package: package["load_id"])
            observed.origin = self._describe_origin(own, live, as_is)
            for package in observed.packages:
                package.update(pipeline=self.pipeline, held_by=own.attempt)
                package.update({name: observed.origin.get(name) for name in ("attempt", "run", "job", "tries")})
            return observed
        except BaseException:
            observed.close()
            raise

    def _add_frozen(self, own: AttemptFolder, observed: Observed) -> None:
        frozen = open_below(own.descriptor, (self.frozen_name,))
        if frozen is None:
            return
        observed.add(frozen, list_working_folder(frozen))
        observed.packages += describe_pending(frozen)

    def _is_frozen(self, path: str) -> bool:
        return path.startswith(f"{_NORMALIZED}/") and path.split("/")[2] in self._frozen

    def _describe_origin(self, own: AttemptFolder, live: bool, as_is: bool) -> dict:
        origin = own.read_origin(self.pipeline) if live else dict(self._origin)
        origin.pop("folder", None)
        if self._frozen and not as_is:
            origin["first_load"] = self.is_first_load
        elif not as_is:
            # User code goes on, and if the pod is lost, jobs may have been loaded since then.
            origin["is_behind"] = True
        return origin

    def describe_change(self, observed: Observed) -> Change | None:
        """Return what differs from what the server has; None if nothing does. All contents are uploaded."""
        files = {path: self._describe_file(entry) for path, entry in observed.listing.items()}
        notes = json.dumps([observed.origin, observed.packages])
        before = self.recorded or {}
        changed = {path: file for path, file in files.items() if before.get(path) != file}
        removed = [path for path in before if path not in files]
        if not changed and not removed and notes == self.recorded_notes:
            return None
        saved = {
            "folder": self.id,
            "pipeline": self.pipeline,
            "origin": observed.origin,
            "packages": observed.packages,
            "changed": changed,
            "removed": removed,
        }
        return Change(saved, files, notes)

    def describe_origin_change(self) -> dict | None:
        """
        Return the change that notes who has tried to finish the packages, once they are loaded to local data that may be lost; None
        if that is noted.
        """
        origin = {**self._origin, "first_load": self.is_first_load}
        origin.pop("folder", None)
        notes = json.dumps([origin, self.recorded_packages])
        if self.recorded is None or notes == self.recorded_notes:
            return None
        self.recorded_notes = notes
        change = {"folder": self.id, "pipeline": self.pipeline, "origin": origin, "packages": self.recorded_packages}
        return {**change, "changed": {}, "removed": []}

    def note_recorded(self, observed: Observed, change: Change) -> None:
        self.recorded_packages = observed.packages
        self.recorded = change.files
        self.recorded_notes = change.notes
        if change.saved["removed"]:
            self.contents.keep_only([entry for entry in observed.listing.values() if not entry.is_folder])

    def _describe_file(self, entry: Entry) -> dict:
        parts = None if entry.is_folder else [list(part) for part in self.contents.find(entry) or []]
        return {"mode": entry.mode, "size_bytes": entry.size, "changed_ns": str(entry.changed_ns), "parts": parts}

    def is_settled(self, seconds: float) -> bool:
        """Report whether something has been pending for a while: most runs load it sooner than that."""
        if self.pending_since is None:
            self.pending_since = time.monotonic()
        return time.monotonic() >= self.pending_since + seconds
