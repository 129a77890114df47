"""Give a forked interpreter what a new one would have of its own: environment, random numbers, clocks, caches."""

from __future__ import annotations

import os
import sys
import time


def reset(variables: dict[str, str]) -> None:
    """Replace the environment, and reset the state that modules took from the template's process."""
    os.environ.clear()
    os.environ.update(variables)
    time.tzset()
    # The environment's hooks found no run when the template started; the launch loads them again.
    for hook in ("pumphouse_database_locks", "pumphouse_pipelines"):
        sys.modules.pop(hook, None)
    for name, reset_module in (
        ("tempfile", _reset_temporary_folders),
        ("ssl", _reset_openssl),
        ("multiprocessing.process", _reset_multiprocessing),
        ("logging", _reset_logging),
        ("dlt.common.time", _reset_dlt_time_zone),
    ):
        if (module := sys.modules.get(name)) is not None:
            reset_module(module)


def _reset_temporary_folders(module) -> None:
    module.tempdir = None
    # It recognises a fork by the pid, and user code of all runs is pid 2.
    module._name_sequence = None


def _reset_openssl(module) -> None:
    # OpenSSL recognises a fork by the pid, too: without this, two runs could draw the same bytes.
    module.RAND_add(os.urandom(32), 32.0)


def _reset_multiprocessing(module) -> None:
    # The key by which processes of one program know each other: other runs must not share it.
    module.current_process().authkey = os.urandom(32)


def _reset_logging(module) -> None:
    now = time.time_ns() if sys.version_info >= (3, 13) else time.time()
    module._startTime = now


def _reset_dlt_time_zone(module) -> None:
    read_again = getattr(module, "set_context_timezone", None)
    if read_again is not None:
        read_again(None)
