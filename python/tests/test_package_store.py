"""The package store shares files between environments, whatever a build has left."""

import errno
import os
import stat
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

from attempt_runner import BOOTSTRAP

sys.path.append(str(BOOTSTRAP.parent))

from pumphouse_bootstrap.package_store.assemble import assemble, find_packages
from pumphouse_bootstrap.package_store.bytecode import adopt_bytecode
from pumphouse_bootstrap.package_store.objects import MissingObject, StoredFile
from pumphouse_bootstrap.package_store.packages import Content, PackageStore, store_tree
from pumphouse_bootstrap.package_store.retention import list_packages, remove_packages
from pumphouse_bootstrap.package_store.trees import HostileTree, TreeReader

KEY = "0" * 32
OTHER_KEY = "1" * 32
SITE = "lib/python3.13/site-packages"


class PackageStoreTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        (self.root / "store").mkdir()
        self.store = PackageStore(str(self.root / "store"))
        self.addCleanup(self.store.objects.close)

    def write(self, path: str, content: bytes = b"content", mode: int = 0o644) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(mode)
        return file

    def add(self, content: bytes = b"content", executable: bool = False) -> StoredFile:
        with open(self.write("source", content), "rb") as source:
            return self.store.objects.add(source, executable)

    def read(self, tree: str) -> Content:
        return store_tree(self.store, TreeReader(os.getuid()), str(self.root / tree), "/environment")

    def assemble(self, target: str, key: str = KEY, tree: str | None = "tree", built: str | None = None) -> dict:
        (self.root / "base").mkdir(exist_ok=True)
        (self.root / "hooks").mkdir(exist_ok=True)
        return assemble(
            self.store,
            {
                "target": str(self.root / target),
                "base": str(self.root / "base"),
                "packages": [{"key": key, "tree": tree and str(self.root / tree)}],
                "built": built and str(self.root / built),
                "hooks": str(self.root / "hooks"),
                "site_packages": SITE,
                "owner": os.getuid(),
            },
        )


class Objects(PackageStoreTest):
    def test_equal_content_is_one_read_only_file(self) -> None:
        first, second = self.add(), self.add()
        self.assertEqual(first, second)
        self.assertEqual(stat.S_IMODE(os.stat(self.store.objects.locate(first.name)).st_mode), 0o444)
        program = self.add(executable=True)
        self.assertEqual(stat.S_IMODE(os.stat(self.store.objects.locate(program.name)).st_mode), 0o555)

    def test_a_file_with_the_maximum_of_links_is_copied(self) -> None:
        stored = self.add()
        link = os.link
        failures = [OSError(errno.EMLINK, "too many links")]

        def refuse(*arguments: object, **options: object) -> None:
            if failures:
                raise failures.pop()
            link(*arguments, **options)  # type: ignore[arg-type]

        before = os.stat(self.store.objects.locate(stored.name)).st_ino
        with mock.patch("os.link", refuse):
            self.store.objects.link(stored, str(self.root / "target"))
        after = os.stat(self.store.objects.locate(stored.name)).st_ino
        self.assertNotEqual(after, before)
        self.assertEqual(os.stat(self.root / "target").st_ino, after)

    def test_files_are_copied_if_they_cannot_be_linked(self) -> None:
        stored = self.add(executable=True)
        with mock.patch("os.link", side_effect=OSError(errno.EXDEV, "another disk")):
            self.store.objects.link(stored, str(self.root / "target"))
        target = os.stat(self.root / "target")
        self.assertEqual((target.st_nlink, stat.S_IMODE(target.st_mode)), (1, 0o555))
        self.assertEqual((self.root / "target").read_bytes(), b"content")

    def test_without_a_sandbox_environments_have_their_own_files(self) -> None:
        store = PackageStore(self.store.root, links=False)
        store.objects.link(self.add(), str(self.root / "target"))
        self.assertEqual(os.stat(self.root / "target").st_nlink, 1)

    def test_a_truncated_file_counts_as_missing_and_is_stored_again(self) -> None:
        stored = self.add()
        path = self.store.objects.locate(stored.name)
        os.unlink(path)
        Path(path).touch()
        with self.assertRaises(MissingObject):
            self.store.objects.link(stored, str(self.root / "target"))
        self.add()
        self.store.objects.link(stored, str(self.root / "target"))

    def test_a_full_disk_leaves_no_partial_files(self) -> None:
        with mock.patch("pumphouse_bootstrap.package_store.objects._copy", side_effect=OSError(errno.ENOSPC, "full")):
            with self.assertRaises(OSError):
                self.add()
        self.assertEqual([path for path in (self.root / "store").rglob("*") if path.is_file()], [])

    def test_holes_stay_holes(self) -> None:
        with open(self.root / "sparse", "wb") as file:
            file.truncate(64 << 20)
        with open(self.root / "sparse", "rb") as source:
            stored = self.store.objects.add(source, False)
        self.assertLess(os.stat(self.store.objects.locate(stored.name)).st_blocks * 512, 1 << 20)


class Trees(PackageStoreTest):
    def test_too_many_bytes_or_files_or_folders_are_refused(self) -> None:
        self.write("tree/a", b"x" * 100)
        self.write("tree/b", b"x" * 100)
        for limits in ({"max_bytes": 150}, {"max_files": 1}):
            with self.assertRaises(HostileTree):
                list(TreeReader(os.getuid(), **limits).read(str(self.root / "tree")))
        self.write("deep/" + "/".join("a" * 70) + "/file")
        with self.assertRaises(HostileTree):
            self.read("deep")

    def test_files_of_another_user_are_refused(self) -> None:
        self.write("tree/a")
        with self.assertRaisesRegex(HostileTree, "does not belong"):
            list(TreeReader(os.getuid() + 1).read(str(self.root / "tree")))

    def test_a_link_instead_of_the_tree_is_not_followed(self) -> None:
        (self.root / "link").symlink_to("/etc")
        with self.assertRaises(OSError):
            self.read("link")


class Environments(PackageStoreTest):
    def test_scripts_contain_the_path_of_their_environment(self) -> None:
        self.write("tree/bin/tool", f"#!{self.root}/first/bin/python\n".encode(), 0o755)
        self.assemble("first")
        self.assemble("second", tree=None)
        self.assertEqual((self.root / "second/bin/tool").read_text(), f"#!{self.root}/second/bin/python\n")

    def test_a_file_instead_of_a_folder_is_refused_and_leaves_nothing(self) -> None:
        self.write(f"tree/{SITE}/package/module.py")
        self.write(f"built/{SITE}/package")
        with self.assertRaises(HostileTree):
            self.assemble("target", built="built")
        self.assertFalse((self.root / "target").exists())

    def test_a_built_file_replaces_a_packages_file_in_its_environment_only(self) -> None:
        self.write(f"tree/{SITE}/module.py", b"ours = 1")
        self.write(f"built/{SITE}/module.py", b"theirs = 1")
        self.assemble("first")
        self.assemble("second", tree=None, built="built")
        self.assertEqual((self.root / f"first/{SITE}/module.py").read_bytes(), b"ours = 1")
        self.assertEqual((self.root / f"second/{SITE}/module.py").read_bytes(), b"theirs = 1")

    def test_a_package_with_a_missing_file_is_not_found(self) -> None:
        self.write(f"tree/{SITE}/module.py")
        self.assemble("first")
        self.assertEqual(find_packages(self.store, [KEY, OTHER_KEY]), [KEY])
        stored = self.store.read(KEY).files[f"{SITE}/module.py"]
        os.unlink(self.store.objects.locate(stored.name))
        self.assertEqual(find_packages(self.store, [KEY]), [])

    def test_bytecode_of_one_environment_serves_the_next(self) -> None:
        self.write(f"tree/{SITE}/module.py", b"value = 1\n")
        jobs = self.assemble("first")["rest"]
        self.assertEqual(jobs, [{"key": KEY, "files": [f"{SITE}/module.py"]}])
        header = __import__("importlib.util").util.MAGIC_NUMBER + (1).to_bytes(4, "little")
        self.write("compiled/0.pyc", header + b"\0" * 8)
        self.assertEqual(self.adopt(jobs[0]), {"compiled": 1})
        self.assertEqual(self.assemble("second", tree=None)["rest"], [])
        name = f"{SITE}/__pycache__/module.{sys.implementation.cache_tag}.pyc"
        self.assertEqual(os.stat(self.root / "first" / name).st_ino, os.stat(self.root / "second" / name).st_ino)

    def test_other_files_than_bytecode_of_this_interpreter_are_refused(self) -> None:
        self.write(f"tree/{SITE}/module.py", b"value = 1\n")
        job = self.assemble("first")["rest"][0]
        self.write("compiled/0.pyc", b"anything else")
        with self.assertRaises(HostileTree):
            self.adopt(job)
        (self.root / "compiled/0.pyc").unlink()
        (self.root / "compiled/0.pyc").symlink_to("/etc/passwd")
        with self.assertRaises(OSError):
            self.adopt(job)

    def adopt(self, job: dict[str, Any]) -> dict[str, Any]:
        compiled = {**job, "folder": str(self.root / "compiled")}
        request = {"jobs": [compiled], "target": str(self.root / "first"), "owner": os.getuid()}
        return adopt_bytecode(self.store, request)


class Retention(PackageStoreTest):
    def test_old_files_are_removed_unless_an_environment_has_them(self) -> None:
        self.write(f"tree/{SITE}/module.py", b"x" * 10_000)
        self.assemble("first")
        self.assertTrue(list_packages(self.store)[0]["isUsed"])
        stored = self.store.read(KEY).files[f"{SITE}/module.py"]
        with mock.patch("pumphouse_bootstrap.package_store.retention._YOUNG_SECONDS", -60):
            remove_packages(self.store, [KEY])
            self.assertTrue(os.path.exists(self.store.objects.locate(stored.name)))
            (self.root / f"first/{SITE}/module.py").unlink()
            remove_packages(self.store, [])
        self.assertFalse(os.path.exists(self.store.objects.locate(stored.name)))

    def test_recently_stored_files_are_kept(self) -> None:
        stored = self.add()
        remove_packages(self.store, [])
        self.assertTrue(os.path.exists(self.store.objects.locate(stored.name)))


if __name__ == "__main__":
    unittest.main()
