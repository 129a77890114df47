"""Jobs started by clocks, by ends of other jobs and manually."""

import time
from datetime import datetime, timedelta, timezone

import dlt
import dlt.hub.run as run

# Written by the test, beside this file.
from moments import BACKFILL_END, BACKFILL_START, METER_START

__all__ = [
    "meter",
    "backfill",
    "launch",
    "nap",
    "extract",
    "transform",
    "publish",
    "broken",
    "alarm",
    "party",
    "orders",
    "report",
]

YEARLY = "schedule:0 0 1 1 *"
EVERY_5_SECONDS = "schedule:* * * * * */5"
# Runs of one profile share its DuckDB files and exclude each other; these must not wait for the loading ones.
CHAIN = {"profile": "chain"}
SINCE = datetime(2000, 1, 1, tzinfo=timezone.utc)


def load_window(run_context, name, moments):
    """Load everything in the run's window, and print what it was."""

    @dlt.resource(name="readings")
    def readings(moment=dlt.sources.incremental("moment", initial_value=SINCE)):
        yield [{"moment": one} for one in moments]

    pipeline = dlt.pipeline(name, destination="duckdb", dataset_name=f"{name}_data")
    pipeline.run(readings())
    with pipeline.sql_client() as client:
        first, last, count = client.execute_sql("select min(moment), max(moment), count(*) from readings")[0]
    start, end = dlt.current.interval()
    assert (start, end) == (run_context["interval_start"], run_context["interval_end"])
    print("window", start.isoformat(), end.isoformat())
    print("table", first.isoformat(), last.isoformat(), count)


@run.job(trigger=EVERY_5_SECONDS, interval={"start": METER_START}, incremental_mode="interval")
def meter(run_context: run.TJobRunContext):
    """One reading each second, and some that are days away."""
    start = datetime.fromisoformat(METER_START)
    seconds = [start + timedelta(seconds=second) for second in range(-60, 3600)]
    load_window(run_context, "meter", [start + timedelta(days=day) for day in (-3, -2, -1, 1, 2)] + seconds)


@run.job(
    trigger="0 0 * * *",
    interval={"start": BACKFILL_START, "end": BACKFILL_END},
    incremental_mode="interval",
)
def backfill(run_context: run.TJobRunContext):
    """One reading each hour of a week."""
    start = datetime.fromisoformat(BACKFILL_START) - timedelta(days=2)
    load_window(run_context, "backfill", [start + timedelta(hours=hour) for hour in range(7 * 24)])


@run.job(trigger="once:2026-01-01T06:00:00Z")
def launch():
    print("launched")


@run.job(trigger=EVERY_5_SECONDS, execute={"timeout": {"grace_period": 1}}, require={"profile": "idle"})
def nap():
    print("asleep")
    time.sleep(600)


@run.job(expose={"tags": ["chain"]}, require=CHAIN)
def extract():
    print("extracted")


@run.job(trigger=extract.success, require=CHAIN)
def transform(run_context: run.TJobRunContext):
    print("started by", run_context["trigger"])


@run.job(trigger=transform.completed, require=CHAIN)
def publish(run_context: run.TJobRunContext):
    print("started by", run_context["trigger"])


@run.job(expose={"tags": ["chain"]}, require=CHAIN)
def broken():
    raise ValueError("out of luck")


@run.job(trigger=broken.fail, require=CHAIN)
def alarm(run_context: run.TJobRunContext):
    print("started by", run_context["trigger"])


@run.job(trigger=broken.success, require=CHAIN)
def party():
    print("never")


@run.job(trigger=YEARLY)
def orders(run_context: run.TJobRunContext):
    print("refresh is", run_context["refresh"])


@run.job(trigger=YEARLY, freshness=orders.is_fresh)
def report(run_context: run.TJobRunContext):
    print("refresh is", run_context["refresh"])
