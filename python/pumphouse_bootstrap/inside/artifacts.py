"""Where dlt finds its artifacts: what it keeps of a pipeline's last run for the dashboard, with the local data of the workspace."""

from __future__ import annotations

import os

from pumphouse_bootstrap.inside.private_folder import find_private_folder


def prepare_artifacts(artifacts: dict | None, local_data: dict | None, profile: str, beside: str) -> dict[str, str]:
    """
    The variables by which dlt sends artifacts, or fetches them. Gives none where the server wants none, or there is no place.
    `beside` is the folder above the work folder.
    """
    if artifacts is None or local_data is None:
        return {}
    folder = f"{local_data['path']}/{artifacts['folder']}"
    if artifacts["use"] == "send":
        # dlt makes no folders by itself.
        return {
            "SEND__ARTIFACTS__BUCKET_URL": f"file://{folder}/pipelines",
            "SEND__ARTIFACTS__KWARGS": '{"auto_mkdir": true}',
        }
    # dlt copies what is below this into `.dlt/state`, where it looks for the pipelines of a profile in the profile's folder.
    # Where no run has left any the link would lead nowhere, and dlt's sync, and with it the dashboard, would fail.
    os.makedirs(folder, exist_ok=True)
    root = find_private_folder((f"{beside}/.artifacts", "/tmp/artifacts"))
    for name in sorted({profile, local_data["written_as"]}):
        os.symlink(folder, f"{root}/{name}")
    return {"SYNC__ARTIFACTS__BUCKET_URL": f"file://{root}"}
