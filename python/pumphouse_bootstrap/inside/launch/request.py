"""The request for the program that runs a launcher in the environment's interpreter."""

from __future__ import annotations

import os

from pumphouse_bootstrap.inside.memory_file import write_memory_file

MODULE_LAUNCHER = "dlt._workspace.deployment.launchers.module"
_PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "__main__.py")


def request_launch(launcher: str, arguments: list[str], quick: bool, anew: bool) -> list[str]:
    """
    Return the arguments of `python`: the program that runs the launcher, and its request.

    The launcher's arguments are passed in memory: process arguments are visible to everyone and limited to 128 KiB
    each. `anew`: user code needs an interpreter that has imported nothing ahead.
    """
    request = {"launcher": launcher, "arguments": arguments, "quick": quick, "anew": anew}
    # Without the flag to close it: the launch program inherits it.
    return [_PROGRAM, str(write_memory_file("launch", request, 0))]
