"""Decides whether user code needs an interpreter that has imported nothing ahead."""

from __future__ import annotations

import json

from pumphouse_bootstrap.inside.entry_module import find_effect
from pumphouse_bootstrap.inside.launch.request import MODULE_LAUNCHER
from pumphouse_bootstrap.inside.shadowed_modules import find_shadowed


def find_plain_start(control: dict) -> dict | None:
    """Return the reason, as `plain_starts.py` describes it; None if there is none."""
    work_folder, arguments = control["work_folder"], [*control["arguments"], *control["private_arguments"]]
    shadowed = find_shadowed(work_folder, control["environment"])
    if shadowed is not None:
        return {"module": shadowed}
    # dlt's launcher of jobs imports dlt before it imports the module of the job.
    if control["launcher"] != MODULE_LAUNCHER or "--entry-point" not in arguments:
        return None
    entry_point = json.loads(arguments[arguments.index("--entry-point") + 1])
    effect = find_effect(work_folder, entry_point["module"])
    return None if effect is None else {"file": effect.file, "line": effect.line}
