"""Helpers that let one program use the SDK in both modes, blocking and async."""

import inspect
import os

import dlthub_sdk
from dlthub_sdk import DlthubError


def connect(mode, token=None):
    """Connect in the mode, `sync` or `async`, with the key and URL from the environment."""
    connectors = {"sync": dlthub_sdk.connect, "async": dlthub_sdk.connect_async}
    return connectors[mode](
        token=token or os.environ["RUNTIME__API_KEY"],
        base_url=os.environ["RUNTIME__API_BASE_URL"],
    )


async def settle(answer):
    """Return the result of a call in either mode."""
    return await answer if inspect.isawaitable(answer) else answer


async def collect(listing):
    """
    Return all items of a listing in either mode: listings that are not paged are awaited, others iterated.
    """
    listing = await settle(listing)
    if hasattr(listing, "__aiter__"):
        return [item async for item in listing]
    return list(listing)


async def refusal(call):
    """Return the class, code and message of the error that a call must raise."""
    try:
        await settle(call())
    except DlthubError as error:
        return {"error": type(error).__name__, "code": error.code, "text": str(error)}
    raise AssertionError("a call that had to be refused was not")
