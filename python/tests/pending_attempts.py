"""Attempts that leave load packages in one local data, with real dlt; they end at any point."""

from __future__ import annotations

import json
import os
import tempfile
import unittest
from collections.abc import Callable
from pathlib import Path

from attempt_runner import DLT, AttemptRunner, build_archive, dlt_environment
from attempt_server import ATTEMPT_ID, AttemptServer

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
        table = settings.get("table")
        if table is None or any(str(arg).startswith(f"{table}.") for arg in args):
            stop()

    setattr(owner, name, call)


@dlt.resource(table_name="orders", write_disposition=settings.get("disposition", "append"), primary_key="id")
def orders(after=dlt.sources.incremental("id", initial_value=0)):
    print(f"ASKED after {after.last_value}")
    first = after.last_value + 1
    for number in range(first, first + 3):
        if at == "extract" and number == first + 1:
            stop()
        yield {"id": number} if settings.get("flat") else {"id": number, "parts": [{"part": 1}, {"part": 2}]}


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
if at == "fails-in-load":
    os.environ["LOAD__WORKERS"] = "1"
    complete = PackageStorage.complete_job

    def fail(packages, load_id, file_name):
        complete(packages, load_id, file_name)
        if not file_name.startswith("_dlt"):
            # The load of the other jobs stops, and the package stays pending. The folder decides which job is first.
            raise OSError("the destination is away")

    PackageStorage.complete_job = fail
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


class PendingAttemptsCase(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.data = folder.name
        self.root = Path(folder.name, ".pumphouse", "pipelines")
        self.number = 0
        self.dlt = DLT
        self.packages: tuple[str, ...] = ()
        # Of the runs, in addition to the usual ones.
        self.variables: dict[str, str] = {}
        # Of the server, beside those that each attempt calls.
        self.routes: dict[str, Callable[[str, bytes], tuple[int, bytes]]] = {}

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
        server.routes.update(self.routes)
        self.server = server
        local_data = {"path": self.data, "source": self.data, "mounted": False, "written_as": "prod"}
        runner = AttemptRunner(server, environment=dlt_environment(*self.packages, dlt=self.dlt), local_data=local_data)
        self.addCleanup(runner.clean)
        server.serve_archive("code", build_archive({"shop.py": code, "settings.json": json.dumps(settings)}))
        end = runner.run()
        self.assertEqual((end["code"], end["signal"]), ends, server.log())
        records = [json.loads(line) for line in server.spool.splitlines()]
        self.records = [record for record in records if record["kind"] == "pending"]
        self.notes = [record["text"] for record in records if record["kind"] == "note"]
        self.traces = [json.loads(record["body"]) for record in records if record["kind"] == "beacon" and record["type"] == "trace"]
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

    def read_notes(self) -> list[str]:
        return [note for note in self.notes if note.startswith("Pipeline shop: ")]
