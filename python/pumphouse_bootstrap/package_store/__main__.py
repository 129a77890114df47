"""
`python3 -I -S <this file>`: run one operation on a package store.

The request is JSON on stdin, the response JSON on stdout. Runs as the server's user, never as that of builds
or runs.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

# Append the path, so that nothing in the same folder can shadow a module of the standard library.
sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from pumphouse_bootstrap.package_store.assemble import assemble, find_packages
from pumphouse_bootstrap.package_store.bytecode import adopt_bytecode
from pumphouse_bootstrap.package_store.objects import MissingObject
from pumphouse_bootstrap.package_store.packages import PackageStore
from pumphouse_bootstrap.package_store.retention import list_packages, remove_packages
from pumphouse_bootstrap.package_store.trees import HostileTree


def answer(request: dict[str, Any]) -> dict[str, Any]:
    store = PackageStore(request["store"], request.get("links", True))
    try:
        operation = request["operation"]
        if operation == "find":
            return {"found": find_packages(store, request["keys"])}
        if operation == "assemble":
            return assemble(store, request)
        if operation == "adopt":
            return adopt_bytecode(store, request)
        if operation == "list":
            return {"packages": list_packages(store)}
        if operation == "remove":
            remove_packages(store, request["keys"])
            return {}
        raise ValueError(f"no operation {operation!r}")
    except HostileTree as error:
        return {"problem": "hostile", "detail": str(error)}
    except MissingObject as error:
        return {"problem": "missing", "detail": str(error)}
    except OSError as error:
        return {"problem": "failed", "detail": str(error)}
    finally:
        store.objects.close()


if __name__ == "__main__":
    os.umask(0o022)
    json.dump(answer(json.load(sys.stdin)), sys.stdout)
