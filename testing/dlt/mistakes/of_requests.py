"""Mistakes of programs that call a REST API with requests."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests


class Answer(BaseHTTPRequestHandler):
    """Answers with the status that the path names."""

    def do_GET(self):
        name = self.path.strip("/")
        if name == "closes":
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(int(name))
        if name == "302":
            self.send_header("Location", "/302")
        self.end_headers()
        self.wfile.write(b"<html>")

    def log_message(self, *_):
        """Print nothing."""


server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
port = server.server_port
threading.Thread(target=server.serve_forever, daemon=True).start()


def ask(path, **options):
    return requests.get(f"http://127.0.0.1:{port}/{path}", **options)


def refused():
    requests.get("http://localhost:1/orders")


def unknown_host():
    requests.get("http://shop.invalid/orders")


def silent():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        requests.get(f"http://127.0.0.1:{listening.getsockname()[1]}", timeout=0.01)


def closed():
    ask("closes")


def no_tls():
    requests.get(f"https://127.0.0.1:{port}/200")


def refused_by_proxy():
    ask("200", proxies={"http": "http://127.0.0.1:1"})


def no_scheme():
    requests.get("shop.example/orders")


def endless_redirects():
    ask("302")


def no_json():
    ask("200").json()


def unauthorized():
    ask("401").raise_for_status()


def forbidden():
    ask("403").raise_for_status()


def not_found():
    ask("404").raise_for_status()


def too_many_requests():
    ask("429").raise_for_status()


def server_error():
    ask("503").raise_for_status()


def bad_request():
    ask("400").raise_for_status()


mistakes = [
    refused,
    unknown_host,
    silent,
    closed,
    no_tls,
    refused_by_proxy,
    no_scheme,
    endless_redirects,
    no_json,
    unauthorized,
    forbidden,
    not_found,
    too_many_requests,
    server_error,
    bad_request,
]
