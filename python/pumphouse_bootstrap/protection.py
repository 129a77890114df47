"""What the kernel is asked for, for this process."""

import ctypes

_set_dumpable = 4
_set_child_subreaper = 36


def protect() -> None:
    """
    Undumpable: user code may have the same uid and must not read this process's memory, where the token and the secrets are.
    Subreaper: what user code leaves behind becomes ours, so that it is found and ended.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    for option, value in ((_set_dumpable, 0), (_set_child_subreaper, 1)):
        if libc.prctl(option, value, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), f"prctl({option}) failed")
