"""Remembers how each `Pipeline` was constructed, so that a step can construct it once more in place."""

from __future__ import annotations

import functools
from typing import Any, Callable

_ATTRIBUTE = "_pumphouse_construction"
# What user code may set on a pipeline after its constructor.
_SETTABLE = ("destination", "staging", "dataset_name", "collector", "refresh")


class _Construction:
    """The constructor of dlt's own class, its arguments, and what it made of them."""

    def __init__(self, constructor: Callable[..., None], args: tuple, kwargs: dict[str, Any]) -> None:
        self.constructor = constructor
        self.args = args
        self.kwargs = kwargs
        self.made: dict[str, Any] = {}


def wrap_constructor(pipeline_type: type) -> None:
    """Keep the arguments of each constructor call, those of `drop` included."""
    original = pipeline_type.__init__

    @functools.wraps(original)
    def construct(self, *args, **kwargs):
        construction = _Construction(original, args, kwargs)
        original(self, *args, **kwargs)
        construction.made = _read_settable(self)
        self.__dict__[_ATTRIBUTE] = construction

    pipeline_type.__init__ = construct  # type: ignore[method-assign,misc]


def construct_again(pipeline: Any) -> bool:
    """
    Construct a pipeline in place, as if its working folder had been there from the start. What user code has set on it
    since then stays.

    Returns False, and changes nothing, for a pipeline that was constructed before the hook was installed. Raises what
    dlt's constructor raises. With `dev_mode`, dlt's constructor deletes the working folder.
    """
    construction: _Construction | None = pipeline.__dict__.get(_ATTRIBUTE)
    if construction is None:
        return False
    changed = {
        name: value for name, value in _read_settable(pipeline).items() if value is not construction.made.get(name)
    }
    was_active = pipeline.is_active
    if was_active:
        pipeline.deactivate()
    # dlt's own constructor: that of a subclass may take other arguments, and it called this one.
    construction.constructor(pipeline, *construction.args, **construction.kwargs)
    construction.made = _read_settable(pipeline)
    for name, value in changed.items():
        setattr(pipeline, name, value)
    if was_active:
        pipeline.activate()
    return True


def _read_settable(pipeline: Any) -> dict[str, Any]:
    return {name: getattr(pipeline, name, None) for name in _SETTABLE}
