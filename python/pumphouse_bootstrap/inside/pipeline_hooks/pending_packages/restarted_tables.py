"""
Loads tables from their first job if one of their jobs may be at the destination already.

A job whose run died after its transaction, and before its package recorded that, would be repeated, and its rows would be there
twice: in a table that is replaced, which is emptied only once, or in the staging table of a merge. So all jobs of such a
table and of its nested tables begin anew, and dlt empties the tables again. Tables that are appended to stay as they are.

This process may be killed at any moment as well. Until everything else is done, the jobs that make it necessary stay as they
are, so that the next run begins it again.
"""

from __future__ import annotations

import json
import os

from .kept_folders import remove_tree
from .packages import exists, list_jobs, open_normalized, read_json

SCHEMA_BYTES = 64 * 1024 * 1024
# dlt prepares the tables of a package, and empties them, as long as there is this file.
_UPDATES = "schema_updates.json"
_APPLIED = "applied_schema_updates.json"
# Jobs that have ended and were not moved yet.
OUTCOMES = ".pending_transitions"


def restart_tables(pipeline: int, is_behind: bool = False) -> list[str]:
    """
    Restart tables in the packages of an open working folder; return their names. `is_behind`: jobs may have been loaded since
    the folder was recorded. Raises OSError.
    """
    restarted: list[str] = []
    for package in open_normalized(pipeline):
        restarted += _restart(package, is_behind)
    return sorted(set(restarted))


def _restart(package: int, is_behind: bool) -> list[str]:
    tables = read_json(package, "schema.json", SCHEMA_BYTES).get("tables")
    jobs = {state: list_jobs(package, state) for state in ("new_jobs", "started_jobs", "completed_jobs")}
    if not isinstance(tables, dict) or any(job.split(".")[3:4] == ["reference"] for found in jobs.values() for job in found):
        # With a staging destination, completed jobs have made jobs of their own.
        return []
    recorded = set(list_jobs(package, OUTCOMES))
    uncertain = [job for job in jobs["started_jobs"] if job not in recorded and not job.endswith(".sql")]
    if is_behind:
        uncertain += jobs["new_jobs"]
    if not any(is_rewritten(tables, find_root(tables, job)) for job in uncertain):
        return []
    # dlt empties also the staging tables of other merges that are not complete.
    open_roots = {find_root(tables, job) for state in ("new_jobs", "started_jobs") for job in jobs[state]}
    restarted = {root for root in open_roots if is_rewritten(tables, root)}
    own = {state: [job for job in found if find_root(tables, job) in restarted] for state, found in jobs.items()}
    for job in recorded.intersection(own["started_jobs"]):
        # dlt would take the job for complete after its table was emptied.
        remove_tree(package, f"{OUTCOMES}/{job}")
    for state in ("new_jobs", "completed_jobs"):
        _begin_anew(package, state, own[state])
    _prepare_again(package)
    _begin_anew(package, "started_jobs", own["started_jobs"])
    return sorted(restarted)


def find_root(tables: dict, job: str) -> str:
    """Return the table that a job, or a nested table, belongs to."""
    name = job.partition(".")[0]
    for _ in range(len(tables)):
        table = tables.get(name)
        parent = table.get("parent") if isinstance(table, dict) else None
        if not isinstance(parent, str):
            break
        name = parent
    return name


def is_rewritten(tables: dict, root: str) -> bool:
    """Report whether a load that begins anew empties the table."""
    table = tables.get(root)
    return isinstance(table, dict) and table.get("write_disposition") in ("merge", "replace")


def _begin_anew(package: int, state: str, jobs: list[str]) -> None:
    for job in jobs:
        if job.endswith(".sql"):
            # dlt makes it again once the jobs of its tables are complete.
            remove_tree(package, f"{state}/{job}")
        elif state != "new_jobs":
            os.rename(f"{state}/{job}", f"new_jobs/{job}", src_dir_fd=package, dst_dir_fd=package)


def _prepare_again(package: int) -> None:
    if exists(package, _UPDATES):
        return
    updates = read_json(package, _APPLIED, SCHEMA_BYTES)
    draft = f"{_UPDATES}.new"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=package)
    with open(descriptor, "w", encoding="utf-8") as file:
        json.dump(updates, file)
    os.replace(draft, _UPDATES, src_dir_fd=package, dst_dir_fd=package)
