"""
Prepare a pod of the kubernetes executor: `main` runs in its first container, before user code, as its user.

The plan is the JSON in the secret of the pod; see PreparationPlan in pod-plan.ts. Only this container sees the
secret and the whole claim. A failure is reported as {code, detail} in the file that Kubernetes stores with the end
of the container.
"""

from __future__ import annotations

import json
import os
import sys

from pumphouse_bootstrap.claim_folders import ClaimNotWritable, copy_snapshot, make_own_folder, make_shared_folder
from pumphouse_bootstrap.start_file import StartFile

_CLAIM = "/pumphouse/volume"
# Environments in the image, each in a folder that is named by its key: `pumphouse admin build-image`.
_IMAGE_ENVIRONMENTS = "/opt/pumphouse/environments"
_POD_UID_VARIABLE = "PUMPHOUSE_POD_UID"


class Unprepared(Exception):
    """The pod cannot run its program."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        super().__init__(detail)


def main(plan_path: str, report_path: str, claim: str = _CLAIM) -> int:
    """Carry out the plan; return the exit code."""
    try:
        with open(plan_path, encoding="utf-8") as file:
            plan = json.load(file)
        _check_python(plan["python"])
        if plan["volume"] is not None:
            _prepare_claim(claim, plan["volume"])
        for folder in plan["folders"]:
            os.makedirs(folder, exist_ok=True)
        files = [{**file, "content": _complete(file["content"])} for file in plan["files"]]
        _provide_environment(plan.get("environment"), files)
        for file in files:
            _write(file["path"], file["content"])
    except Unprepared as error:
        return _report(report_path, error.code, str(error))
    except ClaimNotWritable as error:
        return _report(report_path, "executor_config", str(error))
    except OSError as error:
        detail = f"The pod could not be prepared: {error.filename or 'a file'}: {error.strerror}."
        return _report(report_path, "work_folder_failed", detail)
    return 0


def _report(path: str, code: str, detail: str) -> int:
    print(detail, file=sys.stderr, flush=True)
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"code": code, "detail": detail}, file)
    return 1


def _check_python(wanted: str | None) -> None:
    found = "%d.%d" % sys.version_info[:2]
    if wanted not in (None, found):
        raise Unprepared("python_not_found", f"Python {wanted} is required, and the image of runs has {found}.")


def _prepare_claim(claim: str, plan: dict) -> None:
    make_shared_folder(claim, plan["root"])
    for folder in plan["shared"]:
        make_shared_folder(claim, folder)
    for folder in plan["own"]:
        make_own_folder(claim, folder)
    required = plan["required"]
    if required is not None and not os.path.exists(f"{claim}/{required}/complete"):
        raise Unprepared("environment_missing", "The environment of the run no longer exists on the claim.")
    if plan["copy"] is not None:
        copy_snapshot(f"{claim}/{plan['copy']['from']}", f"{claim}/{plan['copy']['to']}")


def _provide_environment(plan: dict | None, files: list[dict]) -> None:
    """Use the environment of the image, if it has the one of this run; otherwise fetch its archive."""
    if plan is None:
        return
    start = next(file["content"] for file in files if "attempt_id" in file["content"])
    baked = f"{_IMAGE_ENVIRONMENTS}/{plan['key']}"
    if plan["cache"] is None and os.path.exists(f"{baked}/complete"):
        # Programs of the environment name the place where it was built.
        os.symlink(f"{baked}/venv", plan["target"])
        return
    # Loads what only this case needs.
    from pumphouse_bootstrap.environment_transfer import NodeCache, NotThere, fetch_environment

    def fetch(target: str) -> None:
        fetch_environment(StartFile(start), plan["archive"], target)

    try:
        if plan["cache"] is None:
            fetch(plan["target"])
            return
        cache = NodeCache(plan["cache"]["root"], plan["cache"]["name"])
        if not cache.find():
            cache.fill(fetch)
    except NotThere as error:
        raise Unprepared("environment_missing", str(error)) from error
    except PermissionError as error:
        detail = f"User {os.getuid()} cannot write to {error.filename}, the node cache (docs/operate/kubernetes.md)."
        raise Unprepared("executor_config", detail) from error


def _complete(content: object) -> object:
    """Add what only the pod knows: its uid, and where its image has programs."""
    if not isinstance(content, dict):
        return content
    if "attempt_id" in content:
        return {**content, "inside_python": sys.executable, "pod_uid": os.environ.get(_POD_UID_VARIABLE)}
    if "steps" in content:
        return {**content, "steps": [_complete_step(step) for step in content["steps"]]}
    return content


def _complete_step(step: dict) -> dict:
    completed = {**step, "command": [_find_program(word) for word in step["command"]]}
    return {**completed, "retry": _complete_step(step["retry"])} if "retry" in step else completed


def _find_program(word: str) -> str:
    if word == "{python}":
        return sys.executable
    if word == "{uv}":
        # Where the runner image of the docker executor has it, which may be used here too.
        own = "/opt/pumphouse/bin/uv"
        return own if os.path.exists(own) else "uv"
    return word


def _write(path: str, content: object) -> None:
    # Other users look at the claim; the other files may contain secrets.
    mode = 0o644 if path.startswith(f"{_CLAIM}/") else 0o600
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content if isinstance(content, str) else json.dumps(content))
