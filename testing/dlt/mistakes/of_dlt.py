"""Mistakes of programs that load with dlt. Each uses a pipeline of its own."""

import os
from urllib.parse import urlsplit

import dlt
from dlt.sources.helpers import requests
from dlt.sources.rest_api import rest_api_source
from of_duckdb import write_file_of_later_release
from of_requests import port


def load(data, name, destination="duckdb", **options):
    dlt.pipeline(name, destination=destination).run(data, table_name="orders", **options)


@dlt.resource
def orders(api_key: str = dlt.secrets.value):
    yield {"id": 1, "key": api_key}


@dlt.resource
def sized_orders(size: int = dlt.config.value):
    yield {"id": size}


def missing_secret():
    load(orders(), "missing_secret")


def missing_secret_by_name():
    dlt.secrets["shop.token"]


def missing_credentials():
    load([{"id": 1}], "missing_credentials", "postgres")


def bad_value_of_variable():
    os.environ["SIZE"] = "large"
    load(sized_orders(), "bad_value")


def missing_driver():
    load([{"id": 1}], "missing_driver", dlt.destinations.snowflake("snowflake://loader:pw@account/shop"))


def misspelled_destination():
    load([{"id": 1}], "misspelled_destination", "duckdbb")


def proprietary_package():
    from dlt.hub import transformation

    @transformation
    def totals(dataset):
        yield dataset("select 1")


def refused_by_destination():
    credentials = "postgresql://loader:pw@localhost:1/shop"
    load([{"id": 1}], "refused", dlt.destinations.postgres(credentials))


def unknown_host_of_destination():
    credentials = "postgresql://loader:pw@warehouse.invalid/shop"
    load([{"id": 1}], "unknown_host", dlt.destinations.postgres(credentials))


def missing_database_of_destination():
    url = urlsplit(os.environ["MISTAKES_DATABASE"])
    credentials = f"postgresql://pumphouse:pw@localhost/no_such_database?{url.query}"
    load([{"id": 1}], "missing_database", dlt.destinations.postgres(credentials))


def refused_by_source():
    from dlt.sources.sql_database import sql_table

    source = sql_table("postgresql+psycopg2://reader:pw@127.0.0.1:1/shop", table="orders")
    load(source, "refused_by_source")


def unauthorized_by_api():
    source = rest_api_source({"client": {"base_url": f"http://127.0.0.1:{port}/"}, "resources": ["401"]})
    load(source, "unauthorized")


def not_found_by_helper():
    requests.get(f"http://127.0.0.1:{port}/404")


def mistake_in_resource():
    @dlt.resource
    def prices():
        yield {"id": 1}
        yield {"id": 2}["name"]

    load(prices(), "mistake_in_resource")


def own_exception_in_resource():
    @dlt.resource
    def prices():
        yield {"id": 1}
        raise RuntimeError("the API is closed")

    load(prices(), "own_exception")


def frozen_column():
    load([{"id": 1}], "frozen")
    load([{"id": 1, "price": 2}], "frozen", schema_contract="freeze")


def missing_cursor():
    data = dlt.resource([{"id": 1}], name="orders")
    data.apply_hints(incremental=dlt.sources.incremental("updated_at"))
    load(data, "missing_cursor")


def no_data():
    load(5, "no_data")


def refused_by_constraint():
    pipeline = dlt.pipeline("stock", destination="duckdb", dataset_name="stock_data")
    with pipeline.sql_client() as client:
        client.execute_sql("create schema stock_data")
        client.execute_sql(
            "create table stock_data.orders (id bigint check (id < 0), _dlt_load_id varchar, _dlt_id varchar)"
        )
    pipeline.run([{"id": 1}], table_name="orders")


def missing_table():
    load([{"id": 1}], "reading")
    dlt.attach("reading", destination="duckdb").dataset()["prices"].df()


def never_run():
    dlt.attach("no_such_pipeline")


def qualified_read():
    load([{"id": 1}], "reading_rows")
    dlt.attach("reading_rows", destination="duckdb").dataset()["orders"].fetchall()


def file_of_later_release():
    write_file_of_later_release("loaded.duckdb")
    load([{"id": 1}], "later_release", dlt.destinations.duckdb("loaded.duckdb"))


def removed_method():
    load([{"id": 1}], "removed_method")
    with dlt.attach("removed_method", destination="duckdb").sql_client() as client:
        with client.execute_query("select 1") as cursor:
            cursor.arrow()


mistakes = [
    missing_secret,
    missing_secret_by_name,
    missing_credentials,
    bad_value_of_variable,
    missing_driver,
    misspelled_destination,
    proprietary_package,
    refused_by_destination,
    unknown_host_of_destination,
    missing_database_of_destination,
    refused_by_source,
    unauthorized_by_api,
    not_found_by_helper,
    mistake_in_resource,
    own_exception_in_resource,
    frozen_column,
    missing_cursor,
    no_data,
    refused_by_constraint,
    missing_table,
    never_run,
    qualified_read,
    removed_method,
    file_of_later_release,
]
