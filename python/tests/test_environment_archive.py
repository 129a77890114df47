"""Archives of environments: packed, unpacked, and hostile; the cache of a node."""

import hashlib
import io
import json
import os
import shutil
import stat
import tarfile
import tempfile
import threading
import unittest
import zlib
from pathlib import Path
from unittest import mock

from attempt_server import PATIENCE_SECONDS
from pumphouse_bootstrap import environment_archive, environment_transfer, pod_preparation
from pumphouse_bootstrap.environment_archive import DamagedArchive, pack, unpack, unpack_all
from pumphouse_bootstrap.environment_transfer import NodeCache, NotThere


class ArchiveCase(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def pack(self, source: Path) -> tuple[list[bytes], dict]:
        parts: list[bytes] = []
        described = pack(str(source), lambda number, part: parts.insert(number, part))
        return parts, described


class Packing(ArchiveCase):
    def make_environment(self) -> Path:
        source = self.folder / "venv"
        (source / "bin").mkdir(parents=True)
        (source / "lib/empty").mkdir(parents=True)
        (source / "bin/python").symlink_to("/usr/bin/python3")
        (source / "lib64").symlink_to("lib")
        (source / "bin/dlt").write_text("#!/environment/venv/bin/python\n")
        (source / "bin/dlt").chmod(0o755)
        (source / "lib/modulé.py").write_bytes(os.urandom(300_000))
        os.utime(source / "lib/modulé.py", (1_000_000_000, 1_000_000_000))
        os.mkfifo(source / "lib/pipe")
        return source

    def test_unpacks_what_was_packed(self) -> None:
        source = self.make_environment()
        with mock.patch.object(environment_archive, "PART_BYTES", 100_000):
            parts, described = self.pack(source)
        self.assertEqual(described["parts"], len(parts))
        self.assertEqual([len(part) for part in parts[:-1]], [100_000] * (len(parts) - 1))
        self.assertEqual(described["size_bytes"], sum(map(len, parts)))
        target = self.folder / "target"
        unpack(parts, described, str(target))
        names = sorted(str(path.relative_to(target)) for path in target.rglob("*"))
        self.assertEqual(names, ["bin", "bin/dlt", "bin/python", "lib", "lib/empty", "lib/modulé.py", "lib64"])
        self.assertEqual(os.readlink(target / "bin/python"), "/usr/bin/python3")
        self.assertEqual((target / "lib/modulé.py").read_bytes(), (source / "lib/modulé.py").read_bytes())
        self.assertEqual((target / "lib/modulé.py").stat().st_mtime, 1_000_000_000)
        self.assertEqual(stat.S_IMODE((target / "bin/dlt").stat().st_mode), 0o755)
        self.assertEqual(stat.S_IMODE((target / "lib/modulé.py").stat().st_mode), 0o644)

    def test_refuses_an_archive_that_is_not_the_one_that_was_packed(self) -> None:
        parts, described = self.pack(self.make_environment())
        whole = b"".join(parts)
        changed = bytearray(whole)
        changed[len(changed) // 2] ^= 1
        longer = whole + b"more"
        for number, content in enumerate((b"", whole[:-1], whole[:1000], bytes(changed), longer, b"no gzip at all")):
            with self.subTest(number), self.assertRaises(DamagedArchive):
                unpack([content], described, str(self.folder / f"target-{number}"))


class Hostile(ArchiveCase):
    def refuse(self, *entries: tuple[str, bytes, str], max_bytes: int = 10**9) -> None:
        raw = io.BytesIO()
        with tarfile.open(fileobj=raw, mode="w") as tar:
            for name, kind, content in entries:
                member = tarfile.TarInfo(name)
                member.type = kind
                member.linkname = content
                member.size = len(content) if kind == tarfile.REGTYPE else 0
                tar.addfile(member, io.BytesIO(content.encode()))
        packed = zlib.compress(raw.getvalue(), wbits=31)
        described = {"parts": 1, "unpacked_bytes": max_bytes, "sha256": hashlib.sha256(packed).hexdigest()}
        with self.assertRaises(DamagedArchive):
            unpack([packed], described, str(self.folder / "target"))
        self.assertEqual([path.name for path in self.folder.iterdir()], ["target"])

    def test_leaves_its_folder_by_no_name(self) -> None:
        for name in ("../out", "/etc/out", "a/../../out", "missing/out", "..", "./out"):
            with self.subTest(name):
                self.refuse((name, tarfile.REGTYPE, "x"))
                shutil.rmtree(self.folder / "target")

    def test_writes_through_no_link(self) -> None:
        self.refuse(("link", tarfile.SYMTYPE, str(self.folder)), ("link/out", tarfile.REGTYPE, "x"))

    def test_replaces_nothing(self) -> None:
        self.refuse(("link", tarfile.SYMTYPE, f"{self.folder}/out"), ("link", tarfile.REGTYPE, "x"))

    def test_has_files_folders_and_links_only(self) -> None:
        self.refuse(("a", tarfile.REGTYPE, "x"), ("b", tarfile.LNKTYPE, "a"))

    def test_is_no_larger_than_was_recorded(self) -> None:
        self.refuse(("a", tarfile.REGTYPE, "x" * 10_000), max_bytes=10_000)


class Caching(ArchiveCase):
    def test_fills_each_entry_once_and_whole(self) -> None:
        root = str(self.folder / "cache")
        both = threading.Barrier(2)
        filled: list[str] = []

        def fetch(target: str) -> None:
            os.mkdir(target)
            both.wait(PATIENCE_SECONDS)
            self.assertFalse(NodeCache(root, "name").find())
            both.wait(PATIENCE_SECONDS)
            filled.append(target)

        pods = [threading.Thread(target=NodeCache(root, "name").fill, args=(fetch,)) for _ in range(2)]
        for pod in pods:
            pod.start()
        for pod in pods:
            pod.join()
        self.assertEqual(len(filled), 2)
        self.assertTrue(NodeCache(root, "name").find())
        self.assertEqual(os.listdir(f"{root}/{os.getuid()}"), ["name"])
        self.assertTrue(os.path.isdir(f"{root}/{os.getuid()}/name/files/venv"))

    def test_keeps_nothing_of_an_environment_that_could_not_be_fetched(self) -> None:
        root = str(self.folder / "cache")

        def fetch(target: str) -> None:
            os.mkdir(target)
            raise NotThere("gone")

        with self.assertRaises(NotThere):
            NodeCache(root, "name").fill(fetch)
        self.assertEqual(os.listdir(f"{root}/{os.getuid()}"), [])


class InTheImage(ArchiveCase):
    def setUp(self) -> None:
        super().setUp()
        source, context = self.folder / "source", self.folder / "context"
        for folder in (source, context):
            folder.mkdir()
        (source / "pyvenv.cfg").write_text("of the image")
        parts, described = self.pack(source)
        (context / "known.tar.gz").write_bytes(b"".join(parts))
        (context / "environments.json").write_text(json.dumps([{"key": "known", **described}]))
        unpack_all(str(context), str(self.folder / "image"))

    def provide(self, key: str, cache: dict | None = None) -> tuple[str | None, list]:
        """What is at the environment's place, and what was fetched."""
        target = self.folder / f"environment-{key}"
        plan = {"key": key, "archive": {"parts": 0}, "target": str(target), "cache": cache}
        fetched: list = []
        with (
            mock.patch.object(pod_preparation, "_IMAGE_ENVIRONMENTS", str(self.folder / "image")),
            mock.patch.object(pod_preparation, "StartFile", lambda fields: fields),
            mock.patch.object(environment_transfer, "fetch_environment", lambda *given: fetched.append(given[2])),
        ):
            files = [{"path": "x", "content": "text"}, {"path": "y", "content": {"attempt_id": "a"}}]
            pod_preparation._provide_environment(plan, files)
        found = target / "pyvenv.cfg"
        return found.read_text() if found.exists() else None, fetched

    def test_is_used_under_its_key(self) -> None:
        self.assertEqual(self.provide("known"), ("of the image", []))

    def test_another_one_is_fetched_and_so_is_one_that_is_not_complete(self) -> None:
        self.assertEqual(self.provide("other"), (None, [str(self.folder / "environment-other")]))
        (self.folder / "image/known/complete").unlink()
        self.assertEqual(self.provide("known"), (None, [str(self.folder / "environment-known")]))

    def test_a_node_cache_prevails_because_the_image_may_change(self) -> None:
        _, fetched = self.provide("known", {"root": str(self.folder / "cache"), "name": "n"})
        self.assertEqual(len(fetched), 1)


if __name__ == "__main__":
    unittest.main()
