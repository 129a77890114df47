"""Load packages that an attempt leaves are finished by the next one, with real dlt; attempts end at any point."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
import threading
from pathlib import Path

from attempt_runner import await_true
from pending_attempts import DROP, EXECUTE, PendingAttemptsCase
from pumphouse_bootstrap.inside.pipeline_hooks.pending_packages.kept_folders import take_ended
from pumphouse_bootstrap.pending_packages import PendingPackages


class PendingPackagesTest(PendingAttemptsCase):
    def test_a_clean_attempt_leaves_nothing(self) -> None:
        self.assertIn("ASKED after 0", self.run_attempt())
        self.assertEqual((self.records[0]["packages"], self.list_kept()), ([], []))

    def test_the_next_run_finishes_what_a_killed_one_extracted(self) -> None:
        for at, step in (("normalize", "extracted"), ("in-normalize", "extracted"), ("load", "normalized"), ("in-load", "partly_loaded")):
            for disposition in ("append", "merge", "replace"):
                with self.subTest(at=at, disposition=disposition):
                    self.setUp()
                    self.assertIn("ASKED after 0", self.kill(at, disposition=disposition))
                    self.assertEqual(self.read_pending(), [("shop", step, 1, ["orders", "orders__parts"][: 1 if step == "extracted" else 2])])
                    log = self.run_attempt(disposition=disposition)
                    # A table that is replaced is extracted from its beginning.
                    asked = "ASKED after 0" if disposition == "replace" else "ASKED after 3"
                    self.assertEqual([line for line in log if "ASKED" in line], [asked], log)
                    self.assertIn("extracted by run 1 of jobs.shop.shop", "\n".join(self.notes))
                    self.assertEqual([event["event"] for event in self.records[0]["events"]], ["finished"])
                    self.assertEqual((self.read_pending(), self.list_kept()), ([], []))
                    ids = [1, 2, 3] if disposition == "replace" else [1, 2, 3, 4, 5, 6]
                    expected = {f"ids {ids}", f"orders {len(ids)}", f"orders__parts {2 * len(ids)}", "_dlt_loads 2"}
                    self.assertLessEqual(expected, set(self.count()))

    def test_a_package_is_loaded_once_if_its_run_was_killed_between_two_steps(self) -> None:
        for at in ("normalized", "half-removed", "completed"):
            with self.subTest(at):
                self.setUp()
                self.kill(at)
                self.assertIn("ASKED after 3", self.run_attempt())
                self.assertEqual(self.list_kept(), [])
                self.assertEqual(self.count()[:4], ["orders 6", "orders__parts 12", "_dlt_loads 2", "ids [1, 2, 3, 4, 5, 6]"])

    def test_a_job_that_was_not_recorded_doubles_no_row_that_is_merged_or_replaced(self) -> None:
        for disposition in ("merge", "replace"):
            with self.subTest(disposition):
                self.setUp()
                self.kill("unrecorded", disposition=disposition)
                self.run_attempt(pending={"finish": ["shop"]}, disposition=disposition)
                self.assertEqual(self.count()[:2] + self.count()[3:4], ["orders 3", "orders__parts 6", "ids [1, 2, 3]"])

    def expect_twice(self, table: str, note: str) -> None:
        """Expect that the table has rows twice, and that the message has a statement that removes them."""
        rows = {"orders": 3, "orders__parts": 6}[table]
        self.assertIn(f"The table {table} holds {rows} rows of the load ", note)
        [*before, fact] = self.repeated_loads
        self.assertEqual({(each["table"], each["status"], each["is_examined"]) for each in before}, {(table, "unknown", False)})
        self.assertEqual((fact["pipeline"], fact["schema"], fact["table"]), ("shop", "shop", table))
        self.assertEqual((fact["status"], fact["rows"], fact["is_examined"]), ("twice", rows, True))
        self.assertIn(f" load {fact['load_id']} twice", note)
        self.assertIn(f"{table} {2 * rows}", self.count())
        statement = fact["statement"].partition(";")[0]
        self.assertEqual(statement, note.partition("Remove them with: ")[2].partition(";")[0])
        self.run_attempt(EXECUTE.replace("STATEMENT", statement))
        self.assertEqual(self.count()[:2], ["orders 3", "orders__parts 6"])

    def test_rows_that_a_repeated_job_has_loaded_twice_are_told_with_the_statement_that_removes_them(self) -> None:
        for table in ("orders", "orders__parts"):
            with self.subTest(table):
                self.setUp()
                self.kill("unrecorded", table=table)
                self.run_attempt(pending={"finish": ["shop"]})
                before, after = self.read_notes()
                self.assertIn(f" may have loaded a job of the table {table} already", before)
                self.expect_twice(table, after)

    def test_they_are_told_by_the_run_that_ends_the_load_if_the_one_that_repeated_the_job_was_killed(self) -> None:
        self.kill("unrecorded", table="orders")
        self.kill("in-load")
        self.run_attempt(pending={"finish": ["shop"]})
        self.expect_twice("orders", self.read_notes()[-1])

    def test_rows_of_a_job_that_was_not_loaded_before_are_told_to_be_there_once(self) -> None:
        self.kill("unwritten")
        self.run_attempt(pending={"finish": ["shop"]})
        before, after = self.read_notes()
        self.assertIn(" may hold rows of the load ", before)
        self.assertRegex(after, r"The table orders holds the 3 rows of the load \S+ once")
        self.assertEqual([(each["status"], each["rows"]) for each in self.repeated_loads], [("unknown", None), ("once", None)])
        self.assertEqual(self.count()[:2], ["orders 3", "orders__parts 6"])

    def test_nothing_is_told_of_tables_that_begin_anew(self) -> None:
        self.kill("unrecorded", disposition="merge", table="orders")
        self.run_attempt(pending={"finish": ["shop"]}, disposition="merge")
        self.assertEqual(self.read_notes(), [])

    def test_a_package_that_is_loaded_is_not_reported_as_pending(self) -> None:
        self.kill("completed")
        self.assertEqual(self.read_pending(), [])
        self.assertEqual(self.list_kept(), [])

    def test_the_oldest_dlt_keeps_packages(self) -> None:
        self.dlt = "dlt[duckdb]==1.26.0"
        # This release keeps local files in another folder, which is not local data of the workspace.
        self.variables = {"DESTINATION__DUCKDB__CREDENTIALS": f"{self.data}/shop.duckdb"}
        expected = 0
        for at in ("normalize", "load", "normalized", "completed", "in-load"):
            with self.subTest(at):
                self.kill(at)
                expected += 3
                self.assertIn(f"ASKED after {expected}", self.run_attempt())
                expected += 3
                self.assertEqual(self.count()[3], f"ids {list(range(1, expected + 1))}")

    def test_the_rows_that_are_left_are_counted(self) -> None:
        for at, destination, rows in (
            ("normalize", "duckdb", {"orders": 3}),
            ("load", "duckdb", {"orders": 3, "orders__parts": 6}),
            ("load", "filesystem", {"orders": 3, "orders__parts": 6}),
        ):
            with self.subTest(at=at, destination=destination):
                self.setUp()
                self.variables = {"DESTINATION__FILESYSTEM__BUCKET_URL": f"{self.data}/bucket"}
                self.kill(at, destination=destination)
                [package] = self.records[0]["packages"]
                self.assertEqual(package["rows"], rows)

    def read_loaded(self) -> list[dict]:
        """Return the rows by table that the traces of the attempt have of packages that they loaded."""
        loaded = []
        for trace in self.traces:
            infos = [step.get("normalize_info", {}) for step in trace["steps"]]
            metrics = [metric for info in infos for metric in info.get("table_metrics", [])]
            loaded.append({each["table_name"]: each["items_count"] for each in metrics if not each["table_name"].startswith("_dlt")})
        return loaded

    def test_the_trace_of_the_run_that_finishes_a_package_has_its_rows(self) -> None:
        whole = {"orders": 3, "orders__parts": 6}
        for at in ("normalize", "load", "in-load"):
            with self.subTest(at):
                self.setUp()
                self.kill(at)
                self.assertEqual(self.traces, [])
                self.run_attempt(pending={"finish": ["shop"]})
                self.assertEqual(self.read_loaded(), [whole])
        # Each trace has its own rows.
        self.setUp()
        self.kill("load")
        self.run_attempt()
        self.assertEqual(self.read_loaded(), [whole, whole])

    def test_rows_that_a_failed_run_has_counted_are_not_counted_again(self) -> None:
        self.run_attempt(ends=(1, None), at="fails-in-load")
        self.run_attempt(pending={"finish": ["shop"]})
        [rows] = self.read_loaded()
        self.assertIn(rows, ({"orders": 0, "orders__parts": 6}, {"orders": 3, "orders__parts": 0}))

    def test_the_rows_of_parquet_files_are_counted(self) -> None:
        self.variables = {"NORMALIZE__LOADER_FILE_FORMAT": "parquet"}
        self.packages = ("pyarrow",)
        self.kill("load")
        self.run_attempt(pending={"finish": ["shop"]})
        self.assertEqual(self.read_loaded(), [{"orders": 3, "orders__parts": 6}])

    def test_a_package_that_was_not_extracted_completely_is_extracted_again(self) -> None:
        self.kill("extract")
        self.assertEqual((self.read_pending(), self.list_kept()), ([], []))
        self.assertIn("ASKED after 0", self.run_attempt())

    def test_a_run_that_only_finishes_packages_does_not_ask_the_source(self) -> None:
        self.kill("load")
        log = self.run_attempt(pending={"finish": ["shop"]})
        self.assertNotIn("ASKED", "\n".join(log))
        self.assertNotIn("AFTER", log)
        self.assertLessEqual({"ids [1, 2, 3]"}, set(self.count()))

    def test_packages_of_another_dataset_stay(self) -> None:
        self.kill("load")
        self.assertIn("ASKED after 0", self.run_attempt(dataset="other"))
        self.assertEqual([package[:3] for package in self.read_pending()], [("shop", "normalized", 1)])
        self.assertIn("ASKED after 3", self.run_attempt())

    def test_a_dataset_that_was_dropped_is_loaded_anew(self) -> None:
        self.run_attempt()
        self.kill("load")
        self.run_attempt(DROP)
        self.assertIn("ASKED after 0", self.run_attempt())
        self.assertIn("does not exist at the destination any more", "\n".join(self.notes))
        self.assertLessEqual({"ids [1, 2, 3]"}, set(self.count()))

    def test_a_damaged_folder_stays_and_the_run_goes_on(self) -> None:
        self.kill("load")
        [state] = self.root.glob("*/shop/state.json")
        newer = {"_state_engine_version": 99, "_state_version": 1, "destination_type": "dlt.destinations.duckdb"}
        state.write_text(json.dumps(newer))
        self.assertIn("ASKED after 0", self.run_attempt())
        self.assertIn("cannot be used by this run", "\n".join(self.notes))
        self.assertEqual([package[:3] for package in self.read_pending()], [("shop", "normalized", 1)])

    def test_links_in_the_folder_are_not_followed(self) -> None:
        self.kill("load")
        secret = tempfile.TemporaryDirectory()
        self.addCleanup(secret.cleanup)
        Path(secret.name, "normalized", "1.0", "new_jobs").mkdir(parents=True)
        [folder] = self.root.glob("*/shop")
        os.rename(folder / "load", folder / "was")
        os.symlink(secret.name, folder / "load")
        self.run_attempt()
        self.assertEqual((self.read_pending(), self.list_kept()), ([], []))
        self.assertTrue(Path(secret.name, "normalized", "1.0").exists())

    def test_a_live_attempt_keeps_its_packages(self) -> None:
        self.kill("load")
        with open(self.root / "earlier-1" / ".lock", "r+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assertIn("ASKED after 0", self.run_attempt())
            self.assertEqual(self.list_kept(), ["earlier-1"])
            [record] = self.records
            self.assertEqual((record["packages"], [each["pipeline"] for each in record["busy"]]), ([], ["shop"]))

    def test_a_run_that_has_the_pipeline_alone_waits_for_the_processes_of_the_attempt_before(self) -> None:
        self.kill("load")
        lock = os.open(self.root / "earlier-1" / ".lock", os.O_RDWR)
        fcntl.flock(lock, fcntl.LOCK_EX)

        def end_attempt_before() -> None:
            await_true(lambda: any("Waiting at most" in note for note in self.server.notes()), "the report of the wait")
            os.close(lock)

        thread = threading.Thread(target=end_attempt_before)
        thread.start()
        log = self.run_attempt(exclusive="pipeline")
        thread.join()
        self.assertIn("ASKED after 3", log)
        self.assertEqual(self.list_kept(), [])
        self.assertIn("ids [1, 2, 3, 4, 5, 6]", self.count())

    def test_the_next_attempt_may_take_packages_before_the_process_of_the_last_one_ends(self) -> None:
        settings = {"max_bytes": 10_000_000, "max_days": 30, "run": 1, "job": "jobs.shop"}
        ended = PendingPackages(self.data, "ended", settings, None)
        package = self.root / "ended" / "shop" / "normalize" / "extracted" / "1795989114.5"
        package.mkdir(parents=True)
        (package / "schema.json").write_text("{}")
        root = os.open(self.root, os.O_RDONLY)
        self.addCleanup(os.close, root)
        self.assertEqual([folder.attempt for folder in take_ended(root, "next")], [])
        found, _ = ended.finish()
        self.assertEqual(len(found["packages"]), 1)
        self.assertEqual([folder.attempt for folder in take_ended(root, "next")], ["ended"])
        ended.remove_rest()
        self.assertTrue(package.exists())

    def test_limits(self) -> None:
        self.run_attempt(ends=(None, "SIGKILL"), at="load", pending={"max_bytes": 10})
        self.assertEqual((self.read_pending(), self.list_kept()), ([], []))
        self.assertIn("larger than the limit", "\n".join(self.notes))
        self.kill("load")
        self.run_attempt("pass", pending={"max_days": 0})
        self.assertEqual(self.list_kept(), [])
        self.assertIn("too old", "\n".join(self.notes))

    def test_packages_are_dropped_as_requested(self) -> None:
        self.kill("load")
        load_id = self.records[0]["packages"][0]["load_id"]
        log = self.run_attempt(pending={"drop": [{"pipeline": "shop", "load_id": load_id}]})
        self.assertIn("ASKED after 0", log)
        self.assertIn("dropped as requested", "\n".join(self.notes))

    def test_a_package_that_cannot_be_loaded_is_dropped_after_five_runs(self) -> None:
        self.run_attempt()
        self.kill("load")
        for _ in range(5):
            self.assertNotIn("ASKED", "\n".join(self.kill("load")))
        self.assertEqual(self.records[0]["packages"][0]["tries"], 5)
        self.assertIn("ASKED after 3", self.run_attempt())
        self.assertIn("5 runs could not load it", "\n".join(self.notes))
