"""The database locks of this process."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable

from .copier_lock import FOLDER, name_lock_file
from .deadlocks import has_to_give_up
from .reporting import Reporter
from .ticket_lock import Slot, TicketLock

# The next one asks often; the others ask less often the more tickets are ahead of them.
_MIN_PAUSE_SECONDS = 0.01
_MAX_PAUSE_SECONDS = 0.1
# Shorter waits are not worth a line in the log.
_REPORTED_AFTER_SECONDS = 0.05
# Only a wait of this length is checked for being one that never ends.
_DEADLOCK_SECONDS = 10.0
_DEADLOCK_CHECK_SECONDS = 1.0


class Hold:
    """One user of a database in this process. Releasing it twice has no effect."""

    def __init__(self, entry: _Entry) -> None:
        self._entry = entry

    @property
    def gave_up(self) -> bool:
        """True if waiting would never end: this process opens the database without a lock, and DuckDB decides."""
        return self._entry.gave_up

    def share(self) -> Hold:
        """Add a user of the same database."""
        return self._entry.locks.add_user(self._entry)

    def release(self) -> None:
        self._entry.locks.release(self._entry, self)


class _Entry:
    """A database that this process uses or waits for."""

    def __init__(self, locks: DatabaseLocks, path: str) -> None:
        self.locks = locks
        self.path = path
        self.lock: TicketLock | None = None
        self.users: set[Hold] = set()
        self.settled = threading.Event()
        self.gave_up = False
        self.closed = False


class DatabaseLocks:
    """Locks on files below one folder. Safe for threads, for forks, and for calls by the garbage collector."""

    def __init__(self, root: str, run: Slot) -> None:
        """`run`: describes this run to the runs that wait for it."""
        self._root = os.path.realpath(root)
        self._run = run
        self._reporter = Reporter()
        self._forget()
        os.register_at_fork(after_in_child=self._leave_to_parent)

    def _forget(self) -> None:
        self._entries: dict[str, _Entry] = {}
        # Reentrant, because the garbage collector may release a connection at any point.
        self._changing = threading.RLock()
        self._process = os.urandom(8).hex()

    def _leave_to_parent(self) -> None:
        entries = list(self._entries.values())
        self._forget()
        for entry in entries:
            entry.closed = True
            if entry.lock is not None:
                entry.lock.abandon()

    def find_file(self, database: object) -> str | None:
        """Return the real path of a database below the root; None for all others."""
        try:
            path = os.path.realpath(os.path.expanduser(os.fspath(database)))  # type: ignore[call-overload]
        except (TypeError, ValueError, OSError):
            return None
        return path if isinstance(path, str) and path.startswith(self._root + os.sep) else None

    def describe_file(self, path: str) -> str:
        """Return its path below the root."""
        return os.path.relpath(path, self._root)

    def acquire(self, path: str, shared: bool) -> Hold:
        """
        Wait until this process may open the database.

        Raises what ends the run, such as dlt's exception for a signal.
        """
        while True:
            with self._changing:
                entry = self._entries.get(path)
                is_first = entry is None
                if entry is None:
                    entry = self._entries[path] = _Entry(self, path)
                hold = Hold(entry)
                entry.users.add(hold)
                if entry.closed:
                    continue
            if is_first:
                self._settle(entry, shared)
                return hold
            try:
                while not entry.settled.wait(_MAX_PAUSE_SECONDS):
                    check_signals()
            except BaseException:
                hold.release()
                raise
            if not entry.closed:
                return hold

    def add_user(self, entry: _Entry) -> Hold:
        hold = Hold(entry)
        entry.users.add(hold)
        return hold

    def release(self, entry: _Entry, hold: Hold) -> None:
        with self._changing:
            entry.users.discard(hold)
            if entry.users or entry.closed:
                return
            self._close(entry)

    def _close(self, entry: _Entry) -> None:
        entry.closed = True
        if self._entries.get(entry.path) is entry:
            del self._entries[entry.path]
        if entry.lock is not None:
            try:
                entry.lock.release()
            except OSError:
                pass

    def _settle(self, entry: _Entry, shared: bool) -> None:
        """Get the lock, or go on without one where there can be none."""
        try:
            entry.lock = self._open(entry.path, shared)
            if not self._wait(entry, entry.lock):
                entry.gave_up = True
                self._drop(entry)
        except OSError:
            # A full disk, or a file system without locks: DuckDB's own lock remains.
            self._drop(entry)
        except BaseException:
            with self._changing:
                self._close(entry)
            raise
        finally:
            entry.settled.set()

    def _drop(self, entry: _Entry) -> None:
        lock, entry.lock = entry.lock, None
        if lock is not None:
            try:
                lock.release()
            except OSError:
                pass

    def _open(self, path: str, shared: bool) -> TicketLock:
        folder = os.path.join(self._root, FOLDER)
        os.makedirs(folder, 0o700, exist_ok=True)
        return TicketLock(os.path.join(folder, name_lock_file(self.describe_file(path))), shared)

    def _wait(self, entry: _Entry, lock: TicketLock) -> bool:
        """Return whether this process has the database; False if waiting longer would never end."""
        slot = {**self._run, "process": self._process, "pid": os.getpid(), "since": time.time(), "held": None}
        lock.draw(slot, check_signals)
        wait = self.start_wait(entry.path)
        check_at = wait.began_at + _DEADLOCK_SECONDS
        outcome = "stopped"
        try:
            while (ahead := lock.find_conflict()) is not None:
                check_signals()
                if wait.is_due():
                    wait.report(lock.read_slot(next(lock.list_conflicts(), ahead)))
                if time.monotonic() > check_at:
                    check_at = time.monotonic() + _DEADLOCK_CHECK_SECONDS
                    if self._waits_forever(lock):
                        outcome = "gave_up"
                        return False
                pause = _MIN_PAUSE_SECONDS * (lock.ticket - ahead)
                time.sleep(min(_MAX_PAUSE_SECONDS, pause))
            outcome = "opened"
        finally:
            wait.end(outcome)
        lock.describe({**slot, "held": time.time()})
        return True

    def start_wait(self, path: str) -> Wait:
        """Start to measure a wait for a database."""
        return Wait(self._reporter, self.describe_file(path))

    def _waits_forever(self, lock: TicketLock) -> bool:
        """Report whether others wait for what this process has, or a process above it may wait for its end."""
        if len(self._entries) > 1 and has_to_give_up(os.path.join(self._root, FOLDER), self._process):
            return True
        parents = list_parents()
        slots = [lock.read_slot(ticket) for ticket in lock.list_conflicts()]
        return any(slot.get("attempt") == self._run["attempt"] and slot.get("pid") in parents for slot in slots)


class Wait:
    """A wait that is reported to the run's log once it takes long enough."""

    def __init__(self, reporter: Reporter, file: str) -> None:
        self.began_at = time.monotonic()
        self._reporter = reporter
        self._file = file
        self._reported: str | None = None

    def is_due(self) -> bool:
        return self._reported is None and time.monotonic() > self.began_at + _REPORTED_AFTER_SECONDS

    def report(self, holder: Slot) -> None:
        self._reported = self._reporter.begin(self._file, holder)

    def end(self, outcome: str) -> None:
        if self._reported is not None:
            self._reporter.end(self._reported, outcome)


def check_signals() -> None:
    """Raise dlt's exception if the run is to end: dlt notes a signal and leaves it to waits like ours to end."""
    raise_if_signalled: Callable[[], None] | None
    raise_if_signalled = getattr(sys.modules.get("dlt.common.runtime.signals"), "raise_if_signalled", None)
    if raise_if_signalled is not None:
        raise_if_signalled()


def list_parents() -> set[int]:
    """List the processes above this one."""
    parents: set[int] = set()
    pid = os.getppid()
    while pid > 1 and pid not in parents:
        parents.add(pid)
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
                pid = int(file.read().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            break
    return parents


def read_locks() -> DatabaseLocks | None:
    """Create the locks that the run's variables describe; None without local data."""
    try:
        description = json.loads(os.environ["PUMPHOUSE_LOCAL_DATA"])
        run = {"run": description["run"], "job": str(description["job"])[:200], "attempt": description["attempt"]}
        return DatabaseLocks(description["folder"], run)
    except (KeyError, TypeError, ValueError, OSError):
        return None
