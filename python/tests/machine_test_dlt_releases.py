"""Local data of every dlt that can be installed: a second run finds the rows of the first."""

from __future__ import annotations

import tempfile
import unittest

from attempt_runner import AttemptRunner, dlt_environment
from attempt_server import AttemptServer

MINORS = range(20, 32)

PROGRAM = """
import dlt

pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="raw")
pipeline.run([{"id": 1}], table_name="orders", write_disposition="append")
with pipeline.sql_client() as client:
    print("rows", client.execute_sql("SELECT count(*) FROM orders")[0][0])
"""


class DltReleases(unittest.TestCase):
    def test_each_keeps_its_rows(self) -> None:
        for minor in MINORS:
            dlt = f"dlt[duckdb]==1.{minor}.0"
            with self.subTest(dlt), tempfile.TemporaryDirectory() as data:
                local_data = {"path": data, "source": data, "mounted": False, "written_as": "prod"}
                self.assertIn("rows 1", self.run_once(dlt, local_data))
                self.assertIn("rows 2", self.run_once(dlt, local_data))

    def run_once(self, dlt: str, local_data: dict) -> list[str]:
        server = AttemptServer(variables={"WORKSPACE__PROFILE": "prod", "RUNTIME__DLTHUB_TELEMETRY": "false"})
        runner = AttemptRunner(server, PROGRAM, environment=dlt_environment(dlt=dlt), local_data=local_data)
        self.addCleanup(runner.clean)
        self.assertEqual(runner.run()["code"], 0, server.log())
        return server.log("stdout")


if __name__ == "__main__":
    unittest.main()
