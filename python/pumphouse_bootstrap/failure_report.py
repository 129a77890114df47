"""Reports of unexpected failures on stderr, which the executor stores with the attempt."""

from __future__ import annotations

import sys


def report_failure(error: BaseException) -> None:
    """Print the whole traceback. `traceback` is imported only now, because loading it takes long."""
    import traceback

    traceback.print_exception(type(error), error, error.__traceback__, file=sys.stderr)
    sys.stderr.flush()
