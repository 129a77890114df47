"""
Makes `from dlt.hub import run` work without the package `dlthub`, and explains what does not.

`dlt.hub.run` is part of dlt, but `dlt.hub` refuses every attribute while `dlthub` is not installed. This hook
changes nothing until the attribute `run` of dlt.hub is read, and then imports that submodule. With `dlthub`
installed it never changes anything. A .pth file loads it in every Python process of an environment, so it
imports nothing itself and never raises.

The package in python/pumphouse-dlt-hook has the same code, for users' own machines.
"""

import sys

_HUB = "dlt.hub"
_RUN = "dlt.hub.run"


class _HubFinder:
    """Finds `dlt.hub` through the other finders and adds a step to its execution. Ignores other imports."""

    def find_spec(self, name, path=None, target=None):
        if name != _HUB:
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

    def execute_and_open(module):
        execute(module)
        _open_run(module)

    try:
        loader.exec_module = execute_and_open
    except AttributeError:
        # The loader takes no attributes: dlt.hub stays as it is.
        pass


def _open_run(module):
    refuse = module.__dict__.get("__getattr__")
    # dlt sets __found__ when `dlthub` is installed: then `run` needs no help.
    if refuse is None or module.__dict__.get("__found__"):
        return

    def find_attribute(name):
        if name == "run":
            import importlib

            try:
                return importlib.import_module(_RUN)
            except ModuleNotFoundError as error:
                # An older dlt has no such module. A missing module that dlt.hub.run imports is reported.
                if error.name != _RUN:
                    raise
        try:
            return refuse(name)
        except ImportError as error:
            if getattr(module.__dict__.get("__exception__"), "name", None) == "dlthub":
                # Runs cannot have the package that dlt names.
                error.msg = "dlt.hub.%s belongs to the proprietary package dlthub, which Pumphouse does not have. %s" % (
                    name,
                    "docs/move/hosted.md lists what to use instead.",
                )
            raise

    module.__getattr__ = find_attribute


sys.meta_path.insert(0, _HubFinder())
