"""Pause and archive what a workspace has, and revert it. Usage: switches.py sync|async <workspace id>."""

import asyncio
import json
import sys

from modes import collect, connect, refusal, settle


async def switch_job(workspace):
    nightly = await settle(workspace.jobs.get_by_ref("jobs.__deployment__.nightly"))
    paused = await settle(nightly.pause())
    resumed = await settle(paused.resume())
    archived = await settle(resumed.archive())
    live = [job.job_ref for job in await collect(workspace.jobs.list(archived=False))]
    refused = await refusal(lambda: archived.start_run())
    restored = await settle(archived.unarchive())
    return {
        "paused": [paused.is_paused, resumed.is_paused],
        "archived": [archived.is_archived, restored.is_archived],
        "is_live_while_archived": nightly.job_ref in live,
        "start_while_archived": refused,
    }


async def switch_workspace(workspace):
    archived = await settle(workspace.archive())
    load = await settle(archived.jobs.get_by_ref("jobs.__deployment__.load"))
    refused = await refusal(lambda: load.start_run())
    again = await settle(archived.archive())
    restored = await settle(archived.unarchive())
    return {
        "archived": [archived.archived_at is not None, restored.archived_at is not None],
        "start_while_archived": refused,
        "archived_again": again.archived_at == archived.archived_at,
    }


async def main(mode, workspace_id):
    runtime = connect(mode)
    workspace = await settle(runtime.workspaces.get(id=workspace_id))
    seen = {"job": await switch_job(workspace), "workspace": await switch_workspace(workspace)}
    await settle(runtime.close())
    print(json.dumps(seen))


asyncio.run(main(*sys.argv[1:]))
