"""
Makes user code wait for a database file of the local data that another run has open.

A .pth file loads this in every Python process of an environment, so it imports nothing itself and never raises. Only a
process of a run has the variable below. It names the folder of the program, which belongs to the run's bootstrap: an
environment that was built earlier gets today's locks.
"""

import os
import sys

_PROGRAM = "_pumphouse_database_locks"
_VARIABLE = "PUMPHOUSE_DATABASE_LOCKS"


class _DuckdbFinder:
    """Finds `duckdb` through the other finders and adds a step to its execution. Ignores every other import."""

    def find_spec(self, name, path=None, target=None):
        if name != "duckdb":
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
        # The loader takes no attributes: duckdb stays as it is.
        pass


def _install(duckdb):
    try:
        import importlib.util

        folder = os.environ[_VARIABLE]
        if _PROGRAM not in sys.modules:
            spec = importlib.util.spec_from_file_location(
                _PROGRAM, os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
            )
            sys.modules[_PROGRAM] = importlib.util.module_from_spec(spec)
        importlib.import_module(_PROGRAM + ".duckdb_hook").install(duckdb)
    except Exception as error:
        print(f"pumphouse: databases are opened without locks: {error!r}", file=sys.stderr)


if _VARIABLE in os.environ:
    sys.meta_path.insert(0, _DuckdbFinder())
    if "duckdb" in sys.modules:
        _install(sys.modules["duckdb"])
