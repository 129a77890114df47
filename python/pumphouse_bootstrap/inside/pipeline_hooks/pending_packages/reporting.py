"""Reports what happens to pending packages to the run's bootstrap."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ..ask_bootstrap import ask

if TYPE_CHECKING:
    from .finished_rows import Rows


# A statement that removes rows must not be cut.
_MAX_REASON = 16_000


def report(
    event: str,
    pipeline: str,
    origin: dict,
    packages: list[dict],
    reason: str = "",
    fact: dict | None = None,
    rows: dict[str, Rows] | None = None,
) -> None:
    """Send one event; a failure is ignored, because the load matters more than its line in the log."""
    details = {name: origin.get(name) for name in ("run", "job", "attempt")}
    left = [{name: package.get(name) for name in ("load_id", "bytes", "step")} for package in packages]
    message = {"event": event, "pipeline": pipeline, "origin": details, "packages": left, "reason": reason[:_MAX_REASON], "fact": fact}
    if rows:
        message["rows"] = rows
    try:
        ask("pending_packages", json.dumps(message).encode())
    except (OSError, ValueError):
        # The answer is empty.
        pass
