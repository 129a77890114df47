"""Jobs that the tests of the Python SDK deploy and run."""

import time

import dlt
import dlt.hub.run as run

__all__ = ["load", "nightly", "report", "sleeper"]


@run.job
def load():
    print("loading")
    pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="shop_data")
    pipeline.run([{"id": number} for number in range(3)], table_name="orders")
    return run.result({"loaded": 3}, type="load_summary")


@run.job(trigger="0 3 * * *")
def nightly():
    print("good night")


@run.job(freshness=load.is_fresh)
def report():
    print("reported")


@run.job(expose={"tags": ["slow"]}, execute={"timeout": {"grace_period": 1}})
def sleeper():
    print("asleep", flush=True)
    time.sleep(600)
