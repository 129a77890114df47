"""Failures of the inside stage."""

from __future__ import annotations


class StageFailure(Exception):
    """The `reason` of the exit record."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        self.detail = detail
        super().__init__(f"{code}: {detail}")
