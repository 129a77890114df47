"""The folder of this attempt that keeps the working folders of its pipelines, and what is pending in all of them."""

from __future__ import annotations

import os
import time

from pumphouse_bootstrap.file_user import files_of
from pumphouse_bootstrap.inside.pipeline_hooks.pending_packages.interrupted_steps import end_interrupted_steps
from pumphouse_bootstrap.inside.pipeline_hooks.pending_packages.kept_folders import (
    AttemptFolder,
    create_folder,
    list_busy,
    open_root,
    remove_tree,
    take_ended,
)
from pumphouse_bootstrap.inside.pipeline_hooks.pending_packages.packages import describe_pending, measure
from pumphouse_bootstrap.inside.pipeline_hooks.pending_packages.row_counts import RowCounter

_MAX_LISTED = 200
_DAY_SECONDS = 86_400


class PendingPackages:
    """Used by the main thread. Files are accessed as the user of user code, which may change them at any time."""

    def __init__(self, local_data: str, attempt_id: str, settings: dict, drop_to: dict | None) -> None:
        """`settings`: {max_bytes, max_days, run, job, drop}. Raises OSError."""
        self._drop_to = drop_to
        self._settings = settings
        self._notes: list[str] = []
        self._counter = RowCounter()
        # The pipelines of this attempt that have pending packages; None until that is known.
        self._kept: set[str] | None = None
        # Opened as the current user: the folders above are closed to runs.
        entry = os.open(local_data, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        with files_of(drop_to):
            try:
                self._root = open_root(entry, create=True)
            finally:
                os.close(entry)
            self._own = create_folder(self._root, attempt_id)
            self._own.write_origin({"run": settings["run"], "job": settings["job"]})
            if settings.get("drop"):
                self._drop_unwanted(settings["drop"])

    def finish(self) -> tuple[dict, list[str]]:
        """
        Remove what no run needs, after user code has ended. Return {packages, busy, is_complete}, and lines for the log.
        `busy`: the packages that attempts work on that still live.
        """
        with files_of(self._drop_to):
            packages = self._clean(self._own)
            left = self._settings["max_bytes"] - sum(package["bytes"] for package in packages)
            for ended in take_ended(self._root, self._own.attempt):
                found = self._clean(ended)
                kept = [package for package in found if self._is_recent(package)]
                size = sum(package["bytes"] for package in found)
                if found and (len(kept) < len(found) or size > left):
                    self._drop(ended, found, "too old" if len(kept) < len(found) else "more than the workspace may keep")
                    continue
                left -= size
                packages += found
            # After the others: a package moves from the folder of an ended attempt to that of a living one.
            busy = list_busy(self._root, self._own.attempt)
        if self._kept:
            # Not only with the end of this process: the next run may begin as soon as the server knows that this one has
            # ended, and must find its packages.
            self._own.unlock()
        is_complete = max(len(packages), len(busy)) <= _MAX_LISTED
        return {"packages": packages[:_MAX_LISTED], "busy": busy[:_MAX_LISTED], "is_complete": is_complete}, self._notes

    def _clean(self, folder: AttemptFolder) -> list[dict]:
        """Remove the working folders without pending packages; return the pending packages of the others."""
        packages: list[dict] = []
        for name in folder.list_pipelines():
            found = self._describe(folder, name)
            if found and folder is self._own and sum(each["bytes"] for each in found) > self._settings["max_bytes"]:
                self._note_dropped(name, found, "larger than the limit for pending packages")
                found = []
            if found:
                packages += found
            elif folder is not self._own:
                remove_tree(folder.descriptor, name)
        if not packages and folder is not self._own:
            self._remove(folder)
        if folder is self._own:
            self._kept = {package["pipeline"] for package in packages}
        return packages

    def remove_rest(self) -> None:
        """
        Remove what this attempt does not keep. The end of the run is stored by then, because removing files takes longer than
        some runs: a later attempt removes what is left after a kill.
        """
        if self._kept is None or self._kept:
            # Another attempt may have the folder by now, and removes the rest.
            return
        with files_of(self._drop_to):
            self._remove(self._own)

    def _describe(self, folder: AttemptFolder, name: str) -> list[dict]:
        pipeline = folder.open_pipeline(name)
        if pipeline is None:
            return []
        try:
            end_interrupted_steps(pipeline)
            packages = describe_pending(pipeline, self._counter)
            origin = folder.read_origin(name)
            held = max(measure(pipeline) - sum(package["bytes"] for package in packages), 0) if packages else 0
        finally:
            os.close(pipeline)
        for package in packages:
            package["bytes"] += held
            held = 0
            package.update(pipeline=name, held_by=folder.attempt, tries=origin.get("tries"))
            package.update(attempt=origin.get("attempt"), run=origin.get("run"), job=origin.get("job"))
        return packages

    def _is_recent(self, package: dict) -> bool:
        return package["created_at"] > time.time() - self._settings["max_days"] * _DAY_SECONDS

    def _drop(self, folder: AttemptFolder, packages: list[dict], reason: str) -> None:
        for name in sorted({package["pipeline"] for package in packages}):
            self._note_dropped(name, [package for package in packages if package["pipeline"] == name], reason)
        self._remove(folder)

    def _drop_unwanted(self, unwanted: list[dict]) -> None:
        """Drop what a member has asked for: whole pipelines of ended attempts, by one of their packages."""
        wanted = {(each["pipeline"], each["load_id"]) for each in unwanted}
        for ended in take_ended(self._root, self._own.attempt):
            for name in ended.list_pipelines():
                found = self._describe(ended, name)
                if any((name, package["load_id"]) in wanted for package in found):
                    self._note_dropped(name, found, "dropped as requested")
                    remove_tree(ended.descriptor, name)

    def _note_dropped(self, pipeline: str, packages: list[dict], reason: str) -> None:
        size = sum(package["bytes"] for package in packages)
        names = ", ".join(package["load_id"] for package in packages[:5])
        self._notes.append(
            f"Dropped {len(packages)} pending load packages ({names}; {size} bytes) of the pipeline {pipeline}: {reason}."
            " The next run asks the source for their rows again, from where the destination's state ends."
        )

    def _remove(self, folder: AttemptFolder) -> None:
        for name in os.listdir(folder.descriptor):
            remove_tree(folder.descriptor, name)
        try:
            os.rmdir(folder.attempt, dir_fd=self._root)
        except OSError:
            # A process of the run still writes; the next attempt removes it.
            pass
