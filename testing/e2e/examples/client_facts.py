"""What the official client and dlt know about a workspace, as JSON: `manifest <module>`, `fields` or `commands <json>`.

Commands run in one process, since each start of the client takes seconds.
"""

import contextlib
import io
import json
import sys

from dlt.common import json as dlt_json


def read_manifest(module):
    from dlt._workspace.deployment.manifest import manifest_from_module

    manifest, warnings = manifest_from_module(module, use_all=not module.endswith(".py"), isolated=True)
    return {"manifest": json.loads(dlt_json.dumps(manifest)), "warnings": warnings}


def list_fields():
    """Paths of all attributes of a job definition that dlt declares, agents' own ones folded into `agent`."""
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
    from dlt._workspace.cli._dlt import _main_dlthub

    # One stream for all of them: the client's log handlers keep the first one that they saw.
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        return [run_command(_main_dlthub, command, output) for command in commands]


def run_command(main, command, output):
    start = output.tell()
    sys.argv = ["dlthub", *command]
    try:
        code = main()
    except SystemExit as ended:
        code = ended.code
    return {"command": command, "code": code or 0, "output": output.getvalue()[start:]}


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    if what == "manifest":
        found = read_manifest(rest[0])
    elif what == "fields":
        found = list_fields()
    else:
        found = run_commands(json.loads(rest[0]))
    print(json.dumps(found))
