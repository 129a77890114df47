"""Copy the tables of the CRM. New columns in the source are rejected: the schema is a contract."""

import dlt
from dlt.sources.sql_database import sql_database

from crm_database import create_database

# A plain script is a job too. These names replace the decorators.
__trigger__ = "30 2 * * *"
__expose__ = {"display_name": "CRM tables", "tags": ["crm", "nightly"], "starred": True}
__require__ = {"timezone": "Europe/Lisbon", "instance": {"size": "small"}}

if __name__ == "__main__":
    source = sql_database(create_database(), table_names=["customers", "deals"])
    source.schema_contract = {"tables": "evolve", "columns": "freeze", "data_type": "freeze"}
    pipeline = dlt.pipeline("crm", destination="duckdb", dataset_name="crm_data")
    print(pipeline.run(source, write_disposition="replace"))
