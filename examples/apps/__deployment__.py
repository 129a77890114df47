"""A notebook, a dashboard, an MCP server and a small API over the same data."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import dlt.hub.run as run

import board
import notebook
import tools
import visits

__all__ = ["load_visits", "notebook", "board", "tools", "counts"]


@run.pipeline("visits", trigger="@daily", expose={"tags": ["visits"]})
def load_visits():
    """Load the visits that the apps show."""
    print(visits.load())


class Counts(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(dict(visits.count_by_page())).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@run.interactive(
    interface="rest_api",
    idle_timeout="10m",
    execute={"concurrency": 1},
    expose={"display_name": "Visit counts", "starred": True},
)
def counts(run_context: run.TJobRunContext):
    """Answer each request with the visitors of each page, as JSON."""
    port = run_context["run_args"]["port"]
    ThreadingHTTPServer(("0.0.0.0", port), Counts).serve_forever()
