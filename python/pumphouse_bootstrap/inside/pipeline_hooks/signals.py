"""Signals that dlt has noted."""

from __future__ import annotations

import sys
from typing import Callable


def check_signals() -> None:
    """Raise dlt's exception if the run is to end: dlt notes a signal and leaves it to waits like ours to end."""
    raise_if_signalled: Callable[[], None] | None
    raise_if_signalled = getattr(sys.modules.get("dlt.common.runtime.signals"), "raise_if_signalled", None)
    if raise_if_signalled is not None:
        raise_if_signalled()
