"""Lets one program use the SDK both ways: blocking, and awaited."""

import inspect
import os

import dlthub_sdk
from dlthub_sdk import DlthubError


def connect(mode, token=None):
    """The SDK's entry point of the mode, `sync` or `async`, with the key and address that the environment has."""
    connectors = {"sync": dlthub_sdk.connect, "async": dlthub_sdk.connect_async}
    return connectors[mode](
        token=token or os.environ["RUNTIME__API_KEY"],
        base_url=os.environ["RUNTIME__API_BASE_URL"],
    )


async def settle(answer):
    """What a call gives, whichever way it gives it."""
    return await answer if inspect.isawaitable(answer) else answer


async def collect(listing):
    """All that a call lists, whichever way it lists it: what is not paged is awaited, the rest iterated."""
    listing = await settle(listing)
    if hasattr(listing, "__aiter__"):
        return [item async for item in listing]
    return list(listing)


async def refusal(call):
    """The error that a call has to end with: its class, code and words."""
    try:
        await settle(call())
    except DlthubError as error:
        return {"error": type(error).__name__, "code": error.code, "text": str(error)}
    raise AssertionError("a call that had to be refused was not")
