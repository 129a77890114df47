"""A module as the program, like `python -m`."""

from __future__ import annotations

import importlib.machinery
import os
import runpy
import sys
import types


def run_as_main(name: str, arguments: list[str]) -> None:
    """Run a module as `python -m <name> <arguments>` does; returns or raises at its end."""
    become_main(name, arguments)
    runpy._run_module_as_main(name)  # type: ignore[attr-defined]


def become_main(name: str, arguments: list[str]) -> None:
    """Give the interpreter what it has when `python -m <name> <arguments>` begins."""
    sys.argv = ["-m", *arguments]
    sys.orig_argv = [sys.executable, "-u", "-m", name, *arguments]
    if not getattr(sys.flags, "safe_path", False):
        sys.path.insert(0, os.getcwd())
    main = types.ModuleType("__main__")
    main.__dict__.update(__loader__=importlib.machinery.BuiltinImporter, __builtins__=sys.modules["builtins"])
    if sys.version_info < (3, 14):
        main.__dict__["__annotations__"] = {}
    sys.modules["__main__"] = main
