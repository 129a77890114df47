"""
`python3 -I -S <this file> <source> <target> [<name>]`: mirror one folder to another that may be in use.

With a name, the source is treated as if it contained only that entry.

A changed file is replaced as a whole: it is written under a temporary name, then renamed over the old file,
which stays readable for processes that have it open. Files missing in the source are deleted last. A DuckDB
database is copied with its changes while no run can write to it (inside/database_locks). Both folders contain
files of untrusted code, so every name is looked up from its own folder and no link is followed. Links are
copied as links; pipes, sockets and devices are skipped. Holes stay holes, and blocks are shared if the file
system supports it. Prints at the end:

- {"size_bytes": N, "plain_changed_seconds_ago": N or null}: when files that are no databases were last changed
- {"is_busy": true}: runs kept a database open for too long or removed files meanwhile, and the copy is incomplete
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import stat
import sys
import time
from collections.abc import Iterator

# Of this interpreter only, which the command isolates from the folder of this file.
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "inside"))

from database_locks.copier_lock import FOLDER as _LOCKS
from database_locks.copier_lock import Busy, CopierLocks, is_open_for_writing

_CLONE = 0x40049409
_PIECE_BYTES = 64 * 1024 * 1024
_READ_BYTES = 1024 * 1024
_MAX_LEVELS = 100
TEMPORARY = ".pumphouse-copying-"
# Of runs only: locks on databases, and load packages that are pending.
OWN_FOLDERS = (_LOCKS, ".pumphouse")
_LOCK_SECONDS = 60.0
_TOUCH_SECONDS = 20.0
FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NOT_SUPPORTED = (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTTY, errno.EPERM, errno.EBADF)
# Suffixes of files that belong to a DuckDB file: changes not yet in it, and data that did not fit in memory.
_CHANGES, _SPILLED = ".wal", ".tmp"
_MARK, _MARK_AT = b"DUCK", 8
_BUSY_SECONDS = 15.0
# dlt writes each of these once, and a later run replaces it: docs/decisions/0041-artifacts.md.
_ARTIFACTS = ".artifacts"


class CannotCopy(Exception):
    pass


def copy_data(source: str, target: str, only: str | None = None) -> dict:
    """Return what is printed. Raises OSError, CannotCopy and Busy."""
    os.makedirs(target, 0o700, exist_ok=True)
    with open_folder(source) as source_folder, open_folder(target) as target_folder:
        _lock(target_folder)
        names = os.listdir(source_folder)
        wanted = [name for name in names if name not in OWN_FOLDERS and only in (None, name)]
        copying = Copying(source_folder, target_folder)
        size = copying.mirror(source_folder, target_folder, wanted, "")
    return {"size_bytes": size, "plain_changed_seconds_ago": copying.describe_change()}


@contextlib.contextmanager
def open_folder(path: str) -> Iterator[int]:
    folder = os.open(path, FOLDER_FLAGS)
    try:
        yield folder
    finally:
        os.close(folder)


def _lock(folder: int) -> None:
    """
    Allow one copy at a time. The folder's owner could hold the lock forever, so give up after the timeout.
    """
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            return fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise CannotCopy("Another program kept changing the target for a minute.") from None
        time.sleep(0.05)


class Copying:
    def __init__(self, source: int, root: int) -> None:
        self._device = os.fstat(source).st_dev
        self._root = root
        self._locks = CopierLocks(source, _BUSY_SECONDS)
        self.plain_changed_at: float | None = None
        self._touched_at = time.monotonic()
        self._count = 0

    def mirror(self, source: int, target: int, wanted: list[str], path: str) -> int:
        """Copy the wanted entries of a folder and delete all others; return the size. `path`: where it is, or nothing."""
        if path.count("/") > _MAX_LEVELS:
            raise CannotCopy(f"Folders are nested deeper than {_MAX_LEVELS} levels.")
        size = 0
        kept, replaced, databases = set(), set(), set()
        # Sorted order copies a file before its companions, which have longer names.
        for name in sorted(wanted):
            info = os.stat(name, dir_fd=source, follow_symlinks=False)
            if name.startswith(TEMPORARY) or info.st_dev != self._device or _is_copied_with(name, databases):
                continue
            if stat.S_ISDIR(info.st_mode):
                size += self._mirror_folder(name, source, target, path)
            elif stat.S_ISLNK(info.st_mode):
                self._mirror_link(name, source, target)
            elif stat.S_ISREG(info.st_mode) and self._is_database(name, source, path):
                databases.add(name)
                copied = self._mirror_database(name, source, target, path + name)
                size += sum(copied.values())
                kept |= copied.keys()
                replaced |= copied.keys()
            elif stat.S_ISREG(info.st_mode):
                size += info.st_blocks * 512
                self._note_change(info, path)
                if self._mirror_file(name, source, target):
                    replaced.add(name)
            else:
                continue
            kept.add(name)
        if path and not databases:
            # Otherwise the folder changes with the companions of databases.
            self._note_change(os.fstat(source), path)
        for name in os.listdir(target):
            if name not in kept and not _is_companion(name, kept, replaced):
                remove_entry(name, target, 0)
        return size

    def describe_change(self) -> float | None:
        """Return for how many seconds no file that is no database has changed; None without one."""
        return None if self.plain_changed_at is None else time.time() - self.plain_changed_at

    def _note_change(self, info: os.stat_result, path: str) -> None:
        if not path.startswith(_ARTIFACTS + "/"):
            self.plain_changed_at = max(self.plain_changed_at or 0.0, info.st_mtime)

    def _is_database(self, name: str, source: int, path: str) -> bool:
        if self._locks.is_locked_by_runs(path + name):
            return True
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=source)
        try:
            return stat.S_ISREG(os.fstat(file).st_mode) and os.pread(file, len(_MARK), _MARK_AT) == _MARK
        finally:
            os.close(file)

    def _mirror_database(self, name: str, source: int, target: int, path: str) -> dict[str, int]:
        """Copy a database and its changes as they are between two writers; return the size of each file. Raises Busy."""
        while True:
            with self._locks.hold(path):
                before = _describe_database(name, source)
                if before is not None:
                    for part in before:
                        self._mirror_file(part, source, target)
                    if _describe_database(name, source) == before:
                        return {part: info[0] for part, info in before.items()}
            # A process without our lock has it open, as one that has attached it.
            self._locks.pause()

    def _mirror_folder(self, name: str, source: int, target: int, path: str) -> int:
        if not _is_folder(name, target):
            remove_entry(name, target, 0)
            os.mkdir(name, 0o700, dir_fd=target)
        inner_source = os.open(name, FOLDER_FLAGS, dir_fd=source)
        try:
            inner_target = os.open(name, FOLDER_FLAGS, dir_fd=target)
            try:
                size = self.mirror(inner_source, inner_target, os.listdir(inner_source), f"{path}{name}/")
                # Keep the folder writable for its owner, because the next copy has to change it.
                os.fchmod(inner_target, stat.S_IMODE(os.fstat(inner_source).st_mode) & 0o777 | 0o700)
                return size
            finally:
                os.close(inner_target)
        finally:
            os.close(inner_source)

    def _mirror_link(self, name: str, source: int, target: int) -> None:
        leads_to = os.readlink(name, dir_fd=source)
        try:
            if os.readlink(name, dir_fd=target) == leads_to:
                return
        except OSError:
            pass
        temporary = self._name()
        os.symlink(leads_to, temporary, dir_fd=target)
        self._rename_over(temporary, name, target)

    def _mirror_file(self, name: str, source: int, target: int) -> bool:
        """Copy one file; return whether there was anything to copy."""
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=source)
        try:
            info = os.fstat(file)
            if not stat.S_ISREG(info.st_mode) or _is_same(info, name, target):
                return False
            temporary = self._name()
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            copy = os.open(temporary, flags, 0o600, dir_fd=target)
            try:
                self._copy_content(file, copy, info.st_size)
                os.fchmod(copy, stat.S_IMODE(info.st_mode) & 0o777)
                os.utime(copy, ns=(info.st_atime_ns, info.st_mtime_ns))
            finally:
                os.close(copy)
            # The old file's changes do not apply to the new file.
            remove_entry(name + _CHANGES, target, 0)
            self._rename_over(temporary, name, target)
            return True
        finally:
            os.close(file)

    def _name(self) -> str:
        self._count += 1
        return f"{TEMPORARY}{os.getpid()}-{self._count}"

    def _rename_over(self, temporary: str, name: str, target: int) -> None:
        if _is_folder(name, target):
            remove_entry(name, target, 0)
        os.rename(temporary, name, src_dir_fd=target, dst_dir_fd=target)

    def _copy_content(self, source: int, target: int, size: int) -> None:
        try:
            fcntl.ioctl(target, _CLONE, source)
            return
        except OSError as error:
            if error.errno not in _NOT_SUPPORTED:
                raise
        os.ftruncate(target, size)
        at = 0
        while at < size:
            try:
                at = os.lseek(source, at, os.SEEK_DATA)
            except OSError as error:
                if error.errno == errno.ENXIO:
                    return
                raise
            end = min(size, os.lseek(source, at, os.SEEK_HOLE))
            while at < end:
                copied = _copy_piece(source, target, at, min(_PIECE_BYTES, end - at))
                if copied == 0:
                    return
                at += copied
                self._touch_root()

    def _touch_root(self) -> None:
        """Touch the target now and then, so that it does not look like an orphaned copy."""
        if time.monotonic() < self._touched_at + _TOUCH_SECONDS:
            return
        self._touched_at = time.monotonic()
        try:
            os.utime(self._root)
        except OSError:
            pass


def _copy_piece(source: int, target: int, at: int, length: int) -> int:
    try:
        return os.copy_file_range(source, target, length, at, at)
    except OSError as error:
        if error.errno not in _NOT_SUPPORTED:
            raise
    piece = os.pread(source, min(length, _READ_BYTES), at)
    return os.pwrite(target, piece, at) if piece else 0


def _is_same(info: os.stat_result, name: str, target: int) -> bool:
    try:
        found = os.stat(name, dir_fd=target, follow_symlinks=False)
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and (found.st_size, found.st_mtime_ns) == (info.st_size, info.st_mtime_ns)


def _describe_database(name: str, source: int) -> dict[str, tuple[int, int, int, int]] | None:
    """For a database and its changes: size on disk, length, time and inode. None while a process writes to it."""
    file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=source)
    try:
        if is_open_for_writing(file):
            return None
    finally:
        os.close(file)
    described = {}
    for part in (name, name + _CHANGES):
        try:
            info = os.stat(part, dir_fd=source, follow_symlinks=False)
        except FileNotFoundError:
            continue
        if stat.S_ISREG(info.st_mode):
            described[part] = (info.st_blocks * 512, info.st_size, info.st_mtime_ns, info.st_ino)
    return described


def _is_copied_with(name: str, databases: set[str]) -> bool:
    """Whether it was copied with its database, or is only of use to the process that has the database open."""
    return name[-4:] in (_CHANGES, _SPILLED) and name[:-4] in databases


def _is_companion(name: str, kept: set[str], replaced: set[str]) -> bool:
    """Whether a file is a companion of a database in the target that is in use and was not replaced."""
    file, ending = name[:-4], name[-4:]
    return ending == _SPILLED and file in kept or ending == _CHANGES and file in kept and file not in replaced


def _is_folder(name: str, folder: int) -> bool:
    try:
        return stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except OSError:
        return False


def remove_entry(name: str, folder: int, level: int) -> None:
    """Delete an entry of any type, if it exists."""
    if not _is_folder(name, folder):
        try:
            os.unlink(name, dir_fd=folder)
        except FileNotFoundError:
            pass
        return
    if level > _MAX_LEVELS:
        raise CannotCopy(f"Folders of the target are nested deeper than {_MAX_LEVELS} levels.")
    os.chmod(name, 0o700, dir_fd=folder)
    inner = os.open(name, FOLDER_FLAGS, dir_fd=folder)
    try:
        for below in os.listdir(inner):
            remove_entry(below, inner, level + 1)
    finally:
        os.close(inner)
    os.rmdir(name, dir_fd=folder)


def main(source: str, target: str, only: str | None = None) -> int:
    try:
        report = copy_data(source, target, only)
    except (Busy, FileNotFoundError):
        # A file that has disappeared meanwhile: runs write to the source.
        report = {"is_busy": True}
    except CannotCopy as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{ascii(error.filename) if error.filename else 'A file'}: {error.strerror}", file=sys.stderr)
        return 1
    print(json.dumps(report))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
