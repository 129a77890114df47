"""The sequence of one attempt."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from pumphouse_bootstrap import events as event_names
from pumphouse_bootstrap.early_network import close_machine
from pumphouse_bootstrap.early_start import start_early
from pumphouse_bootstrap.events import STOP_SIGNALS, Events
from pumphouse_bootstrap.failure_report import report_failure
from pumphouse_bootstrap.preparation import CannotStart, Preparation, Refused
from pumphouse_bootstrap.server_calls import ServerCalls
from pumphouse_bootstrap.start_file import StartFile, take_attempt

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from pumphouse_bootstrap.early_start import EarlyStart


def run_attempt(start_path: str) -> None:
    """Run the attempt and end the process."""
    _end_with(lambda: _run(start_path))


def run_slot(slot_path: str) -> None:
    """Prepare for an attempt, run the one that the server assigns, and end the process."""
    _end_with(lambda: _run_slot(slot_path))


def _end_with(run: Callable[[], int]) -> NoReturn:
    status = 1
    try:
        status = run()
    except BaseException as error:
        report_failure(error)
        _kill_everything()
    sys.stderr.flush()
    # Do not wait for blocked threads.
    os._exit(status)


def _run(start_path: str) -> int:
    start = take_attempt(start_path)
    if start is None:
        return 0
    unclosed = close_machine(start)
    events = Events()
    preparation = Preparation(start, events)
    early = start_early(start)
    # Load the following modules while the server responds and pasta starts.
    from pumphouse_bootstrap.process_control import adopt_orphans, forbid_inspection

    adopt_orphans()
    forbid_inspection()
    return _record(start, preparation, events, early, unclosed)


def _run_slot(slot_path: str) -> int:
    # Imported only where needed.
    from pumphouse_bootstrap.container_slot import ContainerSlot

    slot = ContainerSlot(slot_path)
    start = slot.await_attempt()
    if start is None:
        slot.interpreter.end()
        return 0
    return _record(start, Preparation(start, slot.events), slot.events, slot.interpreter, None)


def _record(
    start: StartFile,
    preparation: Preparation,
    events: Events,
    early: EarlyStart | None,
    unclosed: CannotStart | None,
) -> int:
    from pumphouse_bootstrap.recording import Recording

    stopped = _await_preparation(preparation, events)
    if preparation.begin is None or preparation.calls is None:
        if early is not None:
            early.end()
        return _leave_before_begin(preparation.error)
    # A stopped preparation may still be using its own connection, so open another one.
    calls = ServerCalls(start) if stopped else preparation.calls
    recording = Recording(start, preparation, calls, events, early)
    if stopped:
        reason = CannotStart("stopped_before_start", "The run was stopped before its code had started.")
        return recording.finish_unstarted(reason)
    error = unclosed or preparation.error
    if error is not None:
        return recording.finish_unstarted(_explain(error))
    return recording.run()


def _await_preparation(preparation: Preparation, events: Events) -> bool:
    """Wait for the preparation; return True if a stop signal came first."""
    while (event := events.next()) != event_names.PREPARED:
        if event in STOP_SIGNALS:
            return True
    return False


def _leave_before_begin(error: Exception | None) -> int:
    """End without writing anything, because the spool belongs to the bootstrap that has begun, if any."""
    if error is not None and not isinstance(error, Refused):
        report_failure(error)
        return 1
    print(f"pumphouse: this attempt does not begin: {error or 'stopped'}", file=sys.stderr)
    return 0


def _explain(error: Exception) -> CannotStart:
    if isinstance(error, CannotStart):
        return error
    return CannotStart("bootstrap_failed", f"{type(error).__name__}: {error}")


def _kill_everything() -> None:
    from pumphouse_bootstrap.process_tree import kill_descendants

    kill_descendants(lambda: None)
