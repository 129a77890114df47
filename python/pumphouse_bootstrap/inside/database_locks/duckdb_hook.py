"""Makes `duckdb.connect` and `ATTACH` wait while another run has the file open, and counts what this process has open."""

from __future__ import annotations

import functools
import os
import re
import sys
import time
import weakref

from .locks import DatabaseLocks, Hold, Wait, check_signals, read_locks

_LOCK_ERROR = "Could not set lock on file"
_OWNER = re.compile(r"\(PID (\d+)\)")
# Names of other systems, such as md:name or s3://bucket/file.
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9_+.-]+:")
# One statement that attaches a file; everything else runs as it is.
_ATTACH = re.compile(
    r"\s*ATTACH\s+(?:OR\s+REPLACE\s+)?(?:DATABASE\s+)?(?:IF\s+NOT\s+EXISTS\s+)?'((?:[^']|'')*)'([^;]*);?\s*", re.IGNORECASE
)
_ATTACHED_KIND = re.compile(r"(?:ducklake:)?(?:duckdb:)?", re.IGNORECASE)
_OTHER_KIND = re.compile(r"\bTYPE\s+'?(?!duckdb)\w", re.IGNORECASE)
_READ_ONLY = re.compile(r"\bREAD_ONLY\b(?!\s+'?(?:false|0))", re.IGNORECASE)
_RETRY_SECONDS = 0.05
_OWN_PROCESS_SECONDS = 10.0
_ATTEMPT_VARIABLE = "PUMPHOUSE_ATTEMPT_ID"


def install(duckdb) -> None:
    """Wrap an imported duckdb. Does nothing for a process without local data."""
    locks = read_locks()
    connect = getattr(duckdb, "connect", None)
    connection_type = getattr(duckdb, "DuckDBPyConnection", None)
    if locks is None or connect is None or connection_type is None:
        return
    connections = _Connections()
    _wrap_methods(connection_type, connections)
    for name in ("execute", "sql", "query"):
        statement = getattr(connection_type, name, None)
        if statement is not None:
            setattr(connection_type, name, _wrap_statement(statement, locks, connections, duckdb.IOException))
    wrapped = _wrap_connect(connect, locks, connections, duckdb.IOException)
    # The extension module has a name of its own, which differs between versions.
    for module in (duckdb, sys.modules.get("_duckdb"), sys.modules.get("duckdb.duckdb")):
        if module is not None and getattr(module, "connect", None) is connect:
            module.connect = wrapped


class _Connections:
    """The open connections to locked files. DuckDB has one database per file and process, whatever opens it."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[weakref.ref, list[Hold], list[weakref.ref]]] = {}

    def add(self, connection, hold: Hold) -> None:
        key = id(connection)
        known = self._known.get(key)
        if known is not None:
            known[1].append(hold)
            return
        holds = [hold]

        def forget(_reference) -> None:
            try:
                self._known.pop(key, None)
                for each in holds:
                    each.release()
            except Exception:
                # The interpreter ends, and the kernel releases everything.
                pass

        self._known[key] = (weakref.ref(connection, forget), holds, [])

    def add_cursor(self, connection, cursor) -> None:
        known = self._known.get(id(connection))
        if known is None or cursor is connection or id(cursor) in self._known:
            return
        for hold in known[1]:
            self.add(cursor, hold.share())
        known[2].append(weakref.ref(cursor))

    def close(self, connection) -> None:
        """Forget a closed connection and its cursors, which DuckDB closes with it."""
        known = self._known.pop(id(connection), None)
        if known is None:
            return
        for hold in known[1]:
            hold.release()
        for reference in known[2]:
            cursor = reference()
            if cursor is not None:
                self.close(cursor)


def _wrap_methods(connection_type, connections: _Connections) -> None:
    for name in ("close", "__exit__"):
        original = getattr(connection_type, name, None)
        if original is not None:
            setattr(connection_type, name, _wrap_close(original, connections))
    for name in ("cursor", "duplicate"):
        original = getattr(connection_type, name, None)
        if original is not None:
            setattr(connection_type, name, _wrap_cursor(original, connections))


def _wrap_close(original, connections: _Connections):
    @functools.wraps(original)
    def close(self, *args, **kwargs):
        result = original(self, *args, **kwargs)
        connections.close(self)
        return result

    return close


def _wrap_cursor(original, connections: _Connections):
    @functools.wraps(original)
    def cursor(self, *args, **kwargs):
        result = original(self, *args, **kwargs)
        connections.add_cursor(self, result)
        return result

    return cursor


def _wrap_connect(original, locks: DatabaseLocks, connections: _Connections, lock_error: type[Exception]):
    @functools.wraps(original)
    def connect(*args, **kwargs):
        path = _find_file(locks, args, kwargs)
        if path is None:
            return original(*args, **kwargs)
        hold = locks.acquire(path, _is_shared(args, kwargs))
        try:
            opening = functools.partial(original, *args, **kwargs)
            connection = _open(opening, hold, locks.start_wait(path), lock_error)
        except BaseException:
            hold.release()
            raise
        connections.add(connection, hold)
        return connection

    return connect


def _wrap_statement(original, locks: DatabaseLocks, connections: _Connections, lock_error: type[Exception]):
    @functools.wraps(original)
    def run(self, *args, **kwargs):
        text = args[0] if args else kwargs.get("query")
        attached = _ATTACH.fullmatch(text) if isinstance(text, str) else None
        path = _find_attached(locks, attached) if attached else None
        if attached is None or path is None:
            return original(self, *args, **kwargs)
        hold = locks.acquire(path, bool(_READ_ONLY.search(attached[2])))
        try:
            result = _open(functools.partial(original, self, *args, **kwargs), hold, locks.start_wait(path), lock_error)
        except BaseException:
            hold.release()
            raise
        # Until the connection is closed: DETACH is not followed.
        connections.add(self, hold)
        return result

    return run


def _find_attached(locks: DatabaseLocks, attached: re.Match[str]) -> str | None:
    name = attached[1].replace("''", "'")
    name = name[_ATTACHED_KIND.match(name).end() :]  # type: ignore[union-attr]
    if _OTHER_KIND.search(attached[2]):
        return None
    return _find_file(locks, (name,), {})


def _find_file(locks: DatabaseLocks, args: tuple, kwargs: dict) -> str | None:
    database = args[0] if args else kwargs.get("database")
    if database is None or database == "":
        return None
    if isinstance(database, str) and (database.startswith(":") or _SCHEME.match(database)):
        return None
    return locks.find_file(database)


def _is_shared(args: tuple, kwargs: dict) -> bool:
    read_only = args[1] if len(args) > 1 else kwargs.get("read_only", False)
    config = args[2] if len(args) > 2 else kwargs.get("config")
    mode = config.get("access_mode") if isinstance(config, dict) else None
    return bool(read_only) or str(mode).upper() == "READ_ONLY"


def _open(opening, hold: Hold, wait: Wait, lock_error: type[Exception]):
    """Open the database, again and again while a process without our lock has it open."""
    began_at = time.monotonic()
    outcome = "stopped"
    try:
        while True:
            try:
                connection = opening()
                outcome = "opened"
                return connection
            except lock_error as error:
                if _LOCK_ERROR not in str(error):
                    raise
                patience = _OWN_PROCESS_SECONDS if _is_of_this_run(str(error)) else float("inf")
                if hold.gave_up or time.monotonic() > began_at + patience:
                    outcome = "gave_up"
                    raise
            check_signals()
            if wait.is_due():
                wait.report({})
            time.sleep(_RETRY_SECONDS)
    finally:
        wait.end(outcome)


def _is_of_this_run(message: str) -> bool:
    """Report whether the file is open in a process of this run, which may be waiting for this one."""
    owner = _OWNER.search(message)
    try:
        with open(f"/proc/{int(owner[1])}/environ", "rb") as file:
            variables = file.read().split(b"\0")
    except (TypeError, OSError):
        return False
    return f"{_ATTEMPT_VARIABLE}={os.environ.get(_ATTEMPT_VARIABLE)}".encode() in variables
