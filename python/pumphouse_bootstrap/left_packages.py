"""Asks the server what becomes of load packages that an attempt left."""

from __future__ import annotations

import json

from pumphouse_bootstrap.server_calls import GaveUp, Refused, ServerCalls
from pumphouse_bootstrap.start_file import StartFile

_ID_LENGTH = 100
_PATIENCE_SECONDS = 60.0
_FINISH = {"decision": "finish"}


def decide_left_package(start: StartFile, body: bytes) -> bytes:
    """Return the answer to a question of user code, which may send anything: {decision, reason}."""
    try:
        attempt = json.loads(body)["attempt"]
    except (ValueError, RecursionError, KeyError, TypeError):
        attempt = None
    if not isinstance(attempt, str) or len(attempt) > _ID_LENGTH:
        return json.dumps(_FINISH).encode()
    try:
        answer = ServerCalls(start, try_seconds=_PATIENCE_SECONDS).post_json("-decide-left-package", {"attempt": attempt})
    except Refused:
        # The note of the attempt is no id of one, or the server is of an older release.
        answer = _FINISH
    except GaveUp:
        answer = {"decision": "left", "reason": "no server answers whether its rows are loaded by another way"}
    return json.dumps(answer).encode()
