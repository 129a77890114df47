"""Wraps the methods of dlt's `Pipeline` that write: to its working folder, to the destination, or to both."""

from __future__ import annotations

import functools
import sys
import threading
from typing import Any, Callable

from .constructor import wrap_constructor
from .dashboard_table import watch_dashboard
from .steps import LOAD_STEPS, STEPS
from .writing_call import WritingCall

# Methods that a version of dlt does not have are left out. Everything else only reads, or is called by these.
_WRITING = (
    "run",
    "extract",
    "normalize",
    "load",
    "sync_destination",
    "sync_schema",
    "drop",
    "drop_pending_packages",
    "abort_packages",
    "fail_pending_job",
    "retry_failed_job",
)
_MARK = "_pumphouse_writes"
# Also called by `run`.
_LOAD = "load"
# `dlt.attach` synchronizes a pipeline that it does not find locally; it does so in order to read.
_ATTACH_MODULE = "dlt.pipeline"
_ATTACH = "attach"
_ATTACH_DEPTH = 12


class _Calls(threading.local):
    """The pipelines, by id, in whose writing calls the current thread is."""

    def __init__(self) -> None:
        self.open: set[int] = set()


def install(module: Any) -> None:
    """Wrap the class in dlt's module `dlt.pipeline.pipeline`, once."""
    pipeline_type = module.Pipeline
    if getattr(pipeline_type.run, _MARK, False):
        return
    calls = _Calls()
    watch_dashboard()
    wrap_constructor(pipeline_type)
    for name in _WRITING:
        method = pipeline_type.__dict__.get(name)
        if callable(method):
            setattr(pipeline_type, name, _wrap(_with_load_steps(method) if name == _LOAD else method, calls))


def _wrap(original: Callable[..., Any], calls: _Calls) -> Callable[..., Any]:
    @functools.wraps(original)
    def write(self, *args, **kwargs):
        key = id(self)
        if key in calls.open or _is_of_attach(original.__name__):
            return original(self, *args, **kwargs)
        calls.open.add(key)
        try:
            call = WritingCall(self, original, args, kwargs)
            for step in STEPS:
                step(call)
                if call.is_answered:
                    return call.result
            return original(self, *args, **kwargs)
        finally:
            calls.open.discard(key)

    setattr(write, _MARK, True)
    return write


def _with_load_steps(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def load(self, *args, **kwargs):
        for step in LOAD_STEPS:
            step(WritingCall(self, original, args, kwargs))
        return original(self, *args, **kwargs)

    return load


def _is_of_attach(name: str) -> bool:
    if name != "sync_destination":
        return False
    frame = sys._getframe(2)
    for _ in range(_ATTACH_DEPTH):
        if frame is None:
            return False
        if frame.f_code.co_name == _ATTACH and frame.f_globals.get("__name__") == _ATTACH_MODULE:
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False
