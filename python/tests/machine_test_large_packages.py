"""
Load packages of many megabytes, of attempts without a disk that runs share: the bootstrap uploads and downloads them with little
memory, and each row is loaded once. `PUMPHOUSE_TEST_PACKAGE_MB` makes them larger.
"""

from __future__ import annotations

import json
import os
import unittest

from stored_attempts import StoredAttemptsCase

PACKAGE_MB = int(os.environ.get("PUMPHOUSE_TEST_PACKAGE_MB", "30"))
ROW_BYTES = 10_000
ROWS_OF_FILE = 500
# The bootstrap has 30 MB with a small package, and buffers for a few parts of 4 MB.
MAX_MEMORY_BYTES = 64_000_000

LARGE = """
import base64, json, os, random, signal, time
import dlt
from dlt.common.storages.load_package import PackageStorage
from dlt.normalize.items_normalizers.jsonl import JsonLItemsNormalizer

settings = json.load(open("settings.json"))
os.environ["LOAD__WORKERS"] = "1"
os.environ["DATA_WRITER__DISABLE_COMPRESSION"] = "true"
os.environ["DATA_WRITER__BUFFER_MAX_ITEMS"] = "100"
os.environ["DATA_WRITER__FILE_MAX_BYTES"] = "5000000"
# As with a destination that knows the state; the remote one does not.
os.environ["RESTORE_FROM_DESTINATION"] = "true"


def stop_after(owner, name, count):
    original, left = getattr(owner, name), [count]

    def call(*args, **kwargs):
        result = original(*args, **kwargs)
        left[0] -= 1
        if left[0] == 0:
            print("STOPPED", flush=True)
            if settings.get("how") == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            while True:
                time.sleep(0.1)
        return result

    setattr(owner, name, call)


if settings.get("at") == "in-normalize":
    stop_after(JsonLItemsNormalizer, "__call__", settings["files"])
if settings.get("at") == "in-load":
    stop_after(PackageStorage, "complete_job", settings["files"])


@dlt.resource(table_name="orders", write_disposition="append", primary_key="id")
def orders(after=dlt.sources.incremental("id", initial_value=0)):
    print(f"ASKED after {after.last_value}")
    first = after.last_value + 1
    for number in range(first, first + settings["rows"]):
        yield {"id": number, "text": base64.b64encode(random.Random(number).randbytes(settings["row_bytes"] * 3 // 4)).decode()}


@dlt.destination(batch_size=0, naming_convention="direct", skip_dlt_columns_and_tables=True)
def remote(items, table):
    with open(items) as file:
        ids = [row["id"] for line in file for row in json.loads(line)]
    with open(settings["remote"], "a") as file:
        file.write(json.dumps(ids) + chr(10))


if __name__ == "__main__":
    pipeline = dlt.pipeline("shop", destination=remote if settings.get("remote") else "duckdb", dataset_name="raw")
    pipeline.run(orders())
"""

COUNT = """
import dlt
pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="raw")
with pipeline.sql_client() as client:
    print("loaded", *client.execute_sql("SELECT count(*), count(DISTINCT id), max(id), sum(length(text)) FROM orders")[0])
"""


class LargePackagesTest(StoredAttemptsCase):
    program = LARGE
    rows = PACKAGE_MB * 1_000_000 // ROW_BYTES
    # The rows of later runs are few.
    more = 10
    # After how many files of a package its run stops.
    files = max(rows // ROWS_OF_FILE // 3, 1)

    def options(self, **settings: object) -> dict:
        pending = {"max_bytes": 10_000_000_000}
        return {"pending": pending, "rows": self.rows, "row_bytes": ROW_BYTES, "files": self.files, **settings}

    def expect_finished(self, **settings: object) -> None:
        """Expect that the next attempt finishes the package with little memory, and asks the source for what follows it."""
        log = self.run_attempt(**{**self.options(**settings), "rows": self.more})
        self.assertEqual([line for line in log if "ASKED" in line], [f"ASKED after {self.rows}"])
        self.assertIn("Finished the load package", "\n".join(self.notes))
        self.assertEqual(self.folders.folders, {})
        self.expect_little_memory()

    def expect_little_memory(self) -> None:
        self.assertGreater(self.peak_bytes, 0)
        self.assertLess(self.peak_bytes, MAX_MEMORY_BYTES)

    def expect_rows(self) -> None:
        last = self.rows + self.more
        loaded = f"loaded {last} {last} {last} {last * ROW_BYTES}"
        self.assertIn(loaded, self.run_attempt(COUNT))

    def test_a_pod_that_is_lost_in_normalize(self) -> None:
        self.lose(lambda found: [each[0] for each in found] == ["extracted"], **self.options(at="in-normalize"))
        self.expect_little_memory()
        self.expect_finished()
        self.expect_rows()

    def test_a_pod_that_is_lost_in_a_load_to_its_own_database(self) -> None:
        self.lose(lambda found: [each[0] for each in found] == ["normalized"], **self.options(at="in-load"))
        self.expect_little_memory()
        self.expect_finished()
        self.expect_rows()

    def test_a_pod_that_is_lost_in_a_load_to_a_remote_destination(self) -> None:
        remote = str(self.remote)
        self.lose(lambda found: [each[:2] for each in found] == [("partly_loaded", self.files)], **self.options(at="in-load", remote=remote))
        self.expect_little_memory()
        self.expect_finished(remote=remote)
        ids = [number for line in self.remote.read_text().splitlines() for number in json.loads(line)]
        self.assertEqual(sorted(ids), list(range(1, self.rows + self.more + 1)))

    def test_a_pod_that_is_lost_while_it_uploads(self) -> None:
        """What is not stored completely is not used: the source is asked again."""
        self.lose_during("-store-pipeline-parts", 4, **self.options(at="in-normalize"))
        self.assertGreater(len(self.folders.parts), 0)
        log = self.run_attempt(**{**self.options(), "rows": self.more})
        self.assertIn("ASKED after 0", log)
        self.assertIn(f"loaded {self.more} {self.more} {self.more} {self.more * ROW_BYTES}", self.run_attempt(COUNT))

    def test_a_pod_that_is_lost_while_it_downloads(self) -> None:
        self.lose(lambda found: [each[0] for each in found] == ["normalized"], **self.options(at="in-load"))
        self.lose_during("-read-pipeline-parts", 3, **self.options())
        self.expect_finished()
        self.expect_rows()

    def test_code_that_is_killed_in_a_load(self) -> None:
        self.run_attempt(ends=(None, "SIGKILL"), **self.options(at="in-load", how="kill"))
        self.assertEqual([(step, done) for step, done, _ in self.folders.describe()], [("partly_loaded", self.files)])
        self.expect_little_memory()
        self.expect_finished()
        self.expect_rows()


if __name__ == "__main__":
    unittest.main()
