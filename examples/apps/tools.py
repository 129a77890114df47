"""Tools with which an agent asks about visitors."""

import dlt.hub.run as run
from fastmcp import FastMCP

from visits import count_by_page

__trigger__ = run.trigger.http(path="/mcp")

mcp = FastMCP("visits")


@mcp.tool
def visitors(page: str) -> int:
    """The number of visitors of a page."""
    return dict(count_by_page()).get(page, 0)
