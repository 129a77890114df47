"""A container that is prepared before its attempt is known: the real bootstrap and real user code, without a container."""

import json
import os
import signal
import subprocess
import sys
import unittest
from pathlib import Path

from attempt_runner import BOOTSTRAP, AttemptRunner, await_true, dlt_environment, find_processes, is_running
from attempt_server import AttemptServer

PROGRAM = """
import json, os, signal, sys, threading
print("out", *sys.argv[1:], flush=True)
print("err", file=sys.stderr)
details = {
    "cwd": os.getcwd(), "home": os.environ["HOME"], "tmp": os.environ["TMPDIR"], "path": os.environ["PATH"],
    "ids": [os.getresuid(), os.getresgid(), os.getgroups()], "descriptors": sorted(os.listdir("/proc/self/fd")),
    "variables": sorted(os.environ), "umask": os.umask(0), "group": os.getpgrp() == os.getpid(),
    "signals": [str(signal.getsignal(number)) for number in sorted(signal.valid_signals())],
    "session": os.getsid(0) == os.getpid(), "path of modules": sys.path, "name": __name__, "arguments": sys.argv,
    "input": os.readlink("/proc/self/fd/0"), "threads": threading.active_count(), "prefix": sys.prefix,
    "own": sorted(name for name in sys.modules if name.startswith("pumphouse_bootstrap")),
    "status": [line for line in open("/proc/self/status") if line.startswith(("NoNewPrivs", "Cap", "SigIgn", "SigBlk"))],
}
print(json.dumps(details))
"""
NOTE = "This run started an interpreter of its own, because "
ENDLESS = "import time; print('started', flush=True); time.sleep(600)"


class SlotRunner(AttemptRunner):
    """A slot and the attempt that it is given."""

    def __init__(self, program: str, begin: dict, **start: object) -> None:
        super().__init__(AttemptServer(**begin), program, **start)
        self.slot_path = self.folder / "slot.json"

    def prepare(self) -> "SlotRunner":
        """Start it and wait until it is ready."""
        names = ("attempts_url", "bootstrap_inside", "environment", "drop_to")
        self.slot_path.write_text(json.dumps({**{name: self.start[name] for name in names}, "machine": None, "modules": []}))
        self._process = self.spawn()
        return self

    def spawn(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-I", "-S", str(BOOTSTRAP / "__main__.py"), "--slot", str(self.slot_path)]
        with open(self._log, "ab") as log:
            environment = {"PATH": os.environ["PATH"]}
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            return subprocess.Popen(command, cwd="/", stderr=log, env=environment, start_new_session=True, **pipes)

    def read(self) -> dict:
        """Return its next line; empty at its end."""
        return json.loads(self._process.stdout.readline() or b"{}")

    def assign(self) -> None:
        self._process.stdin.write(b"\n" + json.dumps(self.start).encode() + b"\n")
        self._process.stdin.flush()

    def close_input(self) -> None:
        self._process.stdin.close()

    def interpreter(self) -> int:
        """Return the pid of the interpreter that waits."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return int(children[0])

    def clean(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            try:
                pipe.close()
            except OSError:
                pass
        super().clean()


class ContainerSlots(unittest.TestCase):
    def prepare(self, program: str = PROGRAM, begin: dict | None = None, **start: object) -> SlotRunner:
        runner = SlotRunner(program, begin or {}, **start).prepare()
        self.addCleanup(runner.clean)
        ready = runner.read()
        self.assertTrue(ready["ready"], runner._log.read_text())
        self.assertGreater(ready["memory_bytes"], 1_000_000)
        return runner

    def run_assigned(self, runner: SlotRunner) -> dict:
        runner.assign()
        self.assertEqual(runner.read(), {"assigned": True})
        self.assertEqual(runner.wait(), 0, runner.errors)
        return runner.server.exit()

    def observe(self, prepared: bool, **start: object) -> dict:
        begin = {"arguments": ["--run-id", "run-1"], "variables": {"NAME": "value"}}
        if prepared:
            runner = self.prepare(PROGRAM, begin, **start)
            exit_record = self.run_assigned(runner)
        else:
            runner = AttemptRunner(AttemptServer(**begin), PROGRAM, **start)
            self.addCleanup(runner.clean)
            exit_record = runner.run()
        self.assertEqual((exit_record["code"], exit_record["signal"], exit_record["reason"]), (0, None, None))
        self.assertGreater(exit_record["peak_memory_bytes"], 1_000_000)
        self.assertEqual(runner.server.log("stderr"), ["err"])
        lines = runner.server.log("stdout")
        self.assertEqual(lines[0], "out --run-id run-1")
        return json.loads(lines[1].replace(str(runner.folder), "<folder>"))

    def test_behaves_like_a_cold_run(self) -> None:
        self.assertEqual(self.observe(prepared=True), self.observe(prepared=False))

    def test_behaves_like_a_cold_run_with_dlt(self) -> None:
        environment = dlt_environment()
        prepared = self.observe(prepared=True, environment=environment)
        self.assertEqual(prepared, self.observe(prepared=False, environment=environment))

    def test_a_variable_that_python_reads_at_its_start_needs_a_cold_start(self) -> None:
        program = "import os; print(os.environ['PYTHONHASHSEED'])"
        runner = self.prepare(program, {"variables": {"PYTHONHASHSEED": "7"}})
        interpreter = runner.interpreter()
        self.assertEqual(self.run_assigned(runner)["code"], 0)
        self.assertEqual(runner.server.log("stdout"), ["7"])
        self.assertEqual(runner.server.notes(), [f"{NOTE}PYTHONHASHSEED is read when an interpreter starts."])
        self.assertFalse(is_running(interpreter))

    def test_a_termination_reaches_user_code(self) -> None:
        runner = self.prepare(ENDLESS)
        runner.assign()
        await_true(lambda: runner.server.log("stdout") == ["started"], "user code started")
        runner.signal(signal.SIGTERM)
        self.assertEqual(runner.wait(), 0)
        self.assertEqual(runner.server.exit()["signal"], "SIGTERM")

    def test_a_kill_ends_everything_and_is_reported(self) -> None:
        runner = self.prepare(ENDLESS)
        runner.assign()
        await_true(lambda: runner.server.log("stdout") == ["started"], "user code started")
        runner.signal(signal.SIGUSR1)
        self.assertEqual(runner.wait(), 0)
        self.assertEqual(runner.server.exit()["signal"], "SIGKILL")

    def test_the_input_may_end_once_the_attempt_is_assigned(self) -> None:
        runner = self.prepare("import sys; print(repr(sys.stdin.read()))")
        runner.assign()
        runner.close_input()
        self.assertEqual(runner.wait(), 0)
        self.assertEqual(runner.server.log("stdout"), ["''"])

    def test_ends_with_its_server_and_leaves_nothing(self) -> None:
        for end in (SlotRunner.close_input, lambda runner: runner.signal(signal.SIGTERM)):
            runner = self.prepare()
            interpreter = runner.interpreter()
            end(runner)
            self.assertEqual(runner.wait(), 0)
            self.assertFalse(is_running(interpreter))
            self.assertFalse((runner.folder / "process.json").exists())
            self.assertEqual(runner.server.spool, b"")

    def test_ends_when_its_interpreter_has_ended(self) -> None:
        runner = self.prepare()
        os.kill(runner.interpreter(), signal.SIGKILL)
        self.assertEqual(runner.wait(), 0)
        self.assertIn("its interpreter has ended", runner.errors)

    def test_an_attempt_whose_interpreter_has_just_ended_starts_cold(self) -> None:
        runner = self.prepare("print('hello')")
        interpreter = runner.interpreter()
        runner.server.stop()
        runner.assign()
        self.assertEqual(runner.read(), {"assigned": True})
        os.kill(interpreter, signal.SIGKILL)
        runner.server.start()
        self.assertEqual(runner.wait(), 0)
        self.assertEqual((runner.server.log("stdout"), runner.server.exit()["code"]), (["hello"], 0))
        self.assertEqual(runner.server.notes(), [f"{NOTE}the prepared interpreter has ended."])

    def test_takes_no_attempt_that_another_bootstrap_has(self) -> None:
        runner = self.prepare()
        (runner.folder / "process.json").write_text("{}")
        runner.assign()
        self.assertEqual(runner.wait(), 0)
        self.assertEqual(runner.server.spool, b"")

    def test_the_death_of_the_bootstrap_ends_the_interpreter(self) -> None:
        runner = self.prepare()
        interpreter = runner.interpreter()
        runner.signal(signal.SIGKILL)
        await_true(lambda: not is_running(interpreter), "the interpreter ended")
        self.assertEqual(find_processes(str(runner.folder)), [])

    def test_fails_without_an_environment(self) -> None:
        runner = SlotRunner(PROGRAM, {}, environment="/nonexistent").prepare()
        self.addCleanup(runner.clean)
        self.assertEqual(runner.read(), {})
        self.assertEqual(runner.wait(), 1)
        self.assertIn("The interpreter ended while it imported packages", runner.errors)


if __name__ == "__main__":
    unittest.main()
