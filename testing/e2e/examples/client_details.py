"""
Print what the official client and dlt know about a workspace, as JSON: `workspace <module> <deploy command>`
or `fields`.

`workspace` has the manifest computed by the client, and the output of the commands that deploy, list and
describe the jobs. All commands run in one process, because each start of the client takes seconds.
"""

import contextlib
import io
import json
import sys

from dlt.common import json as dlt_json


def deploy_workspace(module, *deploy):
    from dlt._workspace.deployment.manifest import manifest_from_module

    manifest, warnings = manifest_from_module(module, use_all=not module.endswith(".py"))
    infos = [["job", "info", job["job_ref"]] for job in manifest["jobs"]]
    deploy_output, list_output, *info_outputs = run_commands([deploy, ["job", "list"], *infos])
    return {
        "deploy": deploy_output,
        "jobs": json.loads(dlt_json.dumps(manifest["jobs"])),
        "warnings": warnings,
        "list": list_output,
        "infos": info_outputs,
    }


def list_fields():
    """
    Return the paths of all job definition attributes declared by dlt, with those of agents folded into
    `agent`.
    """
    from dlt._workspace.deployment import typing

    nested = {
        "": typing.TJobDefinition,
        "entry_point": typing.TEntryPoint,
        "execute": typing.TExecuteSpec,
        "execute.timeout": typing.TTimeoutSpec,
        "expose": typing.TExposeSpec,
        "deliver": typing.TDeliverSpec,
        "interval": typing.TIntervalSpec,
        "require": typing.TRequireSpec,
    }
    paths = [
        f"{path}.{name}".lstrip(".") for path, spec in nested.items() for name in spec.__required_keys__ | spec.__optional_keys__
    ]
    return sorted(path for path in paths if path not in nested)


def run_commands(commands):
    from dlt._workspace.cli._dlt import main

    # One stream for all commands, because the client's log handlers keep the first one. Calls `main` instead
    # of the script's function, which ends with `exit` and closes the input.
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        return [run_command(main, command, output) for command in commands]


def run_command(main, command, output):
    start = output.tell()
    sys.argv = ["dlthub", *command]
    try:
        code = main("dlthub")
    except SystemExit as ended:
        code = ended.code
    if code:
        raise RuntimeError(f"dlthub {command} ended with code {code}: {output.getvalue()[start:]}")
    return output.getvalue()[start:]


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    found = list_fields() if what == "fields" else deploy_workspace(*rest)
    print(json.dumps(found))
