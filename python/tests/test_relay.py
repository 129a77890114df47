"""The relay process, driven with frames over real pipes and real ports; and a real closed network."""

import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
import unittest

from attempt_runner import BOOTSTRAP, PATIENCE_SECONDS
from requirements import require

OPEN, OPENED, REFUSED, DATA, END, RESET, CREDIT, ALIVE = range(8)
WINDOW_BYTES = 1024 * 1024
HEADER = struct.Struct(">BII")


class RelayCase(unittest.TestCase):
    descriptors: str | None = None

    def setUp(self) -> None:
        limits = [] if self.descriptors is None else ["prlimit", f"--nofile={self.descriptors}"]
        command = [*limits, sys.executable, "-I", "-S", str(BOOTSTRAP / "relay" / "__main__.py")]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.end)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.settimeout(PATIENCE_SECONDS)
        self.addCleanup(self.server.close)
        self.port = self.server.getsockname()[1]

    def end(self) -> None:
        assert self.process.stdin and self.process.stdout and self.process.stderr
        self.process.stdin.close()
        self.assertEqual(self.process.wait(PATIENCE_SECONDS), 0)
        self.assertEqual(self.process.stderr.read(), b"")
        self.process.stdout.close()
        self.process.stderr.close()

    def send(self, kind: int, number: int, content: bytes = b"") -> None:
        assert self.process.stdin
        self.process.stdin.write(HEADER.pack(kind, number, len(content)) + content)
        self.process.stdin.flush()

    def receive(self) -> tuple[int, int, bytes]:
        assert self.process.stdout
        kind, number, length = HEADER.unpack(self.process.stdout.read(HEADER.size))
        return kind, number, self.process.stdout.read(length)

    def open(self, number: int) -> socket.socket:
        self.send(OPEN, number, self.port.to_bytes(2, "big"))
        self.assertEqual(self.receive(), (OPENED, number, b""))
        app, _ = self.server.accept()
        app.settimeout(PATIENCE_SECONDS)
        self.addCleanup(app.close)
        return app


class Relay(RelayCase):
    def test_carries_both_directions_to_their_ends(self) -> None:
        app = self.open(7)
        self.send(DATA, 7, b"question")
        self.assertEqual(app.recv(100), b"question")
        self.assertEqual(self.receive(), (CREDIT, 7, (8).to_bytes(4, "big")))
        self.send(END, 7)
        self.assertEqual(app.recv(100), b"")
        app.sendall(b"answer")
        self.assertEqual(self.receive(), (DATA, 7, b"answer"))
        app.close()
        self.assertEqual(self.receive(), (END, 7, b""))

    def test_refuses_a_port_where_nothing_listens(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as gone:
            port = gone.getsockname()[1]
        self.send(OPEN, 1, port.to_bytes(2, "big"))
        self.assertEqual(self.receive(), (REFUSED, 1, b""))
        self.open(2)

    def test_sends_within_its_credit_and_does_not_block_other_connections(self) -> None:
        full, other = self.open(1), self.open(2)
        sender = threading.Thread(target=self.send_until_reset, args=(full,), daemon=True)
        sender.start()
        received = 0
        while received < WINDOW_BYTES:
            kind, number, content = self.receive()
            self.assertEqual((kind, number), (DATA, 1))
            received += len(content)
        self.assertEqual(received, WINDOW_BYTES)
        other.sendall(b"here")
        # No frame of the other connection came in between.
        self.assertEqual(self.receive(), (DATA, 2, b"here"))
        self.send(CREDIT, 1, (100).to_bytes(4, "big"))
        self.assertEqual(self.receive(), (DATA, 1, bytes(100)))
        self.send(RESET, 1)
        sender.join(PATIENCE_SECONDS)
        self.assertFalse(sender.is_alive())

    def send_until_reset(self, app: socket.socket) -> None:
        with self.assertRaises(ConnectionError):
            app.sendall(bytes(8 * WINDOW_BYTES))

    def test_passes_on_a_reset(self) -> None:
        app = self.open(3)
        app.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        app.close()
        self.assertEqual(self.receive(), (RESET, 3, b""))
        self.send(DATA, 3, b"too late")
        self.send(ALIVE, 0)
        self.open(4)


class RelayOfFewDescriptors(RelayCase):
    # Soft and hard limit.
    descriptors = "40:80"

    def test_opens_connections_up_to_its_limit_and_refuses_more(self) -> None:
        apps = [self.open(number) for number in range(60)]
        for number in range(60, 100):
            self.send(OPEN, number, self.port.to_bytes(2, "big"))
        kinds = [self.receive()[0] for _ in range(60, 100)]
        self.assertIn(REFUSED, kinds)
        self.send(DATA, 0, b"question")
        self.assertEqual(apps[0].recv(100), b"question")
        self.assertEqual(self.receive(), (CREDIT, 0, (8).to_bytes(4, "big")))


CHECK = """
import sys
sys.path.append(sys.argv[1])
from pumphouse_bootstrap.closed_network import close_network, is_network_closed
import socket
print(is_network_closed())
close_network()
close_network()
print(is_network_closed())
with socket.create_server(("127.0.0.1", 8000)) as server:
    socket.create_connection(("127.0.0.1", 8000)).close()
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outgoing:
    outgoing.bind(("", 40000))
    try:
        outgoing.connect(("192.0.2.1", 9))
    except OSError as error:
        print(error.errno)
"""


@require("root", os.geteuid() == 0)
@require("unshare and iproute2", all(map(shutil.which, ("unshare", "ip"))))
class ClosedNetwork(unittest.TestCase):
    def test_is_closed_to_others_and_open_to_itself(self) -> None:
        inside = 'ip link set lo up; exec "$@"'
        command = ["unshare", "--net", "sh", "-c", inside, "sh", sys.executable, "-I", "-c", CHECK, str(BOOTSTRAP.parent)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
        # 101: no route, as in any network without a way out; 13 would mean forbidden.
        self.assertEqual((ended.stdout.split(), ended.stderr), (["False", "True", "101"], ""))


if __name__ == "__main__":
    unittest.main()
