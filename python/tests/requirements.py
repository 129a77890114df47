"""What tests need of the machine that runs them."""

from __future__ import annotations

import os
import unittest


def require(what: str, is_there: bool):
    """
    Decorate a test that is skipped because this machine lacks what it needs.

    In CI, whose machine has everything, raise instead, so that no test is skipped there unnoticed.
    """
    if not is_there and os.environ.get("CI") == "true":
        raise RuntimeError(f"This machine has no {what}, which tests need. In CI they may not be skipped.")
    return unittest.skipUnless(is_there, f"needs {what}")
