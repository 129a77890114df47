"""Which variables of a run an interpreter that has already imported dlt can no longer follow."""

from __future__ import annotations

_START_VARIABLE = "PUMPHOUSE_START"
# They change how an interpreter, its libraries or dlt start.
_STARTUP_PREFIXES = ("LD_", "PYTHON", "LC_", "GLIBC_", "OPENSSL_", "DLT_", "PENDULUM_", "FSSPEC_")
# Set in every run, and given to prepared ones when they begin.
_SET_AT_BEGIN = {"PYTHONUNBUFFERED", "HOME", "PATH", "PWD", "LANG", "TMPDIR"}
_PREPARED_LANGUAGE = "C.UTF-8"


def explain_cold_start(variables: dict[str, str], read_variables: set[str]) -> str | None:
    """
    Return why a run needs an interpreter of its own; None if it does not.

    `read_variables`: names that modules read while they were imported.
    """
    if variables.get(_START_VARIABLE):
        return f"{_START_VARIABLE} is {variables[_START_VARIABLE]}"
    if variables.get("LANG") not in (None, _PREPARED_LANGUAGE):
        return f"LANG is {variables['LANG']}"
    for name in sorted(variables):
        if name in _SET_AT_BEGIN:
            continue
        if name.startswith(_STARTUP_PREFIXES) or "MALLOC" in name or name in read_variables:
            return f"{name} is read when an interpreter starts"
    return None
