"""Load CSV files of meter readings into DuckDB. A second run reads only new and changed files."""

import csv
from pathlib import Path

import dlt
from dlt.sources.filesystem import filesystem

DATA = Path(__file__).parent / "data"


@dlt.transformer(primary_key=("meter", "read_at"), write_disposition="merge")
def readings(files):
    for file in files:
        with file.open("r") as lines:
            yield [{**row, "kwh": float(row["kwh"])} for row in csv.DictReader(lines)]


def load_readings():
    files = filesystem(bucket_url=DATA.as_uri(), file_glob="*.csv", incremental=dlt.sources.incremental("modification_date"))
    pipeline = dlt.pipeline("meter_readings", destination="duckdb", dataset_name="energy")
    print(pipeline.run(files | readings))
    with pipeline.sql_client() as client:
        for meter, count, total in client.execute_sql(
            "select meter, count(*), sum(kwh) from readings group by meter order by meter"
        ):
            print(f"{meter}: {count} readings, {total:.1f} kWh")


if __name__ == "__main__":
    load_readings()
