"""
Lets the address of dlt's dashboard name a table: `?pipeline=shop&table=orders`.

The dashboard reads `pipeline` itself, and always opens at the first table.
"""

from __future__ import annotations

import functools
import sys
from typing import Any, Callable

_MODULE = "dlt._workspace.helpers.dashboard.utils.ui"
_FUNCTION = "dlt_table"
_PARAMETER = "table"
_MARK = "_pumphouse_selects"


class _DashboardFinder:
    """Finds the module through the other finders and adds a step to its execution. Ignores every other import."""

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


def watch_dashboard() -> None:
    """Wrap the function that shows lists of tables, as soon as the dashboard is imported."""
    if _MODULE in sys.modules:
        _install(sys.modules[_MODULE])
    else:
        sys.meta_path.insert(0, _DashboardFinder())


def _watch_loader(loader: Any) -> None:
    execute = getattr(loader, "exec_module", None)
    if execute is None:
        return

    def execute_and_install(module):
        execute(module)
        _install(module)

    try:
        loader.exec_module = execute_and_install
    except AttributeError:
        # The loader takes no attributes: the dashboard opens at its first table.
        pass


def _install(module: Any) -> None:
    original = module.__dict__.get(_FUNCTION)
    if callable(original) and not getattr(original, _MARK, False):
        setattr(module, _FUNCTION, _select_table(original, module))


def _select_table(original: Callable[..., Any], module: Any) -> Callable[..., Any]:
    @functools.wraps(original)
    def show(data, *args, **kwargs):
        # Of the dashboard's lists, only that of the tables to query selects its first row and no more than one.
        if kwargs.get("selection") == "single" and kwargs.get("initial_selection") == [0]:
            kwargs["initial_selection"] = [_find_row(data, module)]
        return original(data, *args, **kwargs)

    setattr(show, _MARK, True)
    return show


def _find_row(data: Any, module: Any) -> int:
    """Return the row of the table that the address names; the first one without such a table."""
    try:
        name = module.mo.query_params().get(_PARAMETER)
        return [row.get("name") for row in data].index(name)
    except Exception:
        # Another version of marimo or of the dashboard.
        return 0
