"""
An environment as an archive: a tar file, compressed with gzip, in parts of one size.

The pod that builds an environment packs it, and each pod that runs in it unpacks it. What a build has packed is
hostile: it may not leave its folder, nor be larger than was recorded.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
import tarfile
import zlib

PART_BYTES = 8 * 1024 * 1024
# Packages are mostly bytecode and libraries. A higher level takes several times as long and saves a few percent.
_COMPRESSION_LEVEL = 1
_GZIP_BITS = 31
_BLOCK_BYTES = 1024 * 1024
# What a file takes on the disk beside its content, rounded up.
_ENTRY_BYTES = 4096


class DamagedArchive(Exception):
    """The archive is not the one that was packed, or breaks a rule."""


def pack(source: str, store_part) -> dict:
    """Pack the folder and pass each part to `store_part(number, bytes)`; return what describes the archive."""
    parts = _PartWriter(store_part)
    unpacked = 0
    with tarfile.open(fileobj=parts, mode="w|", bufsize=_BLOCK_BYTES) as tar:
        for path, name in _walk(source):
            member = tar.gettarinfo(path, name)
            # None for a socket.
            if member is None or not (member.isreg() or member.isdir() or member.issym()):
                continue
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            # Bytecode names the second of its source.
            member.mtime = int(member.mtime)
            unpacked += member.size + _ENTRY_BYTES
            if not member.isreg():
                tar.addfile(member)
                continue
            with open(path, "rb") as file:
                tar.addfile(member, file)
    parts.finish()
    return {"parts": parts.count, "size_bytes": parts.size, "unpacked_bytes": unpacked, "sha256": parts.digest}


def _walk(source: str):
    """Yield (path, name) of everything in a folder, each folder before what is in it."""
    for folder, names, files in os.walk(source):
        names.sort()
        for name in (*names, *sorted(files)):
            path = f"{folder}/{name}"
            yield path, os.path.relpath(path, source)


class _PartWriter:
    """A file for tarfile, which compresses what is written and passes it on in parts."""

    def __init__(self, store_part) -> None:
        self._store_part = store_part
        self._compressor = zlib.compressobj(_COMPRESSION_LEVEL, zlib.DEFLATED, _GZIP_BITS)
        self._held = bytearray()
        self._hash = hashlib.sha256()
        self.count = 0
        self.size = 0

    def write(self, data: bytes) -> int:
        self._hold(self._compressor.compress(data))
        return len(data)

    def finish(self) -> None:
        self._hold(self._compressor.flush())
        if self._held:
            self._pass_on(len(self._held))

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def _hold(self, data: bytes) -> None:
        self._held += data
        while len(self._held) >= PART_BYTES:
            self._pass_on(PART_BYTES)

    def _pass_on(self, size: int) -> None:
        part = bytes(self._held[:size])
        del self._held[:size]
        self._hash.update(part)
        self.size += size
        self._store_part(self.count, part)
        self.count += 1


def unpack(parts, archive: dict, target: str) -> None:
    """
    Unpack the archive whose parts are yielded in order into a new folder.

    Raises DamagedArchive, after which the folder must not be used.
    """
    source = _PartReader(parts, archive)
    try:
        os.mkdir(target)
        with tarfile.open(fileobj=source, mode="r|", bufsize=_BLOCK_BYTES) as tar:
            _extract(tar, target, archive["unpacked_bytes"])
        source.finish()
    except (tarfile.TarError, zlib.error, EOFError, ValueError, FileExistsError) as error:
        raise DamagedArchive(f"it cannot be unpacked: {error}") from error


class _PartReader:
    """A file for tarfile, which decompresses the parts and checks that they are those that were packed."""

    def __init__(self, parts, archive: dict) -> None:
        self._parts = iter(parts)
        self._archive = archive
        self._decompressor = zlib.decompressobj(_GZIP_BITS)
        self._packed = b""
        self._hash = hashlib.sha256()

    def read(self, size: int) -> bytes:
        found = bytearray()
        while len(found) < size:
            if not self._packed and not self._take_part():
                break
            found += self._decompressor.decompress(self._packed, size - len(found))
            self._packed = self._decompressor.unconsumed_tail
        return bytes(found)

    def finish(self) -> None:
        """Check the whole archive. Raises DamagedArchive."""
        while self._take_part():
            pass
        if self._hash.hexdigest() != self._archive["sha256"]:
            raise DamagedArchive("its checksum is not the one that was recorded")

    def _take_part(self) -> bool:
        part = next(self._parts, None)
        if part is None:
            return False
        self._hash.update(part)
        self._packed = part
        return True


def _extract(tar: tarfile.TarFile, target: str, max_bytes: int) -> None:
    """
    Create each entry once, in a folder that was created here: nothing is followed and nothing is replaced, so a link
    leads nowhere while the archive is unpacked.
    """
    folders = {""}
    left = max_bytes
    for member in tar:
        folder, _, last = member.name.rpartition("/")
        if folder not in folders or last in ("", ".", "..") or "\0" in member.name:
            raise DamagedArchive(f"it has an entry in another place: {member.name[:200]!r}")
        left -= member.size + _ENTRY_BYTES
        if left < 0:
            raise DamagedArchive("it is larger than was recorded")
        path = f"{target}/{member.name}"
        if member.isdir():
            os.mkdir(path, 0o755)
            folders.add(member.name)
        elif member.issym():
            os.symlink(member.linkname, path)
        elif member.isreg():
            _write_file(tar, member, path)
        else:
            raise DamagedArchive(f"it has an entry of another kind: {member.name[:200]!r}")


def _write_file(tar: tarfile.TarFile, member: tarfile.TarInfo, path: str) -> None:
    mode = 0o755 if member.mode & stat.S_IXUSR else 0o644
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    with open(descriptor, "wb") as file:
        content = tar.extractfile(member)
        while content is not None and (data := content.read(_BLOCK_BYTES)):
            file.write(data)
        file.flush()
        os.utime(descriptor, (member.mtime, member.mtime))


def unpack_all(context: str, target: str) -> None:
    """Unpack the archives that `context` lists, each into `target/<key>/venv`: into an image that is being built."""
    with open(f"{context}/environments.json", encoding="utf-8") as file:
        archives = json.load(file)
    for archive in archives:
        folder = f"{target}/{archive['key']}"
        os.makedirs(folder)
        with open(f"{context}/{archive['key']}.tar.gz", "rb") as packed:
            unpack(iter(lambda: packed.read(PART_BYTES), b""), archive, f"{folder}/venv")
        # prepare uses the environment only if this is there.
        with open(f"{folder}/complete", "w", encoding="utf-8"):
            pass


if __name__ == "__main__":
    unpack_all(sys.argv[1], sys.argv[2])
