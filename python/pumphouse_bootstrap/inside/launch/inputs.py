"""The inputs of a start, as arguments of the job's function or of the script."""

from __future__ import annotations

import json
import os
import sys

from pumphouse_bootstrap.inside.launch.request import MODULE_LAUNCHER

_INPUTS_KEY = "pumphouse_inputs"
_RUN_CONTEXT = "run_context"
_JOB_LAUNCHER = "dlt._workspace.deployment.launchers.job"


class InputError(Exception):
    """An input that the job does not have, or a value that does not fit its annotation."""


def prepare_inputs(launcher: str, arguments: list[str]) -> list[str]:
    """Let the launcher call the job's function with the inputs; return the arguments of a script."""
    entry_point = arguments[arguments.index("--entry-point") + 1] if "--entry-point" in arguments else ""
    # Runs without inputs do not parse their entry point twice.
    if _INPUTS_KEY not in entry_point:
        return []
    inputs = json.loads(entry_point).get(_INPUTS_KEY)
    if not inputs:
        return []
    if launcher == MODULE_LAUNCHER:
        return list_script_arguments(inputs)
    if launcher == _JOB_LAUNCHER:
        _bind_first_call(inputs)
    return []


def append_to_execution(arguments: list[str]) -> None:
    """Append to the command by which dlt's launcher executes a script."""
    execute = os.execvp
    os.execvp = lambda file, command: execute(file, [*command, *arguments])  # type: ignore[assignment]


def list_script_arguments(inputs: dict) -> list[str]:
    """`{"day": "2026-11-29"}` is `--day 2026-11-29`. True is the option alone, false and null leave it out."""
    arguments = []
    for name, value in inputs.items():
        for item in value if isinstance(value, list) else [value]:
            if item is True:
                arguments.append(f"--{name}")
            elif item is not None and item is not False:
                arguments += [f"--{name}", item if isinstance(item, str) else json.dumps(item)]
    return arguments


def _bind_first_call(inputs: dict) -> None:
    from dlt._workspace.deployment.decorators import JobFactory

    call = JobFactory.__call__

    def call_with_inputs(job, *args, **kwargs):
        # User code may call jobs too: while it is imported, and within the job.
        caller = sys._getframe(1).f_code.co_filename.replace(os.sep, "/")
        if not caller.endswith("/_workspace/deployment/launchers/job.py"):
            return call(job, *args, **kwargs)
        JobFactory.__call__ = call
        return call(job, *args, **{**kwargs, **convert_inputs(job._f, inputs)})

    JobFactory.__call__ = call_with_inputs


def convert_inputs(function, inputs: dict) -> dict:
    """Return the inputs that are parameters of the function, converted by their annotations. Raises InputError."""
    import inspect
    import typing

    from dlt.common.typing import ConfigValueSentinel

    signature = inspect.signature(function).parameters.values()
    named = {one.name: one for one in signature if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)}
    takes_context = named.pop(_RUN_CONTEXT, None) is not None
    takes_any_name = any(one.kind is one.VAR_KEYWORD for one in signature)
    is_free = takes_context and all(isinstance(one.default, ConfigValueSentinel) for one in named.values())
    try:
        hints = typing.get_type_hints(function)
    except Exception:
        # A name that only a type checker knows. Values of such parameters stay as they are.
        hints = {}
    values = {}
    for name, value in inputs.items():
        if name in named:
            if getattr(named[name].default, "default_literal", None) == "dlt.secrets.value":
                raise InputError(f"The input {name} is a secret, and inputs are not secret. Set a variable instead.")
            values[name] = _convert(name, _choose_hint(named[name], hints), value)
        elif takes_any_name and name != _RUN_CONTEXT:
            values[name] = value
        elif not is_free:
            known = ", ".join(named) or "none"
            raise InputError(f"{function.__name__} has no input {name}. Its inputs: {known}.")
    return values


def _choose_hint(parameter, hints: dict):
    from datetime import date, datetime

    if parameter.name in hints:
        return hints[parameter.name]
    kind = type(parameter.default)
    return kind if kind in (bool, int, float, str, date, datetime) else None


def _convert(name: str, hint, value):
    try:
        return _convert_to(hint, value)
    except (TypeError, ValueError):
        shown = getattr(hint, "__name__", None) if isinstance(hint, type) else str(hint).replace("typing.", "")
        # Without the value, which may be a secret.
        raise InputError(f"The value of the input {name} is not {shown}.") from None


def _convert_to(hint, value):
    """Raises ValueError."""
    import typing

    origin, members = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return _choose_literal(members, value)
    if origin is typing.Union or type(hint).__name__ == "UnionType":
        return _convert_to_member(members, value)
    if origin is list or hint is list:
        items = json.loads(value) if isinstance(value, str) and value.startswith("[") else value
        items = items if isinstance(items, list) else [items]
        return [_convert_to(members[0], item) for item in items] if members else items
    return _convert_to_class(hint, value)


def _convert_to_class(hint, value):
    from datetime import date, datetime

    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if hint is str and is_number:
        return json.dumps(value)
    if hint is bool and value in ("true", "false"):
        return value == "true"
    if hint is int and isinstance(value, str):
        return int(value)
    if hint is float and (is_number or isinstance(value, str)):
        return float(value)
    if hint is datetime and isinstance(value, str):
        return datetime.fromisoformat(f"{value[:-1]}+00:00" if value.endswith("Z") else value)
    if hint is date and isinstance(value, str):
        return date.fromisoformat(value)
    if hint is type(None) and value in (None, "null"):
        return None
    if hint in (str, bool, int, float, dict, date, datetime, type(None)) and type(value) is not hint:
        raise ValueError
    return value


def _convert_to_member(members: tuple, value):
    if value is None and type(None) in members:
        return None
    # A text stays a text where one is allowed.
    for member in sorted(members, key=lambda one: one is not type(value)):
        try:
            return _convert_to(member, value)
        except (TypeError, ValueError):
            continue
    raise ValueError


def _choose_literal(choices: tuple, value):
    for choice in choices:
        if choice == value and type(choice) is type(value):
            return choice
    for choice in choices:
        if str(choice) == str(value):
            return choice
    raise ValueError
