"""A CRM's database, in SQLite, so that the example needs no server. Replace the URL with yours."""

import sqlite3
import tempfile
from pathlib import Path


def create_database() -> str:
    path = Path(tempfile.mkdtemp()) / "crm.sqlite"
    with sqlite3.connect(path) as database:
        database.executescript(
            """
            create table customers (id integer primary key, name text not null, city text);
            create table deals (id integer primary key, customer_id integer, value real);
            insert into customers values (1, 'Acme', 'Oslo'), (2, 'Globex', 'Turin'), (3, 'Initech', null);
            insert into deals values (1, 1, 1200.5), (2, 1, 300), (3, 3, 99.9);
            """
        )
    return f"sqlite:///{path}"
