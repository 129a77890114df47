"""Import dlt with less work than a plain import."""

from __future__ import annotations

import gc
import importlib
import platform
import sys


def preload_dlt(launcher: str) -> None:
    """
    Import a launcher, and with it dlt, without looking for garbage meanwhile: nothing that an import creates is garbage.

    A failed import is ignored: the launcher repeats it and reports it.
    """
    detect_with_file = getattr(platform, "_syscmd_file", None)
    # croniter asks for the word size, for which `platform` would execute `file`; the interpreter knows it too.
    if detect_with_file is not None:
        platform._syscmd_file = lambda target, default="": default  # type: ignore[attr-defined]
    gc.disable()
    try:
        importlib.import_module(launcher)
    except Exception:
        pass
    finally:
        # What exists now is never collected, so that later collections skip it.
        gc.freeze()
        gc.enable()
        if detect_with_file is not None:
            platform._syscmd_file = detect_with_file  # type: ignore[attr-defined]
    forget_module(launcher)


def forget_module(name: str) -> None:
    """Make the next import execute the module again, as `runpy` expects of a module that it runs."""
    if sys.modules.pop(name, None) is None:
        return
    parent, _, attribute = name.rpartition(".")
    if parent in sys.modules:
        sys.modules[parent].__dict__.pop(attribute, None)
