"""The end of the interpreter, without what its finalization would spend on dlt."""

from __future__ import annotations

import atexit
import ctypes
import gc
import os
import signal
import sys
import threading
import traceback

_INTERRUPT = "interrupt"


def report_end(error: BaseException) -> int | str:
    """
    Print what the interpreter prints for an exception that nothing caught, without frames of this package.

    Returns the exit code, or "interrupt" for a KeyboardInterrupt, which ends the process by SIGINT.
    """
    error = error.with_traceback(_skip_own_frames(error))
    if isinstance(error, SystemExit):
        return _read_exit_code(error)
    sys.last_type, sys.last_value, sys.last_traceback = type(error), error, error.__traceback__
    if sys.version_info >= (3, 12):
        sys.last_exc = error
    try:
        sys.excepthook(type(error), error, error.__traceback__)
    except SystemExit as exit_request:
        return _read_exit_code(exit_request)
    except BaseException as second:
        print("Error in sys.excepthook:", file=sys.stderr)
        traceback.print_exception(type(second), second, second.__traceback__)
        print("\nOriginal exception was:", file=sys.stderr)
        traceback.print_exception(type(error), error, error.__traceback__)
    return _INTERRUPT if isinstance(error, KeyboardInterrupt) else 1


def _skip_own_frames(error: BaseException):
    folder = os.path.dirname(__file__)
    found = error.__traceback__
    while found is not None and os.path.dirname(found.tb_frame.f_code.co_filename) == folder:
        found = found.tb_next
    return found


def _read_exit_code(request: SystemExit) -> int:
    if request.code is None:
        return 0
    if isinstance(request.code, int):
        return request.code & 0xFF
    flush_output()
    print(request.code, file=sys.stderr)
    return 1


def leave(code: int | str, preloaded: frozenset[str]) -> None:
    """
    End the process as the interpreter does: threads are awaited, exit functions run, what the run itself has loaded is
    taken down, output is flushed. Only the modules in `preloaded` are left as they are, because taking down dlt takes
    longer than many runs.
    """
    threading._shutdown()  # type: ignore[attr-defined]
    if threading.active_count() > 1 and isinstance(code, int):
        # Daemon threads would see modules disappear. The interpreter's own finalization stops them first.
        sys.exit(code)
    atexit._run_exitfuncs()
    _take_down(preloaded)
    # Buffers of C libraries.
    ctypes.CDLL(None).fflush(None)
    if not flush_output() and code == 0:
        code = 120
    if code == _INTERRUPT:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    os._exit(code if isinstance(code, int) else 1)


def _take_down(preloaded: frozenset[str]) -> None:
    """Collect the objects of the run's own modules, which runs their `__del__` and flushes and closes their files."""
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        sys.__dict__.pop(name, None)
    # The interpreter collects before and after. Surviving the first one orders objects by who refers to whom: a text
    # file is then closed before the file that it writes to, and what it has buffered is not lost.
    gc.collect()
    own = {name for name in sys.modules if name not in preloaded or name == "__main__"}
    for name in own:
        del sys.modules[name]
    gc.collect()
    _clear_globals(own)
    gc.collect()


def _clear_globals(names: set[str]) -> None:
    """Clear globals that something of dlt still refers to, such as its registry of sources, in the interpreter's order."""
    for found in gc.get_objects():
        if type(found) is not dict or found.get("__name__") not in names or "__spec__" not in found:
            continue
        private = [key for key in found if key.startswith("_") and not key.startswith("__")]
        public = [key for key in found if not key.startswith("_")]
        for key in (*private, *public):
            found[key] = None


def flush_output() -> bool:
    """Flush the standard streams; return whether standard output took everything."""
    complete = True
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except Exception:
            complete = complete and stream is not sys.stdout
    return complete
