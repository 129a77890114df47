"""The owner of the environment's key. Usage: me.py sync|async."""

import asyncio
import json
import sys

from modes import connect, settle


async def main(mode):
    runtime = connect(mode)
    me = await settle(runtime.me())
    await settle(runtime.close())
    organizations = [one.organization.name for one in me.organization_memberships]
    print(json.dumps({"email": me.email, "primary": me.primary_organization.name, "all": organizations}))


asyncio.run(main(*sys.argv[1:]))
