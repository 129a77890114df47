"""Folders on the claim that all pods of an installation share. Each pod of a run sees only its own ones."""

from __future__ import annotations

import os
import shutil
import stat

from pumphouse_bootstrap.copy_data import copy_data

_SNAPSHOT = "snapshot-"
_COPYING = "copying-"


class ClaimNotWritable(Exception):
    """The claim does not let this user create folders."""


def make_shared_folder(claim: str, folder: str) -> None:
    """
    Create a folder in which each user may create its own.

    Only programs of Pumphouse see it: a run sees the folders that are mounted for it.
    """
    path = f"{claim}/{folder}"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.mkdir(path)
        os.chmod(path, 0o777)
    except FileExistsError:
        # Another pod may have created it a moment ago, and not changed its mode yet.
        pass
    except PermissionError:
        raise _refused(claim) from None


def make_own_folder(claim: str, folder: str) -> None:
    """Create a folder of this user, with its parents."""
    try:
        os.makedirs(f"{claim}/{folder}", exist_ok=True)
    except PermissionError:
        raise _refused(claim) from None


def _refused(claim: str) -> ClaimNotWritable:
    return ClaimNotWritable(
        f"User {os.getuid()} cannot create folders on the claim: let the users of runs write to its root"
        " (docs/operate/kubernetes.md)."
    )


def list_snapshots(scope: str) -> list[str]:
    """Return the names of the complete snapshots of local data, the last one first."""
    try:
        names = os.listdir(scope)
    except FileNotFoundError:
        return []
    return sorted((name for name in names if name.startswith(_SNAPSHOT)), reverse=True)


def copy_snapshot(scope: str, target: str) -> None:
    """
    Make a folder identical to the last snapshot. If that is replaced meanwhile, start again with the new one.
    """
    while True:
        last = next(iter(list_snapshots(scope)), None)
        if last is None:
            return
        try:
            copy_data(f"{scope}/{last}", target)
        except FileNotFoundError:
            if next(iter(list_snapshots(scope)), None) == last:
                raise
            continue
        if next(iter(list_snapshots(scope)), None) == last:
            return


def begin_snapshot(claim: str, scope: str, unique: str) -> tuple[str, str]:
    """Remove what earlier snapshots left; return the folders to copy from and to."""
    path = f"{claim}/{scope}"
    make_own_folder(claim, f"{scope}/live")
    kept = list_snapshots(path)[:1]
    for name in os.listdir(path):
        if name.startswith(_COPYING) or (name.startswith(_SNAPSHOT) and name not in kept):
            # What is in use is removed by the next call.
            remove_folder(f"{path}/{name}")
    return f"{path}/live", f"{path}/{_COPYING}{unique}"


def keep_snapshot(claim: str, scope: str, unique: str) -> None:
    """Make a complete copy the current snapshot, and remove the one before."""
    path = f"{claim}/{scope}"
    before = list_snapshots(path)
    number = int(before[0].split("-")[1]) + 1 if before else 1
    os.rename(f"{path}/{_COPYING}{unique}", f"{path}/{_SNAPSHOT}{number:010d}-{unique}")
    for name in before:
        remove_folder(f"{path}/{name}")


def drop_snapshot(claim: str, scope: str, unique: str) -> None:
    remove_folder(f"{claim}/{scope}/{_COPYING}{unique}")


def remove_folder(path: str) -> None:
    """Remove a folder with everything in it, which untrusted code may have written. It need not exist."""
    try:
        info = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(info.st_mode):
        os.unlink(path)
        return
    try:
        shutil.rmtree(path)
    except PermissionError:
        _unlock_folders(path)
        shutil.rmtree(path)


def _unlock_folders(path: str) -> None:
    """Give this user its rights to its own folders, which the code may have taken. No link is followed."""
    folders = [path]
    while folders:
        folder = folders.pop()
        os.chmod(folder, 0o700)
        with os.scandir(folder) as entries:
            folders += [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
