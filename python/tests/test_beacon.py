import http.client
import json
import socket
import tempfile
import threading
import unittest
from pathlib import Path
from unittest import mock

import attempt_runner  # noqa: F401  (puts the package on the path)
from attempt_server import PATIENCE_SECONDS, decode_body
from pumphouse_bootstrap.beacon import BODY_LIMIT_BYTES, Beacon, listen
from pumphouse_bootstrap.masking import Masker
from pumphouse_bootstrap.spool import Spool
from pumphouse_bootstrap.telemetry_masking import TelemetryMasker


class BeaconCalls(unittest.TestCase):
    def open_beacon(self, limit: int = 100_000_000) -> Beacon:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.spool = Spool(folder.name)
        masker = Masker(["secret-value"])
        beacon = Beacon(self.spool, (masker, TelemetryMasker(masker, masker)), limit, listen(), mock.Mock())
        self.addCleanup(beacon.close)
        beacon.start()
        address, _, self.secret = beacon.address.removeprefix("http://").partition("/")
        self.connection = http.client.HTTPConnection(address, timeout=PATIENCE_SECONDS)
        self.addCleanup(self.connection.close)
        return beacon

    def call(self, path: str, body=None, method: str = "PUT", **options) -> int:
        self.connection.request(method, path, body=body, **options)
        response = self.connection.getresponse()
        response.read()
        return response.status

    def records(self) -> list[dict]:
        return [json.loads(line) for line in Path(self.spool.path).read_bytes().splitlines()]

    def bodies(self) -> list[bytes]:
        return [decode_body(record) for record in self.records() if record["kind"] == "beacon"]

    def test_bodies_are_in_the_spool_masked_when_they_are_acknowledged(self) -> None:
        self.open_beacon()
        bodies = [b'{"a":"secret-value"}', b"\xff\xfe secret-value", b"", b'{"lone":"\\ud800 \\u0000"}']
        for body, name in zip(bodies, ("trace", "state", "job_result", "trace")):
            self.assertEqual(self.call(f"/{self.secret}/{name}", body), 200)
            self.assertEqual(self.bodies()[-1], body.replace(b"secret-value", b"***"))
        self.assertEqual([record["type"] for record in self.records()], ["trace", "state", "job_result", "trace"])
        self.assertEqual(["body" in record for record in self.records()], [True, False, True, True])

    def test_chunked_bodies_and_expect_continue(self) -> None:
        self.open_beacon()
        pieces = [b"{", b'"x":', b"1" * 300_000, b"}"]
        self.assertEqual(self.call(f"/{self.secret}/trace", iter(pieces), encode_chunked=True, headers={"Transfer-Encoding": "chunked"}), 200)
        self.assertEqual(self.bodies(), [b"".join(pieces)])
        with socket.create_connection((self.connection.host, self.connection.port), timeout=PATIENCE_SECONDS) as raw:
            raw.sendall(f"PUT /{self.secret}/state HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n".encode())
            self.assertTrue(raw.recv(1000).startswith(b"HTTP/1.1 100"))
            raw.sendall(b"{}")
            self.assertTrue(raw.recv(1000).startswith(b"HTTP/1.1 200"))

    def test_a_call_without_a_free_thread_is_closed_and_later_ones_are_served(self) -> None:
        self.open_beacon()
        refused = threading.Event()

        def refuse(*_: object, **__: object) -> None:
            refused.set()
            raise RuntimeError("can't start new thread")

        with mock.patch("pumphouse_bootstrap.beacon.threading.Thread", refuse):
            for _ in range(40):
                with self.assertRaises((http.client.HTTPException, OSError)):
                    self.call(f"/{self.secret}/trace", b"{}")
                self.connection.close()
        self.assertTrue(refused.is_set())
        self.assertEqual(self.call(f"/{self.secret}/trace", b"{}"), 200)

    def test_other_paths_and_methods_are_not_found_and_store_nothing(self) -> None:
        self.open_beacon()
        for path in ("/", "/trace", f"/{'0' * 32}/trace", f"/{self.secret}/other", f"/{self.secret}/trace/x"):
            self.assertEqual(self.call(path, b"{}"), 404)
        self.assertEqual(self.call(f"/{self.secret}/trace", b"{}", method="POST"), 404)
        self.assertEqual(self.call(f"/{self.secret}/trace", method="GET"), 404)
        self.assertEqual(self.call(f"/{self.secret}/trace", b"{}"), 200)
        self.assertEqual(self.bodies(), [b"{}"])

    def test_over_the_limit_of_the_attempt_a_body_is_dropped_with_one_note(self) -> None:
        self.open_beacon(limit=3_000_000)
        large = b"x" * 2_000_000
        answers = [self.call(f"/{self.secret}/trace", body) for body in (large, large, b"y" * 900_000, b"z" * 900_000, b"{}")]
        self.assertEqual(answers, [200] * 5)
        self.assertEqual([len(body) for body in self.bodies()], [2_000_000, 900_000, 2])
        self.assertEqual([record["kind"] for record in self.records()].count("note"), 1)

    def test_no_record_is_longer_than_the_server_accepts(self) -> None:
        self.open_beacon(limit=500_000_000)
        bodies = [b"x" * BODY_LIMIT_BYTES, b"\xff" * BODY_LIMIT_BYTES, b"\0" * 2_000_000, b"x" * (BODY_LIMIT_BYTES + 1)]
        answers = []
        for body in bodies[:3]:
            answers.append(self.call(f"/{self.secret}/state", body))
        with self.assertRaises((http.client.HTTPException, OSError)):
            # Rejected before it is read: the connection is closed while the body is being sent.
            if self.call(f"/{self.secret}/state", bodies[3]) == 413:
                raise ConnectionError
        self.assertEqual(answers, [200, 200, 200])
        lines = Path(self.spool.path).read_bytes().splitlines()
        self.assertLess(max(map(len, lines)), 64 * 1024 * 1024)
        self.assertEqual([len(body) for body in self.bodies()], [BODY_LIMIT_BYTES, 2_000_000])
        self.assertEqual([record["kind"] for record in self.records()].count("note"), 1)

    def test_nonsense_ends_the_connection_and_not_the_beacon(self) -> None:
        self.open_beacon()
        nonsense = [
            b"\r\n\r\n",
            b"PUT\r\n\r\n",
            b"PUT / SPDY/9\r\n\r\n",
            b"PUT / HTTP/1.1\r\nno colon\r\n\r\n",
            b"PUT / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            b"PUT / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            b"PUT / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
            f"PUT / HTTP/1.1\r\nContent-Length: {BODY_LIMIT_BYTES + 1}\r\n\r\n".encode(),
            b"A" * 100_000,
        ]
        for request in nonsense:
            with socket.create_connection((self.connection.host, self.connection.port), timeout=PATIENCE_SECONDS) as raw:
                try:
                    raw.sendall(request)
                    answer = raw.recv(1000)
                except (ConnectionResetError, BrokenPipeError):
                    answer = b"HTTP/1.1 4"
                self.assertTrue(answer.startswith(b"HTTP/1.1 4"), (request[:60], answer))
        self.assertEqual(self.call(f"/{self.secret}/trace", b"{}"), 200)
        self.assertEqual(self.bodies(), [b"{}"])

    def test_after_the_exit_record_nothing_is_acknowledged(self) -> None:
        self.open_beacon()
        self.assertEqual(self.call(f"/{self.secret}/trace", b"{}"), 200)
        self.spool.append_exit(code=0)
        with self.assertRaises((http.client.HTTPException, OSError)):
            self.call(f"/{self.secret}/trace", b"{}")
        self.assertEqual([record["kind"] for record in self.records()], ["beacon", "exit"])
