"""
Exceptions that the SDK raises for rejections. Usage: refused.py sync|async <workspace id> <key that does not
exist>.
"""

import asyncio
import json
import sys
from uuid import uuid4

from modes import connect, refusal, settle


async def main(mode, workspace_id, unissued_key):
    runtime = connect(mode)
    stranger = connect(mode, unissued_key)
    workspace = await settle(runtime.workspaces.get(id=workspace_id))
    definition = {
        "engine_version": 2,
        "job_ref": "jobs.spaceship",
        "entry_point": {
            "module": "spaceship",
            "function": None,
            "job_type": "batch",
            "launcher": "dlt._workspace.deployment.launchers.module",
        },
        "triggers": [],
        "execute": {},
        "expose": {"category": "spaceship"},
    }
    manifest = {"engine_version": 2, "jobs": [definition]}
    seen = {
        "bad_definition": await refusal(
            lambda: workspace.jobs.deploy_manifest(manifest, manifest_hash="hash")
        ),
        "unissued_key": await refusal(lambda: stranger.workspaces.get(id=workspace_id)),
        "unknown_workspace": await refusal(lambda: runtime.workspaces.get(id=str(uuid4()))),
        "unknown_run": await refusal(lambda: workspace.job_runs.get(id=str(uuid4()))),
        "unknown_job": await refusal(lambda: workspace.jobs.get(id=str(uuid4()))),
    }
    for opened in (runtime, stranger):
        await settle(opened.close())
    print(json.dumps(seen))


asyncio.run(main(*sys.argv[1:]))
