"""
`python3 -I -S <this file> <absolute path of the plan>`: run the commands of an environment build, as PID 1 of
a container.

The plan is JSON: {steps: [{command: string[]}], variables: {}, masked_values: [], machine, drop_to, archive}. It may
contain secrets and is deleted first. In a container the process is root until it has blocked the engine's
machine for the user `drop_to`; then it becomes that user permanently. Output of the commands is forwarded
line by line with secrets masked. With `archive`, the environment is then stored on the server, and what describes it is
written to a file. The exit code is 0, 10 plus the number of the failed step, or 2 if it could not be stored.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading

# Append the path, so that nothing in the same folder can shadow a module of the standard library.
sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from pumphouse_bootstrap.masking import Masker

FIRST_FAILURE = 10
# The build failed before its first step, for a reason unrelated to its requirements.
_NOT_CLOSED = 1
_NOT_STORED = 2
_MAX_LINE_BYTES = 8192


def run_build(plan_path: str) -> int:
    """Run the plan; return the exit code."""
    with open(plan_path, encoding="utf-8") as file:
        plan = json.load(file)
    os.unlink(plan_path)
    _close_machine(plan.get("machine"), plan.get("drop_to"))
    masker = Masker(plan["masked_values"])
    masker.prepare()
    for number, step in enumerate(plan["steps"]):
        if _run_step(step["command"], plan["variables"], masker) != 0:
            return FIRST_FAILURE + number
    archive = plan.get("archive")
    return 0 if archive is None else _store(archive)


def _store(archive: dict) -> int:
    # Imported only where needed.
    from pumphouse_bootstrap.environment_transfer import NotStored, store_environment

    try:
        stored = store_environment(archive["source"], archive)
    except NotStored as error:
        print(error, file=sys.stderr, flush=True)
        return _NOT_STORED
    with open(archive["report"], "w", encoding="utf-8") as file:
        json.dump(stored, file)
    print(f"Stored the environment: {stored['size_bytes'] / 1e6:.0f} MB", file=sys.stderr, flush=True)
    return 0


def _close_machine(machine: dict | None, user: dict | None) -> None:
    if machine is None or user is None:
        return
    # Imported only where needed.
    from pumphouse_bootstrap.closed_machine import close_machine

    try:
        close_machine(machine["closed"], machine["open_ports"], None, user["uid"])
        os.setgroups([])
        os.setresgid(user["gid"], user["gid"], user["gid"])
        os.setresuid(user["uid"], user["uid"], user["uid"])
    except (OSError, ValueError) as error:
        print(f"The machine of the engine could not be closed to the build: {error}", file=sys.stderr, flush=True)
        sys.exit(_NOT_CLOSED)


def _run_step(command: list[str], variables: dict[str, str], masker: Masker) -> int:
    try:
        process = subprocess.Popen(
            command, env=variables, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr, flush=True)
        return 127
    readers = [
        threading.Thread(target=_pass_on, args=(source, target, masker))
        for source, target in ((process.stdout, sys.stdout.buffer), (process.stderr, sys.stderr.buffer))
    ]
    for reader in readers:
        reader.start()
    code = process.wait()
    for reader in readers:
        reader.join()
    return code


def _pass_on(source, target, masker: Masker) -> None:
    """Mask whole lines before truncating them, because part of a secret would not be recognized."""
    for line in source:
        target.write(masker.mask(line.rstrip(b"\r\n"))[:_MAX_LINE_BYTES] + b"\n")
        target.flush()


if __name__ == "__main__":
    sys.exit(run_build(sys.argv[1]))
