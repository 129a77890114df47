"""Moves the working folder that an ended attempt left to this attempt, and makes a pipeline continue in it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable

from ..constructor import construct_again
from .interrupted_steps import end_interrupted_steps
from .kept_folders import AttemptFolder, remove_tree, take_ended
from .packages import describe_pending, has_pending, read_json
from .replaced_packages import Decision

_STATE = "state.json"
_STATE_BYTES = 256 * 1024 * 1024
_SAVED = ".replaced-"


class CannotContinue(Exception):
    """The pipeline cannot use the working folder, for example because a newer dlt has written it."""


class Found:
    """A working folder that an ended attempt left."""

    def __init__(self, attempt: str, origin: dict, state: dict, packages: list[dict]) -> None:
        # The attempt that has the folder.
        self.attempt = attempt
        self.origin = origin
        self.state = state
        self.packages = packages

    @property
    def is_first_load(self) -> bool:
        """Whether the pipeline had loaded nothing before: its dataset need not exist."""
        # Noted where what was loaded since then is lost.
        return bool(self.origin.get("first_load") or self.state.get("_local", {}).get("first_run"))


def take_over(
    root: int, own: AttemptFolder, pipeline, skip: int, decide: Callable[[Found], Decision]
) -> tuple[Found, Decision] | None:
    """
    Move the oldest working folder of this pipeline that has pending packages into the attempt's folder, and construct
    the pipeline in it again. None if there is none. `skip`: how many folders to pass by, without those that are to be left.

    Raises CannotContinue; the folder is where it was then, and the pipeline has its own again.
    """
    position = 0
    for ended in take_ended(root, own.attempt):
        found = _look_into(ended, pipeline.pipeline_name)
        if found is None or not _is_for(pipeline, found.state):
            continue
        decision = decide(found)
        if decision.is_left:
            continue
        position += 1
        if position > skip:
            _exchange(ended, own, pipeline, found)
            return found, decision
    return None


def _look_into(ended: AttemptFolder, name: str) -> Found | None:
    folder = ended.open_pipeline(name)
    if folder is None:
        return None
    try:
        end_interrupted_steps(folder)
        if not has_pending(folder):
            return None
        state = read_json(folder, _STATE, _STATE_BYTES)
        return Found(ended.attempt, ended.read_origin(name), state, describe_pending(folder))
    finally:
        os.close(folder)


def _is_for(pipeline, state: dict) -> bool:
    """Report whether the packages were extracted for the destination and the dataset of the pipeline."""
    destination = getattr(pipeline, "_destination", None)
    kind, dataset = state.get("destination_type"), state.get("dataset_name")
    if destination is None and kind is None:
        return False
    if destination is not None and kind is not None:
        name = state.get("destination_name")
        if kind != destination.destination_type or name != getattr(destination, "configured_name", name):
            return False
    return dataset is None or pipeline.dataset_name is None or dataset == pipeline.dataset_name


def _exchange(ended: AttemptFolder, own: AttemptFolder, pipeline, found: Found) -> None:
    name = pipeline.pipeline_name
    before = read_json(own.descriptor, f"{name}/{_STATE}", _STATE_BYTES)
    attributes, was_active = dict(pipeline.__dict__), pipeline.is_active
    own.write_note(name, {**found.origin, "tries": _read_tries(found.origin) + 1})
    _set_aside(own, name)
    os.rename(name, name, src_dir_fd=ended.descriptor, dst_dir_fd=own.descriptor)
    try:
        _use_paths_of(own, name, before)
        if not construct_again(pipeline):
            raise CannotContinue("the pipeline was created before Pumphouse's hook was loaded")
    except Exception as error:
        _undo(ended, own, name)
        pipeline.__dict__.clear()
        pipeline.__dict__.update(attributes)
        if was_active:
            pipeline.is_active = False
            pipeline.activate()
        raise CannotContinue(f"{type(error).__name__}: {error}") from error
    remove_tree(own.descriptor, f"{_SAVED}{name}")


def _read_tries(origin: dict) -> int:
    tries = origin.get("tries")
    return tries if isinstance(tries, int) and 0 <= tries < 1000 else 0


def _set_aside(own: AttemptFolder, name: str) -> None:
    remove_tree(own.descriptor, f"{_SAVED}{name}")
    try:
        os.rename(name, f"{_SAVED}{name}", src_dir_fd=own.descriptor, dst_dir_fd=own.descriptor)
    except FileNotFoundError:
        # A pipeline of an older dlt has no folder before it writes.
        pass


def _undo(ended: AttemptFolder, own: AttemptFolder, name: str) -> None:
    os.rename(name, name, src_dir_fd=own.descriptor, dst_dir_fd=ended.descriptor)
    own.write_note(name, None)
    try:
        os.rename(f"{_SAVED}{name}", name, src_dir_fd=own.descriptor, dst_dir_fd=own.descriptor)
    except FileNotFoundError:
        pass


def _use_paths_of(own: AttemptFolder, name: str, before: dict) -> None:
    """
    Write the paths of this attempt into the state: dlt resolves names of local files, as of a DuckDB database, from the
    folder in which a pipeline was created.
    """
    folder = own.open_pipeline(name)
    if folder is None:
        raise OSError("The folder of the pipeline cannot be opened")
    try:
        state, path = read_json(folder, _STATE, _STATE_BYTES), before.get("_local", {}).get("initial_cwd")
        if not state or path is None or state.get("_local", {}).get("initial_cwd") == path:
            return
        state["_local"]["initial_cwd"] = path
        draft = os.open(f"{_STATE}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
        with open(draft, "w", encoding="utf-8") as file:
            json.dump(state, file)
        os.replace(f"{_STATE}.new", _STATE, src_dir_fd=folder, dst_dir_fd=folder)
    finally:
        os.close(folder)
