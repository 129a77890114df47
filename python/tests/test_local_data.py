"""Local data as objects: fetched before user code starts, stored at its end."""

import os
import signal
import sqlite3
import tempfile
import unittest
from pathlib import Path

from attempt_runner import AttemptRunner, await_true
from attempt_server import AttemptServer
from local_data_server import LocalDataServer
from pumphouse_bootstrap.local_data import batches, objects
from pumphouse_bootstrap.local_data.objects import LocalDataObjects
from pumphouse_bootstrap.local_data.store import PART_BYTES
from pumphouse_bootstrap.preparation import CannotStart
from pumphouse_bootstrap.server_calls import ServerCalls
from pumphouse_bootstrap.start_file import StartFile

MEGABYTE = 1024 * 1024
DUCKDB = b"checksum" + b"DUCK" + b"rows"


class LocalDataCase(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.data = self.folder / "data"
        self.data.mkdir()
        self.stored = LocalDataServer()

    def serve(self) -> AttemptServer:
        server = self.stored.serve(AttemptServer())
        self.addCleanup(server.remove)
        return server

    def read_all(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.data)): path.read_bytes()
            for path in sorted(self.data.rglob("*"))
            if path.is_file() and not path.is_symlink()
        }


class TransferCase(LocalDataCase):
    def setUp(self) -> None:
        super().setUp()
        self.server = self.serve()
        fields = {"attempt_id": "attempt-1", "claim_number": 1, "attempts_url": self.server.url, "secret": "bootstrap-token-1"}
        others = ("folder", "work_folder", "inside_work_folder", "bootstrap_inside", "inside_python", "environment")
        rest = {"local_data": None, "sandbox": [], "drop_to": None, "control_groups": None}
        self.start = StartFile({**fields, **rest, **{name: str(self.folder) for name in others}})
        self.calls = ServerCalls(self.start)
        self.local = LocalDataObjects(str(self.data))
        self.notes: list[str] = []

    def fetch(self) -> None:
        self.local.fetch(self.calls)

    def store(self) -> str | None:
        return self.local.store(self.calls, self.notes.append)


class Transfers(TransferCase):
    def test_restores_contents_modes_times_links_and_holes(self) -> None:
        self.stored.put("deep/er/file", b"content of several parts", mode=0o600)
        self.stored.put("empty", b"")
        self.stored.put("link", b"", link_target="/etc/passwd")
        self.stored.put("ro", b"x", mode=0o444)
        size = 50 * 1024**3
        self.stored.put("sparse", b"head", size_bytes=size)
        self.fetch()
        file = self.data / "deep/er/file"
        self.assertEqual(file.read_bytes(), b"content of several parts")
        self.assertEqual((file.stat().st_mode & 0o777, file.stat().st_mtime_ns), (0o600, 1700000000123456789))
        self.assertEqual((self.data / "empty").read_bytes(), b"")
        self.assertEqual(os.readlink(self.data / "link"), "/etc/passwd")
        sparse = (self.data / "sparse").stat()
        self.assertEqual(sparse.st_size, size)
        self.assertLess(sparse.st_blocks * 512, MEGABYTE)
        self.assertEqual(list(self.data.rglob(".pumphouse*")), [])
        self.assertIsNone(self.store())
        self.assertEqual(self.stored.commits, [])

    def test_stores_only_what_has_changed(self) -> None:
        for name in ("same", "touched", "changed", "removed", "mode"):
            self.stored.put(name, name.encode())
        self.fetch()
        os.utime(self.data / "touched")
        changed = self.data / "changed"
        before = changed.stat()
        changed.write_bytes(b"CHANGED")
        # A program that hides its change.
        os.utime(changed, ns=(before.st_atime_ns, before.st_mtime_ns))
        (self.data / "removed").unlink()
        (self.data / "mode").chmod(0o600)
        (self.data / "new").mkdir()
        (self.data / "new/file").write_bytes(b"new")
        os.symlink("nowhere", self.data / "link")
        os.mkfifo(self.data / "pipe")
        (self.data / ".locks").mkdir()
        (self.data / ".locks/lock").touch()
        self.assertIsNone(self.store())
        [commit] = self.stored.commits
        self.assertEqual(commit["base_version"], 5)
        self.assertEqual(commit["removed"], ["removed"])
        paths = [file["path"] for file in commit["changed"]]
        self.assertEqual(paths, ["changed", "link", "mode", "new/file", "touched"])
        self.assertEqual(self.stored.content("changed"), b"CHANGED")
        self.assertEqual(self.stored.content("new/file"), b"new")
        self.assertEqual(self.stored.files["link"]["link_target"], "nowhere")
        self.assertEqual(self.stored.files["mode"]["mode"], 0o600)

    def test_stores_large_files_in_parts_and_uploads_only_new_ones(self) -> None:
        parts = [os.urandom(PART_BYTES), bytes(PART_BYTES), os.urandom(PART_BYTES), os.urandom(100)]
        (self.data / "large").write_bytes(b"".join(parts))
        self.assertIsNone(self.store())
        self.assertEqual(self.stored.content("large"), b"".join(parts))
        self.assertEqual(sorted(self.stored.uploads), [100, PART_BYTES, PART_BYTES])
        self.stored.uploads.clear()
        self.data = self.folder / "other"
        self.data.mkdir()
        self.local = LocalDataObjects(str(self.data))
        self.fetch()
        self.assertEqual((self.data / "large").read_bytes(), b"".join(parts))
        with open(self.data / "large", "r+b") as file:
            file.seek(2 * PART_BYTES + 7)
            file.write(b"changed in place")
        self.assertIsNone(self.store())
        self.assertEqual(self.stored.uploads, [PART_BYTES])
        self.assertEqual(self.stored.content("large"), (self.data / "large").read_bytes())

    def test_a_hole_of_any_size_costs_nothing(self) -> None:
        with open(self.data / "sparse", "wb") as file:
            file.truncate(200 * 1024**3)
            file.seek(100 * 1024**3 + 5)
            file.write(b"island")
        self.assertIsNone(self.store())
        [part] = self.stored.files["sparse"]["parts"]
        self.assertEqual((part[0], part[2]), (100 * 1024**3, PART_BYTES))
        self.assertEqual(self.stored.files["sparse"]["size_bytes"], 200 * 1024**3)

    def test_names_the_database_that_a_file_belongs_to(self) -> None:
        (self.data / "rows.duckdb").write_bytes(DUCKDB)
        (self.data / "rows.duckdb.wal").write_bytes(b"log")
        (self.data / "rows.duckdb.tmp").mkdir()
        (self.data / "rows.duckdb.tmp/spilled").write_bytes(b"of no use")
        with sqlite3.connect(self.data / "lite.db") as connection:
            connection.execute("CREATE TABLE t (x)")
        (self.data / "lite.db-wal").write_bytes(b"log")
        (self.data / "other.wal").write_bytes(b"no log")
        self.assertIsNone(self.store())
        databases = {path: file["database_path"] for path, file in self.stored.files.items()}
        lite = {"lite.db": "lite.db", "lite.db-wal": "lite.db"}
        rows = {"rows.duckdb": "rows.duckdb", "rows.duckdb.wal": "rows.duckdb"}
        self.assertEqual(databases, {**lite, **rows, "other.wal": None})
        self.local = LocalDataObjects(str(self.data))
        self.fetch()
        (self.data / "rows.duckdb.wal").write_bytes(b"more of the log")
        self.assertIsNone(self.store())
        [file] = self.stored.commits[-1]["changed"]
        self.assertEqual((file["path"], file["database_path"]), ("rows.duckdb.wal", "rows.duckdb"))

    def test_says_why_nothing_was_stored(self) -> None:
        (self.data / "file").write_bytes(b"x")
        self.stored.refuse.append({"code": "local_data_conflict", "detail": "Another run has changed it."})
        reason = self.store()
        self.assertIn("are not stored", reason)
        self.assertIn("409 local_data_conflict Another run has changed it", reason)
        self.assertEqual(self.stored.files, {})

    def test_skips_names_that_are_no_text_and_says_so(self) -> None:
        os.close(os.open(os.fsencode(self.data) + b"/\xff", os.O_CREAT | os.O_WRONLY))
        (self.data / "ö").write_bytes(b"x")
        self.assertIsNone(self.store())
        self.assertEqual(list(self.stored.files), ["ö"])
        self.assertEqual(self.notes, ["Local data: 1 files are not stored, because their names are not UTF-8."])

    def test_continues_a_download_that_was_cut(self) -> None:
        """Batches are repeated: what is complete stays, what is not begins again."""
        contents = {f"file-{number}": os.urandom(23 + number) for number in range(7)}
        for path, content in contents.items():
            self.stored.put(path, content)
        for size in (1, 7, 40):
            with self.subTest(batch=size):
                self.data = self.folder / f"cut-{size}"
                self.data.mkdir()
                self.local = LocalDataObjects(str(self.data))
                before, batches.MAX_PARTS_OF_CALL = batches.MAX_PARTS_OF_CALL, size
                try:
                    self.local.fetch(CuttingCalls(self.calls))
                finally:
                    batches.MAX_PARTS_OF_CALL = before
                self.assertEqual(self.read_all(), contents)

    def test_rejects_damaged_contents_and_paths_that_lead_out(self) -> None:
        self.stored.put("file", b"content")
        self.stored.parts[0] = b"CONTE"
        with self.assertRaises(CannotStart) as raised:
            self.fetch()
        self.assertEqual(raised.exception.code, "download_failed")
        self.assertIn("SHA-256", raised.exception.detail)
        self.assertFalse((self.data / "file").exists())
        for path in ("../out", "/etc/x", "a/../../out", "a//b", "."):
            self.stored.files.clear()
            self.stored.put(path, b"x")
            with self.assertRaises(CannotStart):
                self.fetch()
        self.assertFalse((self.folder / "out").exists())

    def test_follows_no_link_of_user_code(self) -> None:
        outside = self.folder / "outside"
        outside.mkdir()
        os.symlink(outside, self.data / "dir")
        self.stored.put("dir/file", b"content")
        self.fetch()
        self.assertEqual(list(outside.iterdir()), [])
        self.assertEqual((self.data / "dir/file").read_bytes(), b"content")
        (self.data / "dir/file").unlink()
        (self.data / "dir").rmdir()
        (outside / "secret").write_bytes(b"secret")
        os.symlink(outside, self.data / "dir")
        os.symlink(outside / "secret", self.data / "file")
        self.assertIsNone(self.store())
        [commit] = self.stored.commits
        self.assertEqual(commit["removed"], ["dir/file"])
        self.assertTrue(all(file["link_target"] and not file["parts"] for file in commit["changed"]))


class CuttingCalls:
    """Calls whose downloads break in the middle, twice each."""

    def __init__(self, calls: ServerCalls) -> None:
        self._calls = calls
        self.get_json = calls.get_json

    def download(self, route: str, write, restart, body: bytes | None = None) -> None:
        received: list[bytes] = []
        self._calls.download(route, received.append, received.clear, body)
        content = b"".join(received)
        for end in (len(content) // 2, len(content) - 1, len(content)):
            restart()
            for at in range(0, end, 9):
                write(content[at : min(end, at + 9)])


class Copies(TransferCase):
    def setUp(self) -> None:
        super().setUp()
        before, objects._REFRESH_SECONDS = objects._REFRESH_SECONDS, 0.02
        self.addCleanup(setattr, objects, "_REFRESH_SECONDS", before)

    def test_follow_the_snapshot_and_keep_what_is_in_use(self) -> None:
        self.stored.put("rows.db", DUCKDB, database_path="rows.db")
        self.stored.put("same.db", DUCKDB, database_path="same.db")
        self.stored.put("gone/file", b"gone")
        self.stored.put("log.db", DUCKDB, database_path="log.db")
        self.stored.put("log.db.wal", b"log", database_path="log.db")
        self.fetch()
        opened = open(self.data / "rows.db", "rb")
        self.addCleanup(opened.close)
        for name in ("rows.db.wal", "same.db.wal", "mine"):
            (self.data / name).write_bytes(b"mine")
        same = (self.data / "same.db").stat().st_ino
        self.local.follow(self.start)
        self.stored.put("rows.db", DUCKDB + b" and more", database_path="rows.db")
        self.stored.put("log.db", DUCKDB + b" and more", database_path="log.db")
        self.stored.files.pop("gone/file")
        await_true(lambda: not (self.data / "mine").exists() and not (self.data / "gone").exists(), "refreshed")
        self.assertEqual(opened.read(), DUCKDB)
        contents = {"rows.db": DUCKDB + b" and more", "same.db": DUCKDB, "same.db.wal": b"mine"}
        contents |= {"log.db": DUCKDB + b" and more", "log.db.wal": b"log"}
        self.assertEqual(self.read_all(), contents)
        self.assertEqual((self.data / "same.db").stat().st_ino, same)


class Attempts(LocalDataCase):
    def attempt(self, program: str, access: str = "read-write") -> AttemptRunner:
        path = str(self.data)
        local = {"path": path, "source": path, "mounted": False, "written_as": "prod", "objects": access}
        runner = AttemptRunner(self.stored.serve(AttemptServer()), program, local_data=local, grace_seconds=5)
        self.addCleanup(runner.clean)
        return runner

    def test_user_code_finds_the_data_and_leaves_its_changes(self) -> None:
        self.stored.put("rows", b"before")
        runner = self.attempt(f"import os; print(open('{self.data}/rows').read()); open('{self.data}/rows', 'w').write('after')")
        record = runner.run()
        self.assertEqual((record["code"], record["reason"]), (0, None))
        self.assertEqual(runner.server.log(), ["before"])
        self.assertEqual(self.stored.content("rows"), b"after")
        calls = runner.server.calls
        self.assertLess(calls.index("-commit-local-data"), len(calls) - 1)

    def test_changes_are_stored_although_user_code_fails(self) -> None:
        record = self.attempt(f"open('{self.data}/rows', 'w').write('partly'); raise SystemExit(3)").run()
        self.assertEqual(record["code"], 3)
        self.assertEqual(self.stored.content("rows"), b"partly")

    def test_changes_are_stored_after_a_stop(self) -> None:
        program = f"""
            import time
            open('{self.data}/rows', 'w').write('until then')
            print('ready')
            while True:
                time.sleep(0.05)
        """
        runner = self.attempt(program).begin()
        runner.server.await_log("ready")
        runner.signal(signal.SIGTERM)
        self.assertEqual(runner.wait(), 0)
        self.assertEqual(self.stored.content("rows"), b"until then")

    def test_a_run_fails_if_its_changes_are_not_stored(self) -> None:
        self.stored.refuse.append({"code": "local_data_conflict", "detail": "Another run has changed it."})
        runner = self.attempt(f"open('{self.data}/rows', 'w').write('lost')")
        record = runner.run()
        self.assertEqual(record["reason"]["code"], "local_data_not_stored")
        self.assertIn("Another run has changed it", record["reason"]["detail"])
        self.assertEqual(runner.server.notes(), [record["reason"]["detail"]])
        self.stored.refuse.append({"code": "local_data_conflict", "detail": "Another run has changed it."})
        record = self.attempt(f"open('{self.data}/rows', 'w').write('lost'); raise SystemExit(3)").run()
        self.assertEqual((record["code"], record["reason"]), (3, None))

    def test_a_copy_is_never_stored(self) -> None:
        self.stored.put("rows", b"before")
        self.attempt(f"open('{self.data}/rows', 'w').write('mine')", "copy").run()
        self.assertEqual((self.stored.commits, self.stored.content("rows")), ([], b"before"))

    def test_user_code_does_not_start_with_a_part_of_the_data(self) -> None:
        self.stored.put("rows", b"before")
        self.stored.parts[0] = b"beFOR"
        record = self.attempt("print('started')").run()
        self.assertEqual(record["reason"]["code"], "download_failed")


if __name__ == "__main__":
    unittest.main()
