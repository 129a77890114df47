"""A job that may run any number of times at once. No database file is shared, so no run waits for another's turn."""

import time

import dlt.hub.run as run

__all__ = ["together"]


@run.job(execute={"concurrency": None})
def together():
    print(time.time_ns())
