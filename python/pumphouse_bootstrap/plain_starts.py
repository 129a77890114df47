"""Why user code starts without modules that are imported ahead, as its run's log says it."""

from __future__ import annotations


def read_plain_start(reported: object) -> dict | None:
    """Packages of the environment can make what runs in it report anything: None then."""
    if not isinstance(reported, dict):
        return None
    module, file, line = reported.get("module"), reported.get("file"), reported.get("line")
    if isinstance(module, str) and len(module) <= 100 and module.isidentifier():
        return {"module": module}
    if isinstance(file, str) and len(file) <= 300 and file.isprintable() and (line is None or isinstance(line, int)):
        return {"file": file, "line": line}
    return None


def describe_plain_start(reason: dict) -> str:
    if "module" in reason:
        return (
            f"This run imported no modules ahead, because the workspace has a module {reason['module']} of its own, and Python or"
            " the environment has one of the same name. It starts more slowly; rename the module to avoid that."
        )
    file, line = reason["file"], reason["line"]
    if line is None:
        return f"This run imported no modules ahead, because {file} could not be read before. It starts more slowly."
    return (
        f"This run imported no modules ahead, because {file}:{line} can change how dlt is imported. It starts more slowly. If"
        " that statement need not come first, import dlt before it."
    )
