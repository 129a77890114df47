"""
`<environment>/bin/python scripts/list_start_modules.py > python/pumphouse_bootstrap/start_modules.json`:
print the modules that a first run imports, as paths below site-packages.

Run it in an environment of `dlt[duckdb]` after an upgrade of dlt; a slow test fails when it is needed.
"""

import importlib
import json
import os
import sys
import sysconfig
import tempfile

LAUNCHERS = ("job", "module")


def import_start() -> None:
    for launcher in LAUNCHERS:
        importlib.import_module(f"dlt._workspace.deployment.launchers.{launcher}")
    import dlt
    import dlt.hub.run

    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        pipeline = dlt.pipeline("start", destination="duckdb", pipelines_dir=folder)
        pipeline.run([{"id": 1}], table_name="rows")
        os.chdir("/")


def list_modules() -> list[str]:
    root = sysconfig.get_path("purelib") + "/"
    files = {getattr(module, "__file__", None) or "" for module in list(sys.modules.values())}
    return sorted(path[len(root) :] for path in files if path.startswith(root) and path.endswith(".py"))


if __name__ == "__main__":
    # Output of dlt is not part of the list.
    stdout, sys.stdout = sys.stdout, sys.stderr
    import_start()
    json.dump(list_modules(), stdout, indent=0)
    stdout.write("\n")
