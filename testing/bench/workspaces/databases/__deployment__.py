"""Jobs without a concurrency limit that load a thousand rows into DuckDB files, and one that loads nothing."""

import os
import time
import uuid

import dlt
import dlt.hub.run as run

__all__ = ["nothing", "one_file", "own_file"]


@run.job(execute={"concurrency": None})
def nothing():
    print(time.time_ns())


@run.job(execute={"concurrency": None})
def own_file():
    _load(uuid.uuid4().hex)


@run.job(execute={"concurrency": None})
def one_file():
    _load("one_file")


def _load(file_name: str) -> None:
    destination = dlt.destinations.duckdb(os.path.abspath(f".dlt/data/prod/{file_name}.duckdb"))
    pipeline = dlt.pipeline(file_name, destination=destination, dataset_name="bench")
    rows = [{"id": number, "name": f"name-{number}", "value": number / 7} for number in range(1000)]
    pipeline.run(rows, table_name="measurements", write_disposition="append")
