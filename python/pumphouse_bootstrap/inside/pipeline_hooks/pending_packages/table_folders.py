"""
Creates the folders of tables at a destination on this disk. dlt does so once for each package, and local data that is kept as
objects has no empty folders: a package that was prepared by another attempt would find none for its tables.
"""

from __future__ import annotations

from typing import Any


def create_table_folders(pipeline: Any) -> None:
    """
    Create the folders of all tables of a pipeline, unless its destination is elsewhere or has nothing yet: then dlt creates all
    of it. Raises what the destination raises.
    """
    for name in pipeline.schema_names:
        client = pipeline._get_destination_clients(pipeline.schemas[name])[0]
        if getattr(client.config, "is_local_filesystem", None) is not True or not hasattr(client, "get_table_dirs"):
            return
        with client as opened:
            if not opened.is_storage_initialized():
                continue
            for folder in opened.get_table_dirs(list(opened.schema.tables)):
                opened.fs_client.makedirs(folder, exist_ok=True)
