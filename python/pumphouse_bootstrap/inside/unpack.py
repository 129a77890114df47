"""Unpack the two archives, and place the local data where dlt looks for it."""

from __future__ import annotations

import io
import os
import re
import stat
import tarfile
import zlib
from collections.abc import Iterator

from pumphouse_bootstrap.inside.entry_paths import PathRegistry, check_link_target, check_path, is_plain_path, refuse
from pumphouse_bootstrap.inside.pipeline_hooks.pending_packages.kept_folders import ROOT as PENDING_ROOT
from pumphouse_bootstrap.inside.stage_failure import StageFailure

_FOLDER = "files/"
_MANIFEST = "manifest.yaml"
_COPY_BYTES = 256 * 1024
_DAMAGE = (tarfile.TarError, zlib.error, EOFError, UnicodeError)
# A naming scheme that some docs show but dlt never reads.
_PROFILE_LAST = re.compile(r"(config|secrets)\.(.+)\.toml")
_PROFILE_FIRST = re.compile(r".+\.(config|secrets)\.toml")
# Where dlt keeps its state, and where older releases did.
_STATE_FOLDERS = ("state", ".var")
_SAFE_PROFILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")


def unpack_code(descriptor: int, root: str) -> None:
    """Create files and links below `root`, with their mode and time. Raises StageFailure, OSError."""
    registry = PathRegistry()
    links: list[tuple[str, tarfile.TarInfo]] = []
    for path, member, archive in _read_entries(descriptor):
        registry.add(path)
        if path == ".dlt/data" or path.startswith(".dlt/data/"):
            raise refuse(path, "lies where the local data of the workspace is")
        if member.issym():
            check_link_target(path, member.linkname)
            links.append((path, member))
        else:
            _write_file(root, path, member, archive, member.mode & 0o777)
    # Create links last, so that nothing can be written through them.
    for path, member in links:
        _make_folders(root, path)
        target = os.path.join(root, path)
        os.symlink(member.linkname, target)
        os.utime(target, (member.mtime, member.mtime), follow_symlinks=False)


def unpack_configuration(descriptor: int | None, root: str) -> None:
    """
    Unpack files into `.dlt`, readable only by their owner, and create the empty file `.dlt/.workspace`, which
    dlt's profiles require.
    """
    _make_folders(root, ".dlt/.workspace")
    marker = os.open(os.path.join(root, ".dlt/.workspace"), os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    os.close(marker)
    if descriptor is None:
        return
    registry = PathRegistry()
    for path, member, archive in _read_entries(descriptor):
        if "/" in path or member.issym():
            raise refuse(path, "is not a file directly in the configuration's folder")
        name = _place_configuration_file(path)
        registry.add(name)
        placed = os.path.join(root, ".dlt", name)
        if os.path.lexists(placed):
            os.unlink(placed)
        _write_file(root, f".dlt/{name}", member, archive, 0o600)


def place_local_data(local_data: dict | None, profile: str, root: str) -> None:
    """
    Link the workspace's data of this profile, unless the sandbox has already mounted it.

    A second link uses the name of the profile that wrote the data, because dlt's state refers to that name.
    """
    if local_data is None:
        return
    names = {profile, local_data["written_as"]}
    for name in sorted(names - {profile} if local_data["mounted"] else names):
        if not _SAFE_PROFILE.fullmatch(name):
            raise StageFailure("unpack_failed", f"The profile {name[:64]!r} cannot be the name of a folder.")
        path = f".dlt/data/{name}"
        _make_folders(root, path)
        os.symlink(local_data["path"], os.path.join(root, path))


def place_local_folder(folder: str | None, profile: str, root: str) -> None:
    """
    Link the folder that `local_dir` of dlt names to the local data, for code that opens files there by itself.

    A folder of the code at that path stays, and nothing is kept there then.
    """
    if folder is None or folder.split("/")[0] == ".dlt" or not is_plain_path(folder):
        return
    try:
        _make_folders(root, folder)
        os.symlink(f"{root}/.dlt/data/{profile}", os.path.join(root, folder))
    except (FileExistsError, StageFailure):
        pass


def place_pipelines(pipelines: dict | None, profile: str, root: str) -> None:
    """
    Link the folder in which dlt extracts, normalizes and loads to the one that survives the attempt.

    Files of the code at that path stay, and nothing is kept then.
    """
    pending = pipelines.get("pending") if pipelines is not None else None
    if pending is None or "folder" not in pending or not _SAFE_PROFILE.fullmatch(profile):
        return
    target = "/".join((pending["folder"], *PENDING_ROOT, pending["attempt"]))
    for state in _STATE_FOLDERS:
        path = f".dlt/{state}/{profile}/pipelines"
        _make_folders(root, path)
        try:
            os.symlink(target, os.path.join(root, path))
        except FileExistsError:
            pass


def _place_configuration_file(name: str) -> str:
    match = _PROFILE_LAST.fullmatch(name)
    if match is None or _PROFILE_FIRST.fullmatch(name):
        return name
    return f"{match[2]}.{match[1]}.toml"


def _read_entries(descriptor: int) -> Iterator[tuple[str, tarfile.TarInfo, tarfile.TarFile]]:
    """Yield files and links of an archive with their paths below `files/`. The manifest must come last."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    complete = False
    try:
        with os.fdopen(descriptor, "rb") as file, tarfile.open(
            fileobj=file, mode="r|gz", encoding="utf-8", errors="strict"
        ) as archive:
            for member in archive:
                if complete:
                    raise refuse(member.name, "comes after manifest.yaml, which must be the last entry")
                if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.SYMTYPE) or member.issparse():
                    raise refuse(member.name, "is neither a file nor a symbolic link")
                if member.name == _MANIFEST:
                    complete = True
                    continue
                if not member.name.startswith(_FOLDER):
                    raise refuse(member.name, "is neither below files/ nor manifest.yaml")
                path = member.name[len(_FOLDER) :]
                check_path(path)
                yield path, member, archive
    except _DAMAGE as error:
        raise _describe_damage(error) from error
    if not complete:
        raise StageFailure("unpack_failed", "The archive has no manifest.yaml.")


def _write_file(root: str, path: str, member: tarfile.TarInfo, archive: tarfile.TarFile, mode: int) -> None:
    _make_folders(root, path)
    source = archive.extractfile(member)
    if source is None:
        raise refuse(path, "has no content")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(os.path.join(root, path), flags, 0o600)
    try:
        size = 0
        while piece := _read_piece(source):
            size += len(piece)
            view = memoryview(piece)
            while view:
                view = view[os.write(descriptor, view) :]
        if size != member.size:
            raise refuse(path, "is cut short")
        os.fchmod(descriptor, mode)
        os.utime(descriptor, (member.mtime, member.mtime))
    finally:
        os.close(descriptor)


def _read_piece(source: io.BufferedReader) -> bytes:
    try:
        return source.read(_COPY_BYTES)
    except _DAMAGE as error:
        raise _describe_damage(error) from error


def _describe_damage(error: Exception) -> StageFailure:
    return StageFailure("unpack_failed", f"The archive cannot be read: {error}")


def _make_folders(root: str, path: str) -> None:
    """Create the parent folders of a path. An existing one must be a folder, not a link to one."""
    folder = root
    for part in path.split("/")[:-1]:
        folder = os.path.join(folder, part)
        try:
            os.mkdir(folder, 0o777)
        except FileExistsError:
            if not stat.S_ISDIR(os.lstat(folder).st_mode):
                raise refuse(path, "lies below something that is no folder") from None
