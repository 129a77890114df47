"""
Lets a load go on if a job that it repeats has loaded its rows before.

A job whose run died after its transaction, and before its package recorded that, is repeated. Where `_dlt_id` is unique, as
dlt makes it in Postgres, its rows are rejected then, in this run and in every later one. A job is one transaction, so all
of its rows are there. SQL jobs are left alone: they may have several transactions.
"""

from __future__ import annotations

import contextlib
import functools
from typing import Any, Callable, Iterator

from .packages import list_jobs, open_normalized

_UNIQUE_VIOLATION = "23505"
_ROW_ID = "_dlt_id"
_MAX_CAUSES = 10


def list_repeated(pipeline: int, is_behind: bool = False) -> set[str]:
    """
    Return the jobs of a working folder that may be at the destination although their package does not say so, as
    `<table>.<id of the file>`: those that had started, and those that are tried again. `is_behind`: jobs may have been loaded
    since the folder was recorded, so all that are left.
    """
    found: set[str] = set()
    for package in open_normalized(pipeline):
        found.update(_name(job) for job in list_jobs(package, "started_jobs"))
        found.update(_name(job) for job in list_jobs(package, "new_jobs") if is_behind or job.split(".")[2:3] != ["0"])
    return found


@contextlib.contextmanager
def accept_loaded_rows(repeated: set[str], note: Callable[[str], None]) -> Iterator[None]:
    """While this is open, a job of `repeated` is complete if its rows are at the destination; `note` gets its name."""
    if not repeated:
        yield
        return
    from dlt.common.destination.client import RunnableLoadJob

    original = RunnableLoadJob.run_managed

    @functools.wraps(original)
    def run_managed(job: Any, *args: Any, **kwargs: Any) -> None:
        name = _name(job.file_name())
        if name in repeated and not job.file_name().endswith(".sql"):
            job.run = _accepting(job.run, lambda: note(name))
        original(job, *args, **kwargs)

    RunnableLoadJob.run_managed = run_managed
    try:
        yield
    finally:
        RunnableLoadJob.run_managed = original


def _accepting(run: Callable[[], None], note: Callable[[], None]) -> Callable[[], None]:
    def run_once() -> None:
        try:
            run()
        except Exception as error:
            if not _is_loaded_before(error):
                raise
            note()

    return run_once


def _is_loaded_before(error: BaseException | None) -> bool:
    """Report whether an error was caused by a row whose `_dlt_id` is there already."""
    for _ in range(_MAX_CAUSES):
        if error is None:
            return False
        code = getattr(error, "pgcode", None) or getattr(error, "sqlstate", None)
        if code == _UNIQUE_VIOLATION:
            return _ROW_ID in str(error)
        error = getattr(error, "dbapi_exception", None) or error.__cause__ or error.__context__
    return False


def _name(job: str) -> str:
    return ".".join(job.split(".")[:2])
