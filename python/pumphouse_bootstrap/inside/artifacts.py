"""
Location of dlt's artifacts: the data of a pipeline's last run for the dashboard, stored with the workspace's
local data.
"""

from __future__ import annotations

import os

from pumphouse_bootstrap.inside.private_folder import find_private_folder


def prepare_artifacts(artifacts: dict | None, local_data: dict | None, profile: str, parent_folder: str) -> dict[str, str]:
    """
    Return the variables that make dlt send or fetch artifacts.

    Returns no variables if the server wants no artifacts or there is no local data. `parent_folder` is the
    parent of the work folder.
    """
    if artifacts is None or local_data is None:
        return {}
    folder = f"{local_data['path']}/{artifacts['folder']}"
    if artifacts["use"] == "send":
        # dlt does not create missing folders by default.
        return {
            "SEND__ARTIFACTS__BUCKET_URL": f"file://{folder}/pipelines",
            "SEND__ARTIFACTS__KWARGS": '{"auto_mkdir": true}',
        }
    # dlt copies everything below this folder into `.dlt/state`, where it looks up a profile's pipelines by
    # the profile's name. Without artifacts of earlier runs the link would dangle, and dlt's sync and the
    # dashboard would fail.
    os.makedirs(folder, exist_ok=True)
    root = find_private_folder((f"{parent_folder}/.artifacts", "/tmp/artifacts"))
    for name in sorted({profile, local_data["written_as"]}):
        os.symlink(folder, f"{root}/{name}")
    return {"SYNC__ARTIFACTS__BUCKET_URL": f"file://{root}"}
