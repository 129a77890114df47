"""Code that is read from the object store, and what happens if it cannot be read there."""

import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from attempt_runner import AttemptRunner, build_archive
from attempt_server import AttemptServer

_SECRET = "X-Amz-Signature=abcdef0123456789"


class Store:
    """An object store with one archive."""

    def __init__(self, archive: bytes) -> None:
        self.archive = archive
        self.status = 200
        self.location: str | None = None
        self.requests: list[str] = []
        store = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                store.requests.append(self.path)
                self.send_response(store.status)
                if store.location is not None:
                    self.send_header("Location", store.location)
                self.send_header("Content-Length", str(len(store.archive)))
                self.end_headers()
                self.wfile.write(store.archive)

            def log_message(self, *_) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/bucket/code?{_SECRET}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class DirectDownload(unittest.TestCase):
    def attempt(self, archive: bytes | None = None) -> tuple[AttemptRunner, Store]:
        """An attempt whose code is large: the server announces it, and sends it only if asked."""
        runner = AttemptRunner(AttemptServer(), "print('ran')")
        self.addCleanup(runner.clean)
        code = runner.server.archives["code"]
        store = Store(code if archive is None else archive)
        self.addCleanup(store.stop)
        runner.server.begin["code_url"] = store.url
        runner.server.begin["code_bytes"] = len(code)
        return runner, store

    def assert_ran(self, runner: AttemptRunner, downloads: int) -> None:
        """It ran the code of the server, which sent it this many times, and the URL is in no output."""
        self.assertEqual(runner.run()["code"], 0)
        self.assertEqual(runner.server.log("stdout"), ["ran"])
        self.assertEqual(runner.server.calls.count("code"), downloads)
        self.assertNotIn(b"X-Amz-Signature", runner.server.spool)
        self.assertNotIn("X-Amz-Signature", runner.errors)

    def test_the_store_sends_the_code(self) -> None:
        runner, store = self.attempt()
        self.assert_ran(runner, downloads=0)
        self.assertEqual(len(store.requests), 1)

    def test_the_server_sends_it_if_the_store_has_other_code(self) -> None:
        same_size = bytes(len(self.attempt()[0].server.archives["code"]))
        for other in (build_archive({"user_program.py": "print('other')"}), b"", same_size):
            runner, store = self.attempt(other)
            self.assert_ran(runner, downloads=1)
            self.assertEqual(len(store.requests), 1)
            self.assertIn("the code comes through the server", runner.errors)

    def test_the_server_sends_it_if_the_store_is_away_or_refuses(self) -> None:
        runner, store = self.attempt()
        store.stop()
        self.assert_ran(runner, downloads=1)
        runner, store = self.attempt()
        store.status = 403
        self.assert_ran(runner, downloads=1)
        self.assertIn("it answered 403", runner.errors)

    def test_no_redirect_is_followed(self) -> None:
        runner, store = self.attempt()
        elsewhere = Store(store.archive)
        self.addCleanup(elsewhere.stop)
        store.status = 302
        store.location = elsewhere.url
        self.assert_ran(runner, downloads=1)
        self.assertEqual(elsewhere.requests, [])


if __name__ == "__main__":
    unittest.main()
