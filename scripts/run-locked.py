"""
`python3 run-locked.py <lock file> <command> ...`: run the command when no other process runs one under the
same lock file.

The command replaces this process and inherits the locked descriptor, as do its children. The kernel releases
the lock when the last of them has ended for any reason: a killed set-up leaves no lock, and an npm that
outlives it still holds it.
"""

import fcntl
import os
import sys


def main() -> None:
    path, *command = sys.argv[1:]
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Another set-up of this folder is running; waiting for it to end ...", file=sys.stderr, flush=True)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    os.set_inheritable(descriptor, True)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
