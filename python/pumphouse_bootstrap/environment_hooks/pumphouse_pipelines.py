"""
Runs steps of Pumphouse before user code writes with a pipeline of dlt, such as waiting for another run of the pipeline.

A .pth file loads this in every Python process of an environment, so it imports nothing itself and never raises. Only a
process of a run has the variable below. It names the folder of the program, which belongs to the run's bootstrap: an
environment that was built earlier gets today's steps.
"""

import os
import sys

_MODULE = "dlt.pipeline.pipeline"
_PROGRAM = "_pumphouse_pipelines"
_VARIABLE = "PUMPHOUSE_PIPELINE_HOOKS"


class _PipelineFinder:
    """Finds dlt's module of pipelines through the other finders and adds a step to its execution. Ignores other imports."""

    def find_spec(self, name, path=None, target=None):
        if name != _MODULE:
            return None
        for finder in list(sys.meta_path):
            find_spec = None if finder is self else getattr(finder, "find_spec", None)
            spec = find_spec(name, path, target) if find_spec is not None else None
            if spec is not None:
                _watch_loader(spec.loader)
                return spec
        return None


def _watch_loader(loader):
    execute = getattr(loader, "exec_module", None)
    if execute is None:
        return

    def execute_and_install(module):
        execute(module)
        _install(module)

    try:
        loader.exec_module = execute_and_install
    except AttributeError:
        # The loader takes no attributes: dlt stays as it is.
        pass


def _install(module):
    try:
        import importlib.util

        folder = os.environ[_VARIABLE]
        if _PROGRAM not in sys.modules:
            spec = importlib.util.spec_from_file_location(
                _PROGRAM, os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
            )
            sys.modules[_PROGRAM] = importlib.util.module_from_spec(spec)
        importlib.import_module(_PROGRAM + ".hook").install(module)
    except Exception as error:
        print(f"pumphouse: pipelines run without Pumphouse's steps: {error!r}", file=sys.stderr)


if _VARIABLE in os.environ:
    sys.meta_path.insert(0, _PipelineFinder())
    if _MODULE in sys.modules:
        _install(sys.modules[_MODULE])
