"""The exit record in a file that the executor can read when it cannot read the spool."""

from __future__ import annotations

import json

_MAX_DETAIL_CHARACTERS = 1000


def write_exit_file(path: str, record: dict) -> None:
    """Write the record as one line of at most 4 kB, of which Kubernetes keeps all."""
    reason = record["reason"]
    if reason is not None:
        reason = {**reason, "detail": reason["detail"][:_MAX_DETAIL_CHARACTERS]}
    try:
        with open(path, "w", encoding="ascii") as file:
            file.write(json.dumps({"kind": "exit", **record, "reason": reason}) + "\n")
    except OSError as error:
        print(f"pumphouse: the exit file could not be written: {error.strerror}", flush=True)
