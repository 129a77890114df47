"""
Fork bootstraps from one process that has imported their modules: an interpreter of its own costs each attempt 30 ms and
more of processor time.

Requests are lines of JSON on standard input: {"id", "start_file", "log_file"}. Reports are lines on standard output:
{"ready"} once, {"id", "pid"} for a new bootstrap, and {"id", "ended"} when it has ended. This process ends with its server,
which closes the input; bootstraps go on.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import select
import signal
import sys

# The modules of a bootstrap, so that no fork imports them.
from pumphouse_bootstrap import (  # noqa: F401
    attempt,
    early_start,
    forked_process,
    mount_clones,
    network,
    recording,
    template_slot,
    user_code_start,
)
from pumphouse_bootstrap.process_tree import reap_children, wake_up_for_ended_children

_INPUT = 0
_REPORTS = 1
_READ_BYTES = 64 * 1024


def serve_forks() -> None:
    """Fork a bootstrap for each request until the input ends."""
    gc.collect()
    # Collections of a fork would copy the pages of all objects that it shares with this process.
    gc.freeze()
    woken = wake_up_for_ended_children()
    bootstraps: dict[int, int] = {}
    _report({"ready": True})
    poll = select.poll()
    poll.register(_INPUT, select.POLLIN)
    poll.register(woken, select.POLLIN)
    received = b""
    while True:
        ready = {number for number, _ in poll.poll()}
        if woken in ready:
            os.read(woken, _READ_BYTES)
            _report_ends(bootstraps)
        if _INPUT in ready:
            data = os.read(_INPUT, _READ_BYTES)
            if not data:
                return
            *lines, received = (received + data).split(b"\n")
            for line in lines:
                _fork(json.loads(line), bootstraps)


def _fork(request: dict, bootstraps: dict[int, int]) -> None:
    pid = os.fork()
    if pid == 0:
        _become_bootstrap(request["start_file"], request["log_file"])
    bootstraps[pid] = request["id"]
    _report({"id": request["id"], "pid": pid})


def _become_bootstrap(start_file: str, log_file: str) -> None:
    """Run the attempt in this process, which is like one that the server has started itself. Does not return."""
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        os.dup2(null, _INPUT)
        os.dup2(null, _REPORTS)
        log = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        os.dup2(log, 2)
        os.closerange(3, max(null, log) + 1)
        show_arguments([*sys.orig_argv[:-2], start_file])
    except BaseException as error:
        os.write(2, f"The bootstrap could not be forked: {type(error).__name__}: {error}\n".encode())
        os._exit(1)
    attempt.run_attempt(start_file)


def show_arguments(arguments: list[str]) -> None:
    """
    Replace the command line that the machine shows of this process, by which servers find bootstraps.

    It is in this process's memory, with the length that it had at its start.
    """
    with open("/proc/self/stat", encoding="utf-8", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    start, end = int(fields[45]), int(fields[46])
    text = b"\0".join(map(os.fsencode, arguments)) + b"\0"
    if len(text) > end - start:
        raise ValueError("the path of the attempt is too long")
    ctypes.memmove(start, text.ljust(end - start, b"\0"), end - start)


def _report_ends(bootstraps: dict[int, int]) -> None:
    for pid, status in reap_children():
        code = os.waitstatus_to_exitcode(status)
        reason = f"exit code {code}" if code >= 0 else signal.Signals(-code).name
        _report({"id": bootstraps.pop(pid, None), "ended": reason})


def _report(report: dict) -> None:
    """Write a report for the server, which may be gone: the end of the input tells so."""
    try:
        os.write(_REPORTS, json.dumps(report).encode() + b"\n")
    except OSError:
        pass
