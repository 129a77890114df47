"""A shop that loads its orders every night and reports on them."""

from datetime import datetime, timedelta, timezone

import dlt
import dlt.hub.run as run

__all__ = [
    "load_orders",
    "load_rates",
    "load_stock",
    "build_report",
    "publish_report",
    "check_stock",
    "check_prices",
    "notify",
    "log_outcome",
    "rebuild_catalog",
    "price_history",
    "import_archive",
    "on_deploy",
]

BERLIN = {"timezone": "Europe/Berlin"}
OPENED = datetime(2026, 1, 1, tzinfo=timezone.utc)


@dlt.resource(primary_key="id", write_disposition="merge")
def orders(placed_at=dlt.sources.incremental("placed_at", initial_value=OPENED)):
    """One order every six hours since the shop opened. The interval of the run selects which ones are loaded."""
    now = datetime.now(timezone.utc)
    count = int((now - OPENED) / timedelta(hours=6)) + 1
    yield [
        {"id": number, "placed_at": OPENED + timedelta(hours=6 * number), "total": 20 + number % 80}
        for number in range(count)
    ]


@run.pipeline(
    "shop_orders",
    trigger=run.trigger.schedule("0 5 * * *"),
    interval={"start": "2026-01-01T05:00:00"},
    incremental_mode="interval",
    auto_refresh_pipeline_mode="drop_sources",
    execute={"timeout": {"timeout": 1800, "grace_period": 20}},
    expose={"tags": ["ingest", "backfill"], "display_name": "Load orders"},
    require=BERLIN,
)
def load_orders(run_context: run.TJobRunContext):
    """Load the orders of the run's interval: one night, or everything that is missing."""
    pipeline = dlt.pipeline("shop_orders", destination="duckdb", dataset_name="shop")
    pipeline.run(orders())
    with pipeline.sql_client() as client:
        count = client.execute_sql("select count(*) from orders")[0][0]
    print("orders from", run_context["interval_start"].isoformat(), "to", run_context["interval_end"].isoformat())
    print("orders in total:", count)


@run.job(
    trigger=run.trigger.every("30m"),
    interval={"start": "2026-11-01T00:00:00Z"},
    incremental_mode="interval",
    execute={"timeout": "10m"},
    expose={"tags": ["ingest", "backfill"]},
)
def load_rates():
    """Load exchange rates of the last half hour."""
    start, end = dlt.current.interval()
    rates = [{"day": day, "currency": "USD", "rate": 1.1} for day in (start.date(), end.date())]
    dlt.pipeline("shop_rates", destination="duckdb", dataset_name="rates").run(rates, table_name="rates")
    print("rates from", start.isoformat(), "to", end.isoformat())


@run.job(trigger=["0 4 * * 1-5", "tag:stock"], expose={"tags": "ingest"}, require=BERLIN)
def load_stock():
    """Load what is in stock, on working days before the shop opens."""
    stock = [{"sku": f"sku-{number}", "count": number + 3} for number in range(10)]
    pipeline = dlt.pipeline("shop_stock", destination="duckdb", dataset_name="stock")
    pipeline.run(stock, table_name="stock", write_disposition="replace")


@run.job(trigger="30 5 * * *", freshness=load_orders.is_fresh, require=BERLIN)
def build_report():
    """Sum up the orders. Starts only when the orders of the night are loaded."""
    pipeline = dlt.pipeline("shop_report", destination="duckdb", dataset_name="report")
    pipeline.run([{"built_at": datetime.now(timezone.utc)}], table_name="reports")


@run.job(trigger=build_report.success, require={"dependency_groups": ["report"]})
def publish_report():
    """Print the report as a table, with a package of its own dependency group."""
    from tabulate import tabulate

    print(tabulate([["orders", "loaded"], ["report", "built"]], headers=["what", "state"]))


@run.job
def check_stock(minimum_stock: int = dlt.config.value):
    """Fail when a shelf is nearly empty. The threshold is configuration, not code."""
    lowest = 7
    if lowest < minimum_stock:
        raise ValueError(f"only {lowest} left of sku-4, {minimum_stock} wanted")
    print("all shelves have at least", minimum_stock)


@run.job(require={"profile": "checks"}, expose={"tags": ["checks"]})
def check_prices(highest_price: int = dlt.config.value):
    """Run under a separate profile, with the configuration of checks.config.toml."""
    print("no price above", highest_price)


@run.job(trigger=[check_stock.fail, run.trigger.job_fail("tag:ingest")])
def notify(run_context: run.TJobRunContext):
    """Start when the stock check or any job tagged "ingest" fails."""
    print("please check", run_context["trigger"])


@run.job(trigger=check_stock.completed, execute={"concurrency": None, "intercept_signals": False})
def log_outcome(run_context: run.TJobRunContext):
    """Start whether the check succeeded or failed. Any number of these may run at once."""
    print("outcome of the check:", run_context["trigger"])


@run.job(
    trigger="@weekly",
    refresh_propagation="always",
    auto_refresh_pipeline_mode="drop_resources",
    execute={"concurrency": 2, "timeout": {"grace_period": 5}},
)
def rebuild_catalog(run_context: run.TJobRunContext):
    """Reload the catalog every week. Downstream jobs reload too, unless they block that."""
    products = [{"sku": f"sku-{number}"} for number in range(10)]
    dlt.pipeline("shop_catalog", destination="duckdb", dataset_name="catalog").run(products, table_name="products")
    print("refresh is", run_context["refresh"])


@run.job(trigger="@monthly", freshness=rebuild_catalog.is_fresh, refresh_propagation="block")
def price_history(run_context: run.TJobRunContext):
    """Keep the history when the catalog is rebuilt."""
    print("refresh is", run_context["refresh"])


@run.job(trigger="once:2026-01-01T06:00:00Z")
def import_archive():
    """Start once, at the first deploy, because its time has passed."""
    print("archive imported")


@run.job(trigger="deployment")
def on_deploy():
    """Start after each deploy of new code."""
    print("deployed")
