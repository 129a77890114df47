"""What dlt's launcher of scripts decides, without the second interpreter that it would start."""

from __future__ import annotations

import json
import os
import signal
import sys

from pumphouse_bootstrap.inside.launch.leaving import flush_output, report_end
from pumphouse_bootstrap.inside.launch.main_module import run_as_main


def resolve_module(launcher: str, arguments: list[str]) -> tuple[str, list[str]]:
    """
    Return the module that the launcher would execute, and its arguments; set the variables that it sets.

    The launcher runs in a fork, so that no state of its configuration stays in this process. Ends this process if
    the launcher fails.
    """
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        _run_launcher(launcher, arguments, write)
    os.close(write)
    with os.fdopen(read, "rb") as file:
        body = file.read()
    _, status = os.waitpid(pid, 0)
    if not body:
        _end_as(os.waitstatus_to_exitcode(status))
    answer = json.loads(body)
    os.environ.clear()
    os.environ.update(answer["variables"])
    _read_time_zone_again()
    command = answer["command"]
    if command[:2] != [sys.executable, "-m"]:
        os.execvp(command[0], command)
    return command[2], command[3:]


def _run_launcher(launcher: str, arguments: list[str], descriptor: int) -> None:
    def capture(_file: str, command: list[str]) -> None:
        body = json.dumps({"command": command, "variables": dict(os.environ)}).encode()
        view = memoryview(body)
        while view:
            view = view[os.write(descriptor, view) :]
        flush_output()
        os._exit(0)

    os.execvp = capture  # type: ignore[assignment]
    code: int | str = 1
    try:
        run_as_main(launcher, arguments)
    except BaseException as error:
        code = report_end(error)
    flush_output()
    if code == "interrupt":
        _end_as(-signal.SIGINT)
    os._exit(code if isinstance(code, int) and code != 0 else 1)


def _end_as(code: int) -> None:
    """End this process like the launcher's: with its exit code, or by its signal."""
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code if code > 0 else 1)


def _read_time_zone_again() -> None:
    """dlt reads the time zone of intervals at its import; the launcher has just set it."""
    module = sys.modules.get("dlt.common.time")
    read_again = getattr(module, "set_context_timezone", None)
    if read_again is not None:
        read_again(None)
