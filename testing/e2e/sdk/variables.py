"""Variables of a workspace through the SDK. Usage: variables.py sync|async <workspace id>."""

import asyncio
import json
import sys

from dlthub_sdk import WORKSPACE_PROFILE
from modes import connect, refusal, settle


async def main(mode, workspace_id):
    runtime = connect(mode)
    variables = (await settle(runtime.workspaces.get(id=workspace_id))).variables
    plain = await settle(variables.set("REGION", "north", profile=WORKSPACE_PROFILE))
    secret = await settle(variables.set("API_TOKEN", "swordfish-8231", profile="prod", secret=True))
    applied = await settle(
        variables.apply(profile="prod", upserts={"REGION": "south", "EMPTY": ""}, deletes=["ABSENT"])
    )
    region = await settle(variables.get("REGION", profile=WORKSPACE_PROFILE))
    token = await settle(variables.get("API_TOKEN", profile="prod"))
    scopes = await settle(variables.list())
    seen = {
        "set": [str(plain.status), str(secret.status)],
        "applied": {change.name: str(change.status) for change in applied},
        "region": [region.value, region.secret],
        "token": [token.value, token.secret],
        "scopes": [[scope.profile, sorted(one.name for one in scope.variables)] for scope in scopes],
        "deleted": str((await settle(variables.delete("REGION", profile="prod"))).status),
        "deleted_again": str((await settle(variables.delete("REGION", profile="prod"))).status),
        "gone": await refusal(lambda: variables.get("REGION", profile="prod")),
        "reserved": await refusal(lambda: variables.set("RUNTIME__RUN_ID", "mine", profile="prod")),
    }
    await settle(runtime.close())
    print(json.dumps(seen))


asyncio.run(main(*sys.argv[1:]))
