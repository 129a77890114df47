"""Readings of control groups, on folders that imitate both versions."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import attempt_runner  # noqa: F401  makes the bootstrap importable
from pumphouse_bootstrap.control_groups import ControlGroups

LIMIT = 64 * 1024 * 1024


class ControlGroupsCase(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def write(self, **files: str) -> None:
        """`memory__events="..."` is the file memory.events."""
        for name, text in files.items():
            (self.folder / name.replace("__", ".")).write_text(text)

    def look(self) -> ControlGroups:
        return ControlGroups({"memory": str(self.folder), "pids": str(self.folder)})


class OutOfMemory(ControlGroupsCase):
    def test_version_2_distinguishes_the_limit_from_the_machine(self) -> None:
        for oom, kills, expected in ((5, 2, None), (6, 2, None), (6, 3, "limit"), (5, 3, "machine")):
            self.write(memory__events="low 0\nhigh 0\nmax 9\noom 5\noom_kill 2\noom_group_kill 0\n")
            groups = self.look()
            self.write(memory__events=f"low 0\nhigh 0\nmax 9\noom {oom}\noom_kill {kills}\noom_group_kill 0\n")
            self.assertEqual(groups.describe_out_of_memory(), expected, (oom, kills))

    def write_version_1(self, kills: int, failures: int = 0, peak: int = 1_000_000, limit: int = LIMIT) -> None:
        self.write(
            memory__oom_control=f"oom_kill_disable 0\nunder_oom 0\noom_kill {kills}\n",
            memory__failcnt="0\n",
            memory__memsw__failcnt=f"{failures}\n",
            memory__limit_in_bytes=f"{limit}\n",
            memory__max_usage_in_bytes=f"{peak}\n",
        )

    def test_version_1_recognizes_the_limit_by_rejected_charges_or_by_the_peak(self) -> None:
        no_limit = 9223372036854771712
        for kills, failures, peak, limit, expected in (
            (1, 7, LIMIT, LIMIT, None),
            (2, 8, 1_000_000, LIMIT, "limit"),
            (2, 7, LIMIT - 8192, LIMIT, "limit"),
            (2, 7, LIMIT // 2, LIMIT, "machine"),
            (2, 7, 10 * LIMIT, no_limit, "machine"),
        ):
            self.write_version_1(1, 7)
            groups = self.look()
            self.write_version_1(kills, failures, peak, limit)
            self.assertEqual(groups.describe_out_of_memory(), expected, (kills, failures, peak))

    def test_accepts_a_folder_with_a_folder_for_each_controller(self) -> None:
        memory = self.folder / "memory"
        memory.mkdir()
        (memory / "memory.oom_control").write_text("oom_kill 0\n")
        groups = self.look()
        (memory / "memory.oom_control").write_text("oom_kill 1\n")
        self.assertEqual(groups.describe_out_of_memory(), "machine")


class ProcessLimit(ControlGroupsCase):
    def test_counts_rejections_since_the_start(self) -> None:
        for place in (self.folder, self.folder / "pids"):
            place.mkdir(exist_ok=True)
            (place / "pids.events").write_text("max 3\n")
            groups = self.look()
            self.assertFalse(groups.has_reached_process_limit())
            (place / "pids.events").write_text("max 4\n")
            self.assertTrue(groups.has_reached_process_limit())
            (place / "pids.events").unlink()


class Memory(ControlGroupsCase):
    def test_version_2_counts_swap_and_leaves_out_what_the_kernel_can_drop(self) -> None:
        self.write(memory__events="oom 0\noom_kill 0\n", memory__current="5000", memory__swap__current="700")
        self.write(memory__stat="anon 1\ninactive_file 1200\n", memory__max="max\n")
        groups = self.look()
        self.assertEqual(groups.read_memory_bytes(), 4500)
        self.assertIsNone(groups.read_memory_limit_bytes())
        self.write(memory__max="8000\n")
        self.assertEqual(groups.read_memory_limit_bytes(), 8000)
        self.assertTrue(groups.measures_group)

    def test_version_1_counts_swap_if_the_kernel_does(self) -> None:
        self.write(memory__oom_control="oom_kill 0\n", memory__usage_in_bytes="5000")
        self.write(memory__stat="inactive_file 1\ntotal_inactive_file 1200\n", memory__limit_in_bytes=str(2**63 - 4096))
        groups = self.look()
        self.assertEqual(groups.read_memory_bytes(), 3800)
        self.assertIsNone(groups.read_memory_limit_bytes())
        self.write(memory__memsw__usage_in_bytes="6000")
        self.assertEqual(groups.read_memory_bytes(), 4800)

    def test_without_a_group_is_that_of_the_processes(self) -> None:
        code = "data = bytearray(60_000_000); data[::4096] = b'x' * len(data[::4096]); print(flush=True); input()"
        groups = ControlGroups(None)
        before = groups.read_memory_bytes()
        with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
            child.stdout.readline()
            grown = groups.read_memory_bytes() - before
            used = groups.read_cpu_microseconds()
            child.communicate(b"\n")
        self.assertGreater(grown, 55_000_000)
        self.assertLess(grown, 90_000_000)
        self.assertGreater(used, 0)
        self.assertFalse(groups.measures_group)


class NothingToRead(ControlGroupsCase):
    def test_counts_nothing(self) -> None:
        self.write(memory__events="nonsense\n\noom_kill many\n", pids__events="")
        missing = {"memory": "/nonexistent", "pids": None}
        for groups in (ControlGroups(None), ControlGroups(missing), ControlGroups({}), self.look()):
            self.assertIsNone(groups.describe_out_of_memory())
            self.assertFalse(groups.has_reached_process_limit())

    def test_counts_nothing_for_a_deleted_group(self) -> None:
        self.write(memory__events="oom 0\noom_kill 1\n", pids__events="max 1\n")
        groups = self.look()
        (self.folder / "memory.events").unlink()
        (self.folder / "pids.events").unlink()
        self.assertIsNone(groups.describe_out_of_memory())
        self.assertFalse(groups.has_reached_process_limit())


if __name__ == "__main__":
    unittest.main()
