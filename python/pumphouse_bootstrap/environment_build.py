"""
`python3 -I -S <this file> <absolute path of the plan>`: run the commands of an environment build, as PID 1 of
a container.

The plan is JSON: {steps: [{command: string[], retry: {pattern, notice, command} | undefined}], variables: {},
masked_values: [], machine, drop_to, archive}. It may contain secrets and is deleted first. In a container the process
is root until it has blocked the engine's machine for the user `drop_to`; then it becomes that user permanently. Output
of the commands is forwarded line by line with secrets masked. If a command fails with an error that matches the pattern
of its `retry`, the notice is printed and the command of `retry` runs in its place. With `archive`, the environment is
then stored on the server, and what describes it is written to a file. The exit code is 0, 10 plus the number of the
failed step, or 2 if it could not be stored.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections import deque

# Append the path, so that nothing in the same folder can shadow a module of the standard library.
sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from pumphouse_bootstrap.masking import Masker

FIRST_FAILURE = 10
# The build failed before its first step, for a reason unrelated to its requirements.
_NOT_CLOSED = 1
_NOT_STORED = 2
_MAX_LINE_BYTES = 8192
# The longest error of uv about versions has some ten lines.
_ERROR_LINES = 50


def run_build(plan_path: str) -> int:
    """Run the plan; return the exit code."""
    with open(plan_path, encoding="utf-8") as file:
        plan = json.load(file)
    os.unlink(plan_path)
    _close_machine(plan.get("machine"), plan.get("drop_to"))
    masker = Masker(plan["masked_values"])
    masker.prepare()
    for number, step in enumerate(plan["steps"]):
        if not _run_step(step, plan["variables"], masker):
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
        close_machine(machine, None, user["uid"])
        os.setgroups([])
        os.setresgid(user["gid"], user["gid"], user["gid"])
        os.setresuid(user["uid"], user["uid"], user["uid"])
    except (OSError, ValueError) as error:
        print(f"The machine of the engine could not be closed to the build: {error}", file=sys.stderr, flush=True)
        sys.exit(_NOT_CLOSED)


def _run_step(step: dict, variables: dict[str, str], masker: Masker) -> bool:
    """Run the command of a step, and that of its retry if its error asks for it; return whether one succeeded."""
    code, error = _run_command(step["command"], variables, masker)
    retry = step.get("retry")
    if code == 0 or retry is None or not re.search(retry["pattern"], error):
        return code == 0
    print(retry["notice"], flush=True)
    return _run_command(retry["command"], variables, masker)[0] == 0


def _run_command(command: list[str], variables: dict[str, str], masker: Masker) -> tuple[int, str]:
    """Return the exit code, and the end of stderr as one line: uv wraps its sentences, and starts each line with `│`."""
    try:
        process = subprocess.Popen(
            command, env=variables, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr, flush=True)
        return 127, ""
    last_lines: deque[str] = deque(maxlen=_ERROR_LINES)
    readers = [
        threading.Thread(target=_pass_on, args=(process.stdout, sys.stdout.buffer, masker, deque(maxlen=0))),
        threading.Thread(target=_pass_on, args=(process.stderr, sys.stderr.buffer, masker, last_lines)),
    ]
    for reader in readers:
        reader.start()
    code = process.wait()
    for reader in readers:
        reader.join()
    return code, " ".join(line.strip(" │\t") for line in last_lines)


def _pass_on(source, target, masker: Masker, last_lines: deque[str]) -> None:
    """Mask whole lines before truncating them, because part of a secret would not be recognized."""
    for line in source:
        shown = masker.mask(line.rstrip(b"\r\n"))[:_MAX_LINE_BYTES]
        target.write(shown + b"\n")
        target.flush()
        last_lines.append(shown.decode(errors="replace"))


if __name__ == "__main__":
    sys.exit(run_build(sys.argv[1]))
