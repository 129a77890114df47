"""Bootstraps that are forked from one process, beside those with an interpreter of their own."""

import json
import os
import signal
import subprocess
import sys
import unittest
from pathlib import Path

from attempt_runner import BOOTSTRAP, PATIENCE_SECONDS, AttemptRunner, await_true, is_running
from attempt_server import AttemptServer

WAITS = """
import os, time
print("user code runs", flush=True)
while not os.path.exists("go-on"):
    time.sleep(0.01)
"""


class ForkServer:
    def __init__(self) -> None:
        command = [sys.executable, "-I", "-S", str(BOOTSTRAP / "__main__.py"), "--fork-server", " " * 1000]
        environment = {"PATH": os.environ["PATH"]}
        self.process = subprocess.Popen(
            command, cwd="/", stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, start_new_session=True
        )
        assert self.read() == {"ready": True}

    def read(self) -> dict:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def fork(self, number: int, start_path: Path) -> int:
        """Return the pid of the bootstrap."""
        assert self.process.stdin is not None
        request = {"id": number, "start_file": str(start_path), "log_file": str(start_path.parent / "bootstrap.log")}
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        report = self.read()
        assert report["id"] == number, report
        return report["pid"]

    def close(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(PATIENCE_SECONDS)
        self.process.stdout.close()


class ForkedBootstraps(unittest.TestCase):
    def setUp(self) -> None:
        self.fork_server = ForkServer()
        self.addCleanup(self.fork_server.close)

    def attempt(self) -> AttemptRunner:
        runner = AttemptRunner(AttemptServer(), WAITS)
        self.addCleanup(runner.clean)
        return runner

    def fork(self, runner: AttemptRunner, number: int = 1) -> int:
        runner.start_path.write_text(json.dumps(runner.start))
        pid = self.fork_server.fork(number, runner.start_path)
        self.addCleanup(_kill, pid)
        await_true(lambda: "user code runs" in runner.server.log("stdout"), "user code runs")
        return pid

    def go_on(self, runner: AttemptRunner) -> None:
        (runner.work / "go-on").touch()

    def test_are_like_those_with_an_interpreter(self) -> None:
        spawned, forked = self.attempt(), self.attempt()
        spawned.begin()
        await_true(lambda: "user code runs" in spawned.server.log("stdout"), "user code runs")
        pid = self.fork(forked)
        self.assertEqual(_describe(pid, forked), _describe(spawned.pid, spawned))
        for runner in (spawned, forked):
            self.go_on(runner)
        self.assertEqual(self.fork_server.read(), {"id": 1, "ended": "exit code 0"})
        self.assertEqual(spawned.wait(), 0)
        for runner in (spawned, forked):
            self.assertEqual(runner.server.exit()["code"], 0)
            self.assertEqual(runner._log.read_text(), "")

    def test_go_on_after_the_fork_server_has_ended(self) -> None:
        runner = self.attempt()
        pid = self.fork(runner)
        self.fork_server.close()
        self.assertEqual(self.fork_server.process.returncode, 0)
        self.go_on(runner)
        await_true(lambda: not is_running(pid), "the bootstrap ends")
        self.assertEqual(runner.server.exit()["code"], 0)
        self.assertEqual(runner._log.read_text(), "")

    def test_run_beside_each_other(self) -> None:
        runners = [self.attempt() for _ in range(3)]
        for number, runner in enumerate(runners):
            self.fork(runner, number)
        for runner in runners:
            self.go_on(runner)
        self.assertEqual(sorted(self.fork_server.read()["id"] for _ in runners), [0, 1, 2])
        for runner in runners:
            self.assertEqual(runner.server.exit()["code"], 0)

    def test_that_are_killed_are_reported(self) -> None:
        runner = self.attempt()
        os.kill(self.fork(runner), signal.SIGKILL)
        self.assertEqual(self.fork_server.read(), {"id": 1, "ended": "SIGKILL"})

    def test_that_find_no_start_file_say_so_in_their_log(self) -> None:
        runner = self.attempt()
        self.fork_server.fork(1, runner.start_path)
        self.assertEqual(self.fork_server.read(), {"id": 1, "ended": "exit code 1"})
        self.assertIn("FileNotFoundError", runner._log.read_text())

    def test_do_not_start_with_a_path_that_does_not_fit_into_the_command_line(self) -> None:
        runner = self.attempt()
        self.fork_server.fork(1, Path(f"{runner.folder}/{'padding' * 200}"))
        self.assertEqual(self.fork_server.read(), {"id": 1, "ended": "exit code 1"})
        self.assertIn("the path of the attempt is too long", runner._log.read_text())


def _describe(pid: int, runner: AttemptRunner) -> dict:
    """What other processes and user code can see of a bootstrap, without what differs from attempt to attempt."""
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    command = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").decode().split("\0")
    descriptors = [os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd")]
    names = ("Umask", "Uid", "Gid", "Groups", "NoNewPrivs", "SigBlk", "SigIgn", "SigCgt", "CapEff", "CapBnd", "Threads")
    return {
        "command": [word.replace(str(runner.folder), "<folder>") for word in command],
        "cwd": os.readlink(f"/proc/{pid}/cwd"),
        "session": os.getsid(pid) == pid,
        "descriptors": sorted(_name_descriptor(target, runner) for target in descriptors),
        **{name: status[name] for name in names},
    }


def _name_descriptor(target: str, runner: AttemptRunner) -> str:
    return target.replace(str(runner.folder), "<folder>").partition(":[")[0]


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


if __name__ == "__main__":
    unittest.main()
