import json
import os
import tempfile
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

from attempt_runner import await_true
from pumphouse_bootstrap.disk_reserve import DiskReserve
from pumphouse_bootstrap.spool import Spool, SpoolClosed, encode_line


class SpoolRecords(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.spool = Spool(self.folder)

    def read(self, path: str | None = None) -> list[dict]:
        return [json.loads(line) for line in Path(path or self.spool.path).read_bytes().splitlines()]

    def test_records_of_several_threads_are_numbered(self) -> None:
        def write() -> None:
            for number in range(200):
                self.spool.append_lines("stdout", [encode_line(f"line {number}"), encode_line("another")])
                self.spool.append("note", text="n")

        threads = [threading.Thread(target=write) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([record["n"] for record in self.read()], list(range(2400)))

    def test_any_text_becomes_one_line_of_json(self) -> None:
        texts = ["\0", "a\nb", "\u2028\u0085", "\udc80 alone", '"\\', "😀"]
        self.spool.append_lines("stderr", [encode_line(text) for text in texts])
        self.assertEqual([record["text"] for record in self.read()], texts)
        self.assertEqual(Path(self.spool.path).read_bytes().count(b"\n"), len(texts))
        self.assertRegex(self.read()[0]["at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")

    def test_nothing_follows_the_exit_record(self) -> None:
        self.spool.append_exit(code=0)
        with self.assertRaises(SpoolClosed):
            self.spool.append("note", text="late")
        self.assertEqual([record["kind"] for record in self.read()], ["exit"])
        self.assertEqual(self.spool.wait_beyond(10_000), (os.path.getsize(self.spool.path), True))

    def test_output_waits_for_a_full_disk_and_nothing_is_lost(self) -> None:
        # Replace the spool's file by /dev/full until space is available.
        descriptor = self.spool._descriptor
        full = os.open("/dev/full", os.O_WRONLY)
        kept = os.dup(descriptor)
        os.dup2(full, descriptor)
        pauses: list[float] = []
        sleep = time.sleep

        def note_pause(seconds: float) -> None:
            pauses.append(seconds)
            sleep(seconds)

        writer = threading.Thread(target=lambda: self.spool.append_lines("stdout", [encode_line("waited")]))
        with mock.patch("pumphouse_bootstrap.spool.time", mock.Mock(wraps=time, sleep=note_pause)):
            writer.start()
            await_true(lambda: sum(pauses) > 1, "pauses of more than a second")
            self.assertTrue(writer.is_alive())
            os.dup2(kept, descriptor)
            writer.join()
        self.spool.append("note", text="after")
        records = self.read()
        self.assertEqual([record["n"] for record in records], [0, 1, 2])
        self.assertEqual(records[0]["text"], "waited")
        self.assertIn("disk", records[1]["text"])

    def test_a_full_disk_releases_the_reserve_and_after_user_code_the_work_folder(self) -> None:
        folder = Path(self.folder, "attempt")
        work = folder / "work" / "shop"
        work.mkdir(parents=True)
        (work / "link").symlink_to(self.folder)
        disk_reserve = DiskReserve(str(folder), str(work))
        reserve = folder / "reserve"
        self.assertGreaterEqual(os.stat(reserve).st_blocks * 512, 256 * 1024)
        spool = Spool(str(folder), disk_reserve)
        full = os.open("/dev/full", os.O_WRONLY)
        kept = os.dup(spool._descriptor)
        os.dup2(full, spool._descriptor)
        writer = threading.Thread(target=lambda: spool.append("note", text="waited"))
        writer.start()
        await_true(lambda: not reserve.exists(), "the reserve is released")
        self.assertTrue(work.exists())
        disk_reserve.user_code_ended()
        await_true(lambda: not work.exists(), "the work folder is given up")
        os.dup2(kept, spool._descriptor)
        writer.join()
        spool.append_exit(code=1)
        self.assertEqual([record["kind"] for record in self.read(spool.path)], ["note", "exit"])
        self.assertTrue(os.path.exists(self.spool.path))

    def test_waits_until_the_spool_grows(self) -> None:
        observed: list[tuple[int, bool]] = []
        waiter = threading.Thread(target=lambda: observed.append(self.spool.wait_beyond(0)))
        waiter.start()
        self.spool.append("started")
        waiter.join()
        await_true(lambda: observed == [(os.path.getsize(self.spool.path), False)], "the size")
