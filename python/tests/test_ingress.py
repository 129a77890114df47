"""
The ingress process, on a real unix socket and real ports. A network of its own would make no difference here.
"""

import os
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

from attempt_runner import BOOTSTRAP, PATIENCE_SECONDS

LARGE = os.urandom(1024) * 5000


def setUpModule() -> None:
    # The test itself needs two descriptors per connection.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class IngressCase(unittest.TestCase):
    # Soft and hard limit, as on many machines; 2000 connections need 4016 descriptors.
    descriptors = "1024:8192"

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = str(Path(folder.name, "door"))
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.path)
        listener.listen(1024)
        lifeline, self.lifeline = os.pipe()
        command = [sys.executable, "-I", "-S", str(BOOTSTRAP / "ingress" / "__main__.py"), "-1"]
        limits = ["prlimit", f"--nofile={self.descriptors}"]
        self.process = subprocess.Popen([*limits, *command], stdin=lifeline, stdout=listener.fileno(), stderr=subprocess.PIPE)
        os.close(lifeline)
        listener.close()
        self.addCleanup(self.end)

    def end(self) -> None:
        if self.lifeline >= 0:
            os.close(self.lifeline)
            self.lifeline = -1
        self.assertEqual(self.process.wait(PATIENCE_SECONDS), 0)
        assert self.process.stderr is not None
        if not self.process.stderr.closed:
            with self.process.stderr as errors:
                self.assertEqual(errors.read(), b"")

    def call(self, port: int, answer: bytes = b"\0") -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        self.addCleanup(connection.close)
        connection.settimeout(PATIENCE_SECONDS)
        connection.connect(self.path)
        connection.sendall(port.to_bytes(2, "big"))
        self.assertEqual(connection.recv(1), answer)
        return connection

    def listen(self) -> socket.socket:
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)
        server.settimeout(PATIENCE_SECONDS)
        return server


class Ingress(IngressCase):
    def test_carries_both_directions_to_their_ends(self) -> None:
        server = self.listen()
        caller = self.call(server.getsockname()[1])
        app, _ = server.accept()
        received: list[bytes] = []

        def take() -> None:
            while piece := app.recv(1000):
                received.append(piece)
            app.sendall(LARGE[::-1])
            app.close()

        thread = threading.Thread(target=take)
        thread.start()
        caller.sendall(LARGE)
        # The end of one direction leaves the other open.
        caller.shutdown(socket.SHUT_WR)
        with caller.makefile("rb") as answer:
            self.assertEqual(answer.read(), LARGE[::-1])
        thread.join()
        self.assertEqual(b"".join(received), LARGE)

    def test_carries_what_the_app_sends_first(self) -> None:
        server = self.listen()

        def greet() -> None:
            with server.accept()[0] as app:
                app.sendall(b"220 ready")

        thread = threading.Thread(target=greet)
        thread.start()
        caller = self.call(server.getsockname()[1])
        thread.join()
        self.assertEqual(caller.recv(100), b"220 ready")

    def test_a_port_where_nothing_listens_is_refused(self) -> None:
        with self.listen() as server:
            port = server.getsockname()[1]
        self.assertEqual(self.call(port, b"\1").recv(1), b"")

    def test_callers_that_leave_early_do_not_block_others(self) -> None:
        with socket.socket(socket.AF_UNIX) as mute:
            mute.connect(self.path)
        server = self.listen()
        left = self.call(server.getsockname()[1])
        app, _ = server.accept()
        left.close()
        self.assertEqual(app.recv(1), b"")
        app.close()
        self.call(self.listen().getsockname()[1])

    def test_carries_two_thousand_at_once(self) -> None:
        server = self.listen()
        server.listen(4096)
        callers = [self.call(server.getsockname()[1]) for _ in range(2000)]
        apps = [server.accept()[0] for _ in callers]
        for number, (caller, app) in enumerate(zip(callers, apps)):
            caller.sendall(b"%d" % number)
            self.addCleanup(app.close)
        received = {app.recv(4) for app in apps}
        self.assertEqual(received, {b"%d" % number for number in range(2000)})

    def test_ends_with_its_parent(self) -> None:
        server = self.listen()
        caller = self.call(server.getsockname()[1])
        self.end()
        self.assertEqual(caller.recv(1), b"")


class IngressWithFewDescriptors(IngressCase):
    descriptors = "256:816"

    def test_callers_above_the_limit_wait(self) -> None:
        server = self.listen()
        server.listen(1000)
        port = server.getsockname()[1]
        callers = [self.call(port) for _ in range(400)]
        waiting = socket.socket(socket.AF_UNIX)
        self.addCleanup(waiting.close)
        waiting.settimeout(PATIENCE_SECONDS)
        waiting.connect(self.path)
        waiting.sendall(port.to_bytes(2, "big"))
        apps = [server.accept()[0] for _ in callers]
        waiting.settimeout(0)
        with self.assertRaises(BlockingIOError):
            waiting.recv(1)
        waiting.settimeout(PATIENCE_SECONDS)
        for connection in (*callers, *apps):
            connection.close()
        self.assertEqual(waiting.recv(1), b"\0")


if __name__ == "__main__":
    unittest.main()
