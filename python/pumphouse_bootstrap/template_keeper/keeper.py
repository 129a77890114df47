"""The loop of the keeper."""

from __future__ import annotations

import json
import os
import select
import socket
import sys

from pumphouse_bootstrap.inside.template import messages
from pumphouse_bootstrap.machine_addresses import list_machine_addresses
from pumphouse_bootstrap.process_tree import reap_children, wake_up_for_ended_children
from pumphouse_bootstrap.template_keeper.prepared_slot import PreparedSlot, SlotFailed, SlotPlan
from pumphouse_bootstrap.template_keeper.sandbox_start import SandboxPlan, start_sandbox

_SERVER = 0
_REPORTS = 1
_READY_SECONDS = 60
_REQUEST_SECONDS = 1.0
# A template with more threads could fork while one of them holds a lock.
_MAX_THREADS = 1


class Plan:
    """What the server wants of a template. Raises KeyError for a missing field."""

    def __init__(self, fields: dict) -> None:
        # A closed folder: only the server's user can connect to a socket in it.
        self.folder: str = fields["folder"]
        self.slot = SlotPlan(fields["network"], f"{self.folder}/empty")
        self.spare_slots: int = fields["spare_slots"]
        self.sandbox = SandboxPlan(fields["sandbox"])


class Refused(Exception):
    """No run can be forked from this template."""


def keep_template(plan: Plan) -> None:
    """Keep the template until the server ends it, the server is gone, or the template ends. Reports JSON lines."""
    os.makedirs(plan.slot.empty_folder, mode=0o700, exist_ok=True)
    log = os.open(f"{plan.folder}/template.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    _, template = start_sandbox(plan.sandbox, log)
    try:
        keeper = Keeper(plan, template)
        _report(keeper.describe())
        keeper.serve()
    except (Refused, SlotFailed, OSError, ValueError) as error:
        _report({"failed": f"{error}"})


class Keeper:
    def __init__(self, plan: Plan, template: socket.socket) -> None:
        """Wait for the template. Raises Refused."""
        self._plan = plan
        self._template = template
        self._spares: list[PreparedSlot] = []
        self._handed_out = 0
        template.settimeout(_READY_SECONDS)
        ready, _, self._template_pid = messages.receive(template)
        if ready is None or not ready.get("ready"):
            raise Refused("The template did not start.")
        if ready["threads"] > _MAX_THREADS:
            raise Refused(f"The packages of the environment start {ready['threads'] - 1} threads when they are imported.")
        self._read_variables: list[str] = ready["read_variables"]
        self._listener = _listen(plan.folder)
        # The first slot shows whether this machine permits what a slot needs.
        self._prepare()

    def describe(self) -> dict:
        return {"ready": True, "pid": self._template_pid, "read_variables": self._read_variables}

    def serve(self) -> None:
        woken = wake_up_for_ended_children()
        poll = select.poll()
        for source in (_SERVER, self._template, self._listener, woken):
            poll.register(source, select.POLLIN)
        while True:
            is_idle = len(self._spares) >= self._plan.spare_slots
            ready = {number for number, _ in poll.poll(None if is_idle else 0)}
            if _SERVER in ready or self._template.fileno() in ready:
                return
            if woken in ready:
                os.read(woken, 512)
                reap_children()
            if self._listener.fileno() in ready:
                self._answer()
            elif not is_idle:
                self._prepare()

    def _prepare(self) -> None:
        self._spares.append(PreparedSlot(self._plan.slot, self._template))

    def _answer(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            connection.settimeout(_REQUEST_SECONDS)
            try:
                request, descriptors, _ = messages.receive(connection)
                messages.close_all(descriptors)
                if request is None:
                    return
                self._hand_out(connection)
            except (SlotFailed, OSError, ValueError):
                # The bootstrap is gone, or something failed: it starts cold. A slot that cannot be prepared at all ends the loop.
                return
        self._handed_out += 1
        _report({"handed_out": self._handed_out})

    def _hand_out(self, connection: socket.socket) -> None:
        if not self._spares:
            self._prepare()
        slot = self._spares.pop(0)
        try:
            slot.close_new_addresses(list_machine_addresses())
            messages.send(connection, {**slot.describe(), "read_variables": self._read_variables}, slot.descriptors)
        finally:
            # A slot that was not handed out ends with its connection.
            slot.forget()


def _listen(folder: str) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    # Through a descriptor, because the path of a unix socket is limited to 107 bytes.
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        listener.bind(f"/proc/self/fd/{descriptor}/socket")
    finally:
        os.close(descriptor)
    listener.listen(256)
    return listener


def _report(report: dict) -> None:
    """Write a report for the server, which may be gone."""
    try:
        os.write(_REPORTS, json.dumps(report).encode() + b"\n")
    except OSError as error:
        print(f"The report to the server failed: {error}", file=sys.stderr)
