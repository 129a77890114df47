"""Times at which user code waits for another run."""

from __future__ import annotations

import threading

from pumphouse_bootstrap.spool import Spool


class WaitingTimes:
    """Records waits in the spool; simultaneous ones count once."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._changing = threading.Lock()
        self._open = 0

    def begin(self) -> None:
        with self._changing:
            self._open += 1
            if self._open == 1:
                self._spool.append("waiting", begun=True)

    def end(self) -> None:
        with self._changing:
            self._open -= 1
            if self._open == 0:
                self._spool.append("waiting", begun=False)
