"""Tables whose jobs may be at the destination are loaded from their first job, also if the process that prepares that is killed."""

from __future__ import annotations

import json
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from attempt_runner import PYTHON_FOLDER  # noqa: F401 (makes the bootstrap importable)
from pumphouse_bootstrap.inside.pipeline_hooks.pending_packages import restarted_tables
from pumphouse_bootstrap.inside.pipeline_hooks.pending_packages.repeated_jobs import list_repeated
from pumphouse_bootstrap.inside.pipeline_hooks.pending_packages.restarted_tables import restart_tables

TABLES = {
    "orders": {"write_disposition": "replace"},
    "orders__parts": {"parent": "orders"},
    "events": {"write_disposition": "append"},
}
ALL = ["orders.a.0.jsonl", "orders.b.0.jsonl", "orders__parts.c.0.jsonl"]


class Killed(BaseException):
    pass


class RestartedTablesTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.pipeline = Path(folder.name)
        self.package = self.pipeline / "load" / "normalized" / "1795989114.5"

    def make(self, recorded: tuple = (), tables: dict = TABLES, **jobs: list[str]) -> None:
        """Make a package whose tables are prepared. `recorded`: started jobs that are known to be complete."""
        for state in ("new_jobs", "started_jobs", "completed_jobs", ".pending_transitions"):
            (self.package / state).mkdir(parents=True)
        (self.package / "schema.json").write_text(json.dumps({"name": "shop", "tables": tables}))
        (self.package / "applied_schema_updates.json").write_text("{}")
        for state, names in jobs.items():
            for name in names:
                (self.package / state / name).write_text("{}")
        for name in recorded:
            (self.package / ".pending_transitions" / name).write_text('{"state": "completed", "failed_message": null}')

    def restart(self, **how: bool) -> list[str]:
        folder = os.open(self.pipeline, os.O_RDONLY)
        try:
            return restart_tables(folder, **how)
        finally:
            os.close(folder)

    def list(self, state: str) -> list[str]:
        return sorted(os.listdir(self.package / state))

    def expect_restarted(self) -> None:
        self.assertEqual([self.list(state) for state in ("new_jobs", "started_jobs", "completed_jobs")], [ALL, [], []])
        self.assertEqual(self.list(".pending_transitions"), [])
        self.assertTrue((self.package / "schema_updates.json").exists())

    def test_jobs_that_are_known_to_be_complete_stay(self) -> None:
        self.make(recorded=(ALL[0],), started_jobs=[ALL[0]], new_jobs=ALL[1:])
        self.assertEqual(self.restart(), [])
        self.assertEqual((self.list("started_jobs"), self.list(".pending_transitions")), ([ALL[0]], [ALL[0]]))

    def test_a_restarted_job_is_not_known_to_be_complete_any_more(self) -> None:
        """dlt would take it for complete if this run was killed while it loads the job, and its table was emptied."""
        self.make(recorded=(ALL[0],), started_jobs=ALL[:2], completed_jobs=ALL[2:])
        self.assertEqual(self.restart(), ["orders"])
        self.expect_restarted()

    def test_a_process_that_is_killed_at_any_call_is_made_up_for(self) -> None:
        for calls in range(1, 20):
            with self.subTest(calls=calls):
                self.setUp()
                self.make(recorded=(ALL[0],), started_jobs=ALL[:2], completed_jobs=ALL[2:])
                is_killed = self.kill_after(calls)
                self.restart()
                self.expect_restarted()
                if not is_killed:
                    return
        self.fail("The restart never came to its end")

    def kill_after(self, calls: int) -> bool:
        """Restart tables until that many files were moved or removed; return whether that was before the end."""
        left = [calls]

        def count(call):
            def counted(*args, **kwargs):
                if left[0] == 0:
                    raise Killed
                left[0] -= 1
                return call(*args, **kwargs)

            return counted

        with (
            mock.patch.object(os, "rename", count(os.rename)),
            mock.patch.object(os, "replace", count(os.replace)),
            mock.patch.object(restarted_tables, "remove_tree", count(restarted_tables.remove_tree)),
        ):
            try:
                self.restart()
            except Killed:
                return True
        return False

    def test_what_was_recorded_before_the_end_may_have_been_loaded_since(self) -> None:
        self.make(new_jobs=[*ALL[1:], "events.d.0.jsonl"], completed_jobs=ALL[:1])
        self.assertEqual(self.restart(), [])
        self.assertEqual(self.restart(is_behind=True), ["orders"])
        self.assertEqual(self.list("new_jobs"), ["events.d.0.jsonl", *ALL])
        folder = os.open(self.pipeline, os.O_RDONLY)
        self.addCleanup(os.close, folder)
        self.assertEqual(list_repeated(folder), set())
        self.assertEqual(list_repeated(folder, is_behind=True), {"events.d", "orders.a", "orders.b", "orders__parts.c"})
