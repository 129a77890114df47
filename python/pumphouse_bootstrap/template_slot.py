"""Take a prepared run from the keeper of a template, before the server responds."""

from __future__ import annotations

import json
import os
import select
import signal
import socket

from pumphouse_bootstrap.failure_report import report_failure
from pumphouse_bootstrap.inside.template import messages
from pumphouse_bootstrap.mount_clones import clone_mounts
from pumphouse_bootstrap.preparation import BeginAnswer
from pumphouse_bootstrap.start_file import StartFile
from pumphouse_bootstrap.startup_variables import explain_cold_start

# Longer than a keeper needs to prepare a slot while many others ask.
_ANSWER_SECONDS = 5.0
_KILL_MILLISECONDS = 5000


class TemplateSlot:
    """A forked run that waits for its files, in its own network."""

    def __init__(self, answer: dict, descriptors: list[int]) -> None:
        """`answer` and `descriptors`: from the keeper. Raises KeyError and TypeError for another answer, and takes no descriptor then."""
        self.init: int = answer["slot"]["init"]
        self._read_variables = set(answer["read_variables"])
        connection, listener, self._network_lease = descriptors
        self.connection = socket.socket(fileno=connection)
        self.beacon_listener = socket.socket(fileno=listener)
        self.mounts: list[tuple[int, str]] = []
        self._process = -1

    def claim(self, start: StartFile) -> None:
        """Put it into the attempt's control groups, and clone the attempt's folders. Raises OSError."""
        assert start.template is not None
        self._process = os.pidfd_open(self.init)
        _record_process(start.folder, self.init)
        for path in start.template["join_files"]:
            with open(path, "w", encoding="ascii") as file:
                file.write(str(self.init))
        mounts = start.template["mounts"]
        clones = clone_mounts([mount["source"] for mount in mounts])
        self.mounts = [(clone, mount["target"]) for clone, mount in zip(clones, mounts)]

    def explain_cold_start(self, begin: BeginAnswer) -> str | None:
        """Return why this attempt needs an interpreter of its own; None if it can be forked."""
        return explain_cold_start(begin.variables, self._read_variables)

    def kill(self) -> None:
        """Kill all processes of the run, and wait until they are gone."""
        if self._process < 0:
            return
        try:
            signal.pidfd_send_signal(self._process, signal.SIGKILL)
        except ProcessLookupError:
            pass
        poll = select.poll()
        poll.register(self._process, select.POLLIN)
        poll.poll(_KILL_MILLISECONDS)

    def end(self) -> None:
        """End the run and give up the slot."""
        self.kill()
        self.close()

    def close(self) -> None:
        """Give the slot up: without a connection its first process ends, and then its network."""
        if self._process >= 0:
            os.close(self._process)
            self._process = -1
        self.connection.close()
        self.beacon_listener.close()
        for clone, _ in self.mounts:
            os.close(clone)
        self.mounts = []
        if self._network_lease >= 0:
            os.close(self._network_lease)
            self._network_lease = -1


def take_slot(start: StartFile) -> TemplateSlot | None:
    """Return a slot, or None if there is no template or it cannot serve this attempt, which then starts cold."""
    if start.template is None:
        return None
    slot = _ask_keeper(start)
    if slot is None:
        return None
    try:
        slot.claim(start)
        return slot
    except OSError as error:
        report_failure(error)
        slot.close()
        return None


def _ask_keeper(start: StartFile) -> TemplateSlot | None:
    assert start.template is not None
    try:
        with _connect(start.template["folder"]) as connection:
            messages.send(connection, {"attempt_id": start.attempt_id})
            answer, descriptors, _ = messages.receive(connection)
    except (OSError, ValueError):
        # The keeper is gone or has nothing to give.
        return None
    if answer is not None and len(descriptors) == 3:
        try:
            return TemplateSlot(answer, descriptors)
        except (KeyError, TypeError) as error:
            report_failure(error)
    messages.close_all(descriptors)
    return None


def _connect(folder: str) -> socket.socket:
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        connection.settimeout(_ANSWER_SECONDS)
        connection.connect(f"/proc/self/fd/{descriptor}/socket")
        return connection
    except OSError:
        connection.close()
        raise
    finally:
        os.close(descriptor)


def _record_process(folder: str, init: int) -> None:
    """Write by which process the executor finds the run: variables and arguments of its processes are the template's."""
    with open(f"/proc/{init}/stat", encoding="utf-8", errors="replace") as file:
        start_time = int(file.read().rpartition(")")[2].split()[19])
    draft = os.path.join(folder, ".forked.json")
    with open(draft, "w", encoding="ascii") as file:
        json.dump({"pid": init, "start_time": start_time}, file)
    os.rename(draft, os.path.join(folder, "forked.json"))

