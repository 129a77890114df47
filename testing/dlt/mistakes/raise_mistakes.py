"""
Raise each mistake of the modules beside this file, and print what Python would have written to stderr.

The modules are copied into the folder of a workspace before, so that their frames are those of user code.
Prints a JSON object: the name of the mistake, and its traceback.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from importlib import import_module


def raise_one(mistake) -> str:
    """Return the traceback of a mistake, which begins at the bottom of the stack as that of a run does."""
    try:
        mistake()
    except BaseException:
        return traceback.format_exc()
    raise AssertionError(f"{mistake.__name__} raised nothing")


workspace, *modules = sys.argv[1:]
os.chdir(workspace)
sys.path.insert(0, workspace)
raised = {}
for name in modules:
    module = import_module(name)
    for mistake in module.mistakes:
        raised[f"{name}.{mistake.__name__}"] = raise_one(mistake)
print(json.dumps(raised))
sys.stdout.flush()
# Threads of servers and of drivers may still wait.
os._exit(0)
