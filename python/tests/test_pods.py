"""Pods: what prepares them, the folders of the claim, and a stop that the bootstrap carries out itself."""

import json
import os
import signal
import stat
import sys
import tempfile
import unittest
from pathlib import Path

from attempt_runner import AttemptRunner
from attempt_server import AttemptServer
from pumphouse_bootstrap.claim_folders import (
    begin_snapshot,
    copy_snapshot,
    drop_snapshot,
    keep_snapshot,
    list_snapshots,
    remove_folder,
)
from pumphouse_bootstrap.claim_program import run_action
from pumphouse_bootstrap.pod_preparation import main

IGNORES_TERM = """
import signal, time
signal.signal(signal.SIGTERM, lambda *_: print("term"))
print("ready")
while True:
    time.sleep(0.05)
"""


class FolderCase(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.claim = self.folder / "claim"
        self.claim.mkdir()


class Preparing(FolderCase):
    def prepare(self, **changes: object) -> tuple[int, dict | None]:
        volume = {"root": "own", "shared": [], "own": [], "required": None, "copy": None}
        volume.update(changes.pop("volume", {}))
        plan = {"files": [], "folders": [], "python": None, **changes, "volume": volume}
        path, report = self.folder / "plan.json", self.folder / "report"
        path.write_text(json.dumps(plan))
        code = main(str(path), str(report), str(self.claim))
        return code, json.loads(report.read_text()) if report.exists() else None

    def test_creates_folders_and_files_and_adds_what_only_the_pod_knows(self) -> None:
        target = self.folder / "start.json"
        os.environ["PUMPHOUSE_POD_UID"] = "uid-of-the-pod"
        self.addCleanup(os.environ.pop, "PUMPHOUSE_POD_UID")
        code, report = self.prepare(
            files=[{"path": str(target), "content": {"attempt_id": "a"}}],
            folders=[str(self.folder / "work" / "shop")],
            volume={"shared": ["own/data"], "own": ["own/data/w/live"]},
        )
        self.assertEqual((code, report), (0, None))
        self.assertEqual(
            json.loads(target.read_text()),
            {"attempt_id": "a", "inside_python": sys.executable, "pod_uid": "uid-of-the-pod"},
        )
        self.assertEqual(stat.S_IMODE(target.stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE((self.claim / "own/data").stat().st_mode), 0o777)
        self.assertTrue((self.claim / "own/data/w/live").is_dir())
        self.assertTrue((self.folder / "work/shop").is_dir())

    def test_reports_what_is_missing(self) -> None:
        code, report = self.prepare(volume={"required": "own/environments/x"})
        self.assertEqual((code, report["code"]), (1, "environment_missing"))
        code, report = self.prepare(python="2.1")
        self.assertEqual((code, report["code"]), (1, "python_not_found"))
        self.assertIn("Python 2.1 is required", report["detail"])
        code, report = self.prepare(files=[{"path": "/nowhere/x", "content": ""}])
        self.assertEqual((code, report["code"]), (1, "work_folder_failed"))

    def test_finds_programs_of_the_image_for_a_build(self) -> None:
        target = self.folder / "build.json"
        planned = ["{uv}", "venv", "--python", "{python}"]
        steps = [{"command": planned, "retry": {"pattern": "x", "notice": "y", "command": [*planned, "--refresh"]}}]
        self.prepare(files=[{"path": str(target), "content": {"steps": steps}}])
        step = json.loads(target.read_text())["steps"][0]
        self.assertEqual(step["command"][1:], ["venv", "--python", sys.executable])
        self.assertTrue(step["command"][0].endswith("uv"))
        self.assertEqual(step["retry"], {"pattern": "x", "notice": "y", "command": [*step["command"], "--refresh"]})


class Claims(FolderCase):
    def snapshot(self, unique: str) -> None:
        source, target = begin_snapshot(str(self.claim), "data", unique)
        os.makedirs(target)
        for name in os.listdir(source):
            (Path(target) / name).write_text((Path(source) / name).read_text())

    def test_a_snapshot_counts_when_it_is_kept(self) -> None:
        live = self.claim / "data/live"
        live.mkdir(parents=True)
        copy = self.folder / "copy"
        for text, unique, is_kept in (("one", "a", True), ("two", "b", False), ("three", "c", True)):
            (live / "rows").write_text(text)
            self.snapshot(unique)
            (keep_snapshot if is_kept else drop_snapshot)(str(self.claim), "data", unique)
            copy_snapshot(str(self.claim / "data"), str(copy))
            self.assertEqual((copy / "rows").read_text(), "one" if unique == "b" else text)
        self.assertEqual(list_snapshots(str(self.claim / "data")), ["snapshot-0000000002-c"])

    def test_the_next_snapshot_removes_what_an_interrupted_one_left(self) -> None:
        self.snapshot("a")
        keep_snapshot(str(self.claim), "data", "a")
        self.snapshot("b")
        begin_snapshot(str(self.claim), "data", "c")
        self.assertEqual(sorted(os.listdir(self.claim / "data")), ["live", "snapshot-0000000001-a"])

    def test_removes_folders_without_rights_and_follows_no_link(self) -> None:
        outside = self.folder / "outside"
        outside.mkdir()
        (outside / "kept").touch()
        inner = self.claim / "e/inner"
        inner.mkdir(parents=True)
        (inner / "file").touch()
        (self.claim / "e/link").symlink_to(outside)
        os.chmod(inner, 0)
        remove_folder(str(self.claim / "e"))
        self.assertFalse((self.claim / "e").exists())
        self.assertTrue((outside / "kept").exists())
        remove_folder(str(self.claim / "e"))

    def test_lists_what_belongs_to_whom(self) -> None:
        root = self.claim / "own"
        for path in (
            "environments/e-1/files",
            "caches/org/w-5",
            "copies/attempt-1-5/data",
            "local-data/w/prod/live",
            "local-data/w/prod/copying-x",
        ):
            (root / path).mkdir(parents=True)
        (root / "environments/e-1/key").write_text("the key")
        listed = run_action("list", {"root": "own", "with_sizes": True}, str(self.claim))
        self.assertEqual(
            [(one["kind"], one["path"]) for one in listed],
            [
                ("environment", "environments/e-1"),
                ("cache", "caches/org/w-5"),
                ("copy", "copies/attempt-1-5"),
                ("remains", "local-data/w/prod/copying-x"),
                ("local-data", "local-data/w/prod/live"),
            ],
        )
        self.assertEqual(listed[0]["key"], "the key")
        self.assertEqual(listed[2]["attempt"], "attempt-1")
        self.assertTrue(all(one["uid"] == os.getuid() for one in listed))
        self.assertGreater(listed[0]["size_bytes"], 0)

    def test_an_environment_is_complete_until_its_removal_begins(self) -> None:
        environment = self.claim / "e"
        environment.mkdir()
        run_action("complete", {"path": "e"}, str(self.claim))
        self.assertTrue((environment / "complete").exists())
        run_action("remove", {"paths": ["e", "never"]}, str(self.claim))
        self.assertFalse(environment.exists())


class Stopping(FolderCase):
    def attempt(self, program: str, grace_seconds: float) -> AttemptRunner:
        self.exit_file = self.folder / "exit"
        start = {"grace_seconds": grace_seconds, "exit_file": str(self.exit_file), "pod_uid": "uid"}
        runner = AttemptRunner(AttemptServer(), program, **start)
        self.addCleanup(runner.clean)
        return runner

    def test_one_signal_is_followed_by_a_second_one_and_the_kill(self) -> None:
        runner = self.attempt(IGNORES_TERM, 2).begin()
        runner.server.await_log("ready")
        runner.signal(signal.SIGTERM)
        self.assertEqual(runner.wait(), 0)
        self.assertEqual(runner.server.log(), ["ready", "term", "term"])
        exit_record = runner.server.exit()
        self.assertEqual(exit_record["signal"], "SIGKILL")
        self.assertEqual(exit_record["reason"]["code"], "evicted")
        stored = json.loads(self.exit_file.read_text())
        self.assertEqual((stored["kind"], stored["code"], stored["signal"]), ("exit", None, "SIGKILL"))

    def test_code_that_completes_within_its_grace_period_has_completed(self) -> None:
        program = "import os, signal\nsignal.signal(signal.SIGTERM, lambda *_: os._exit(0))\nprint('ready')\nsignal.pause()"
        runner = self.attempt(program, 20).begin()
        runner.server.await_log("ready")
        runner.signal(signal.SIGTERM)
        self.assertEqual(runner.wait(), 0)
        self.assertEqual((runner.server.exit()["code"], runner.server.exit()["reason"]), (0, None))

    def test_the_pod_is_named_in_the_first_call(self) -> None:
        runner = self.attempt("print('hello')", 20).begin()
        self.assertEqual(runner.wait(), 0)
        self.assertEqual(runner.server.question["pod_uid"], "uid")


if __name__ == "__main__":
    unittest.main()
