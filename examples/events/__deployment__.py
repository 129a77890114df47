"""Events loaded hour by hour, and orders received through a webhook."""

from datetime import datetime, timedelta, timezone

import dlt
import dlt.hub.run as run

__all__ = ["load_events", "load_changes", "take_order"]

FIRST = datetime(2026, 11, 1, tzinfo=timezone.utc)


@dlt.resource
def events(happened_at=dlt.sources.incremental("happened_at", initial_value=FIRST)):
    """One event every half hour, without end. dlt keeps those of the run's interval."""
    start, end = dlt.current.interval()
    first = int((start - FIRST) / timedelta(minutes=30)) - 2
    last = int((end - FIRST) / timedelta(minutes=30)) + 2
    yield [{"id": number, "happened_at": FIRST + timedelta(minutes=30 * number)} for number in range(first, last)]


@run.pipeline(
    "events",
    trigger="@hourly",
    interval={"start": FIRST, "end": FIRST + timedelta(days=2), "mode": "sequential"},
    incremental_mode="interval",
    auto_refresh_pipeline_mode="drop_data",
    expose={"tags": ["history"]},
)
def load_events(run_context: run.TJobRunContext):
    """Load the events of the interval: the scheduler, not the pipeline, tracks what was loaded."""
    pipeline = dlt.pipeline("events", destination="duckdb", dataset_name="event_data")
    pipeline.run(events())
    with pipeline.sql_client() as client:
        count, first, last = client.execute_sql("select count(*), min(happened_at), max(happened_at) from events")[0]
    print("interval", run_context["interval_start"].isoformat(), run_context["interval_end"].isoformat())
    print("events", count, first.isoformat(), last.isoformat())


@dlt.resource(primary_key="id", write_disposition="merge")
def changes(changed=dlt.sources.incremental("changed", initial_value=0)):
    print("changes since", changed.last_value)
    yield [{"id": number, "changed": number} for number in range(changed.last_value, changed.last_value + 5)]


@run.pipeline("changes", trigger="every:15m", incremental_mode="pipeline", auto_refresh_pipeline_mode="drop_resources")
def load_changes(run_context: run.TJobRunContext):
    """Load what changed since the last run: here the pipeline tracks its position."""
    print("refresh is", run_context["refresh"])
    dlt.pipeline("changes", destination="duckdb", dataset_name="change_data").run(changes())


@run.job(trigger=run.trigger.webhook("orders"), execute={"concurrency": 5})
def take_order(run_context: run.TJobRunContext):
    """Store the order that a shop sent. The body of the request is the input of the run."""
    order = run_context.get("run_args", {}).get("input")
    if order is None:
        print("started without an order")
        return
    pipeline = dlt.pipeline("orders", destination="duckdb", dataset_name="order_data")
    pipeline.run([order], table_name="orders", primary_key="id", write_disposition="merge")
    print("stored order", order["id"])
