"""Real sockets of this process, and the reports about them."""

import os
import socket
import threading
import unittest
from unittest import mock

from pumphouse_bootstrap import listening
from pumphouse_bootstrap.listening import ListeningWatch, list_listening_ports

PATIENCE_SECONDS = 60.0


class Notes:
    """A spool that collects notes."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._came = threading.Condition()

    def append(self, kind: str, text: str) -> None:
        assert kind == "note"
        with self._came:
            self.texts.append(text)
            self._came.notify_all()

    def wait(self, count: int) -> list[str]:
        with self._came:
            assert self._came.wait_for(lambda: len(self.texts) >= count, PATIENCE_SECONDS)
            return list(self.texts)


class Listening(unittest.TestCase):
    def listen(self, family: int = socket.AF_INET, address: str = "127.0.0.1") -> int:
        server = self.bind(family, address)
        server.listen()
        return server.getsockname()[1]

    def bind(self, family: int = socket.AF_INET, address: str = "127.0.0.1") -> socket.socket:
        server = socket.socket(family)
        self.addCleanup(server.close)
        server.bind((address, 0))
        return server

    def watch(self, port: int) -> Notes:
        """Existing listeners on the machine count as the bootstrap's own."""
        notes = Notes()
        watch = ListeningWatch(os.getpid(), port, list_listening_ports(os.getpid()), notes)
        self.addCleanup(watch.end)
        watch.start()
        return notes

    def test_ports_of_both_families_are_listed(self) -> None:
        ports = {self.listen(), self.listen(address="0.0.0.0"), self.listen(socket.AF_INET6, "::")}
        self.assertLessEqual(ports, list_listening_ports(os.getpid()))

    def test_a_port_without_a_listener_is_not_listed(self) -> None:
        self.assertNotIn(self.bind().getsockname()[1], list_listening_ports(os.getpid()))

    def test_an_ended_process_has_no_ports(self) -> None:
        self.assertEqual(list_listening_ports(2**22 + 1), set())

    def test_reports_that_the_app_listens(self) -> None:
        server = self.bind()
        port = server.getsockname()[1]
        notes = self.watch(port)
        self.assertEqual(notes.texts, [])
        server.listen()
        self.assertEqual(notes.wait(1), [f"The app listens on port {port}."])

    def test_reports_another_port_once(self) -> None:
        wanted, other = self.bind(), self.bind()
        port, other_port = wanted.getsockname()[1], other.getsockname()[1]

        def list_own(pid: int) -> set[int]:
            """Other programs of the machine begin to listen meanwhile."""
            return list_listening_ports(pid) & {port, other_port}

        # This test uses ports that the system assigns.
        with mock.patch.multiple(listening, _OTHER_SECONDS=0.0, LAST_PORT=65535, list_listening_ports=list_own):
            notes = self.watch(port)
            other.listen()
            instead = f"Nothing listens on port {port}, where visitors connect. It listens on port {other_port} instead."
            self.assertEqual(notes.wait(1), [instead])
            wanted.listen()
            self.assertEqual(notes.wait(2), [instead, f"The app listens on port {port}."])


if __name__ == "__main__":
    unittest.main()
