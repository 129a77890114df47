"""The steps from the sandbox's first process to the launcher."""

from __future__ import annotations

import json
import os
import signal

from pumphouse_bootstrap.inside.artifacts import prepare_artifacts
from pumphouse_bootstrap.inside.launch.request import request_launch
from pumphouse_bootstrap.inside.plain_start import find_plain_start
from pumphouse_bootstrap.inside.private_folder import find_private_folder
from pumphouse_bootstrap.inside.stage_failure import StageFailure
from pumphouse_bootstrap.inside.unpack import place_local_data, place_local_folder, place_pipelines, unpack_code, unpack_configuration
from pumphouse_bootstrap.process_control import end_with_parent, forbid_new_privileges

_STANDARD_PATH = "/usr/local/bin:/usr/bin:/bin"
_START_VARIABLE = "PUMPHOUSE_START"


def run_stage(control_descriptor: int) -> None:
    """Replace this process by the launcher, or report the reason and end."""
    with os.fdopen(control_descriptor, "rb") as file:
        control = json.load(file)
    status = control["status_fd"]
    for name in ("status_fd", "code_fd", "configuration_fd"):
        if control[name] is not None:
            # User code inherits none of them. The end of the status pipe signals that the launcher is
            # running.
            os.set_inheritable(control[name], False)
    try:
        _become_launcher(control, status)
    except StageFailure as failure:
        report_stage(status, {"code": failure.code, "detail": failure.detail})
    except Exception as error:
        report_stage(status, {"code": "bootstrap_failed", "detail": f"{type(error).__name__}: {error}"})
    os._exit(1)


def _become_launcher(control: dict, status: int) -> None:
    become_user(control["drop_to"])
    end_with_parent()
    forbid_new_privileges()
    os.umask(0o077)
    unpack_work(control)
    python = f"{control['environment']}/bin/python"
    variables = complete_variables(control)
    plain_start = find_plain_start(control)
    quick = variables.get(_START_VARIABLE) != "plain" and plain_start is None
    arguments = [*control["arguments"], *control["private_arguments"]]
    command = [python, "-u", *request_launch(control["launcher"], arguments, quick, plain_start is not None)]
    if os.getpgrp() != os.getpid():
        # Stop signals go to user code's process group, which must not contain the sandbox's own processes.
        os.setpgid(0, 0)
    # Python ignores these two signals; child processes of a run expect the defaults.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    report_stage(status, {"pid": os.getpid(), "plain_start": plain_start})
    try:
        os.execve(python, command, variables)
    except FileNotFoundError as error:
        raise StageFailure("environment_missing", f"{python}: {error.strerror}") from error
    except (OSError, ValueError) as error:
        # The message of a ValueError may quote a secret value.
        problem = error.strerror if isinstance(error, OSError) else "an argument or a variable contains a NUL or an invalid name"
        raise StageFailure("launcher_failed", f"{python} could not be executed: {problem}") from error


def unpack_work(control: dict) -> None:
    """Enter the work folder and unpack code and configuration into it. Raises StageFailure."""
    work_folder = control["work_folder"]
    _enter_work_folder(work_folder)
    try:
        if control["code_fd"] is not None:
            unpack_code(control["code_fd"], work_folder)
        unpack_configuration(control["configuration_fd"], work_folder)
        place_local_data(control["local_data"], control["profile"], work_folder)
        if control["local_data"] is not None:
            place_local_folder(control.get("local_folder"), control["profile"], work_folder)
        place_pipelines(control["pipelines"], control["profile"], work_folder)
    except OSError as error:
        raise StageFailure("unpack_failed", f"{error.filename or work_folder}: {error.strerror}") from error


def become_user(drop_to: dict | None) -> None:
    """Become the user of user code; stay the current one if None."""
    if drop_to is None:
        return
    uid, gid = drop_to["uid"], drop_to["gid"]
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)


def _enter_work_folder(work_folder: str) -> None:
    try:
        os.makedirs(work_folder, exist_ok=True)
        os.chdir(work_folder)
        if not os.access(work_folder, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise StageFailure("work_folder_failed", f"{work_folder}: {error.strerror}") from error


def complete_variables(control: dict) -> dict[str, str]:
    """Return the complete environment of user code, and create the folders that it names."""
    variables = {name: value for name, value in control["variables"].items() if name != "PYTHONDONTWRITEBYTECODE"}
    variables.setdefault("LANG", "C.UTF-8")
    parent_folder = os.path.dirname(control["work_folder"])
    variables["PATH"] = f"{control['environment']}/bin:{_STANDARD_PATH}"
    variables["HOME"] = find_private_folder((f"{parent_folder}/.home", "/tmp/home"))
    variables["TMPDIR"] = find_private_folder((f"{parent_folder}/.tmp", "/tmp/tmp"))
    artifacts = prepare_artifacts(control["artifacts"], control["local_data"], control["profile"], parent_folder)
    return {
        **_name_local_folder(control),
        **variables,
        **artifacts,
        **_prepare_database_locks(control),
        **_prepare_pipelines(control),
    }


def _name_local_folder(control: dict) -> dict[str, str]:
    """
    Return the variable that makes every dlt write local files where they are kept.

    Before 1.27 dlt's own choice is `_local/<profile>`, which is lost with the work folder.
    """
    if control["local_data"] is None:
        return {}
    return {"DLT_LOCAL_DIR": f"{control['work_folder']}/.dlt/data/{control['profile']}"}


def _prepare_database_locks(control: dict) -> dict[str, str]:
    """Return the variables that environment_hooks/pumphouse_database_locks.py reads in every process of the run."""
    names, local_data = control["database_locks"], control["local_data"]
    if names is None or local_data is None:
        return {}
    attempt = control["variables"]["PUMPHOUSE_ATTEMPT_ID"]
    description = {"folder": local_data["path"], "run": names["run"], "job": names["job"], "attempt": attempt}
    return {
        "PUMPHOUSE_DATABASE_LOCKS": os.path.join(os.path.dirname(os.path.abspath(__file__)), "database_locks"),
        "PUMPHOUSE_LOCAL_DATA": json.dumps(description),
    }


def _prepare_pipelines(control: dict) -> dict[str, str]:
    """Return the variables that environment_hooks/pumphouse_pipelines.py and its steps read in every process of the run."""
    if control["pipelines"] is None:
        return {}
    description = {**control["pipelines"], "listener": control["variables"]["RUNTIME__DLTHUB_DSN"]}
    return {
        "PUMPHOUSE_PIPELINE_HOOKS": os.path.join(os.path.dirname(os.path.abspath(__file__)), "pipeline_hooks"),
        "PUMPHOUSE_PIPELINES": json.dumps(description),
    }


def report_stage(status: int, report: dict) -> None:
    """Report to the bootstrap: the pid before user code runs, or why it cannot run."""
    os.write(status, json.dumps(report).encode() + b"\n")
