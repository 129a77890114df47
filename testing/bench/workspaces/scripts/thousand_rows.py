"""A load of a thousand rows into a DuckDB table, which it replaces."""

import time

import dlt

if __name__ == "__main__":
    pipeline = dlt.pipeline("thousand_rows", destination="duckdb", dataset_name="bench")
    rows = [{"id": number, "name": f"name-{number}", "value": number / 7} for number in range(1000)]
    pipeline.run(rows, table_name="measurements", write_disposition="replace")
    print(time.time_ns())
