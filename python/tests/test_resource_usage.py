"""The timeline of what user code uses, and its limit of disk space."""

import os
import queue
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace

from attempt_runner import AttemptRunner
from attempt_server import AttemptServer
from pumphouse_bootstrap.control_groups import ControlGroups
from pumphouse_bootstrap.resource_usage import ResourceUsage, Timeline, measure_folder


class Timelines(unittest.TestCase):
    def test_has_a_bounded_number_of_points_of_equal_length(self) -> None:
        timeline = Timeline(max_points=8)
        for second in range(1000):
            timeline.add(memory=second, cpu=10, disk=second * 2)
        described = timeline.describe()
        self.assertLessEqual(len(described["memory"]), 8)
        self.assertEqual(described["seconds"], 128.0)
        self.assertEqual(described["memory"][:2], [127, 255])
        self.assertEqual(described["memory"][-1], 999)
        self.assertEqual(sum(described["cpu"]), 10_000)
        self.assertEqual(described["disk"][-1], 1998)

    def test_keeps_a_peak_of_one_second(self) -> None:
        timeline = Timeline(max_points=4)
        for second in range(100):
            timeline.add(memory=5_000 if second == 37 else 1, cpu=0, disk=0)
        self.assertEqual(max(timeline.describe()["memory"]), 5_000)


class Alarms(unittest.TestCase):
    def test_sends_the_timeline_at_once_when_memory_comes_close_to_its_limit(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        group = Path(folder.name, "group")
        group.mkdir()
        (group / "memory.events").write_text("oom 0\noom_kill 0\n")
        (group / "memory.max").write_text("1000")
        (group / "memory.current").write_text("850")
        sent: queue.Queue[dict] = queue.Queue()
        spool = SimpleNamespace(append=lambda _kind, **fields: sent.put(fields))
        start = SimpleNamespace(work_folder=f"{folder.name}/files/work", local_data=None, drop_to=None)
        usage = ResourceUsage(ControlGroups({"memory": str(group)}), start, spool, events=None, disk_limit_bytes=None)
        usage.start()
        # Much sooner than the first regular record.
        first = sent.get(timeout=8)
        self.assertEqual(first["peak_memory"], 850)
        (group / "memory.current").write_text("960")
        self.assertEqual(sent.get(timeout=8)["peak_memory"], 960)
        self.assertEqual(usage.end()["peak_group_memory_bytes"], 960)


class Folders(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name, "measured")
        self.folder.mkdir()

    def write(self, name: str, size: int) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(size))
        return path

    def test_sums_up_what_files_take_on_the_disk(self) -> None:
        self.write("a/b/c", 1_000_000)
        size = measure_folder(str(self.folder))
        self.assertGreaterEqual(size, 1_000_000)
        self.assertLess(size, 1_100_000)

    def test_counts_a_file_with_two_names_once_and_a_sparse_file_as_it_is(self) -> None:
        first = self.write("first", 1_000_000)
        os.link(first, self.folder / "second")
        os.truncate(self.write("sparse", 0), 10**12)
        self.assertLess(measure_folder(str(self.folder)), 1_100_000)

    def test_follows_no_link(self) -> None:
        outside = self.folder.parent / "outside"
        outside.mkdir()
        (outside / "large").write_bytes(bytes(5_000_000))
        (self.folder / "link").symlink_to(outside)
        self.assertLess(measure_folder(str(self.folder)), 100_000)
        self.assertEqual(measure_folder(str(self.folder / "link")), 0)

    def test_leaves_out_what_belongs_to_others(self) -> None:
        data = self.write("data/file", 1_000_000).parent
        self.assertLess(measure_folder(str(self.folder), str(data)), 100_000)

    def test_survives_a_deep_folder(self) -> None:
        before = len(os.listdir("/proc/self/fd"))
        descriptor = os.open(self.folder, os.O_RDONLY)
        for _ in range(2000):
            os.mkdir("d", dir_fd=descriptor)
            below = os.open("d", os.O_RDONLY, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = below
        os.close(descriptor)
        self.assertGreater(measure_folder(str(self.folder)), 0)
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)
        self.addCleanup(os.system, f"rm -rf '{self.folder}'")


class Records(unittest.TestCase):
    def run_program(self, program: str, **begin: object) -> AttemptServer:
        """Run the program; return what its server received."""
        runner = AttemptRunner(AttemptServer(**begin), program)
        self.addCleanup(runner.clean)
        runner.run()
        return runner.server

    def usage_of(self, server: AttemptServer) -> list[dict]:
        return [record for record in server.records() if record["kind"] == "usage"]

    def test_the_timeline_is_recorded_before_the_exit(self) -> None:
        program = """
import time
data = bytearray(40_000_000)
for position in range(0, len(data), 4096):
    data[position] = 1
with open("written", "wb") as file:
    file.write(bytes(3_000_000))
end = time.process_time() + 0.5
while time.process_time() < end:
    pass
# Several samples: a late one must not be the only one that counts all CPU time.
time.sleep(3)
"""
        server = self.run_program(program, records_usage=True)
        # A run that takes long on a busy machine has sent its timeline before.
        usage = self.usage_of(server)[-1]
        self.assertEqual(usage["seconds"], 1.0)
        self.assertGreater(sum(usage["cpu"]), 450_000)
        self.assertGreater(usage["peak_disk"], 2_900_000)
        self.assertEqual(len(usage["memory"]), len(usage["cpu"]))
        self.assertGreater(server.exit()["peak_disk_bytes"], 2_900_000)

    def test_nothing_is_recorded_for_a_server_that_does_not_take_it(self) -> None:
        self.assertEqual(self.usage_of(self.run_program("pass")), [])

    def test_a_run_over_its_limit_of_disk_space_is_ended(self) -> None:
        program = """
import time
with open("large", "wb") as file:
    file.write(b"x" * 5_000_000)
time.sleep(600)
"""
        reason = self.run_program(program, records_usage=True, disk_limit_bytes=2**20).exit()["reason"]
        self.assertEqual(reason["code"], "disk_limit")
        self.assertIn("5 MiB to its disk, of 1 MiB", reason["detail"])

    def test_a_run_that_has_completed_is_not_failed_by_what_it_wrote(self) -> None:
        program = 'open("large", "wb").write(b"x" * 5_000_000)\n'
        server = self.run_program(program, records_usage=True, disk_limit_bytes=2**20)
        self.assertEqual(server.exit()["code"], 0)


if __name__ == "__main__":
    unittest.main()
