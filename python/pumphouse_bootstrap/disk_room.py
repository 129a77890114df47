"""Room on a full disk: for what user code says of it, and for the record of how user code has ended."""

from __future__ import annotations

import os

from pumphouse_bootstrap.file_user import files_of

# User code that has filled the disk tells of it, as a rule, and ends.
_RESERVED_BYTES = 256 * 1024


class DiskRoom:
    """
    What can be given up. A reserve comes first, since a run can fill the disk with what is not the attempt's to remove, such as local
    data; when user code has ended, its own files go too.
    """

    def __init__(self, folder: str, work_folder: str, drop_to: dict | None = None) -> None:
        self._reserve: str | None = os.path.join(folder, "reserve")
        # HOME and TMPDIR of user code are beside its work folder.
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
            # The disk is full already, or cannot reserve.
            pass

    def user_code_ended(self) -> None:
        """From now on nobody needs its files."""
        self._user_code_ended = True

    def make(self) -> bool:
        """Whether something was given up, so that a write that found no room may try again. Links are not followed."""
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
        # In a container root has no right over the files of others.
        with files_of(self._drop_to):
            shutil.rmtree(self._work, ignore_errors=True)
        return True
