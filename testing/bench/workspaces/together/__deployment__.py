"""A job without a concurrency limit. No database file is shared, so no run waits for another."""

import time

import dlt.hub.run as run

__all__ = ["together"]


@run.job(execute={"concurrency": None})
def together():
    print(time.time_ns())
