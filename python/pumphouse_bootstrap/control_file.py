"""The input of the inside stage, in memory because it contains the run's secrets."""

from __future__ import annotations

import os

from pumphouse_bootstrap.inside.memory_file import write_memory_file
from pumphouse_bootstrap.preparation import BeginAnswer
from pumphouse_bootstrap.start_file import StartFile

ATTEMPT_ID_VARIABLE = "PUMPHOUSE_ATTEMPT_ID"


def describe_control(start: StartFile, begin: BeginAnswer, beacon_address: str) -> dict:
    """Return what any way to start user code needs: folders, launcher and variables."""
    variables = {
        **begin.variables,
        **_bypass_proxy(begin.variables),
        "RUNTIME__DLTHUB_DSN": beacon_address,
        ATTEMPT_ID_VARIABLE: start.attempt_id,
    }
    return {
        "work_folder": start.inside_work_folder,
        "environment": start.environment,
        "local_data": start.local_data,
        "local_folder": begin.local_folder,
        "artifacts": begin.artifacts,
        "database_locks": begin.database_locks,
        "pipelines": begin.pipelines,
        "profile": begin.profile,
        "launcher": begin.launcher,
        "arguments": begin.arguments,
        "private_arguments": begin.private_arguments,
        "variables": variables,
    }


def write_control(control: dict) -> int:
    """Return the descriptor of a file in memory, at its start."""
    return write_memory_file("control", control, os.MFD_CLOEXEC)


def _bypass_proxy(variables: dict[str, str]) -> dict[str, str]:
    """With a proxy configured, telemetry to the attempt's own loopback must bypass it."""
    if not any(name.lower() in ("http_proxy", "all_proxy") for name in variables):
        return {}
    listed = variables.get("no_proxy") or variables.get("NO_PROXY") or ""
    if listed.strip() == "*":
        return {}
    value = ",".join(filter(None, [listed, "127.0.0.1"]))
    return {"no_proxy": value, "NO_PROXY": value}
