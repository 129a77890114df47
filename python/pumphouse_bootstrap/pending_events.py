"""What user code's hook reports about pending packages: lines in the log, and a record for the server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

from pumphouse_bootstrap.masking import Masker
from pumphouse_bootstrap.spool import Spool
from pumphouse_bootstrap.telemetry_masking import TelemetryMasker

BODY_LIMIT_BYTES = 64 * 1024
_MAX_EVENTS = 200
_MAX_IDS = 20
_MAX_REASON = 16_000
_STATUSES = ("twice", "once", "unknown")
_TEXTS = {
    "awaited": "Waiting at most {reason} seconds until the processes of an earlier attempt end, which has pending load"
    " packages of the pipeline {pipeline}.",
    "finishing": "Finishing {packages} of the pipeline {pipeline}, extracted by {origin}.",
    "finished": "Finished {packages} of the pipeline {pipeline}, extracted by {origin}.",
    "loaded": "The rows of the load job {reason} of the pipeline {pipeline} were at the destination already, and were not"
    " loaded again.",
    "doubtful": "Pipeline {pipeline}: {reason}.",
    "dropped": "Dropped {packages} of the pipeline {pipeline}, extracted by {origin}: {reason}."
    " The source is asked for their rows again, from where the destination's state ends.",
    "replaced": "Dropped {packages} of the pipeline {pipeline}, extracted by {origin}: {reason}.",
    "left": "Left {packages} of the pipeline {pipeline}, extracted by {origin}, as it is: {reason}.",
    "unusable": "Pending load packages of the pipeline {pipeline} cannot be used by this run, and stay: {reason}",
    "ended": "Nothing is left to finish. The run ends here and does not ask the source of the pipeline {pipeline},"
    " because it was started to finish pending packages.",
    "skipped": "Skipped writing with the pipeline {pipeline}, because this run only finishes pending packages.",
}
# These change what is pending: what the record calls it.
_RECORDED = {"finished": "finished", "dropped": "dropped", "replaced": "dropped"}


class PendingEvents:
    """User code sends these messages, so it may send anything: texts and counts are bounded."""

    def __init__(self, spool: Spool, masker: Masker, name_masker: TelemetryMasker) -> None:
        self._spool = spool
        self._masker = masker
        self._name_masker = name_masker
        self._changing = threading.Lock()
        self._count = 0
        # By pipeline and load id: what the trace of the load does not have, [rows, bytes] by table.
        self._rows: dict[tuple[str, str], dict[str, list[int]]] = {}
        # What was finished or dropped: {event, pipeline, load_id}.
        self.recorded: list[dict] = []

    def take(self, body: bytes) -> None:
        """Record a message. Ignores what is not one. Raises SpoolClosed."""
        message = _parse(body)
        event, pipeline = message.get("event"), _read_text(message.get("pipeline"), 100)
        with self._changing:
            self._count += 1
            if not isinstance(event, str) or event not in _TEXTS or self._count > _MAX_EVENTS:
                return
            packages = message.get("packages")
            load_ids = _read_ids(packages if isinstance(packages, list) else [])
            if event == "finishing" and isinstance(message.get("pipeline"), str):
                self._rows.update({(message["pipeline"], load_id): rows for load_id, rows in _read_rows(message.get("rows"), load_ids)})
            if event in _RECORDED:
                self.recorded += [{"event": _RECORDED[event], "pipeline": pipeline, "load_id": load_id} for load_id in load_ids]
            text = _TEXTS[event].format(
                packages=_name_packages(load_ids),
                pipeline=pipeline,
                origin=_name_origin(message.get("origin")),
                reason=_read_text(message.get("reason"), _MAX_REASON).rstrip("."),
            )
        masked = self._masker.mask(text.encode("utf-8", "backslashreplace"))
        repeated = self._read_repeated_load(pipeline, message.get("fact")) if event == "doubtful" else None
        self._spool.append("note", text=masked.decode("utf-8", "replace"), **({"repeated_load": repeated} if repeated else {}))

    def add_rows(self, body: bytes) -> bytes:
        """Add the rows of finished packages to the load step of a trace, as the step before would have counted them."""
        with self._changing:
            if not self._rows:
                return body
            trace = _parse(body)
            steps, pipeline = trace.get("steps"), trace.get("pipeline_name")
            if not isinstance(steps, list) or not isinstance(pipeline, str):
                return body
            for step in steps:
                metrics = [
                    {"load_id": load_id, "table_name": table, "items_count": rows, "file_size": size}
                    for load_id in _list_loaded(step)
                    for table, (rows, size) in self._rows.pop((pipeline, load_id), {}).items()
                ]
                if metrics:
                    step["normalize_info"] = {"table_metrics": metrics}
        return json.dumps(trace).encode()

    def _read_repeated_load(self, pipeline: str, fact: object) -> dict | None:
        """Return what is known of a table whose load job was repeated; None if the message does not say it."""
        if not isinstance(fact, dict) or fact.get("status") not in _STATUSES:
            return None
        rows, statement = fact.get("rows"), fact.get("statement")
        found = {"pipeline": self._name_masker.mask_names(pipeline), "status": fact["status"]}
        for name in ("load_id", "schema", "table"):
            found[name] = self._name_masker.mask_names(_read_text(fact.get(name), 300))
        if isinstance(statement, str) and len(statement) <= _MAX_REASON and statement == self._name_masker.mask_names(statement):
            # With a mask in it, it would be another statement.
            found["statement"] = statement
        return {**found, "rows": rows if isinstance(rows, int) else None, "is_examined": fact.get("is_examined") is True}


def _parse(body: bytes) -> dict:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


def _read_rows(value: object, load_ids: list[str]) -> Iterator[tuple[str, dict[str, list[int]]]]:
    packages = value if isinstance(value, dict) else {}
    for load_id in load_ids:
        rows = packages.get(load_id)
        if isinstance(rows, dict) and all(map(_is_pair, rows.values())):
            yield load_id, rows


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(count, int) and count >= 0 for count in value)


def _list_loaded(step: object) -> Iterator[str]:
    info = step.get("step_info") if isinstance(step, dict) and step.get("step") == "load" else None
    packages = info.get("load_packages") if isinstance(info, dict) else None
    for package in packages if isinstance(packages, list) else []:
        load_id = package.get("load_id") if isinstance(package, dict) else None
        if isinstance(load_id, str):
            yield load_id


def _read_text(value: object, length: int) -> str:
    text = value if isinstance(value, str) else "?"
    return "".join(char if char.isprintable() else "?" for char in text[:length])


def _read_ids(packages: list) -> list[str]:
    found = [package.get("load_id") for package in packages[:_MAX_IDS] if isinstance(package, dict)]
    return [_read_text(load_id, 60) for load_id in found if isinstance(load_id, str)]


def _name_packages(load_ids: list[str]) -> str:
    return f"the load package{'' if len(load_ids) == 1 else 's'} {', '.join(load_ids) or '?'}"


def _name_origin(origin: object) -> str:
    details = origin if isinstance(origin, dict) else {}
    run, job = details.get("run"), details.get("job")
    if not isinstance(run, int) or not isinstance(job, str):
        return "an earlier run"
    return f"run {run % 10**12} of {_read_text(job, 200)}"
