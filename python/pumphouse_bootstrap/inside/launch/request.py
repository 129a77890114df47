"""The request for the program that runs a launcher in the environment's interpreter."""

from __future__ import annotations

import os

from pumphouse_bootstrap.inside.memory_file import write_memory_file

_PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "__main__.py")


def request_launch(launcher: str, arguments: list[str], quick: bool, shadowed: bool) -> list[str]:
    """
    Return the arguments of `python`: the program that runs the launcher, and its request.

    The launcher's arguments are passed in memory: process arguments are visible to everyone and limited to 128 KiB
    each. `shadowed`: the workspace has modules of its own in place of those that the program would import ahead.
    """
    request = {"launcher": launcher, "arguments": arguments, "quick": quick, "shadowed": shadowed}
    # Without the flag to close it: the launch program inherits it.
    return [_PROGRAM, str(write_memory_file("launch", request, 0))]
