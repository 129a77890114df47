"""Moves the working folder that an ended attempt left to this attempt, and makes a pipeline continue in it."""

from __future__ import annotations

import inspect
import json
import os

from .kept_folders import AttemptFolder, remove_tree, take_ended
from .packages import describe_pending, has_pending, read_json

_STATE = "state.json"
_STATE_BYTES = 256 * 1024 * 1024
_SAVED = ".replaced-"


class CannotContinue(Exception):
    """The pipeline cannot use the working folder, for example because a newer dlt has written it."""


class Found:
    """A working folder that an ended attempt left."""

    def __init__(self, origin: dict, state: dict, packages: list[dict], position: int) -> None:
        self.origin = origin
        self.state = state
        self.packages = packages
        # How many folders of this pipeline were passed by before this one.
        self.position = position

    @property
    def is_first_load(self) -> bool:
        """Whether the pipeline had loaded nothing before: its dataset need not exist."""
        return bool(self.state.get("_local", {}).get("first_run"))


def take_over(root: int, own: AttemptFolder, pipeline, skip: int) -> Found | None:
    """
    Move the oldest working folder of this pipeline that has pending packages into the attempt's folder, and construct
    the pipeline in it again. None if there is none. `skip`: how many folders to pass by.

    Raises CannotContinue; the folder is where it was then, and the pipeline has its own again.
    """
    position = 0
    for ended in take_ended(root, own.attempt):
        found = _look_into(ended, pipeline.pipeline_name, position)
        if found is None:
            continue
        position += 1
        if position <= skip or not _is_for(pipeline, found.state):
            continue
        _exchange(ended, own, pipeline, found)
        return found
    return None


def _look_into(ended: AttemptFolder, name: str, position: int) -> Found | None:
    folder = ended.open_pipeline(name)
    if folder is None:
        return None
    try:
        if not has_pending(folder):
            return None
        state = read_json(folder, _STATE, _STATE_BYTES)
        return Found(ended.read_origin(name), state, describe_pending(folder), position)
    finally:
        os.close(folder)


def _is_for(pipeline, state: dict) -> bool:
    """Report whether the packages were extracted for the destination and the dataset of the pipeline."""
    destination = getattr(pipeline, "_destination", None)
    kind, dataset = state.get("destination_type"), state.get("dataset_name")
    if destination is not None and kind is not None:
        name = state.get("destination_name")
        if kind != destination.destination_type or name != getattr(destination, "configured_name", name):
            return False
    return dataset is None or pipeline.dataset_name is None or dataset == pipeline.dataset_name


def _exchange(ended: AttemptFolder, own: AttemptFolder, pipeline, found: Found) -> None:
    name = pipeline.pipeline_name
    before = read_json(own.descriptor, f"{name}/{_STATE}", _STATE_BYTES)
    own.write_note(name, {**found.origin, "tries": _read_tries(found.origin) + 1})
    _set_aside(own, name)
    os.rename(name, name, src_dir_fd=ended.descriptor, dst_dir_fd=own.descriptor)
    try:
        _use_paths_of(own, name, before)
        construct_again(pipeline)
    except Exception as error:
        _construct_in_own(ended, own, pipeline)
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


def _construct_in_own(ended: AttemptFolder, own: AttemptFolder, pipeline) -> None:
    """Undo: the working folder goes back, and the pipeline gets what it had."""
    name = pipeline.pipeline_name
    os.rename(name, name, src_dir_fd=own.descriptor, dst_dir_fd=ended.descriptor)
    own.write_note(name, None)
    try:
        os.rename(f"{_SAVED}{name}", name, src_dir_fd=own.descriptor, dst_dir_fd=own.descriptor)
    except FileNotFoundError:
        pass
    construct_again(pipeline)


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


def construct_again(pipeline) -> None:
    """Run the constructor in place, with what the pipeline was created with, so that it attaches to its folder."""
    schemas = pipeline._schema_storage_config
    values = {
        "pipeline_name": pipeline.pipeline_name,
        "pipelines_dir": pipeline.pipelines_dir,
        "pipeline_salt": getattr(pipeline, "pipeline_salt", None),
        "destination": getattr(pipeline, "_destination", None),
        "staging": getattr(pipeline, "_staging", None),
        "dataset_name": pipeline.dataset_name,
        "import_schema_path": schemas.import_schema_path,
        "export_schema_path": schemas.export_schema_path,
        "dev_mode": False,
        "progress": pipeline.collector,
        "must_attach_to_local_pipeline": False,
        "config": pipeline.config,
        "runtime": getattr(pipeline, "runtime_config", None),
        "refresh": getattr(pipeline, "refresh", None),
    }
    wanted = [name for name in inspect.signature(type(pipeline).__init__).parameters if name != "self"]
    unknown = [name for name in wanted if name not in values]
    if unknown:
        raise TypeError(f"this version of dlt creates pipelines with {', '.join(unknown)}")
    was_active = pipeline.is_active
    if was_active:
        pipeline.deactivate()
    pipeline.__init__(**{name: values[name] for name in wanted})
    if was_active:
        pipeline.activate()
