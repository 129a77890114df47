"""
`python3 -I -S <this file> <action> <folder> [<argument> ...]`: what members do with the local data of a workspace.

- `list <folder>`: a JSON line for each file
- `archive <folder> [<path>]`: a JSON line about the copy, then the copy as a tar
- `exchange <folder> <kept> [<brought>]`: move everything into the undo copy `kept`, then bring back another one
- `remove <folder> <kept> ...`: delete undo copies

The folder contains files of untrusted code, so every name is looked up from its own folder and no link is
followed. Only regular files are listed and archived. Undo copies are inside the folder, among what only
Pumphouse uses: moving is a rename then, which takes no space and works wherever the folder is mounted.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import stat
import sys
import tarfile
import uuid
from collections.abc import Iterator

# Of this interpreter only, which the command isolates from the folder of this file.
sys.path.append(os.path.dirname(os.path.abspath(__file__)))

from copy_data import (  # noqa: E402
    FOLDER_FLAGS,
    OWN_FOLDERS,
    TEMPORARY,
    Busy,
    CannotCopy,
    Copying,
    open_folder,
    remove_entry,
)

_UNDO, _COPIES = (".pumphouse", "undo"), (".pumphouse", "downloads")
# An undo copy that is not complete: its move was interrupted.
_INCOMPLETE = ".part"
_MAX_ENTRIES = 200_000
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
# Left for the runs of the machine while a copy is made.
_FREE_BYTES = 256 * 1024 * 1024
# Exit codes that the server tells apart from failures.
_BUSY, _MISSING = 75, 76


def list_files(source: str) -> Iterator[dict]:
    """Yield path, size and time of each file, sorted. Raises CannotCopy for a folder that is too large."""
    with open_folder(source) as root:
        for count, (path, _, info) in enumerate(_walk(root)):
            if count == _MAX_ENTRIES:
                raise CannotCopy(f"There are more than {_MAX_ENTRIES} files.")
            yield {"path": path, "size_bytes": info.st_size, "changed_at": info.st_mtime}


def archive(source: str, path: str | None, output) -> None:
    """Write a JSON line and a tar of a complete copy. Raises FileNotFoundError, Busy, CannotCopy and OSError."""
    with open_folder(source) as root, _private_folder(root) as copy:
        with _opened_parent(root, path) as (parent, prefix, names):
            _require_space(parent, names)
            copying = Copying(root, copy)
            try:
                size = copying.mirror(parent, copy, names, prefix)
            except FileNotFoundError as error:
                raise Busy() from error
        report = {"size_bytes": size, "plain_changed_seconds_ago": copying.describe_change()}
        output.write(json.dumps(report).encode() + b"\n")
        with tarfile.open(fileobj=output, mode="w|", format=tarfile.PAX_FORMAT) as tar:
            for name, folder, info in _walk(copy):
                _add(tar, prefix + name, folder, info)
        output.flush()


def exchange(source: str, kept: str, brought: str | None) -> dict:
    """Move all entries into an undo copy, if there are any, and the entries of another one back."""
    with open_folder(source) as root:
        names = [name for name in os.listdir(root) if not _is_own(name)]
        measured = [info for name in names for info in _measure(root, name)]
        with _made_folders(root, _UNDO) as undo:
            # Before anything is moved.
            back = None if brought is None else _find_undo_copy(undo, brought)
            if names:
                os.mkdir(kept + _INCOMPLETE, 0o700, dir_fd=undo)
                with _opened(undo, kept + _INCOMPLETE) as target:
                    for name in names:
                        os.rename(name, name, src_dir_fd=root, dst_dir_fd=target)
                os.rename(kept + _INCOMPLETE, kept, src_dir_fd=undo, dst_dir_fd=undo)
            if back is not None:
                _bring_back(undo, back, root)
    return {"file_count": len(measured), "size_bytes": sum(info.st_size for info in measured), "is_kept": bool(names)}


def remove(source: str, copies: list[str]) -> dict:
    """Delete undo copies. One that does not exist is no error."""
    with open_folder(source) as root, _made_folders(root, _UNDO) as undo:
        for name in copies:
            remove_entry(name, undo, 0)
            remove_entry(name + _INCOMPLETE, undo, 0)
    return {}


def _find_undo_copy(undo: int, name: str) -> str:
    """Raises FileNotFoundError without such a copy: user code may have deleted it."""
    found = name if _exists(undo, name) else name + _INCOMPLETE
    with _opened(undo, found):
        return found


def _bring_back(undo: int, name: str, root: int) -> None:
    with _opened(undo, name) as folder:
        for entry in os.listdir(folder):
            os.rename(entry, entry, src_dir_fd=folder, dst_dir_fd=root)
    os.rmdir(name, dir_fd=undo)


def _walk(root: int, folder: int | None = None, prefix: str = "", level: int = 0) -> Iterator[tuple[str, int, os.stat_result]]:
    """Yield path, descriptor of its folder, and description of each regular file."""
    if level > 100:
        raise CannotCopy("Folders are nested deeper than 100 levels.")
    folder = root if folder is None else folder
    for name in sorted(os.listdir(folder)):
        if level == 0 and _is_own(name):
            continue
        try:
            info = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if stat.S_ISREG(info.st_mode):
                yield prefix + name, folder, info
            elif stat.S_ISDIR(info.st_mode):
                with _opened(folder, name) as inner:
                    yield from _walk(root, inner, f"{prefix}{name}/", level + 1)
        except FileNotFoundError:
            # A run has deleted it meanwhile.
            continue


def _measure(root: int, name: str) -> list[os.stat_result]:
    info = os.stat(name, dir_fd=root, follow_symlinks=False)
    if not stat.S_ISDIR(info.st_mode):
        return [info]
    with _opened(root, name) as folder:
        return [found for _, _, found in _walk(root, folder, level=1)]


def _require_space(parent: int, names: list[str]) -> None:
    needed = sum(info.st_blocks * 512 for name in names for info in _measure(parent, name))
    disk = os.fstatvfs(parent)
    if needed + _FREE_BYTES > disk.f_bavail * disk.f_frsize:
        raise CannotCopy(f"The disk has no space for a copy of {needed} bytes, from which the download is read.")


def _add(tar: tarfile.TarFile, path: str, folder: int, info: os.stat_result) -> None:
    """Add a file of the copy, and delete it, so that the disk has its space back."""
    name = path.rpartition("/")[2]
    with os.fdopen(os.open(name, _FILE, dir_fd=folder), "rb") as file:
        member = tarfile.TarInfo(path)
        member.size, member.mtime, member.mode = info.st_size, info.st_mtime, 0o600
        tar.addfile(member, file)
    os.unlink(name, dir_fd=folder)


@contextlib.contextmanager
def _opened_parent(root: int, path: str | None) -> Iterator[tuple[int, str, list[str]]]:
    """Give the folder of a path, its prefix, and the names there: all without a path, else that and its changes."""
    if path is None:
        yield root, "", [name for name in os.listdir(root) if not _is_own(name)]
        return
    *folders, name = path.split("/")
    if any(part in ("", ".", "..") for part in (*folders, name)) or _is_own((*folders, name)[0]):
        raise FileNotFoundError(path)
    with contextlib.ExitStack() as stack:
        parent = root
        for part in folders:
            parent = stack.enter_context(_opened(parent, part))
        info = os.stat(name, dir_fd=parent, follow_symlinks=False)
        if not stat.S_ISREG(info.st_mode) and not stat.S_ISDIR(info.st_mode):
            raise FileNotFoundError(path)
        changes = [f"{name}.wal"] if stat.S_ISREG(info.st_mode) and _exists(parent, f"{name}.wal") else []
        yield parent, "".join(f"{part}/" for part in folders), [name, *changes]


@contextlib.contextmanager
def _private_folder(root: int) -> Iterator[int]:
    """Make a folder for a copy, which this process locks."""
    with _made_folders(root, _COPIES) as copies:
        _remove_left_copies(copies)
        name = str(uuid.uuid4())
        os.mkdir(name, 0o700, dir_fd=copies)
        with _opened(copies, name) as folder:
            fcntl.flock(folder, fcntl.LOCK_EX)
            try:
                yield folder
            finally:
                remove_entry(name, copies, 0)


def _remove_left_copies(copies: int) -> None:
    """Delete the copies of downloads that were killed."""
    for name in os.listdir(copies):
        with contextlib.suppress(OSError), _opened(copies, name) as folder:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove_entry(name, copies, 0)


@contextlib.contextmanager
def _made_folders(root: int, names: tuple[str, ...]) -> Iterator[int]:
    with contextlib.ExitStack() as stack:
        folder = root
        for name in names:
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, 0o700, dir_fd=folder)
            try:
                folder = stack.enter_context(_opened(folder, name))
            except OSError as error:
                raise CannotCopy(f"{name} is no folder of Pumphouse any more: {error.strerror}. A run may have replaced it.") from error
        yield folder


@contextlib.contextmanager
def _opened(folder: int, name: str) -> Iterator[int]:
    inner = os.open(name, FOLDER_FLAGS, dir_fd=folder)
    try:
        yield inner
    finally:
        os.close(inner)


def _is_own(name: str) -> bool:
    return name in OWN_FOLDERS or name.startswith(TEMPORARY)


def _exists(folder: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
        return True
    except FileNotFoundError:
        return False


def run_action(action: str, source: str, given: list[str], output) -> None:
    """Run one action, which writes its result."""
    if action == "list":
        for file in list_files(source):
            output.write(json.dumps(file).encode() + b"\n")
    elif action == "archive":
        archive(source, given[0] if given else None, output)
    elif action == "exchange":
        output.write(json.dumps(exchange(source, given[0], given[1] if len(given) > 1 else None)).encode() + b"\n")
    elif action == "remove":
        output.write(json.dumps(remove(source, given)).encode() + b"\n")
    else:
        raise CannotCopy(f"There is no action {action}.")


def _stop(*_) -> None:
    """End by an exception, which deletes the copy. Output that is left goes nowhere: its reader may never come."""
    nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
    os.dup2(nowhere, sys.stdout.fileno())
    sys.exit(128 + signal.SIGTERM)


def main(action: str, source: str, *given: str) -> int:
    signal.signal(signal.SIGTERM, _stop)
    try:
        run_action(action, source, list(given), sys.stdout.buffer)
    except Busy:
        return _BUSY
    except (FileNotFoundError, NotADirectoryError):
        return _MISSING
    except CannotCopy as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{ascii(error.filename) if error.filename else 'A file'}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
