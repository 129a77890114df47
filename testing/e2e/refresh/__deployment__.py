"""Scheduled jobs that load a declared interval, and drop what they have loaded on refresh."""

from datetime import datetime, timedelta

import dlt
import dlt.hub.run as run

# The test writes this file next to this one.
from moments import SINCE

__all__ = ["backfill", "orders", "events"]

DAILY = "0 0 * * *"
START = datetime.fromisoformat(SINCE)


def load_window(run_context, name):
    """Load the hours in the run's window, and print the content of the table."""

    @dlt.resource(name="readings", write_disposition="append")
    def readings(moment=dlt.sources.incremental("moment", initial_value=START - timedelta(days=30))):
        yield [{"moment": START + timedelta(hours=hour)} for hour in range(-48, 24 * 30)]

    pipeline = dlt.pipeline(name, destination="duckdb", dataset_name=f"{name}_data")
    pipeline.run(readings())
    with pipeline.sql_client() as client:
        tables = client.execute_sql("select count(*) from information_schema.tables where table_name = 'readings'")
        rows = [(None, None, 0)]
        if tables[0][0]:
            rows = client.execute_sql("select min(moment), max(moment), count(*) from readings")
    first, last, count = rows[0]
    print("refresh", run_context["refresh"], "by", run_context["trigger"])
    print("table", first and first.isoformat(), last and last.isoformat(), count)


@run.job()
def backfill():
    print("backfilled")


@run.job(
    trigger=[DAILY, backfill.success],
    interval={"start": SINCE},
    incremental_mode="interval",
    refresh_propagation="always",
    auto_refresh_pipeline_mode="drop_sources",
)
def orders(run_context: run.TJobRunContext):
    load_window(run_context, "orders")


@run.job(
    trigger=DAILY,
    interval={"start": SINCE},
    incremental_mode="interval",
    auto_refresh_pipeline_mode="drop_sources",
    expose={"tags": ["reload"]},
)
def events(run_context: run.TJobRunContext):
    load_window(run_context, "events")
