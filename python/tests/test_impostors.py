"""
Impostors at the server's address: they learn nothing, cannot forge anything, and the attempt still completes.
"""

import http.client
import json
import os
import shutil
import socket
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from attempt_runner import AttemptRunner, await_true
from attempt_server import ATTEMPT_ID, SECRET, AttemptServer
from sealed_server import SCHEME, write_redirect

PROGRAM = """
import os, time
print("it runs", flush=True)
while not os.path.exists("go"):
    time.sleep(0.01)
print("it ends")
"""
# User code that an impostor tries to inject.
FOREIGN = {
    "run_id": "run-1",
    "profile": "prod",
    "launcher": "antigravity_of_an_impostor",
    "arguments": [],
    "private_arguments": [],
    "variables": {},
    "masked_values": [],
    "log_limit_bytes": 1000,
    "beacon_limit_bytes": 1000,
    "line_limit_bytes": 1000,
    "code_sha256": None,
    "configuration_sha256": None,
    "intercept_signals": True,
}


class Impostor:
    """
    Impostor that records every received byte, responds as the test defines, and closes the connection after each
    response.
    """

    def __init__(self, answer, port: int = 0) -> None:
        self.received: list[bytes] = []
        impostor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: object) -> None:
                pass

            def do_GET(self) -> None:
                self._take()

            def do_POST(self) -> None:
                self._take()

            def _take(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                impostor.received.append(f"{self.command} {self.path}\n{self.headers}".encode() + body)
                status, headers, content = answer(self.command, self.path, self.headers, body)
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content)), "Connection": "close"}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)
                self.close_connection = True

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def everything(self) -> bytes:
        return b"\n".join(self.received)


def admit_all(status: int = 200, headers: dict = {}):
    """Admits every caller."""
    return lambda method, path, sent, body: (status, headers, json.dumps({**FOREIGN, "offset": 10**6}).encode())


def relay_to(server: AttemptServer, change=lambda status, body: (status, body)):
    """Forward everything to the real server and return its response, unchanged or altered."""

    def answer(method, path, headers, body):
        connection = http.client.HTTPConnection(server.url.partition("://")[2])
        connection.request(method, path, body=body, headers={name: headers[name] for name in headers if name != "Host"})
        response = connection.getresponse()
        status, content = change(response.status, response.read())
        connection.close()
        return status, {SCHEME: response.getheader(SCHEME) or "0"}, content

    return answer


class ImpostorCase(unittest.TestCase):
    def attempt(self, program: str = PROGRAM, **begin) -> AttemptRunner:
        runner = AttemptRunner(AttemptServer(**begin), program)
        self.addCleanup(runner.clean)
        return runner

    def impostor(self, answer, port: int = 0) -> Impostor:
        found = Impostor(answer, port)
        self.addCleanup(found.close)
        return found

    def go_on(self, runner: AttemptRunner) -> None:
        (runner.work / "go").touch()

    def assert_ended_well(self, runner: AttemptRunner) -> None:
        self.assertEqual(runner.wait(), 0)
        self.assertEqual(runner.server.log(), ["it runs", "it ends"])
        self.assertEqual(runner.server.exit()["code"], 0)

    def assert_knows_nothing(self, impostor: Impostor, *others: str) -> None:
        received = impostor.everything()
        for text in (SECRET, "it runs", "Bearer", "claim_number", '"nonce"', *others):
            self.assertNotIn(text.encode(), received)


class AtTheAddress(ImpostorCase):
    def test_one_that_answers_begin_is_ignored_and_does_not_get_the_secret(self) -> None:
        for status, headers in ((200, {}), (200, {SCHEME: "1"}), (409, {}), (401, {}), (410, {SCHEME: "1"})):
            with self.subTest(status=status, headers=headers):
                runner = self.attempt()
                impostor = self.impostor(admit_all(status, headers))
                runner.start["attempts_url"] = impostor.url
                runner.begin()
                # It has retried after the forged response, instead of trusting it.
                await_true(lambda: len(impostor.received) >= 2, "another try")
                self.assertFalse((runner.folder / "spool").exists())
                write_redirect(runner.folder, runner.server.url)
                runner.server.await_log("it runs")
                self.go_on(runner)
                self.assert_ended_well(runner)
                self.assertIn("does not prove that it is the server", runner.errors)
                self.assert_knows_nothing(impostor)

    def test_one_on_the_port_of_a_restarting_server_learns_and_changes_nothing(self) -> None:
        runner = self.attempt().begin()
        runner.server.await_log("it runs")
        self.go_on(runner)
        port = runner.server.vacate()
        for status in (200, 401, 409, 410):
            impostor = Impostor(admit_all(status), port)
            try:
                await_true(lambda: len(impostor.received) >= 2, "two calls")
            finally:
                impostor.close()
            self.assert_knows_nothing(impostor, "it ends")
        runner.server.move()
        write_redirect(runner.folder, runner.server.url)
        self.assert_ended_well(runner)

    def test_one_that_relays_reads_nothing(self) -> None:
        secret = "swordfish-of-the-configuration"
        runner = self.attempt(variables={"PASSWORD": secret})
        answers: list[bytes] = []

        def keep(status: int, body: bytes) -> tuple[int, bytes]:
            answers.append(body)
            return status, body

        impostor = self.impostor(relay_to(runner.server, keep))
        runner.start["attempts_url"] = impostor.url
        runner.begin()
        runner.server.await_log("it runs")
        self.go_on(runner)
        self.assert_ended_well(runner)
        # begin, the code and the spool went through it.
        self.assertGreaterEqual(len(answers), 3)
        self.assert_knows_nothing(impostor)
        for text in (secret, "user_program", "log_limit_bytes"):
            self.assertNotIn(text.encode(), b"".join(answers))

    def test_one_that_relays_changes_nothing(self) -> None:
        def spoil(status: int, body: bytes) -> tuple[int, bytes]:
            return status, body[:-1] + bytes([body[-1] ^ 1])

        def cut(status: int, body: bytes) -> tuple[int, bytes]:
            return status, body[: len(body) // 2]

        def relabel(status: int, body: bytes) -> tuple[int, bytes]:
            return 410, body

        for change in (spoil, cut, relabel):
            with self.subTest(change=change.__name__):
                runner = self.attempt()
                impostor = self.impostor(relay_to(runner.server, change))
                runner.start["attempts_url"] = impostor.url
                runner.begin()
                await_true(lambda: len(impostor.received) >= 2, "another try")
                self.assertFalse((runner.folder / "spool").exists())
                write_redirect(runner.folder, runner.server.url)
                runner.server.await_log("it runs")
                self.go_on(runner)
                self.assert_ended_well(runner)


class Redirects(ImpostorCase):
    def test_one_that_the_server_has_not_signed_is_not_followed(self) -> None:
        impostor = self.impostor(admit_all())
        signed = tempfile.TemporaryDirectory(prefix="pumphouse-redirect-")
        self.addCleanup(signed.cleanup)
        write_redirect(Path(signed.name), "http://127.0.0.1:1")
        mac = json.loads((Path(signed.name) / "redirect").read_text())["mac"]
        forged = [
            impostor.url,
            json.dumps({"attempts_url": impostor.url, "attempts_socket": None, "mac": mac}),
            json.dumps({"attempts_url": impostor.url, "attempts_socket": None, "mac": None}),
            json.dumps([impostor.url]),
        ]
        for content in forged:
            with self.subTest(content=content):
                runner = self.attempt().begin()
                runner.server.await_log("it runs")
                (runner.folder / "redirect").write_text(content)
                away = Impostor(admit_all(503), runner.server.vacate())
                self.go_on(runner)
                # It checks for a redirect between two failed calls.
                await_true(lambda: len(away.received) >= 2, "two calls")
                away.close()
                runner.server.start()
                self.assert_ended_well(runner)
        self.assertEqual(impostor.received, [])

    def test_the_first_address_is_used_again_when_the_other_one_fails(self) -> None:
        runner = self.attempt().begin()
        runner.server.await_log("it runs")
        with socket.socket() as deaf:
            deaf.bind(("127.0.0.1", 0))
            runner.server.stop()
            write_redirect(runner.folder, f"http://127.0.0.1:{deaf.getsockname()[1]}")
            self.go_on(runner)
            spool = runner.folder / "spool"
            await_true(lambda: b"it ends" in spool.read_bytes(), "the end")
            runner.server.start()
            self.assert_ended_well(runner)


class Sockets(ImpostorCase):
    """Simulate the server's unix socket with a relay to the test's server."""

    def serve_socket(self, folder: Path, server: AttemptServer) -> tuple[str, list[int]]:
        path = folder / "server.sock"
        listener = socket.socket(socket.AF_UNIX)
        bind_in(listener, folder, "server.sock")
        listener.listen()
        self.addCleanup(listener.close)
        taken: list[int] = []
        host, port = server.url.partition("://")[2].split(":")

        def pump(source: socket.socket, target: socket.socket) -> None:
            try:
                while data := source.recv(65536):
                    target.sendall(data)
                target.shutdown(socket.SHUT_WR)
            except OSError:
                pass

        def accept() -> None:
            while True:
                try:
                    inner, _ = listener.accept()
                except OSError:
                    return
                taken.append(1)
                outer = socket.create_connection((host, int(port)))
                threading.Thread(target=pump, args=(inner, outer), daemon=True).start()
                threading.Thread(target=pump, args=(outer, inner), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return str(path), taken

    def folder(self, mode: int = 0o700) -> Path:
        # Longer than the maximum path of a socket.
        top = Path(tempfile.mkdtemp(prefix="pumphouse-sockets-"))
        folder = top / ("long-" * 30)
        folder.mkdir(mode=0o700)
        os.chmod(folder, mode)
        self.addCleanup(shutil.rmtree, top, ignore_errors=True)
        return folder

    def test_is_used_instead_of_the_port(self) -> None:
        runner = self.attempt()
        path, taken = self.serve_socket(self.folder(), runner.server)
        impostor = self.impostor(admit_all())
        runner.start.update(attempts_socket=path, attempts_url=impostor.url)
        runner.begin()
        runner.server.await_log("it runs")
        self.go_on(runner)
        self.assert_ended_well(runner)
        self.assertEqual(impostor.received, [])
        self.assertTrue(taken)

    def test_of_a_killed_server_is_replaced_by_its_port(self) -> None:
        folder = self.folder()
        with socket.socket(socket.AF_UNIX) as dead:
            bind_in(dead, folder, "dead.sock")
        for name in ("dead.sock", "missing.sock"):
            with self.subTest(name=name):
                runner = self.attempt()
                runner.start["attempts_socket"] = str(folder / name)
                runner.begin()
                runner.server.await_log("it runs")
                self.go_on(runner)
                self.assert_ended_well(runner)

    def test_in_a_folder_that_others_can_write_to_is_not_used(self) -> None:
        runner = self.attempt()
        path, taken = self.serve_socket(self.folder(0o777), runner.server)
        runner.start["attempts_socket"] = path
        runner.begin()
        runner.server.await_log("it runs")
        self.go_on(runner)
        self.assert_ended_well(runner)
        self.assertEqual(taken, [])

    def test_is_found_by_the_redirect_of_a_server_that_takes_over(self) -> None:
        runner = self.attempt().begin()
        runner.server.await_log("it runs")
        runner.server.stop()
        self.go_on(runner)
        await_true(lambda: b"it ends" in (runner.folder / "spool").read_bytes(), "the end")
        runner.server.move()
        path, taken = self.serve_socket(self.folder(), runner.server)
        write_redirect(runner.folder, "http://127.0.0.1:1", path)
        self.assert_ended_well(runner)
        self.assertTrue(taken)


def bind_in(listener: socket.socket, folder: Path, name: str) -> None:
    descriptor = os.open(folder, os.O_PATH)
    try:
        listener.bind(f"/proc/self/fd/{descriptor}/{name}")
    finally:
        os.close(descriptor)


class Seals(unittest.TestCase):
    def test_are_not_valid_for_another_attempt(self) -> None:
        from pumphouse_bootstrap.sealing import NotProved, Sealing
        from sealed_server import seal_answer

        own = Sealing(SECRET, ATTEMPT_ID)
        request = own.seal_request("GET", "code", b"")
        sealed = seal_answer(request.nonce, 200, b"x" * 700_000)

        def read_as(sealing: Sealing, asked, status: int = 200, body: bytes = sealed) -> bytes:
            rest = [body]

            def read(size: int) -> bytes:
                piece, rest[0] = rest[0][:size], rest[0][size:]
                return piece

            return b"".join(sealing.read_answer(asked, status, read))

        self.assertEqual(read_as(own, request), b"x" * 700_000)
        for sealing in (Sealing(SECRET, "attempt-2"), Sealing("another secret", ATTEMPT_ID)):
            with self.assertRaises(NotProved):
                read_as(sealing, request)
        with self.assertRaises(NotProved):
            read_as(own, own.seal_request("GET", "code", b""))
        with self.assertRaises(NotProved):
            read_as(own, request, status=201)
        for cut in (0, 10, 16, 20, 100, len(sealed) - 1):
            with self.assertRaises(NotProved):
                read_as(own, request, body=sealed[:cut])
        with self.assertRaises(NotProved):
            read_as(own, request, body=sealed[:16] + (1 << 30).to_bytes(4, "big") + b"\0" + sealed)
