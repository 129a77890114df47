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

_CLAIM = "/pumphouse/volume"
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
        _prepare_claim(claim, plan["volume"])
        for folder in plan["folders"]:
            os.makedirs(folder, exist_ok=True)
        for file in plan["files"]:
            _write(file["path"], _complete(file["content"]))
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


def _complete(content: object) -> object:
    """Add what only the pod knows: its uid, and where its image has programs."""
    if not isinstance(content, dict):
        return content
    if "attempt_id" in content:
        return {**content, "inside_python": sys.executable, "pod_uid": os.environ.get(_POD_UID_VARIABLE)}
    if "steps" in content:
        steps = [{**step, "command": [_find_program(word) for word in step["command"]]} for step in content["steps"]]
        return {**content, "steps": steps}
    return content


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
