"""A warehouse: jobs with their own names, sections, arguments and sizes."""

from typing import Annotated, Optional, TypedDict

import dlt
import dlt.hub.run as run
from dlt.common.configuration import configspec
from dlt.common.configuration.specs import BaseConfiguration

from stock import SHELVES, stock

__all__ = ["sync", "count_stock", "recount", "explain", "export"]


@configspec
class SyncConfiguration(BaseConfiguration):
    dataset: str = None
    """Where the stock is loaded to."""
    dry_run: bool = False
    """Only print what would be loaded."""


# Its job is jobs.warehouse.sync_stock, not jobs.__deployment__.sync.
@run.job(
    name="sync_stock",
    section="warehouse",
    trigger="15 * * * *",
    deliver=stock,
    spec=SyncConfiguration,
    refresh_propagation="block",
    expose={"display_name": "Sync stock", "tags": ["stock", "hourly"], "starred": True},
    require={"instance": {"size": "medium"}},
)
def sync(dataset: str, dry_run: bool):
    """Load the stock. The arguments come from the configuration."""
    if dry_run:
        print("would load", len(SHELVES), "shelves into", dataset)
        return
    print(dlt.pipeline("stock", destination="duckdb", dataset_name=dataset).run(stock()))


class StockCount(TypedDict):
    items: int
    short: Annotated[list[str], run.Doc("Items of which too few are left")]


@run.job(section="warehouse", trigger=sync.success, execute={"timeout": "5m"})
def count_stock(minimum: int = dlt.config.value, only: Optional[str] = None) -> StockCount:
    """Count the stock, and return the result as data: `dlthub job runs result`."""
    shelves = {item: count for item, count in SHELVES.items() if only in (None, item)}
    short = [item for item, count in shelves.items() if count < minimum]
    return run.result({"items": len(shelves), "short": short}, type="stock_count")


# No manual start, so that users cannot count twice.
@run.job(section="warehouse", trigger="@daily", expose={"manual": False, "tags": ["stock"]})
def recount():
    """Count every shelf once a day, only by the clock."""
    print("counted", sum(SHELVES.values()))


@run.job(section="warehouse")
def explain(pipeline_name: Annotated[str, run.Entity("pipeline")] = "stock"):
    """Explain what a pipeline loads. A console can offer it on the page of a pipeline."""
    print(pipeline_name, "loads what is on the shelves")


# Written for a hosted runtime: where runs are placed. Pumphouse reports at the deploy that it has no effect
# here.
@run.job(
    section="warehouse",
    require={"provider": "modal", "region": "eu-west", "static_egress_ips": True, "instance": {"size": "large", "gpu": 1}},
)
def export():
    """Hand the stock to a partner."""
    print("exported", len(SHELVES), "items")
