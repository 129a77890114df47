"""
start.json, the executor's input for the bootstrap, and process.json, by which a bootstrap claims the attempt.
"""

from __future__ import annotations

import json
import os


class StartFile:
    """The fields of start.json; see the protocol for their meaning. Raises KeyError for a missing one."""

    def __init__(self, fields: dict) -> None:
        self.attempt_id: str = fields["attempt_id"]
        self.claim_number: int = fields["claim_number"]
        self.routes = f"attempts/{self.attempt_id}"
        self.attempts_url: str = fields["attempts_url"]
        self.attempts_socket: str | None = fields.get("attempts_socket")
        self.secret: str = fields["secret"]
        self.folder: str = fields["folder"]
        self.work_folder: str = fields["work_folder"]
        self.inside_work_folder: str = fields["inside_work_folder"]
        self.bootstrap_inside: str = fields["bootstrap_inside"]
        # Where to write the exit record in addition to the spool, for an executor that cannot read that; null if nowhere.
        self.exit_file: str | None = fields.get("exit_file")
        # Seconds after a stop signal until this process ends user code itself; null: the executor does it.
        self.grace_seconds: float | None = fields.get("grace_seconds")
        # The pod that this process runs in, if any.
        self.pod_uid: str | None = fields.get("pod_uid")
        self.inside_python: str = fields["inside_python"]
        self.environment: str = fields["environment"]
        self.local_data: dict | None = fields["local_data"]
        self.sandbox: list[str] = fields["sandbox"]
        self.drop_to: dict | None = fields["drop_to"]
        self.takes_room_as: dict | None = fields.get("takes_room_as")
        self.control_groups: dict | None = fields["control_groups"]
        self.join_groups: list[str] = fields.get("join_groups", [])
        self.network: dict | None = fields.get("network")
        self.machine: dict | None = fields.get("machine")
        # A template from which user code may be forked; null to start an interpreter.
        self.template: dict | None = fields.get("template")
        self.network_gets_closed: bool = fields.get("network_gets_closed", False)


def take_attempt(start_path: str) -> StartFile | None:
    """
    Read start.json and claim the attempt; None if another bootstrap was first.

    The bootstrap that claims the attempt deletes start.json, so that only this process has the secret.
    """
    folder = os.path.dirname(start_path)
    try:
        with open(start_path, encoding="utf-8") as file:
            start = StartFile(json.load(file))
    except FileNotFoundError:
        if os.path.exists(os.path.join(folder, "process.json")):
            return None
        raise
    if not claim_attempt(start):
        return None
    os.unlink(start_path)
    return start


def claim_attempt(start: StartFile) -> bool:
    """
    Write process.json, unless another bootstrap has.

    link(2) fails if the name exists, and never exposes a partly written file.
    """
    path = os.path.join(start.folder, "process.json")
    draft = f"{path}.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, json.dumps(_describe_process()).encode())
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        os.close(descriptor)
        os.unlink(draft)
    return True


def _describe_process() -> dict:
    with open("/proc/self/stat", encoding="utf-8", errors="replace") as file:
        # The name may contain spaces and parentheses; the last parenthesis closes it. Field 22 is the start
        # time.
        fields = file.read().rpartition(")")[2].split()
    return {
        "pid": os.getpid(),
        "start_time": int(fields[19]),
        "boot_id": _read_line("/proc/sys/kernel/random/boot_id"),
        "pid_namespace": os.readlink("/proc/self/ns/pid"),
        "machine_id": _read_machine_id(),
    }


def _read_machine_id() -> str:
    """Return the machine id, which the executor compares with its own; empty if there is none."""
    try:
        return _read_line("/etc/machine-id")
    except OSError:
        return ""


def _read_line(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read().strip()
