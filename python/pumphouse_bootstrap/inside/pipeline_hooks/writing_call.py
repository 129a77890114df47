"""A call of user code that writes with a pipeline."""

from __future__ import annotations

import inspect
from typing import Any, Callable


class WritingCall:
    """The outermost call of a writing method of one `Pipeline` object; `run` itself calls `extract` and others."""

    def __init__(self, pipeline: Any, method: Callable[..., Any], args: tuple, kwargs: dict[str, Any]) -> None:
        self.pipeline = pipeline
        self.method_name: str = method.__name__
        self._method = method
        self._args = args
        self._kwargs = kwargs
        self.is_answered = False
        self.result: Any = None

    def answer(self, result: Any) -> None:
        """Return this to the caller, in place of making the call."""
        self.is_answered = True
        self.result = result

    def read_argument(self, name: str) -> Any:
        """Return an argument that the caller passed; None if it did not, or if the method has no such parameter."""
        if name in self._kwargs:
            return self._kwargs[name]
        try:
            return inspect.signature(self._method).bind(self.pipeline, *self._args, **self._kwargs).arguments.get(name)
        except TypeError:
            # The call fails by itself.
            return None
