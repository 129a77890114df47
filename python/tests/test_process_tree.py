"""Which processes count as killed."""

import os
import subprocess
import sys
import unittest
from unittest import mock

import attempt_runner  # noqa: F401  (puts the package on the path)
from pumphouse_bootstrap import process_tree
from pumphouse_bootstrap.process_tree import Process, kill_descendants, read_stat


class Stat(unittest.TestCase):
    def read(self, state: str, flags: int) -> Process | None:
        return read_stat(7, f"7 (a ) (b) {state} 3 5 5 0 -1 {flags} 1 2".encode())

    def test_recognizes_an_exiting_process(self) -> None:
        running, exiting = self.read("S", 0x400000), self.read("R", 0x400004)
        assert running and exiting
        self.assertEqual((running.pid, running.parent, running.group, running.exiting), (7, 3, 5, False))
        self.assertTrue(exiting.exiting)

    def test_returns_none_for_an_ended_process_and_other_text(self) -> None:
        self.assertIsNone(self.read("Z", 0x400004))
        self.assertIsNone(read_stat(7, b""))

    def test_lists_a_running_process(self) -> None:
        with open("/proc/self/stat", "rb") as file:
            own = read_stat(os.getpid(), file.read())
        assert own
        self.assertEqual((own.parent, own.group, own.exiting), (os.getppid(), os.getpgrp(), False))


class Killing(unittest.TestCase):
    def count_killed(self, exiting: bool) -> int:
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        observed = [[Process(child.pid, os.getpid(), os.getpgrp(), exiting)], []]
        with mock.patch.object(process_tree, "list_descendants", lambda _: observed.pop(0)):
            killed = kill_descendants(lambda: None)
        child.wait()
        return killed

    def test_processes_that_exit_on_their_own_are_not_counted(self) -> None:
        self.assertEqual(self.count_killed(exiting=False), 1)
        self.assertEqual(self.count_killed(exiting=True), 0)
