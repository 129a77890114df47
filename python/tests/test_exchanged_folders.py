"""What is noted of a working folder while user code begins to use another one for the same pipeline."""

from __future__ import annotations

import os
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from pumphouse_bootstrap.stored_pipelines import stored_folder
from pumphouse_bootstrap.stored_pipelines.contents import Changed
from pumphouse_bootstrap.stored_pipelines.keeper import StoredPipelines
from pumphouse_bootstrap.stored_pipelines.stored_folder import StoredFolder

TAKEN = "3f0c6a52-6d0e-4f9b-8f57-0d1d4a3b1c22"
ORIGIN = {"run": 1, "job": "jobs.shop.shop", "attempt": "attempt-1", "tries": 1, "folder": TAKEN}


class ExchangedFoldersTest(unittest.TestCase):
    def setUp(self) -> None:
        disk = tempfile.TemporaryDirectory()
        self.addCleanup(disk.cleanup)
        start = SimpleNamespace(local_data={"source": disk.name}, drop_to=None, attempt_id="attempt-2")
        settings = {"max_bytes": 10_000_000, "run": 2, "job": "jobs.shop.shop"}
        self.kept = StoredPipelines(start, settings, lambda line: None)  # type: ignore[arg-type]
        self.working = Path(disk.name, ".pumphouse/pipelines/attempt-2/shop")
        self.taken = StoredFolder(TAKEN, "shop", ORIGIN)
        self.kept._taken[TAKEN] = self.taken

    def add_package(self, load_id: str) -> None:
        jobs = self.working / "load/normalized" / load_id / "new_jobs"
        os.makedirs(jobs, exist_ok=True)
        (jobs / "orders.b0aabb1c55.0.insert_values.gz").write_bytes(b"rows")

    def finish_and_extract(self, folder: int) -> stored_folder.Listing:
        """Do what user code may do while its folder is listed: finish what was taken over, and extract a package of its own."""
        self.kept._own.write_note("shop", None)
        self.add_package("1796114734.9085066")
        return self.list(folder)

    def observe_during_exchange(self) -> None:
        self.list = stored_folder.list_working_folder
        [(found, live)] = self.kept._list_folders()
        self.assertEqual((found, live), (self.taken, True))
        with mock.patch.object(stored_folder, "list_working_folder", self.finish_and_extract):
            self.kept._observe(found, live, as_is=False)

    def test_packages_of_this_run_are_not_noted_as_those_that_were_taken_over(self) -> None:
        """They would be kept twice, and be loaded twice after the pod is lost."""
        os.makedirs(self.working)
        self.kept._own.write_note("shop", ORIGIN)
        with self.assertRaises(Changed):
            self.observe_during_exchange()
        [(found, live)] = self.kept._list_folders()
        self.assertEqual((found.pipeline, live), ("shop", True))
        self.assertIsNot(found, self.taken)

    def test_who_extracted_what_was_taken_over_stays_known(self) -> None:
        self.add_package("1796114728.5874023")
        self.kept._own.write_note("shop", ORIGIN)
        self.kept.begin_load(b'{"pipeline": "shop", "is_local": true}')
        with self.assertRaises(Changed):
            self.observe_during_exchange()
        self.taken.recorded = {}
        change = self.taken.describe_origin_change()
        self.assertIsNotNone(change)
        self.assertEqual((change["origin"]["run"], change["origin"]["attempt"], change["origin"]["tries"]), (1, "attempt-1", 1))

    def test_packages_that_are_being_taken_over_stay_on_the_server(self) -> None:
        """For a moment the folder is neither where it waited nor where user code finishes it."""
        waiting = Path(self.working.parents[1], TAKEN, "shop")
        os.makedirs(waiting)
        self.taken.recorded = {}
        list_pipelines = self.kept._own.list_pipelines

        def list_and_exchange() -> list[str]:
            found = list_pipelines()
            self.kept._own.write_note("shop", ORIGIN)
            if waiting.exists():
                os.rename(waiting, self.working)
            return found

        with mock.patch.object(self.kept._own, "list_pipelines", list_and_exchange):
            [(found, live)] = self.kept._list_folders()
        self.assertEqual((found, live), (self.taken, False))
        calls = mock.Mock()
        with self.assertRaises(Changed):
            self.kept._sync(calls, found, live)
        calls.post_json.assert_not_called()

    def test_packages_that_were_finished_are_removed_from_the_server(self) -> None:
        os.makedirs(self.working)
        self.taken.recorded = {}
        [*_, (found, live)] = self.kept._list_folders()
        self.assertEqual((found, live), (self.taken, False))
        calls = mock.Mock()
        self.assertIs(self.kept._sync(calls, found, live), True)
        calls.post_json.assert_called_once_with("-record-pipeline-folders", {"saved": [], "removed": [TAKEN]})
