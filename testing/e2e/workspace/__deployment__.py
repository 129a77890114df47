"""Jobs that the end-to-end tests deploy and run."""

import os
import subprocess
import time
from datetime import datetime, timezone

import dlt
from dlt.common.exceptions import MissingDependencyException

try:
    from dlt.hub import run

    HUB = "dlt.hub has run"
except MissingDependencyException:
    # On the machine that deploys, dlt.hub works only with the package dlthub.
    import dlt.hub.run as run

    HUB = "dlt.hub is closed"

__all__ = ["two_pipelines", "after_two_pipelines", "yearly", "sleeper", "first_turn", "second_turn"]


@run.job
def two_pipelines():
    print(HUB)
    people = dlt.pipeline("people", destination="duckdb", dataset_name="people_data")
    people.run([{"id": number} for number in range(3)], table_name="people")
    events = dlt.pipeline("events", destination="duckdb", dataset_name="events_data")
    events.run([{"id": number} for number in range(5)], table_name="clicks")
    events.run([{"id": number} for number in range(2)], table_name="visits")
    return run.result({"loaded": 10}, type="load_summary")


@run.job(trigger=two_pipelines.success)
def after_two_pipelines(run_context: run.TJobRunContext):
    print("started by", run_context["trigger"])


THIS_YEAR = datetime.now(timezone.utc).year
MEASURED_AT = [
    datetime(THIS_YEAR - 2, 6, 1, tzinfo=timezone.utc),
    datetime(THIS_YEAR - 1, 1, 1, tzinfo=timezone.utc),
    datetime(THIS_YEAR - 1, 12, 31, 23, 59, tzinfo=timezone.utc),
    datetime(THIS_YEAR, 1, 1, tzinfo=timezone.utc),
]


@dlt.resource
def measurements(at=dlt.sources.incremental("at", initial_value=datetime(2000, 1, 1, tzinfo=timezone.utc))):
    yield [{"at": at} for at in MEASURED_AT]


@run.job(trigger="0 0 1 1 *", incremental_mode="interval")
def yearly(run_context: run.TJobRunContext):
    print("interval", run_context["interval_start"].isoformat(), run_context["interval_end"].isoformat())
    dlt.pipeline("yearly", destination="duckdb", dataset_name="yearly_data").run(measurements())


@run.job(execute={"timeout": {"grace_period": 1}})
def sleeper():
    subprocess.Popen(["sleep", "600"], start_new_session=True)
    print("asleep")
    time.sleep(600)


def load_in_turn(table):
    pipeline = dlt.pipeline("turns", destination="duckdb", dataset_name="turns_data")
    go = f".dlt/data/{os.environ['WORKSPACE__PROFILE']}/go"
    with pipeline.sql_client() as client:
        # DuckDB lets no other process open the file while this connection is open.
        print("holds", client.execute_sql("select 42")[0][0])
        # The test creates the file when the other run waits.
        while not os.path.exists(go):
            time.sleep(0.01)
        pipeline.run([{"id": 1}], table_name=table)


@run.job(expose={"tags": ["turns"]})
def first_turn():
    load_in_turn("first_table")


@run.job(expose={"tags": ["turns"]})
def second_turn():
    load_in_turn("second_table")
