"""Load tickets from a REST API, page by page."""

import dlt
from dlt.sources.rest_api import rest_api_source

from ticket_api import serve_tickets

__trigger__ = ["every:1h", "job.success:jobs.load_crm"]
__expose__ = {"tags": ["tickets"], "manual": True}

if __name__ == "__main__":
    with serve_tickets() as url:
        source = rest_api_source(
            {
                "client": {
                    "base_url": url,
                    "paginator": {"type": "page_number", "base_page": 1, "total_path": "pages"},
                },
                "resources": [
                    {
                        "name": "tickets",
                        "primary_key": "id",
                        "write_disposition": "merge",
                        "endpoint": {"path": "tickets", "data_selector": "tickets"},
                    }
                ],
            }
        )
        print(dlt.pipeline("tickets", destination="duckdb", dataset_name="ticket_data").run(source))
