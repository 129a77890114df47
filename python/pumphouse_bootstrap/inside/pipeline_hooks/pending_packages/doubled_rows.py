"""
Finds out whether rows are at the destination twice after a load job was repeated.

A job whose run died after its transaction, and before its package recorded that, is loaded again. Tables that are appended to
have its rows twice then, unless the destination rejects them. Rows of one load with the same `_dlt_id` are the same row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .packages import NORMALIZED, list_folders, list_jobs, opened_below, read_json
from .restarted_tables import OUTCOMES, SCHEMA_BYTES, find_root, is_rewritten

_LOAD_ID = re.compile(r"[A-Za-z0-9_.\-]{1,60}")
_MAX_TABLES = 20
_MAX_NAME = 300
# Their tables have a `rowid`.
_WITH_ROW_NUMBER = ("duckdb", "motherduck")
ADVICE = 'With a primary key and write_disposition="merge", a repeated job changes nothing.'


class RepeatedTable:
    """A table to which a job of a load package may be appended twice."""

    def __init__(self, load_id: str, schema: str, table: str) -> None:
        self.load_id = load_id
        self.schema = schema
        self.table = table

    @property
    def note(self) -> dict:
        return {"load_id": self.load_id, "schema": self.schema, "table": self.table}


class Finding:
    """What is known of a table: a sentence for the log, and the same for the server."""

    def __init__(self, text: str, fact: dict) -> None:
        self.text = text
        self.fact = fact


def list_repeated_tables(pipeline: int, is_behind: bool, noted: object) -> list[RepeatedTable]:
    """
    Return the tables of an open working folder that jobs may be appended to twice, and those that `noted` names: attempts
    that began to load them again, and did not end. `is_behind`: jobs may have been loaded since the folder was recorded.
    """
    found = {(one.load_id, one.table): one for one in _read_notes(noted)}
    for load_id, package, schema, tables in open_packages(pipeline):
        for table in _list_uncertain(package, tables, is_behind):
            found.setdefault((load_id, table), RepeatedTable(load_id, schema, table))
    return list(found.values())[:_MAX_TABLES]


def open_packages(pipeline: int) -> Iterator[tuple[str, int, str, dict]]:
    """Open the normalized packages of a working folder in turn: id, folder (open until the next one), schema and its tables."""
    for load_id in list_folders(pipeline, NORMALIZED):
        with opened_below(pipeline, (*NORMALIZED, load_id)) as package:
            if package is None or not _is_load_id(load_id):
                continue
            schema = read_json(package, "schema.json", SCHEMA_BYTES)
            tables, name = schema.get("tables"), schema.get("name")
            if isinstance(tables, dict) and isinstance(name, str):
                yield load_id, package, name, tables


def list_appended(jobs: Iterable[str], tables: dict) -> set[str]:
    """Return the tables of load jobs that are not emptied before, without those of dlt."""
    names = {job.partition(".")[0] for job in jobs if not job.endswith(".sql")}
    return {name for name in names if not name.startswith("_dlt") and not is_rewritten(tables, find_root(tables, name))}


def _list_uncertain(package: int, tables: dict, is_behind: bool) -> list[str]:
    """Jobs that had started, or are tried again, and whose tables are not emptied before."""
    recorded = set(list_jobs(package, OUTCOMES))
    jobs = [job for job in list_jobs(package, "started_jobs") if job not in recorded]
    jobs += [job for job in list_jobs(package, "new_jobs") if is_behind or job.split(".")[2:3] != ["0"]]
    return sorted(list_appended(jobs, tables))


def _read_notes(noted: object) -> list[RepeatedTable]:
    """Runs may have written them, so they may be anything."""
    found = []
    for note in noted[:_MAX_TABLES] if isinstance(noted, list) else []:
        values = [note.get(name) for name in ("load_id", "schema", "table")] if isinstance(note, dict) else []
        texts = [value for value in values if isinstance(value, str) and len(value) <= _MAX_NAME]
        if len(texts) == 3 and _is_load_id(texts[0]):
            found.append(RepeatedTable(*texts))
    return found


def announce(repeated: RepeatedTable) -> Finding:
    """Describe what happens before the job is loaded: this run may be killed as well."""
    text = (
        f"The run that was interrupted may have loaded a job of the table {repeated.table} already, and it is loaded again."
        f" The table may hold rows of the load {repeated.load_id} twice"
    )
    return Finding(text, {**repeated.note, "status": "unknown", "is_examined": False})


def examine(pipeline, repeated: RepeatedTable) -> Finding:
    """Describe, once the package is loaded, whether the table has rows twice, and how to remove them."""
    try:
        return _examine(pipeline, repeated)
    except Exception as error:
        # The load is complete; a destination that cannot be asked must not fail the run.
        return _find(repeated, "unknown", f"{_describe_unknown(repeated)} ({type(error).__name__}). {ADVICE}")


def _examine(pipeline, repeated: RepeatedTable) -> Finding:
    tables = pipeline.schemas[repeated.schema].tables
    with pipeline.sql_client(repeated.schema) as client:
        identifier = _column(tables, repeated.table, "_dlt_id")
        condition = select_load(client, tables, repeated.table, repeated.load_id)
        if identifier is None or condition is None:
            text = f"{_describe_unknown(repeated)}: it has no _dlt_id or _dlt_load_id to tell. {ADVICE}"
            return _find(repeated, "unknown", text)
        name, column = client.make_qualified_table_name(repeated.table), client.escape_column_name(identifier)
        rows, different = client.execute_sql(f"SELECT count(*), count(DISTINCT {column}) FROM {name} WHERE {condition}")[0]
    if rows == different:
        return _find(repeated, "once", f"The table {repeated.table} holds the {rows} rows of the load {repeated.load_id} once")
    kind = str(pipeline.destination.destination_type).rpartition(".")[2]
    statement = _remove_statement(kind, name, column, condition)
    text = (
        f"The table {repeated.table} holds {rows - different} rows of the load {repeated.load_id} twice, because a job was"
        f" loaded again. Remove them with: {statement} {ADVICE}"
    )
    return _find(repeated, "twice", text, rows=rows - different, statement=statement)


def _find(repeated: RepeatedTable, status: str, text: str, **details: object) -> Finding:
    return Finding(text, {**repeated.note, "status": status, "is_examined": True, **details})


def _describe_unknown(repeated: RepeatedTable) -> str:
    return f"The table {repeated.table} may hold rows of the load {repeated.load_id} twice"


def _column(tables: dict, table: str, name: str) -> str | None:
    """Return the column as the destination calls it: some have upper case."""
    columns = tables.get(table, {}).get("columns", {})
    return next((column for column in columns if column.lower() == name), None)


def select_load(client, tables: dict, table: str, load_id: str) -> str | None:
    """Return the condition for rows of a load. Only root tables have its id; a nested table has that of its parent's rows."""
    column = _column(tables, table, "_dlt_load_id")
    if column is not None:
        return f"{client.escape_column_name(column)} = '{load_id}'"
    parent, link = tables.get(table, {}).get("parent"), _column(tables, table, "_dlt_parent_id")
    if not isinstance(parent, str) or link is None:
        return None
    identifier, condition = _column(tables, parent, "_dlt_id"), select_load(client, tables, parent, load_id)
    if identifier is None or condition is None:
        return None
    parents = f"SELECT {client.escape_column_name(identifier)} FROM {client.make_qualified_table_name(parent)}"
    return f"{client.escape_column_name(link)} IN ({parents} WHERE {condition})"


def _is_load_id(name: str) -> bool:
    """Report whether a name can be part of a statement."""
    return _LOAD_ID.fullmatch(name) is not None


def select_nested(tables: dict, root: str) -> list[str]:
    """Return the tables below one, each before its parent."""
    nested = [name for name, table in tables.items() if isinstance(table, dict) and table.get("parent") == root]
    return [name for child in nested for name in (*select_nested(tables, child), child)]


def _remove_statement(kind: str, table: str, column: str, condition: str) -> str:
    if kind in _WITH_ROW_NUMBER:
        kept = f"SELECT min(rowid) FROM {table} WHERE {condition} GROUP BY {column}"
        return f"DELETE FROM {table} WHERE {condition} AND rowid NOT IN ({kept});"
    # Not in all dialects is there a number of a row.
    return (
        f"CREATE TABLE pumphouse_once AS SELECT DISTINCT * FROM {table} WHERE {condition}; DELETE FROM {table} WHERE"
        f" {condition}; INSERT INTO {table} SELECT * FROM pumphouse_once; DROP TABLE pumphouse_once;"
    )
