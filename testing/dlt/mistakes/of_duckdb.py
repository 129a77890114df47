"""Mistakes of programs that use DuckDB directly."""

import subprocess
import sys

import duckdb


def execute(sql, database=":memory:"):
    with duckdb.connect(database) as connection:
        connection.execute(sql)


def no_database_file():
    with open("orders.duckdb", "w") as file:
        file.write("id,name\n" * 10_000)
    duckdb.connect("orders.duckdb")


def newer_file():
    with duckdb.connect("newer.duckdb") as connection:
        connection.execute("create table orders as select 1 as id")
    with open("newer.duckdb", "r+b") as file:
        # The version of the file format, after a checksum and the letters DUCK.
        file.seek(12)
        file.write((999).to_bytes(8, "little"))
    duckdb.connect("newer.duckdb")


def locked_by_another_process():
    code = "import duckdb, sys; c = duckdb.connect('locked.duckdb'); print(flush=True); sys.stdin.read()"
    other = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    other.stdout.readline()
    try:
        duckdb.connect("locked.duckdb")
    finally:
        other.communicate()


def missing_folder():
    duckdb.connect("no/such/folder/orders.duckdb")


def missing_table():
    execute("select * from orders")


def missing_column():
    execute("select price from (select 1 as id)")


def bad_sql():
    execute("selekt 1")


def bad_number():
    execute("select 'many'::int")


def refused_by_constraint():
    execute("create table orders (id int check (id < 0)); insert into orders values (1)")


def missing_csv():
    execute("select * from 'orders-of-march.csv'")


def too_little_memory():
    execute("set memory_limit = '5MB'; set temp_directory = ''; create table t as select range as i from range(10000000)")


def removed_method():
    import pyarrow  # noqa: F401

    duckdb.connect().execute("select 1").fetch_arrow_table()


mistakes = [
    no_database_file,
    newer_file,
    locked_by_another_process,
    missing_folder,
    missing_table,
    missing_column,
    bad_sql,
    bad_number,
    refused_by_constraint,
    missing_csv,
    too_little_memory,
    removed_method,
]
