"""
Load packages of attempts without a disk that runs share: kept on the server, and finished by the next attempt. With real dlt; an
attempt loses its pod, or only its code, at any point.
"""

from __future__ import annotations

import json
import signal

from attempt_runner import await_true
from attempt_server import PATIENCE_SECONDS
from stored_attempts import StoredAttemptsCase

SHOP = """
import json, os, signal, time
import dlt

settings = json.load(open("settings.json"))
at = settings.get("at")


def stop():
    print("STOPPED", flush=True)
    if settings.get("how") == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    while True:
        time.sleep(0.1)


def before(owner, name):
    setattr(owner, name, lambda *args, **kwargs: stop())


def after(owner, name):
    original = getattr(owner, name)

    def call(*args, **kwargs):
        original(*args, **kwargs)
        stop()

    setattr(owner, name, call)


@dlt.resource(table_name="orders", write_disposition="append", primary_key="id")
def orders(after=dlt.sources.incremental("id", initial_value=0)):
    print(f"ASKED after {after.last_value}")
    first = after.last_value + 1
    for number in range(first, first + 3):
        yield {"id": number, "parts": [{"part": 1}, {"part": 2}]}


@dlt.destination(batch_size=0, naming_convention="direct", skip_dlt_columns_and_tables=False)
def remote(items, table):
    with open(settings["remote"], "a") as file:
        file.write(json.dumps([table["name"], items]) + chr(10))


from dlt.common.storages.load_package import PackageStorage
from dlt.normalize.normalize import Normalize
from dlt.load.load import Load

os.environ["LOAD__WORKERS"] = "1"
if at == "normalize":
    before(Normalize, "run")
if at == "load":
    before(Load, "run")
if at == "in-load":
    after(PackageStorage, "complete_job")

if __name__ == "__main__":
    # As with a destination that knows the state; this one does not.
    os.environ["RESTORE_FROM_DESTINATION"] = "true"
    where = remote if settings.get("remote") else "duckdb"
    if settings.get("is_bucket"):
        where = dlt.destinations.filesystem(f"file://{os.path.abspath('.dlt/data/prod')}/bucket")
    pipeline = dlt.pipeline("shop", destination=where, dataset_name="raw")
    for _ in range(settings.get("runs", 1)):
        pipeline.run(orders())
    if settings.get("then"):
        stop()
    print("AFTER")
"""

COUNT = """
import dlt
pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="raw")
with pipeline.sql_client() as client:
    for table in ("orders", "orders__parts"):
        print(table, client.execute_sql(f"SELECT count(*) FROM {table}")[0][0])
    print("ids", [row[0] for row in client.execute_sql("SELECT id FROM orders ORDER BY id")])
"""


class StoredPipelinesTest(StoredAttemptsCase):
    program = SHOP

    def read_origin(self) -> dict:
        [folder] = self.folders.folders.values()
        return folder["origin"]

    def expect_rows(self, ids: list[int]) -> None:
        self.assertLessEqual({f"ids {ids}", f"orders {len(ids)}", f"orders__parts {2 * len(ids)}"}, set(self.run_attempt(COUNT)))

    def expect_finished(self, log: list[str], asked: list[str]) -> None:
        self.assertEqual([line for line in log if "ASKED" in line], asked, log)
        self.assertIn("Finished the load package", "\n".join(self.notes))
        self.assertIn("extracted by run 1 of jobs.shop.shop", "\n".join(self.notes))
        self.assertEqual([record["is_stored"] for record in self.records], [True])
        self.assertEqual(self.folders.folders, {})

    def test_a_run_that_ends_well_leaves_nothing(self) -> None:
        self.run_attempt()
        self.assertEqual(self.folders.folders, {})
        self.assertFalse([path for path in self.local_data.files if path.startswith(".pumphouse")])
        self.expect_rows([1, 2, 3])

    def test_code_that_is_killed_leaves_packages_that_the_next_attempt_finishes(self) -> None:
        for at, described in (("normalize", ("extracted", 0, 2)), ("load", ("normalized", 0, 3)), ("in-load", ("partly_loaded", 1, 2))):
            with self.subTest(at=at):
                self.setUp()
                self.run_attempt(ends=(None, "SIGKILL"), at=at, how="kill")
                self.assertEqual(self.folders.describe(), [described])
                self.assertNotIn("is_behind", self.read_origin())
                self.expect_finished(self.run_attempt(), ["ASKED after 3"])
                self.expect_rows([1, 2, 3, 4, 5, 6])

    def test_a_destination_on_the_disk_has_the_folders_of_its_tables_again(self) -> None:
        """Empty folders are not stored with local data, and dlt creates them once for each package."""
        self.run_attempt(ends=(None, "SIGKILL"), at="in-load", how="kill", is_bucket=True)
        self.assertEqual(self.folders.describe(), [("partly_loaded", 1, 2)])
        self.expect_finished(self.run_attempt(is_bucket=True), ["ASKED after 3"])
        self.expect_files()

    def test_a_destination_on_the_disk_that_is_lost_with_the_pod_is_created_anew(self) -> None:
        self.lose(lambda found: [each[0] for each in found] == ["normalized"], at="in-load", is_bucket=True)
        self.expect_finished(self.run_attempt(is_bucket=True), ["ASKED after 3"])
        self.expect_files()

    def expect_files(self) -> None:
        """Expect that two packages were loaded to the destination on the disk, each once."""
        tables = [path.split("/")[2] for path in self.local_data.files if path.startswith("bucket/raw/orders")]
        self.assertEqual(sorted(tables), ["orders", "orders", "orders__parts", "orders__parts"])

    def test_a_lost_pod_leaves_packages_and_the_former_local_data(self) -> None:
        """The database is lost with the pod, so its package is loaded from the beginning."""
        for at, step in (("normalize", "extracted"), ("load", "normalized"), ("in-load", "normalized")):
            with self.subTest(at=at):
                self.setUp()
                self.lose(lambda found, step=step: [each[0] for each in found] == [step], at=at)
                self.expect_finished(self.run_attempt(), ["ASKED after 3"])
                self.expect_rows([1, 2, 3, 4, 5, 6])

    def test_what_was_loaded_to_a_lost_database_is_loaded_again(self) -> None:
        self.lose(lambda found: len(found) == 2, runs=2, then=True)
        self.expect_finished(self.run_attempt(), ["ASKED after 6"])
        self.expect_rows([1, 2, 3, 4, 5, 6, 7, 8, 9])

    def test_a_run_that_finishes_packages_may_lose_its_pod_too(self) -> None:
        self.lose(lambda found: len(found) == 1, at="load")
        self.lose(lambda found: [folder["origin"]["tries"] for folder in self.folders.folders.values()] == [1, 0], then=True)
        self.run_attempt()
        self.expect_rows([1, 2, 3, 4, 5, 6, 7, 8, 9])

    def test_jobs_that_reached_a_remote_destination_are_not_repeated(self) -> None:
        remote = str(self.remote)
        self.lose(lambda found: found == [("partly_loaded", 1, 1)], at="in-load", remote=remote)
        self.assertEqual(len(self.remote.read_text().splitlines()), 1)
        # The pod may have loaded more than the server knows.
        self.assertIs(self.read_origin()["is_behind"], True)
        self.run_attempt(remote=remote, pending={"finish": ["shop"]})
        self.assertEqual(self.folders.folders, {})
        tables = [json.loads(line)[0] for line in self.remote.read_text().splitlines()]
        self.assertEqual(sorted(tables), ["_dlt_pipeline_state", "orders"])

    def test_local_data_that_cannot_be_stored_takes_its_packages_along(self) -> None:
        self.local_data.refuse = [{"code": "local_data_conflict", "detail": "Another run has changed it."}]
        self.run_attempt(ends=(None, None))
        self.assertEqual([each[0] for each in self.folders.describe()], ["normalized"])
        self.expect_finished(self.run_attempt(), ["ASKED after 3"])
        self.expect_rows([1, 2, 3, 4, 5, 6])

    def test_packages_that_the_server_refuses_cost_no_local_data(self) -> None:
        self.folders.refuse = [{"code": "pipeline_folders_too_large", "detail": "Too large."}] * 3
        self.run_attempt(ends=(None, "SIGKILL"), at="in-load", how="kill")
        self.assertEqual(self.folders.folders, {})
        self.assertIn("shop.duckdb", "\n".join(self.local_data.files))

    def test_limits_and_older_servers(self) -> None:
        for pending in ({"max_bytes": 10}, {"stores_folders": False}):
            with self.subTest(pending=pending):
                self.setUp()
                self.run_attempt(ends=(None, "SIGKILL"), at="load", how="kill", pending=pending)
                self.assertEqual((self.folders.folders, self.folders.parts), ({}, {}))
                self.assertIn("ASKED after 0", self.run_attempt())

    def test_a_signal_stores_what_is_pending_at_once(self) -> None:
        runner, server = self.begin(at="load", how="hang", remote=str(self.remote))
        runner.begin()
        server.await_log("STOPPED")
        runner.signal(signal.SIGTERM)
        self.folders.await_described(lambda found: [each[0] for each in found] == ["normalized"], PATIENCE_SECONDS)
        await_true(lambda: runner._process.poll() is not None, "the bootstrap ends")
