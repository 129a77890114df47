"""Mirroring a folder, whatever untrusted code put into source or target."""

import contextlib
import io
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

from attempt_runner import BOOTSTRAP, PATIENCE_SECONDS

from pumphouse_bootstrap import copy_data
from pumphouse_bootstrap.inside.database_locks.locks import DatabaseLocks, Hold


class CopyData(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.source, self.target = Path(folder.name, "source"), Path(folder.name, "target")
        self.source.mkdir()

    def copy(self) -> int:
        ended = self.run_copy()
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        return json.loads(ended.stdout)["size_bytes"]

    def run_copy(self, *only: str):
        program = str(BOOTSTRAP / "copy_data.py")
        command = [sys.executable, "-I", "-S", program, str(self.source), str(self.target), *only]
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS)

    def list_target(self) -> list[str]:
        return sorted(str(path.relative_to(self.target)) for path in self.target.rglob("*"))

    def test_copies_files_folders_and_their_modes_and_times(self) -> None:
        (self.source / "a" / "b").mkdir(parents=True)
        file = self.source / "a" / "b" / "rows.db"
        file.write_bytes(os.urandom(3_000_000))
        file.chmod(0o640)
        os.utime(file, ns=(1, 1_700_000_000_123_456_789))
        self.assertGreaterEqual(self.copy(), 3_000_000)
        copied = self.target / "a" / "b" / "rows.db"
        self.assertEqual(copied.read_bytes(), file.read_bytes())
        self.assertEqual(copied.stat().st_mtime_ns, 1_700_000_000_123_456_789)
        self.assertEqual(copied.stat().st_mode & 0o7777, 0o640)

    def test_copies_one_entry_as_if_it_were_the_only_one(self) -> None:
        for path in (self.source / "kept" / "kept", self.source / "left" / "kept", self.target / "mine"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("1")
        self.assertEqual(self.run_copy("kept").returncode, 0)
        self.assertEqual(self.list_target(), ["kept", "kept/kept"])
        self.assertEqual(self.run_copy("missing").returncode, 0)
        self.assertEqual(self.list_target(), [])

    def test_keeps_holes(self) -> None:
        with open(self.source / "sparse", "wb") as file:
            file.write(b"first")
            file.seek(50 * 1024**3)
            file.write(b"last")
        self.assertLess(self.copy(), 10_000_000)
        info = (self.target / "sparse").stat()
        self.assertEqual(info.st_size, 50 * 1024**3 + 4)
        self.assertLess(info.st_blocks * 512, 10_000_000)
        with open(self.target / "sparse", "rb") as file:
            self.assertEqual(file.read(5), b"first")
            file.seek(50 * 1024**3)
            self.assertEqual(file.read(), b"last")

    def test_follows_no_link_on_either_side(self) -> None:
        secret = self.source.parent / "secret"
        secret.mkdir()
        (secret / "file").write_text("secret")
        (self.source / "to-file").symlink_to(secret / "file")
        (self.source / "to-folder").symlink_to(secret)
        (self.source / "folder").mkdir()
        (self.source / "folder" / "file").write_text("mine")
        (self.source / "file").write_text("mine")
        self.target.mkdir()
        (self.target / "folder").symlink_to(secret)
        (self.target / "file").symlink_to(secret / "file")
        self.copy()
        self.assertEqual(os.readlink(self.target / "to-file"), str(secret / "file"))
        self.assertEqual(os.readlink(self.target / "to-folder"), str(secret))
        self.assertFalse((self.target / "folder").is_symlink())
        self.assertFalse((self.target / "file").is_symlink())
        self.assertEqual((secret / "file").read_text(), "secret")
        self.assertEqual(os.listdir(secret), ["file"])

    def test_skips_pipes_and_sockets(self) -> None:
        os.mkfifo(self.source / "pipe")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(self.source / "socket"))
            self.copy()
        self.assertEqual(self.list_target(), [])

    def test_an_open_file_keeps_its_content_when_it_is_replaced(self) -> None:
        (self.source / "rows.db").write_text("old")
        self.copy()
        with open(self.target / "rows.db") as reader:
            (self.source / "rows.db").write_text("new content")
            self.copy()
            self.assertEqual(reader.read(), "old")
        self.assertEqual((self.target / "rows.db").read_text(), "new content")

    def test_does_not_copy_unchanged_files(self) -> None:
        (self.source / "rows.db").write_text("same")
        self.copy()
        before = (self.target / "rows.db").stat().st_ino
        self.copy()
        self.assertEqual((self.target / "rows.db").stat().st_ino, before)

    def test_removes_files_that_the_source_lacks(self) -> None:
        (self.source / "gone").mkdir()
        (self.source / "gone" / "file").write_text("x")
        self.copy()
        (self.source / "gone" / "file").unlink()
        (self.source / "gone").rmdir()
        (self.source / "gone").write_text("a file now")
        (self.target / "mine" / "deep").mkdir(parents=True)
        (self.target / "mine" / "deep").chmod(0)
        (self.target / ".pumphouse-copying-1-1").write_text("left half-made")
        self.copy()
        self.assertEqual(self.list_target(), ["gone"])

    def test_changes_of_a_database_are_replaced_together_with_its_file(self) -> None:
        (self.source / "kept.db").write_text("kept")
        (self.source / "replaced.db").write_text("old")
        self.copy()
        for name in ("kept", "replaced"):
            (self.target / f"{name}.db.wal").write_text("changes of the reader")
            (self.target / f"{name}.db.tmp").mkdir()
        (self.target / "gone.db.wal").write_text("of nothing")
        (self.source / "replaced.db").write_text("new content")
        self.copy()
        expected = ["kept.db", "kept.db.tmp", "kept.db.wal", "replaced.db", "replaced.db.tmp"]
        self.assertEqual(self.list_target(), expected)
        (self.source / "replaced.db").write_text("newer content")
        (self.source / "replaced.db.wal").write_text("its own changes")
        self.copy()
        self.assertEqual((self.target / "replaced.db.wal").read_text(), "its own changes")

    def test_reports_failures(self) -> None:
        deep = self.source.joinpath(*["d"] * 120)
        deep.mkdir(parents=True)
        ended = self.run_copy()
        self.assertEqual((ended.returncode, ended.stderr), (1, "Folders are nested deeper than 100 levels.\n"))


# The header of a DuckDB file, as far as the copier reads it.
DATABASE = b"\0" * 8 + b"DUCK" + b"\0" * 100


class CopyDatabases(unittest.TestCase):
    """Databases are copied between two writers, whose locks are those of inside/database_locks."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.source, self.target = Path(folder.name, "source"), Path(folder.name, "target")
        self.source.mkdir()
        patience = mock.patch.object(copy_data, "_BUSY_SECONDS", 0.2)
        patience.start()
        self.addCleanup(patience.stop)

    def copy(self) -> dict:
        return copy_data.copy_data(str(self.source), str(self.target))

    def lock(self, file: str, shared: bool = False) -> Hold:
        locks = DatabaseLocks(str(self.source), {"run": 1, "job": "jobs.load", "attempt": "a"})
        return locks.acquire(locks.find_file(self.source / file), shared)

    def test_brings_a_database_with_its_changes_and_leaves_the_locks(self) -> None:
        self.lock("a.duckdb").release()
        for name in ("a.duckdb", "a.duckdb.wal", "a.duckdb.tmp"):
            (self.source / name).write_bytes(DATABASE)
        self.assertIsNone(self.copy()["plain_changed_seconds_ago"])
        self.assertEqual(sorted(os.listdir(self.target)), ["a.duckdb", "a.duckdb.wal"])
        (self.source / "a.duckdb.wal").unlink()
        (self.source / "a.duckdb").write_bytes(DATABASE + b"1")
        self.copy()
        self.assertEqual(os.listdir(self.target), ["a.duckdb"])

    def test_gives_up_while_a_run_has_a_database_open_for_writing(self) -> None:
        for content in (b"", DATABASE):
            (self.source / "a.duckdb").write_bytes(content)
            hold = self.lock("a.duckdb")
            with self.assertRaises(copy_data.Busy):
                self.copy()
            hold.release()
            self.copy()

    def test_shares_a_database_with_readers(self) -> None:
        (self.source / "a.duckdb").write_bytes(DATABASE)
        hold = self.lock("a.duckdb", shared=True)
        self.copy()
        hold.release()

    def test_a_writer_waits_for_the_copier_and_the_copier_for_its_turn(self) -> None:
        (self.source / "a.duckdb").write_bytes(DATABASE)
        self.lock("a.duckdb").release()
        folder = os.open(self.source, os.O_RDONLY)
        self.addCleanup(os.close, folder)
        with copy_data.CopierLocks(folder, 1).hold("a.duckdb"):
            opened = threading.Event()
            holds: list[Hold] = []
            writer = threading.Thread(target=lambda: (holds.append(self.lock("a.duckdb")), opened.set()))
            writer.start()
            # A second copier comes after the waiting writer.
            while int.from_bytes(next((self.source / ".locks").glob("*")).read_bytes()[:8], "little") < 4:
                writer.join(0.01)
            self.assertFalse(opened.is_set())
            with self.assertRaises(copy_data.Busy), copy_data.CopierLocks(folder, 0.1).hold("a.duckdb"):
                pass
        self.assertTrue(opened.wait(PATIENCE_SECONDS))
        holds[0].release()

    def test_gives_up_while_a_process_without_our_lock_has_it_open(self) -> None:
        (self.source / "a.duckdb").write_bytes(DATABASE)
        code = f"""if True:
            import fcntl
            file = open({str(self.source / "a.duckdb")!r}, "r+b")
            fcntl.lockf(file, fcntl.LOCK_EX)
            print("locked", flush=True)
            input()
        """
        with subprocess.Popen([sys.executable, "-c", code], stdin=-1, stdout=-1, text=True) as holder:
            self.assertEqual(holder.stdout.readline(), "locked\n")
            with self.assertRaises(copy_data.Busy):
                self.copy()
            holder.communicate("\n")
        self.copy()

    def test_tells_when_other_files_were_changed(self) -> None:
        (self.source / "a.duckdb").write_bytes(DATABASE)
        (self.source / ".artifacts").mkdir()
        (self.source / ".artifacts" / "trace.pickle").write_bytes(b"new")
        self.assertIsNone(self.copy()["plain_changed_seconds_ago"])
        file = self.source / "tables" / "rows.parquet"
        file.parent.mkdir()
        file.write_bytes(b"rows")
        for path, age in ((file, 500), (file.parent, 300)):
            os.utime(path, (time.time() - age, time.time() - age))
        self.assertAlmostEqual(self.copy()["plain_changed_seconds_ago"], 300, delta=60)

    def test_prints_that_it_gave_up(self) -> None:
        (self.source / "a.duckdb").write_bytes(DATABASE)
        hold = self.lock("a.duckdb")
        self.addCleanup(hold.release)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            self.assertEqual(copy_data.main(str(self.source), str(self.target)), 0)
        self.assertEqual(json.loads(printed.getvalue()), {"is_busy": True})


if __name__ == "__main__":
    unittest.main()
