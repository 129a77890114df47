"""The launcher of manifest builds: imports a module and reports its job definitions, in place of running a job."""

from __future__ import annotations

import importlib
import json
import os
from typing import TYPE_CHECKING

from pumphouse_bootstrap.inside.launch.main_module import become_main

if TYPE_CHECKING:
    import traceback

MANIFEST_LAUNCHER = "pumphouse_bootstrap.inside.launch.manifest_launcher"
_MANIFEST_MODULE = "dlt._workspace.deployment.manifest"
# Loaded only for a build, and before files of the workspace could take their names.
_NEEDED_MODULES = ("argparse", "http.client", "traceback", "urllib.parse")
_BEACON_VARIABLE = "RUNTIME__DLTHUB_DSN"
_TYPE = "job.manifest-build"
# The server checks these limits again: user code in this process can send anything.
_MAX_MANIFEST_BYTES = 8 * 1024 * 1024
_MAX_TYPE = 200
_MAX_MESSAGE = 10_000
_MAX_FRAMES = 50
_MAX_TRACEBACK = 40_000
_SEND_SECONDS = 60.0


class ManifestError(Exception):
    """The module was imported, and its manifest cannot be used."""


def build_manifest(arguments: list[str]) -> None:
    """
    Import the module that the entry point names, and send the manifest, or the exception, as the job result.

    Raises the exception after it is sent, so that the log has it and the run fails. The result is sent over the beacon, so
    that nothing that user code prints gets into it.
    """
    for name in _NEEDED_MODULES:
        importlib.import_module(name)
    entry_point = _read_entry_point(arguments)
    wanted = entry_point.get("run_args", {}).get("input", {})
    # Read before user code, which may change variables.
    beacon = os.environ[_BEACON_VARIABLE]
    root = os.getcwd()
    become_main(MANIFEST_LAUNCHER, [])
    try:
        body = _describe(*_import_manifest(wanted["module"], wanted["use_all"]), entry_point["job_ref"])
    except BaseException as error:
        # Also SystemExit: code that ends itself while it is imported has no manifest.
        _send(beacon, _encode({"error": _describe_error(error, root)}, entry_point["job_ref"]))
        if isinstance(error, SystemExit):
            raise ManifestError(f"The code called sys.exit({error.code!r}) while it was imported.") from error
        raise
    _send(beacon, body)


def _read_entry_point(arguments: list[str]) -> dict:
    import argparse

    parser = argparse.ArgumentParser()
    parser.add_argument("--run-id")
    parser.add_argument("--trigger")
    parser.add_argument("--entry-point", type=json.loads, required=True)
    return parser.parse_args(arguments).entry_point


def _import_manifest(module: str, use_all: bool) -> tuple[dict, list[str]]:
    try:
        manifest_from_module = importlib.import_module(_MANIFEST_MODULE).manifest_from_module
    except (ImportError, AttributeError) as error:
        raise ManifestError("The dlt of the workspace cannot build a manifest: require dlt 1.26 or newer.") from error
    # Not isolated: this process is for nothing else.
    return manifest_from_module(module, use_all=use_all)


def _describe(manifest: dict, warnings: list[str], job_ref: str) -> bytes:
    body = _encode({"manifest": manifest, "warnings": warnings}, job_ref)
    if len(body) > _MAX_MANIFEST_BYTES:
        raise ManifestError(f"The manifest has {len(body)} bytes; at most {_MAX_MANIFEST_BYTES} can be deployed.")
    return body


def _encode(result: dict, job_ref: str) -> bytes:
    body = {"engine_version": 1, "type": _TYPE, "job_ref": job_ref, "result": result}
    try:
        return json.dumps(body, allow_nan=False).encode()
    except TypeError:
        # dlt's serializer knows dates and other values in definitions.
        return importlib.import_module("dlt.common.json").json.dumpb(body)


def _send(beacon: str, body: bytes) -> None:
    import http.client
    import urllib.parse

    address = urllib.parse.urlsplit(beacon)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=_SEND_SECONDS)
    connection.request("PUT", f"{address.path}/job_result", body)
    status = connection.getresponse().status
    connection.close()
    if status != 200:
        raise ManifestError(f"The manifest could not be stored (status {status}).")


def _describe_error(error: BaseException, root: str) -> dict:
    """Describe an exception with the frames in the workspace, which its author can act on."""
    import traceback

    own = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_own(frame.filename, root)]
    lines = [_show_frame(frame, root) for frame in own[-_MAX_FRAMES:]]
    if isinstance(error, SyntaxError) and error.filename and _is_own(error.filename, root):
        lines.append(_show_syntax_error(error, root))
    return {
        "type": type(error).__qualname__[:_MAX_TYPE],
        "message": _cut(_message_of(error), _MAX_MESSAGE),
        "traceback": _cut("\n".join(lines), _MAX_TRACEBACK) if lines else None,
    }


def _message_of(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"The code called sys.exit({error.code!r}) while it was imported."
    try:
        return str(error)
    except Exception:
        return f"{type(error).__qualname__} without a message"


def _is_own(file: str, root: str) -> bool:
    return file.startswith(f"{root}{os.sep}") and "site-packages" not in file


def _show_frame(frame: traceback.FrameSummary, root: str) -> str:
    shown = f'  File "{os.path.relpath(frame.filename, root)}", line {frame.lineno}, in {frame.name}'
    return f"{shown}\n    {frame.line}" if frame.line else shown


def _show_syntax_error(error: SyntaxError, root: str) -> str:
    shown = f'  File "{os.path.relpath(error.filename or "", root)}", line {error.lineno}'
    return f"{shown}\n    {error.text.strip()}" if error.text else shown


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]} …"
