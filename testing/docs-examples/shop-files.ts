/** The workspace folder of the examples: the jobs, pipelines and apps that they name. */
export function shopFiles(): Record<string, string> {
  return {
    '.dlt/.workspace': '',
    '.dlt/config.toml': '',
    '.gitignore': '__pycache__/\nshop-12*/\n',
    'requirements.txt': 'dlt[duckdb]==1.31.0\nmarimo\n',
    'lib/load.py': 'def read():\n    return []\n',
    'pipeline.py': pipeline,
    'shop.py': shop,
    'notebook.py': notebook,
    '__deployment__.py': deployment,
    'prod.env': 'SHOP__CURRENCY=EUR\n',
  };
}

const deployment = `
"""The jobs of the shop."""
from shop import dies, load, orders_board, report, take_order

__all__ = ["dies", "load", "orders_board", "report", "take_order"]
`;

/** load waits if its input says so; dies leaves a load package behind. */
const shop = `
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from dlt.hub.run import interactive, job, trigger


@job(trigger=trigger.schedule("0 6 * * *"), expose={"tags": ["nightly"]})
def load(day: str = "today", hold: bool = False):
    """Loads the orders of a day."""
    print("no error", flush=True)
    if hold:
        time.sleep(600)


@job(trigger=trigger.schedule("0 7 * * *"))
def report(day: str = "today"):
    """Sums up the orders of a day."""


@job(trigger="webhook:orders")
def take_order(run_context):
    print(run_context["run_args"]["input"])


@job
def dies():
    """Ends after it has extracted rows, before it loads them."""
    import dlt

    pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="shop_data")
    pipeline.extract([{"id": 1}], table_name="late_orders")
    pipeline.normalize()
    raise SystemExit("the connection was lost")


class Orders(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"100 orders")


@interactive
def orders_board(run_context):
    """What the shop sold today."""
    print("serves", flush=True)
    ThreadingHTTPServer(("0.0.0.0", run_context["run_args"]["port"]), Orders).serve_forever()
`;

const pipeline = `
import dlt


if __name__ == "__main__":
    orders = [{"id": number, "customer": f"customer {number % 7}"} for number in range(1, 101)]
    pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="shop_data")
    print(pipeline.run(orders, table_name="orders"))
`;

const notebook = `
import marimo

app = marimo.App()


@app.cell
def _():
    print("100 orders")
    return


if __name__ == "__main__":
    app.run()
`;
