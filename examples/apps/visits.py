"""What the apps and the loading job share: the pipeline, and how to ask it."""

import dlt

PIPELINE = {"pipeline_name": "visits", "destination": "duckdb", "dataset_name": "visit_data"}
PAGES = ["/", "/docs", "/pricing"]


def load():
    rows = [{"day": f"2026-03-{day:02}", "page": page, "visitors": day * (3 - at)} for day in range(1, 15) for at, page in enumerate(PAGES)]
    return dlt.pipeline(**PIPELINE).run(rows, table_name="visits", write_disposition="replace")


def count_by_page() -> list[tuple[str, int]]:
    with dlt.pipeline(**PIPELINE).sql_client() as client:
        return list(client.execute_sql("select page, sum(visitors)::int from visits group by page order by 2 desc"))
