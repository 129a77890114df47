"""Wait for a run, then become its user code."""

from __future__ import annotations

import json
import os
import socket

from pumphouse_bootstrap.inside.imports import import_ahead
from pumphouse_bootstrap.inside.launch.launch import run_launcher, start_anew
from pumphouse_bootstrap.inside.plain_start import find_plain_start
from pumphouse_bootstrap.inside.stage import complete_variables, report_stage, unpack_work
from pumphouse_bootstrap.inside.stage_failure import StageFailure
from pumphouse_bootstrap.inside.template import fresh_process, messages


def wait_for_run(descriptor: int, optional_modules: list[str]) -> None:
    """Import what runs need, wait for one, and run it. End with the connection."""
    connection = socket.socket(fileno=descriptor)
    names = import_ahead(optional_modules)
    messages.send(connection, {"ready": True, "read_variables": names, "memory_bytes": _measure_memory()})
    message, descriptors, _ = messages.receive(connection)
    if message is None:
        os._exit(0)
    _run(dict(zip(message["descriptors"], descriptors)))


def _run(named: dict[str, int]) -> None:
    try:
        os.dup2(named["stdout"], 1)
        os.dup2(named["stderr"], 2)
        with os.fdopen(named["control"], "rb", closefd=False) as file:
            control = json.load(file)
        control["code_fd"], control["configuration_fd"] = named.get("code"), named.get("configuration")
        unpack_work(control)
        variables = complete_variables(control)
        plain_start = find_plain_start(control)
        report_stage(named["status"], {"pid": os.getpid(), "plain_start": plain_start})
    except StageFailure as failure:
        _fail(named, failure.code, failure.detail)
    except BaseException as error:
        _fail(named, "bootstrap_failed", f"{type(error).__name__}: {error}")
    # The end of the status pipe signals that the launcher is running.
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    fresh_process.reset(variables)
    start = run_launcher if plain_start is None else start_anew
    start(control["launcher"], [*control["arguments"], *control["private_arguments"]])


def _fail(named: dict[str, int], code: str, detail: str) -> None:
    report_stage(named["status"], {"code": code, "detail": detail})
    os._exit(1)


def _measure_memory() -> int:
    """Return the share of memory that only this process uses, or that it shares in equal parts."""
    try:
        with open("/proc/self/smaps_rollup", encoding="ascii") as file:
            return next((int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:")), 0)
    except OSError:
        return 0
