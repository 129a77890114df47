"""Words on stderr, which the executor keeps beside the attempt, about what should not have happened."""

from __future__ import annotations

import sys


def report_failure(error: BaseException) -> None:
    """The whole traceback. Loaded here only: it takes longer to load than all that is needed before."""
    import traceback

    traceback.print_exception(type(error), error, error.__traceback__, file=sys.stderr)
    sys.stderr.flush()
