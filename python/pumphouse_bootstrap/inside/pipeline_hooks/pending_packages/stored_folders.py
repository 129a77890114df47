"""
Asks the bootstrap for working folders that the server keeps, and tells it where packages are loaded to: what was loaded to
local data is lost with the pod, unless the run ends in time to store it.
"""

from __future__ import annotations

import json
import threading
from typing import Any

from ..ask_bootstrap import ask
from ..writing_call import WritingCall

# How deep configurations are nested.
_MAX_DEPTH = 4
_LOCAL_DRIVERS = ("sqlite", "duckdb")
_LOCAL_TYPES = ("duckdb",)


class StoredFolders:
    """Folders of other attempts are asked for once for each pipeline: the run has the pipeline until its end."""

    def __init__(self) -> None:
        self._asked: set[str] = set()
        self._changing = threading.Lock()

    def take(self, pipeline: str) -> None:
        """Return once the folders of this pipeline are below the folder of all attempts."""
        with self._changing:
            if pipeline in self._asked:
                return
            self._asked.add(pipeline)
        try:
            ask("pipeline_folders", json.dumps({"pipeline": pipeline}).encode())
        except (OSError, ValueError):
            # The bootstrap has ended, and this process is about to.
            pass


def begin_load(call: WritingCall) -> None:
    """Before a pipeline loads packages: tell whether its destination is in the local data of this attempt."""
    set_destination(call.pipeline, read_destination(call))
    message = {"pipeline": call.pipeline.pipeline_name, "is_local": is_local(call.pipeline)}
    try:
        ask("pipeline_load", json.dumps(message).encode())
    except (OSError, ValueError):
        pass


def read_destination(call: WritingCall) -> dict[str, Any]:
    """Return what a call brings for `set_destination`."""
    return {name: call.read_argument(name) for name in ("destination", "staging", "dataset_name", "credentials")}


def set_destination(pipeline, arguments: dict) -> None:
    """Tell the pipeline what the call brings, as the call itself is about to: the packages have to fit it."""
    destination, staging = arguments.get("destination"), arguments.get("staging")
    if destination is not None or staging is not None:
        pipeline._set_destinations(
            destination=destination, destination_credentials=arguments.get("credentials"), staging=staging
        )
    if arguments.get("dataset_name") is not None:
        pipeline._set_dataset_name(arguments["dataset_name"])


def is_local(pipeline: Any) -> bool:
    """
    Report whether the destination of a pipeline is a file or a folder. True if that is unknown: then packages are loaded
    again if the pod is lost, and no row is.
    """
    try:
        config = pipeline.destination_client().config
    except Exception:
        # The load itself raises it, or no package is there to be loaded.
        return True
    if str(getattr(config, "destination_type", "")).rpartition(".")[2] in _LOCAL_TYPES:
        return True
    return _has_local_part(config, _MAX_DEPTH)


def _has_local_part(config: Any, depth: int) -> bool:
    """Look for a file system or a driver of this machine in a configuration and those in it."""
    if getattr(config, "is_local_filesystem", None) is True or getattr(config, "drivername", None) in _LOCAL_DRIVERS:
        return True
    if depth == 0:
        return False
    for name, value in vars(config).items():
        if name.endswith("uri") and isinstance(value, str) and "://" not in value:
            return True
        if hasattr(type(value), "__is_configspec__") or hasattr(value, "get_resolvable_fields"):
            if _has_local_part(value, depth - 1):
                return True
    return False
