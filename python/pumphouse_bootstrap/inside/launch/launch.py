"""Run a launcher as `python -m` would, in less time."""

from __future__ import annotations

import json
import os
import sys

from pumphouse_bootstrap.inside.launch.leaving import leave, report_end
from pumphouse_bootstrap.inside.launch.main_module import run_as_main
from pumphouse_bootstrap.inside.launch.module_launcher import MODULE_LAUNCHER, resolve_module
from pumphouse_bootstrap.inside.launch.preload import preload_dlt

_OWN_PACKAGE = "pumphouse_bootstrap"


def launch(descriptor: int) -> None:
    """
    Run the launcher that the request names, and end the process with its exit code.

    Without `quick`, the interpreter starts, runs and ends as usual.
    """
    with os.fdopen(descriptor, "rb") as file:
        request = json.load(file)
    launcher, arguments = request["launcher"], request["arguments"]
    _hide_own_modules()
    if not request["quick"]:
        return run_as_main(launcher, arguments)
    preload_dlt(launcher)
    if launcher == MODULE_LAUNCHER:
        # The launcher of scripts would start a second interpreter, which would import dlt once more.
        launcher, arguments = resolve_module(launcher, arguments)
    preloaded = frozenset(sys.modules)
    try:
        run_as_main(launcher, arguments)
        code = 0
    except BaseException as error:
        code = report_end(error)
    leave(code, preloaded)


def _hide_own_modules() -> None:
    """Keep only references from here: user code sees the modules that it would see without this package."""
    for name in [name for name in sys.modules if name.partition(".")[0] == _OWN_PACKAGE]:
        del sys.modules[name]
