"""Load packages that an attempt leaves are finished by the next one, with real dlt; attempts end at any point."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
import threading
import unittest
from pathlib import Path

from attempt_runner import DLT, AttemptRunner, await_true, build_archive, dlt_environment
from attempt_server import ATTEMPT_ID, AttemptServer
from pumphouse_bootstrap.inside.pipeline_hooks.pending_packages.kept_folders import take_ended
from pumphouse_bootstrap.pending_packages import PendingPackages

# Ends itself at the point that `stop` names: before a step, or in it.
SHOP = """
import json, os, signal
import dlt

settings = json.load(open("settings.json"))
at = settings.get("at")


def stop():
    os.kill(os.getpid(), getattr(signal, settings.get("signal", "SIGKILL")))


def before(owner, name):
    setattr(owner, name, lambda *args, **kwargs: stop())


def after(owner, name):
    original = getattr(owner, name)

    def call(*args, **kwargs):
        original(*args, **kwargs)
        stop()

    setattr(owner, name, call)


@dlt.resource(table_name="orders", write_disposition=settings.get("disposition", "append"), primary_key="id")
def orders(after=dlt.sources.incremental("id", initial_value=0)):
    print(f"ASKED after {after.last_value}")
    first = after.last_value + 1
    for number in range(first, first + 3):
        if at == "extract" and number == first + 1:
            stop()
        yield {"id": number, "parts": [{"part": 1}, {"part": 2}]}


from dlt.common.storages.load_package import PackageStorage
from dlt.normalize.normalize import Normalize
from dlt.load.load import Load

if at == "normalize":
    before(Normalize, "run")
if at == "in-normalize":
    before(Normalize, "spool_files")
if at == "load":
    before(Load, "run")
if at in ("normalized", "half-removed"):
    # The package is committed to the load step, and its extracted form is to be removed.
    def remove(packages, load_id, not_exists_ok=False, original=PackageStorage.delete_package):
        if not_exists_ok:
            return original(packages, load_id, not_exists_ok)
        if at == "half-removed":
            os.remove(packages.storage.make_full_path(f"{load_id}/schema.json"))
        stop()

    PackageStorage.delete_package = remove
if at == "unrecorded":
    os.environ["LOAD__WORKERS"] = "1"
    # The second job is at the destination, and its package does not say so.
    count = [0]

    def record(*args, original=PackageStorage.save_pending_transition):
        count[0] += 1
        table = settings.get("table")
        is_reached = count[0] == 2 if table is None else any(str(arg).startswith(f"{table}.") for arg in args)
        return stop() if is_reached else original(*args)

    PackageStorage.save_pending_transition = record
if at == "unwritten":
    os.environ["LOAD__WORKERS"] = "1"
    from dlt.destinations.insert_job_client import InsertValuesLoadJob

    def write(job, original=InsertValuesLoadJob.run):
        return stop() if job.file_name().startswith("orders.") else original(job)

    InsertValuesLoadJob.run = write
if at == "completed":
    after(PackageStorage, "complete_loading_package")
if at == "in-load":
    # One job after the other, so that no other one is at the destination and not yet recorded: dlt would repeat it.
    os.environ["LOAD__WORKERS"] = "1"
    after(PackageStorage, "complete_job")

if __name__ == "__main__":
    pipeline = dlt.pipeline(
        "shop", destination=settings.get("destination", "duckdb"), dataset_name=settings.get("dataset", "raw")
    )
    print(pipeline.run(orders()))
    print("AFTER")
"""

COUNT = """
import dlt
pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="raw")
with pipeline.sql_client() as client:
    for table in ("orders", "orders__parts", "_dlt_loads"):
        print(table, client.execute_sql(f"SELECT count(*) FROM {table}")[0][0])
    print("ids", [row[0] for row in client.execute_sql("SELECT id FROM orders ORDER BY id")])
"""

EXECUTE = """
import dlt
if __name__ == "__main__":
    with dlt.pipeline("shop", destination="duckdb", dataset_name="raw").sql_client() as client:
        client.execute_sql('''STATEMENT''')
"""

DROP = """
import dlt
if __name__ == "__main__":
    with dlt.pipeline("shop", destination="duckdb", dataset_name="raw").sql_client() as client:
        client.drop_dataset()
"""


class PendingPackagesTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.data = folder.name
        self.root = Path(folder.name, ".pumphouse", "pipelines")
        self.number = 0
        self.dlt = DLT
        # Of the runs, in addition to the usual ones.
        self.variables: dict[str, str] = {}

    def run_attempt(
        self,
        code: str = SHOP,
        ends: tuple = (0, None),
        pending: dict | None = None,
        exclusive: str | None = None,
        **settings: object,
    ) -> list[str]:
        """Run an attempt to its end; return its log. `pending`, `exclusive`: what the server says of packages and of pipelines."""
        self.number += 1
        entry = {"module": "shop", "function": None, "job_type": "batch", "job_ref": "jobs.shop.shop", "profile": "prod"}
        launcher = "dlt._workspace.deployment.launchers.module"
        entry |= {"launcher": launcher, "refresh": False}
        server = AttemptServer(
            program=launcher,
            arguments=["--run-id", "run-1", "--trigger", "manual:", "--entry-point", json.dumps(entry)],
            variables={"WORKSPACE__PROFILE": "prod", "RUNTIME__DLTHUB_TELEMETRY": "false", "PYTHONUNBUFFERED": "1", **self.variables},
            pipelines={
                "pending": {"max_bytes": 10_000_000, "max_days": 30, "run": self.number, "job": "jobs.shop.shop", **(pending or {})},
                **({"exclusive": exclusive} if exclusive else {}),
            },
        )
        server.routes["POST -hold-pipeline"] = lambda _query, _body: (200, b'{"state": "held"}')
        self.server = server
        local_data = {"path": self.data, "source": self.data, "mounted": False, "written_as": "prod"}
        runner = AttemptRunner(server, environment=dlt_environment(dlt=self.dlt), local_data=local_data)
        self.addCleanup(runner.clean)
        server.serve_archive("code", build_archive({"shop.py": code, "settings.json": json.dumps(settings)}))
        end = runner.run()
        self.assertEqual((end["code"], end["signal"]), ends, server.log())
        records = [json.loads(line) for line in server.spool.splitlines()]
        self.records = [record for record in records if record["kind"] == "pending"]
        self.notes = [record["text"] for record in records if record["kind"] == "note"]
        self.repeated_loads = [record["repeated_load"] for record in records if "repeated_load" in record]
        if (self.root / ATTEMPT_ID).exists():
            # The next attempt has another id.
            os.rename(self.root / ATTEMPT_ID, self.root / f"earlier-{self.number}")
        return server.log()

    def kill(self, at: str, **settings: object) -> list[str]:
        return self.run_attempt(ends=(None, "SIGKILL"), at=at, **settings)

    def read_pending(self) -> list[tuple]:
        [record] = self.records
        return [(package["pipeline"], package["step"], package["run"], package["tables"]) for package in record["packages"]]

    def list_kept(self) -> list[str]:
        return sorted(os.listdir(self.root))

    def count(self) -> list[str]:
        return self.run_attempt(COUNT)

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

    def read_notes(self) -> list[str]:
        return [note for note in self.notes if note.startswith("Pipeline shop: ")]

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
