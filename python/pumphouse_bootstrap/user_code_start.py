"""How user code starts: forked from a template, in an interpreter prepared for it, or with a sandbox and an interpreter of its own."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, NamedTuple

from pumphouse_bootstrap.beacon import listen
from pumphouse_bootstrap.early_network import EarlyNetwork, start_network
from pumphouse_bootstrap.events import Events
from pumphouse_bootstrap.preparation import BeginAnswer
from pumphouse_bootstrap.start_file import StartFile
from pumphouse_bootstrap.user_process import UserProcess

if TYPE_CHECKING:
    from pumphouse_bootstrap.early_start import EarlyStart
    from pumphouse_bootstrap.forked_process import ForkedProcess
    from pumphouse_bootstrap.prepared_interpreter import PreparedInterpreter
    from pumphouse_bootstrap.template_slot import TemplateSlot


class CreatedProcess(NamedTuple):
    process: UserProcess | ForkedProcess
    beacon_listener: socket.socket
    # Why user code was not forked, or not given to the prepared interpreter.
    cold_reason: str | None


def create_process(start: StartFile, begin: BeginAnswer, early: EarlyStart | None, events: Events) -> CreatedProcess:
    """Choose how this attempt's code starts, now that its variables are known."""
    if early is None or isinstance(early, EarlyNetwork):
        return _create_cold(start, begin, early, None)
    reason = early.explain_cold_start(begin)
    if reason is None:
        return _create_quick(start, begin, early, events)
    early.end()
    return create_cold_process(start, begin, reason)


def _create_quick(
    start: StartFile, begin: BeginAnswer, early: TemplateSlot | PreparedInterpreter, events: Events
) -> CreatedProcess:
    # Imported only where needed.
    if start.template is None:
        from pumphouse_bootstrap.prepared_process import PreparedProcess

        return CreatedProcess(PreparedProcess(start, begin, early), listen(), None)
    from pumphouse_bootstrap.forked_process import ForkedProcess

    return CreatedProcess(ForkedProcess(start, begin, early, events), early.beacon_listener, None)


def create_cold_process(start: StartFile, begin: BeginAnswer, reason: str) -> CreatedProcess:
    """Begin a cold start in place of a fork."""
    return _create_cold(start, begin, start_network(start), reason)


def _create_cold(start: StartFile, begin: BeginAnswer, early: EarlyNetwork | None, reason: str | None) -> CreatedProcess:
    if early is None:
        return CreatedProcess(UserProcess(start, begin), listen(), reason)
    return CreatedProcess(UserProcess(start, begin, early.network), early.beacon_listener, reason)
