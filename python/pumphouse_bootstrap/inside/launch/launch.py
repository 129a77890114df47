"""Run a launcher as `python -m` would, in less time."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import sys
from functools import partial
from typing import NoReturn

from pumphouse_bootstrap.inside.launch.inputs import append_to_execution, prepare_inputs
from pumphouse_bootstrap.inside.launch.leaving import leave, report_end
from pumphouse_bootstrap.inside.launch.main_module import run_as_main
from pumphouse_bootstrap.inside.launch.manifest_launcher import MANIFEST_LAUNCHER, build_manifest
from pumphouse_bootstrap.inside.launch.module_launcher import resolve_module
from pumphouse_bootstrap.inside.launch.preload import preload_dlt
from pumphouse_bootstrap.inside.launch.request import MODULE_LAUNCHER, request_launch

_OWN_PACKAGE = "pumphouse_bootstrap"
# The hooks that only runs load, each with the variable by which a run asks for it.
_RUN_HOOKS = {
    "pumphouse_database_locks": "PUMPHOUSE_DATABASE_LOCKS",
    "pumphouse_pipelines": "PUMPHOUSE_PIPELINE_HOOKS",
}


def launch(descriptor: int) -> None:
    """
    Run the launcher that the request names, and end the process with its exit code.

    Without `quick`, the interpreter starts, runs and ends as usual.
    """
    with os.fdopen(descriptor, "rb") as file:
        request = json.load(file)
    launcher, arguments = request["launcher"], request["arguments"]
    hide_own_modules()
    if launcher == MANIFEST_LAUNCHER:
        return run_launcher(launcher, arguments)
    if request["anew"] and launcher == MODULE_LAUNCHER:
        # Without the workspace on the path yet, so that dlt gets its own dependencies.
        preload_dlt(launcher)
        start_anew(launcher, arguments)
    if not request["quick"]:
        _load_run_hooks()
        script_arguments = prepare_inputs(launcher, arguments)
        if script_arguments:
            append_to_execution(script_arguments)
        return run_as_main(launcher, arguments)
    preload_dlt(launcher)
    run_launcher(launcher, arguments)


def start_anew(launcher: str, arguments: list[str]) -> NoReturn:
    """
    Replace this interpreter, which has imported what user code must be the first to import, by one that starts as
    `python -m` does.
    """
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    if launcher == MODULE_LAUNCHER:
        script_arguments = prepare_inputs(launcher, arguments)
        module, arguments = resolve_module(launcher, arguments)
        os.execv(sys.executable, [sys.executable, "-u", "-m", module, *arguments, *script_arguments])
    program = request_launch(launcher, arguments, quick=False, anew=False)
    os.execv(sys.executable, [sys.executable, "-u", *program])


def run_launcher(launcher: str, arguments: list[str]) -> None:
    """
    Run a launcher in this interpreter, which has imported dlt and hides this package, and end the process with its exit code.
    """
    _load_run_hooks()
    script_arguments = prepare_inputs(launcher, arguments)
    if launcher == MODULE_LAUNCHER:
        # The launcher of scripts would start a second interpreter, which would import dlt once more.
        launcher, arguments = resolve_module(launcher, arguments)
        arguments = [*arguments, *script_arguments]
    preloaded = frozenset(sys.modules)
    run = build_manifest if launcher == MANIFEST_LAUNCHER else partial(run_as_main, launcher)
    try:
        run(arguments)
        code: int | str = 0
    except BaseException as error:
        code = report_end(error)
    leave(code, preloaded)


def hide_own_modules() -> None:
    """Keep only references from here: user code sees the modules that it would see without this package."""
    for name in [name for name in sys.modules if name.partition(".")[0] == _OWN_PACKAGE]:
        del sys.modules[name]


def _load_run_hooks() -> None:
    """
    Load the hooks, unless the environment has them: one that was built earlier has not. A hook is therefore one file that
    imports no other of ours, and the hooks repeat their finder.
    """
    bootstrap = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    for name, variable in _RUN_HOOKS.items():
        if variable not in os.environ or name in sys.modules:
            continue
        spec = importlib.util.spec_from_file_location(name, f"{bootstrap}/environment_hooks/{name}.py")
        if spec is not None and spec.loader is not None:
            sys.modules[name] = module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
