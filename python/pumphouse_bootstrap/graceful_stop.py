"""
A stop that the bootstrap carries out itself: the executor can send one signal only, as Kubernetes does.
"""

from __future__ import annotations

import signal
import time

_SECOND_WAIT_SECONDS = 2.0


class GracefulStop:
    """SIGTERM again after the grace period (dlt exits on the second one), then SIGKILL."""

    def __init__(self, grace_seconds: float | None) -> None:
        """`grace_seconds`: None if the executor carries out the stop."""
        self._grace_seconds = grace_seconds
        self._steps: list[tuple[float, int]] = []
        self.has_begun = False

    def begin(self) -> None:
        """The first signal has been sent to user code."""
        if self._grace_seconds is None or self.has_begun:
            return
        self.has_begun = True
        again_at = time.monotonic() + self._grace_seconds
        kill_at = again_at + min(_SECOND_WAIT_SECONDS, self._grace_seconds)
        self._steps = [(again_at, signal.SIGTERM), (kill_at, signal.SIGKILL)]

    def next_seconds(self) -> float | None:
        """Time until the next step; None if there is none."""
        return max(0.0, self._steps[0][0] - time.monotonic()) if self._steps else None

    def next_step(self) -> int | None:
        """The step that is due now, which is then done."""
        if not self._steps or time.monotonic() < self._steps[0][0]:
            return None
        return self._steps.pop(0)[1]
