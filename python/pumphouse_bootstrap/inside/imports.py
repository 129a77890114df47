"""What an interpreter imports before the run that it serves is known."""

from __future__ import annotations

import gc
import importlib
import sys

from pumphouse_bootstrap.inside.launch.launch import hide_own_modules
from pumphouse_bootstrap.inside.launch.preload import preload_dlt
from pumphouse_bootstrap.inside.read_variables import record_variables

_LAUNCHERS = "dlt._workspace.deployment.launchers"


def import_ahead(optional_modules: list[str]) -> list[str]:
    """
    Import dlt and its launchers, and `optional_modules` if the environment has them. Return the names of the
    variables that were read meanwhile. This package is hidden from then on, and nothing more of it can be imported.
    """
    with record_variables() as names:
        for launcher in ("job", "module"):
            preload_dlt(f"{_LAUNCHERS}.{launcher}")
        gc.disable()
        for name in optional_modules:
            try:
                importlib.import_module(name)
            except Exception:
                continue
        gc.enable()
    if (ssl := sys.modules.get("ssl")) is not None:
        # Creates the generators of random numbers, which each run seeds anew (fresh_process).
        ssl.RAND_status()
    hide_own_modules()
    gc.collect()
    gc.freeze()
    return sorted(names)
