"""Mistakes of programs that use DuckDB directly."""

import struct
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


def write_file_of_later_release(path):
    """Write a database file with a later version of its format, and the checksum that DuckDB expects."""
    with duckdb.connect(path) as connection:
        connection.execute("create table orders as select 1 as id")
    with open(path, "r+b") as file:
        content = bytearray(file.read())
        for header in (4096, 8192):
            struct.pack_into("<Q", content, header + 0x38, 999)
            numbers = struct.unpack_from("<511Q", content, header + 8)
            checksum = 5381
            for number in numbers:
                checksum ^= number * 0xBF58476D1CE4E5B9 % 2**64
            struct.pack_into("<Q", content, header, checksum)
        file.seek(0)
        file.write(content)


def file_of_later_release():
    write_file_of_later_release("later.duckdb")
    duckdb.connect("later.duckdb")


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
    execute(
        "set memory_limit = '5MB'; set temp_directory = ''; create table t as select * from range(10000000)"
    )


def removed_method():
    duckdb.connect().execute("select 1").fetch_arrow_table()


mistakes = [
    no_database_file,
    file_of_later_release,
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
