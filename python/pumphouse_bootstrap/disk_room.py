"""Room on a full disk for the record of how user code has ended."""

from __future__ import annotations

import os

# The last words of user code, which may be in its pipes still, and the exit record.
_RESERVED_BYTES = 256 * 1024


class DiskRoom:
    """
    Kept from the beginning and given up at the end: what has filled the disk is most often the run itself, and it can fill it with
    what is not the attempt's to remove, such as local data.
    """

    def __init__(self, folder: str, work_folder: str) -> None:
        self._reserve = os.path.join(folder, "reserve")
        # HOME and TMPDIR of user code are beside its work folder.
        self._work = os.path.dirname(work_folder)
        try:
            descriptor = os.open(self._reserve, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, _RESERVED_BYTES)
            finally:
                os.close(descriptor)
        except OSError:
            # A disk that is full already, or that cannot reserve: the work folder may still make room.
            pass

    def give_up(self) -> None:
        """Removes the reserve, and the files of user code, which nobody reads after its end. Links are not followed."""
        import shutil

        try:
            os.unlink(self._reserve)
        except OSError:
            pass
        shutil.rmtree(self._work, ignore_errors=True)
