"""
Makes `from dlt.hub import run` work where the package `dlthub` is not installed.

`dlt.hub.run` is part of dlt, but `dlt.hub` refuses every attribute unless `dlthub` is there. The module is left as it is until
its attribute `run` is asked for; then its own submodule is imported. Loaded by pumphouse_dlt_hub.pth in every Python process of an
environment, so it imports nothing and fails for nobody.
"""

import sys

_HUB = "dlt.hub"
_RUN = "dlt.hub.run"


class _HubFinder:
    """Finds `dlt.hub` as everybody else does, and changes how it is executed. Every other import passes by."""

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
        # A loader that takes no attributes: dlt.hub stays as it is.
        pass


def _open_run(module):
    refuse = module.__dict__.get("__getattr__")
    if refuse is None:
        return

    def find_attribute(name):
        if name == "run":
            import importlib

            try:
                return importlib.import_module(_RUN)
            except ModuleNotFoundError as error:
                # An older dlt has no such module; what that module itself misses is worth knowing.
                if error.name != _RUN:
                    raise
        return refuse(name)

    module.__getattr__ = find_attribute


sys.meta_path.insert(0, _HubFinder())
