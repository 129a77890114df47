"""Which environment variables modules read while they are imported: a run that sets one of them needs its own import."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

# Stands for code that looked at all variables.
ALL = "*"


@contextmanager
def record_variables() -> Iterator[set[str]]:
    """Yield a set that fills with the names of variables that are read meanwhile."""
    names: set[str] = set()
    plain = os.environ.__class__

    class Recorder(plain):  # type: ignore[misc, valid-type]
        def __getitem__(self, key):
            names.add(key)
            return super().__getitem__(key)

        def __contains__(self, key):
            names.add(key)
            return super().__contains__(key)

        def __iter__(self):
            names.add(ALL)
            return super().__iter__()

    os.environ.__class__ = Recorder
    try:
        yield names
    finally:
        os.environ.__class__ = plain
