"""What members do with local data, whatever untrusted code put there."""

import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

from attempt_runner import BOOTSTRAP, PATIENCE_SECONDS

from pumphouse_bootstrap.inside.database_locks.locks import DatabaseLocks

BUSY, MISSING = 75, 76


class DataFiles(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.outside, self.data = Path(folder.name, "outside"), Path(folder.name, "data")
        self.data.mkdir()
        self.outside.mkdir()
        (self.outside / "secret").write_text("of the server")

    def run_action(self, action: str, *given: str) -> subprocess.CompletedProcess:
        program = str(BOOTSTRAP / "data_files.py")
        command = [sys.executable, "-I", "-S", program, action, str(self.data), *given]
        return subprocess.run(command, capture_output=True, timeout=PATIENCE_SECONDS)

    def ask(self, action: str, *given: str) -> dict:
        ended = self.run_action(action, *given)
        self.assertEqual((ended.returncode, ended.stderr), (0, b""))
        return json.loads(ended.stdout)

    def list_paths(self) -> list[str]:
        ended = self.run_action("list")
        self.assertEqual((ended.returncode, ended.stderr), (0, b""))
        return [json.loads(line)["path"] for line in ended.stdout.splitlines()]

    def read_archive(self, *path: str) -> dict[str, bytes]:
        ended = self.run_action("archive", *path)
        self.assertEqual((ended.returncode, ended.stderr), (0, b""))
        report, _, content = ended.stdout.partition(b"\n")
        self.assertIn("plain_changed_seconds_ago", json.loads(report))
        with tarfile.open(fileobj=io.BytesIO(content), mode="r|") as tar:
            return {member.name: tar.extractfile(member).read() for member in tar}

    def write(self, path: str, content: bytes = b"1") -> Path:
        file = self.data / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return file

    def test_lists_files_with_size_and_time_and_nothing_of_pumphouse(self) -> None:
        file = self.write("a/shop.duckdb", b"12345")
        os.utime(file, (1, 1_700_000_000))
        self.write(".pumphouse/pipelines/x/state")
        self.write(".locks/abc")
        ended = self.run_action("list")
        self.assertEqual(json.loads(ended.stdout), {"path": "a/shop.duckdb", "size_bytes": 5, "changed_at": 1_700_000_000.0})

    def test_archives_a_database_with_its_changes(self) -> None:
        self.write("sub/shop.duckdb", b"rows")
        self.write("sub/shop.duckdb.wal", b"more")
        self.write("sub/other.duckdb")
        self.assertEqual(self.read_archive("sub/shop.duckdb"), {"sub/shop.duckdb": b"rows", "sub/shop.duckdb.wal": b"more"})
        self.assertEqual(len(self.read_archive("sub")), 3)
        self.assertEqual(len(self.read_archive()), 3)
        self.assertEqual(os.listdir(self.data / ".pumphouse" / "downloads"), [])

    def test_follows_no_link(self) -> None:
        self.write("rows.csv")
        os.symlink(self.outside, self.data / "folder")
        os.symlink(self.outside / "secret", self.data / "file")
        self.assertEqual(self.list_paths(), ["rows.csv"])
        self.assertEqual(self.read_archive(), {"rows.csv": b"1"})
        for path in ("file", "folder", "folder/secret"):
            self.assertEqual(self.run_action("archive", path).returncode, MISSING, path)

    def test_leaves_its_folder_for_no_path(self) -> None:
        self.write(".pumphouse/pipelines/secret")
        for path in ("../outside/secret", str(self.outside / "secret"), "a/../../outside/secret", ".", "", "a//b", ".pumphouse/pipelines"):
            self.assertEqual(self.run_action("archive", path).returncode, MISSING, path)

    def test_a_link_in_place_of_its_own_folders_leads_nowhere(self) -> None:
        self.write("rows.csv")
        os.symlink(self.outside, self.data / ".pumphouse")
        for action in (["archive"], ["exchange", "k1"], ["remove", "secret"]):
            self.assertNotEqual(self.run_action(*action).returncode, 0, action)
        self.assertEqual(os.listdir(self.outside), ["secret"])
        self.assertEqual(self.list_paths(), ["rows.csv"])

    def test_exchanges_everything_and_brings_it_back(self) -> None:
        self.write("shop.duckdb", b"old")
        self.write("a/rows.csv", b"old")
        self.write(".pumphouse/pipelines/state")
        self.assertEqual(self.ask("exchange", "k1"), {"file_count": 2, "size_bytes": 6, "is_kept": True})
        self.assertEqual(self.list_paths(), [])
        self.assertTrue((self.data / ".pumphouse" / "pipelines" / "state").exists())
        self.assertEqual(self.read_archive(), {})
        self.write("shop.duckdb", b"new")
        self.write("shop.duckdb.wal", b"new")
        self.assertEqual(self.ask("exchange", "k2", "k1"), {"file_count": 2, "size_bytes": 6, "is_kept": True})
        self.assertEqual(self.read_archive(), {"shop.duckdb": b"old", "a/rows.csv": b"old"})
        self.ask("exchange", "k3", "k2")
        self.assertEqual(self.read_archive(), {"shop.duckdb": b"new", "shop.duckdb.wal": b"new"})
        self.ask("remove", "k3")
        self.assertEqual(os.listdir(self.data / ".pumphouse" / "undo"), [])

    def test_moves_nothing_if_the_undo_copy_is_gone(self) -> None:
        self.write("shop.duckdb", b"new")
        self.assertEqual(self.run_action("exchange", "k2", "k1").returncode, MISSING)
        self.assertEqual(self.list_paths(), ["shop.duckdb"])

    def test_brings_back_what_an_interrupted_move_has_taken(self) -> None:
        self.write(".pumphouse/undo/k1.part/shop.duckdb", b"old")
        self.write("rows.csv", b"left")
        self.ask("exchange", "k2", "k1")
        self.assertEqual(self.list_paths(), ["shop.duckdb"])

    def test_an_empty_folder_keeps_nothing(self) -> None:
        self.assertEqual(self.ask("exchange", "k1"), {"file_count": 0, "size_bytes": 0, "is_kept": False})
        self.assertEqual(os.listdir(self.data / ".pumphouse" / "undo"), [])

    def test_is_busy_while_a_run_has_the_database_open(self) -> None:
        self.write("shop.duckdb", b"rows")
        locks = DatabaseLocks(str(self.data), {"run": 1, "job": "jobs.load", "attempt": "a"})
        lock = locks.acquire(locks.find_file(self.data / "shop.duckdb"), False)
        self.addCleanup(lock.release)
        program = (
            f"import sys; sys.path.insert(0, {str(BOOTSTRAP)!r})\n"
            "import copy_data, data_files\n"
            f"copy_data._BUSY_SECONDS = 0.2; sys.exit(data_files.main('archive', {str(self.data)!r}))"
        )
        ended = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=PATIENCE_SECONDS)
        self.assertEqual((ended.returncode, ended.stdout), (BUSY, b""))

    def test_a_stopped_download_leaves_no_copy(self) -> None:
        self.write("shop.duckdb", b"rows" * 1_000_000)
        program = str(BOOTSTRAP / "data_files.py")
        command = [sys.executable, "-I", "-S", program, "archive", str(self.data)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as download:
            # The copy is complete then, and the rest of it waits for a reader.
            download.stdout.readline()
            download.terminate()
            self.assertEqual(download.wait(PATIENCE_SECONDS), 143)
        self.assertEqual(os.listdir(self.data / ".pumphouse" / "downloads"), [])

    def test_deletes_copies_of_killed_downloads(self) -> None:
        self.write(".pumphouse/downloads/left/rows.csv")
        self.write("rows.csv")
        self.assertEqual(self.read_archive(), {"rows.csv": b"1"})
        self.assertEqual(os.listdir(self.data / ".pumphouse" / "downloads"), [])


if __name__ == "__main__":
    unittest.main()
