"""The last process before user code: becomes the run's user, unpacks its files and runs its launcher."""

from __future__ import annotations

import json
import os
import signal
import socket

from pumphouse_bootstrap.inside.launch.launch import run_launcher, start_anew
from pumphouse_bootstrap.inside.plain_start import find_plain_start
from pumphouse_bootstrap.inside.stage import complete_variables, unpack_work
from pumphouse_bootstrap.inside.stage_failure import StageFailure
from pumphouse_bootstrap.inside.template import fresh_process, kernel, messages


def become_user_code(connection: socket.socket, descriptors: dict[str, int], uid: int, gid: int) -> None:
    """Become user code, or report the reason and end. `descriptors`: by name."""
    try:
        _become_user(descriptors, uid, gid)
        with os.fdopen(os.dup(descriptors["control"]), "rb") as file:
            control = json.load(file)
        control["code_fd"], control["configuration_fd"] = descriptors.get("code"), descriptors.get("configuration")
        os.umask(0o077)
        unpack_work(control)
        variables = complete_variables(control)
        plain_start = find_plain_start(control)
        messages.send(connection, {"ready": True, "plain_start": plain_start})
    except StageFailure as failure:
        _fail(connection, failure.code, failure.detail)
    except BaseException as error:
        _fail(connection, "bootstrap_failed", f"{type(error).__name__}: {error}")
    connection.close()
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    fresh_process.reset(variables)
    start = run_launcher if plain_start is None else start_anew
    start(control["launcher"], [*control["arguments"], *control["private_arguments"]])


def _become_user(descriptors: dict[str, int], uid: int, gid: int) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.setpgid(0, 0)
    kernel.unshare(kernel.NEW_USERS)
    kernel.map_user(uid, 0, gid, 0)
    kernel.drop_capabilities()
    kernel.end_with_parent()
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    os.dup2(descriptors["stdout"], 1)
    os.dup2(descriptors["stderr"], 2)


def _fail(connection: socket.socket, code: str, detail: str) -> None:
    messages.send(connection, {"code": code, "detail": detail})
    os._exit(1)
