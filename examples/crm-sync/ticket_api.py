"""A paged ticket system's API on loopback, so that the example needs no account."""

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

PAGE_COUNT = 3


class Tickets(BaseHTTPRequestHandler):
    def do_GET(self):
        page = int(parse_qs(urlsplit(self.path).query).get("page", ["1"])[0])
        tickets = [{"id": page * 10 + number, "title": f"Ticket {page * 10 + number}"} for number in range(10)]
        body = json.dumps({"tickets": tickets, "pages": PAGE_COUNT}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def serve_tickets():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Tickets)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
