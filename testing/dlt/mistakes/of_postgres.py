"""Mistakes of programs that use psycopg2 directly. The variable MISTAKES_DATABASE has the URL of an empty database."""

import os
import socket
import threading
from urllib.parse import urlsplit

import psycopg2

url = os.environ["MISTAKES_DATABASE"]


def execute(*statements, **options):
    with psycopg2.connect(url, **options) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def refused():
    psycopg2.connect("postgresql://loader:pw@127.0.0.1:1/shop")


def unknown_host():
    psycopg2.connect("postgresql://loader:pw@warehouse.invalid/shop")


def unknown_database():
    psycopg2.connect(url, dbname="no_such_database")


def unknown_role():
    psycopg2.connect(url, user="no_such_role")


def wrong_password():
    """The server's answer is written here: Postgres of the tests trusts every role."""
    fields = b"SFATAL\0C28P01\0Mpassword authentication failed for user \"loader\"\0\0"

    def answer(listening):
        connection, _ = listening.accept()
        with connection:
            while True:
                message = connection.recv(4096)
                # A request for TLS or GSS has 8 bytes.
                if len(message) > 8:
                    break
                connection.sendall(b"N")
            connection.sendall(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=answer, args=[listening], daemon=True).start()
        psycopg2.connect(f"postgresql://loader:pw@127.0.0.1:{listening.getsockname()[1]}/shop")


def too_many_connections():
    database = urlsplit(url).path.strip("/")
    execute(f"alter database {database} connection limit 0")
    try:
        psycopg2.connect(url)
    finally:
        execute(f"alter database {database} connection limit -1", dbname="postgres")


def missing_table():
    execute("select * from orders")


def missing_column():
    execute("select price from (select 1 as id) orders")


def missing_schema():
    execute("create table shop.orders (id int)")


def bad_sql():
    execute("selekt 1")


def no_permission():
    execute("create role reader")


def read_only():
    execute("set transaction read only", "create table orders (id int)")


def refused_duplicate():
    execute("create table keys (id int primary key)", "insert into keys values (1), (1)")


def refused_null():
    execute("create table names (name text not null)", "insert into names values (null)")


def bad_number():
    execute("select 'many'::int")


def large_number():
    execute("select 9999999999::int")


def slow_statement():
    execute("set statement_timeout = 10", "select pg_sleep(60)")


def locked_table():
    execute("create table busy (id int)")
    with psycopg2.connect(url) as other, other.cursor() as cursor:
        cursor.execute("lock table busy")
        execute("set lock_timeout = 10", "select * from busy")


def ended_session():
    execute("select pg_terminate_backend(pg_backend_pid())")


mistakes = [
    refused,
    unknown_host,
    unknown_database,
    unknown_role,
    wrong_password,
    too_many_connections,
    missing_table,
    missing_column,
    missing_schema,
    bad_sql,
    no_permission,
    read_only,
    refused_duplicate,
    refused_null,
    bad_number,
    large_number,
    slow_statement,
    locked_table,
    ended_session,
]
