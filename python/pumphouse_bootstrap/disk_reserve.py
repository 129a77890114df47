"""A reserve for a full disk: space for the last output of user code and for its exit record."""

from __future__ import annotations

import os

from pumphouse_bootstrap.file_user import files_of

# User code that fills the disk usually reports an error and ends.
_RESERVED_BYTES = 256 * 1024


class DiskReserve:
    """
    Disk space that can be released.

    A file is reserved first, because a run may fill the disk with files that the attempt must not delete, such
    as local data. After user code has ended, its work folder can be deleted as well.
    """

    def __init__(self, folder: str, work_folder: str, drop_to: dict | None = None) -> None:
        self._reserve: str | None = os.path.join(folder, "reserve")
        # HOME and TMPDIR of user code are in the parent of its work folder.
        self._work = os.path.dirname(work_folder)
        self._drop_to = drop_to
        self._user_code_ended = False
        self.work_removed = False
        try:
            descriptor = os.open(self._reserve, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, _RESERVED_BYTES)
            finally:
                os.close(descriptor)
        except OSError:
            # The disk is already full, or cannot reserve space.
            pass

    def user_code_ended(self) -> None:
        """Mark the files of user code as no longer needed."""
        self._user_code_ended = True

    def release(self) -> bool:
        """Release some space; return whether to retry a failed write. Links are not followed."""
        if self._reserve is not None:
            path, self._reserve = self._reserve, None
            try:
                os.unlink(path)
                return True
            except OSError:
                pass
        if not self._user_code_ended or self.work_removed:
            return False
        import shutil

        self.work_removed = True
        shutil.rmtree(self._work, ignore_errors=True)
        # Inside a container, root may not delete other users' files.
        with files_of(self._drop_to):
            shutil.rmtree(self._work, ignore_errors=True)
        return True
