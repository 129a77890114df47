"""
Packages whose rows this run, or another one, loads by another way, because they belong to an interval that its run did not complete.

A package of which nothing was loaded is dropped, so that each row is loaded once. If rows of it are in tables that are
appended to, it is finished, and the rows are reported with the statement that removes them.
"""

from __future__ import annotations

import json

from ..ask_bootstrap import ask
from .doubled_rows import ADVICE, Finding, RepeatedTable, list_appended, open_packages, select_load, select_nested
from .packages import list_jobs
from .restarted_tables import find_root

_FINISH = "finish"
_REPLACED = "replaced"
_LEFT = "left"
_MAX_TABLES = 20
_STATES = ("new_jobs", "started_jobs", "completed_jobs", "failed_jobs")


class Decision:
    """What becomes of the packages that an attempt left."""

    def __init__(self, decision: str, reason: str) -> None:
        self.is_left = decision == _LEFT
        self.is_replaced = decision == _REPLACED
        self.reason = reason


def decide(origin: dict) -> Decision:
    """Ask the server, which knows the intervals of runs, about what a run has extracted."""
    attempt = origin.get("attempt")
    if not isinstance(attempt, str):
        return Decision(_FINISH, "")
    try:
        answer = ask("left_package", json.dumps({"attempt": attempt}).encode())
    except (OSError, ValueError):
        # The bootstrap has ended, and this process is about to.
        return Decision(_LEFT, "the process that started this run does not answer")
    return Decision(str(answer.get("decision")), str(answer.get("reason")))


def list_loaded_tables(pipeline, folder: int, is_behind: bool) -> list[RepeatedTable]:
    """
    Return the tables to which the packages of an open working folder are appended, without nested ones, if some rows may be
    at the destination. `is_behind`: jobs may have been loaded since the folder was recorded.
    """
    found: list[RepeatedTable] = []
    is_loaded = False
    for load_id, package, schema, tables in open_packages(folder):
        names = {state: list_appended(list_jobs(package, state), tables) for state in _STATES}
        roots = sorted({find_root(tables, table) for each in names.values() for table in each})
        found += [RepeatedTable(load_id, schema, root) for root in roots]
        if is_behind:
            names["started_jobs"] |= names["new_jobs"]
        started = [RepeatedTable(load_id, schema, table) for table in names["started_jobs"]]
        is_loaded = is_loaded or bool(names["completed_jobs"]) or any(_has_rows(pipeline, each) for each in started)
    return found[:_MAX_TABLES] if is_loaded else []


def _has_rows(pipeline, table: RepeatedTable) -> bool:
    """Report whether rows of the load may be in a table: a job that was killed is a transaction in most destinations."""
    try:
        return _count(pipeline, table) != 0
    except Exception:
        # A destination that cannot be asked.
        return True


def _count(pipeline, table: RepeatedTable) -> int | None:
    """Return how many rows of the load a table has; None if that is unknown. Raises what the destination raises."""
    tables = pipeline.schemas[table.schema].tables
    if isinstance(tables.get(table.table, {}).get("parent"), str):
        # The rows of its parent, which would tell, may not be loaded yet.
        return None
    with pipeline.sql_client(table.schema) as client:
        condition = select_load(client, tables, table.table, table.load_id)
        if condition is None:
            return None
        name = client.make_qualified_table_name(table.table)
        return client.execute_sql(f"SELECT count(*) FROM {name} WHERE {condition}")[0][0]


def describe_rows(pipeline, table: RepeatedTable, reason: str) -> Finding:
    """Describe, once the package is loaded, which rows are there twice when the run that asks the source has loaded them."""
    text = f"{reason}, although rows of the load {table.load_id} were in the table {table.table} already: they are there twice then."
    try:
        rows, statement = _count(pipeline, table), _remove_statement(pipeline, table)
    except Exception as error:
        # The load is complete; a destination that cannot be asked must not fail the run.
        return Finding(f"{text} It cannot be asked for them ({type(error).__name__}). {ADVICE}", _describe(table, "unknown"))
    if not rows or statement is None:
        return Finding(f"{text} The table has no _dlt_load_id to tell them by. {ADVICE}", _describe(table, "unknown"))
    return Finding(
        f"{text} Remove the {rows} rows of that load with: {statement} {ADVICE}",
        {**_describe(table, "twice"), "rows": rows, "statement": statement},
    )


def _describe(table: RepeatedTable, status: str) -> dict:
    return {**table.note, "status": status, "is_examined": True}


def _remove_statement(pipeline, table: RepeatedTable) -> str | None:
    """Return the statements that remove the rows of the load, those of nested tables first: they are found by their parents."""
    tables = pipeline.schemas[table.schema].tables
    with pipeline.sql_client(table.schema) as client:
        deletions = []
        for name in [*select_nested(tables, table.table), table.table]:
            condition = select_load(client, tables, name, table.load_id)
            if condition is None:
                return None
            deletions.append(f"DELETE FROM {client.make_qualified_table_name(name)} WHERE {condition};")
    return " ".join(deletions)
