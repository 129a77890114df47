"""What user code's hook reports about pending packages: lines in the log, and a record for the server."""

from __future__ import annotations

import json
import threading

from pumphouse_bootstrap.masking import Masker
from pumphouse_bootstrap.spool import Spool

BODY_LIMIT_BYTES = 64 * 1024
_MAX_EVENTS = 200
_MAX_IDS = 20
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
    "unusable": "Pending load packages of the pipeline {pipeline} cannot be used by this run, and stay: {reason}",
    "ended": "Nothing is left to finish. The run ends here and does not ask the source of the pipeline {pipeline},"
    " because it was started to finish pending packages.",
    "skipped": "Skipped writing with the pipeline {pipeline}, because this run only finishes pending packages.",
}
# These change what is pending.
_RECORDED = ("finished", "dropped")


class PendingEvents:
    """User code sends these messages, so it may send anything: texts and counts are bounded."""

    def __init__(self, spool: Spool, masker: Masker) -> None:
        self._spool = spool
        self._masker = masker
        self._changing = threading.Lock()
        self._count = 0
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
            if event in _RECORDED:
                self.recorded += [{"event": event, "pipeline": pipeline, "load_id": load_id} for load_id in load_ids]
            text = _TEXTS[event].format(
                packages=_name_packages(load_ids),
                pipeline=pipeline,
                origin=_name_origin(message.get("origin")),
                reason=_read_text(message.get("reason"), 1000).rstrip("."),
            )
        masked = self._masker.mask(text.encode("utf-8", "backslashreplace"))
        self._spool.append("note", text=masked.decode("utf-8", "replace"))


def _parse(body: bytes) -> dict:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


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
