"""Stopping: which signals reach user code, and that nothing of an attempt is left."""

import json
import os
import signal
import sys
import unittest
from unittest import mock

from attempt_runner import AttemptRunner, await_true, find_processes, is_running
from attempt_server import AttemptServer
from pumphouse_bootstrap.preparation import CannotStart
from pumphouse_bootstrap.user_process import UserProcess

COUNTS_TERMS = """
import os, signal, time
count = 0
def on_term(number, frame):
    global count
    count += 1
    print("term", count)
    if count == 2:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)
signal.signal(signal.SIGTERM, on_term)
print("ready")
while True:
    time.sleep(0.05)
"""


class SignalCase(unittest.TestCase):
    def attempt(self, program: str, sandboxed: bool = False, begin: dict | None = None) -> AttemptRunner:
        runner = AttemptRunner(AttemptServer(**(begin or {})), program, sandboxed)
        self.addCleanup(runner.clean)
        return runner


class Terminating(SignalCase):
    def test_each_term_reaches_user_code_once(self) -> None:
        for sandboxed in (False, True):
            with self.subTest(sandboxed=sandboxed):
                runner = self.attempt(COUNTS_TERMS, sandboxed).begin()
                runner.server.await_log("ready")
                runner.signal(signal.SIGTERM)
                runner.server.await_log("term 1")
                runner.signal(signal.SIGTERM)
                self.assertEqual(runner.wait(), 0)
                self.assertEqual(runner.server.log(), ["ready", "term 1", "term 2"])
                exit_record = runner.server.exit()
                self.assertEqual((exit_record["code"], exit_record["signal"]), (None, "SIGTERM"))

    def test_children_get_one_term_even_in_their_own_session(self) -> None:
        program = """
        import os, signal, subprocess, sys, time
        child = '''
        import os, signal, sys, time
        signal.signal(signal.SIGTERM, lambda *_: os.write(1, (sys.argv[1] + " signalled\\\\n").encode()))
        os.write(1, (sys.argv[1] + " ready\\\\n").encode())
        end = time.time() + 60
        while not os.path.exists("go") and time.time() < end:
            time.sleep(0.01)
        '''.replace("\\n        ", "\\n")
        signal.signal(signal.SIGTERM, lambda *_: os.write(1, b"parent signalled\\n"))
        children = [
            subprocess.Popen([sys.executable, "-c", child, name], start_new_session=name == "session") for name in ("child", "session")
        ]
        for process in children:
            process.wait()
        """
        for sandboxed in (False, True):
            runner = self.attempt(program, sandboxed).begin()
            runner.server.await_log("child ready")
            runner.server.await_log("session ready")
            runner.signal(signal.SIGTERM)
            for name in ("parent", "child", "session"):
                runner.server.await_log(f"{name} signalled")
            (runner.work / "go").touch()
            self.assertEqual(runner.wait(), 0)
            signalled = sorted(line for line in runner.server.log() if line.endswith("signalled"))
            self.assertEqual(signalled, ["child signalled", "parent signalled", "session signalled"])
            self.assertEqual(runner.server.exit()["code"], 0)

    def test_term_before_the_admission_ends_without_writing(self) -> None:
        runner = self.attempt("print('never')")
        runner.server.stop()
        runner.begin()
        await_true(lambda: (runner.folder / "process.json").exists() and not runner.start_path.exists(), "a start")
        # The signal handlers are installed soon after the folder is claimed.
        await_true(lambda: _handles_signals(runner.pid), "handlers")
        runner.signal(signal.SIGTERM)
        self.assertEqual(runner.wait(), 0)
        self.assertFalse((runner.folder / "spool").exists())

    def test_hup_and_int_are_ignored(self) -> None:
        runner = self.attempt("import os, time\nprint('ready')\nwhile not os.path.exists('go'): time.sleep(0.01)").begin()
        runner.server.await_log("ready")
        runner.signal(signal.SIGHUP)
        runner.signal(signal.SIGINT)
        (runner.work / "go").touch()
        self.assertEqual(runner.wait(), 0)
        self.assertEqual(runner.server.exit()["code"], 0)

    def test_user_code_starts_with_default_signal_handlers(self) -> None:
        program = """
        import signal
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD):
            assert signal.getsignal(number) == signal.SIG_DFL, number
        assert signal.getsignal(signal.SIGINT) == signal.default_int_handler
        print(signal.pthread_sigmask(signal.SIG_BLOCK, []))
        """
        runner = self.attempt(program)
        self.assertEqual(runner.run()["code"], 0)
        self.assertEqual(runner.server.log(), ["set()"])


class Killing(SignalCase):
    STUBBORN = """
    import os, signal, subprocess, sys, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", MARK], start_new_session=True)
    print("ready", os.getpid())
    time.sleep(600)
    """

    def test_usr1_kills_everything_and_the_exit_is_delivered(self) -> None:
        for sandboxed in (False, True):
            mark = f"mark-{os.urandom(6).hex()}"
            runner = self.attempt(self.STUBBORN.replace("MARK", repr(mark)), sandboxed).begin()
            runner.server.await_log("ready")
            # A program shows its arguments a moment after its parent goes on.
            await_true(lambda: len(find_processes(mark)) == 1, "the arguments of the background process")
            runner.signal(signal.SIGUSR1)
            self.assertEqual(runner.wait(), 0)
            exit_record = runner.server.exit()
            self.assertEqual((exit_record["code"], exit_record["signal"]), (None, "SIGKILL"))
            self.assertEqual(find_processes(mark), [])

    def test_the_death_of_the_bootstrap_ends_user_code(self) -> None:
        for sandboxed in (False, True):
            mark = f"mark-{os.urandom(6).hex()}"
            runner = self.attempt(self.STUBBORN.replace("MARK", repr(mark)), sandboxed).begin()
            runner.server.await_log("ready")
            main = int(runner.server.log()[0].split()[1])
            runner.signal(signal.SIGKILL)
            self.assertEqual(runner.wait(), -signal.SIGKILL)
            if sandboxed:
                await_true(lambda: find_processes(mark) == [], "the end of the sandbox")
                await_true(lambda: find_processes(str(runner.work)) == [], "the end of bubblewrap itself")
            else:
                await_true(lambda: not is_running(main), "the end of user code")
                for pid in find_processes(mark):
                    os.kill(pid, signal.SIGKILL)

    def test_background_processes_do_not_delay_the_end(self) -> None:
        program = """
        import os, sys, time
        has_written, writes = os.pipe()
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.write(1, b"left behind\\n")
                os.write(writes, b"x")
                time.sleep(600)
            os._exit(0)
        os.wait()
        # The sandbox ends with its main process, perhaps before the background process runs at all.
        os.read(has_written, 1)
        os.write(1, b"main ends\\n")
        """
        for sandboxed in (False, True):
            runner = self.attempt(program, sandboxed)
            exit_record = runner.run()
            self.assertEqual(exit_record["code"], 0)
            self.assertEqual(sorted(set(runner.server.log())), ["left behind", "main ends"])
            # bubblewrap ends its sandbox itself, so the processes cannot be counted.
            self.assertEqual(exit_record["killed_descendants"], 0 if sandboxed else 1)
            self.assertEqual(len(runner.server.notes()), 0 if sandboxed else 1)

    def test_late_output_of_background_processes_is_kept(self) -> None:
        program = """
        import os, time
        main_ended, main_runs = os.pipe()
        if os.fork() == 0:
            os.close(main_runs)
            os.read(main_ended, 1)
            # Until that end was noticed.
            time.sleep(0.1)
            for number in range(5):
                print("late", number)
            os._exit(0)
        print("main ends")
        os._exit(3)
        """
        runner = self.attempt(program)
        exit_record = runner.run()
        self.assertEqual((exit_record["code"], exit_record["killed_descendants"]), (3, 0))
        self.assertEqual(runner.server.log(), ["main ends", *[f"late {number}" for number in range(5)]])


class StoppingEarly(SignalCase):
    def test_term_between_the_admission_and_user_code(self) -> None:
        runner = self.attempt("print('never')")
        runner.start["sandbox"] = ["/bin/sh", "-c", "sleep 600", "sh"]
        runner.begin()
        await_true(lambda: (runner.folder / "spool").exists(), "the spool")
        await_true(lambda: find_processes("sleep 600"), "the sandbox")
        runner.signal(signal.SIGTERM)
        self.assertEqual(runner.wait(), 0)
        exit_record = runner.server.exit()
        self.assertEqual(exit_record["reason"]["code"], "stopped_before_start")
        self.assertEqual([json.loads(line)["kind"] for line in runner.server.spool.splitlines()], ["exit"])

    def test_term_at_the_start_of_user_code_reaches_it(self) -> None:
        # A stage that reports its pid, keeps the status pipe open, and becomes user code at once.
        program = """
import json, os, signal, time
signal.signal(signal.SIGTERM, lambda *_: (os.write(1, b"signalled\\n"), os._exit(5)))
for name in os.listdir("/proc/self/fd"):
    if int(name) > 2:
        try:
            os.write(int(name), json.dumps({"pid": os.getpid()}).encode() + b"\\n")
        except OSError:
            pass
os.write(1, b"begun\\n")
open(READY, "w").close()
time.sleep(600)
"""
        runner = self.attempt("")
        ready = runner.folder / "ready"
        runner.start["sandbox"] = [sys.executable, "-c", program.replace("READY", repr(str(ready)))]
        runner.begin()
        await_true(ready.exists, "user code")
        runner.signal(signal.SIGTERM)
        self.assertEqual(runner.wait(), 0)
        exit_record = runner.server.exit()
        self.assertEqual((exit_record["reason"], exit_record["code"]), (None, 5))
        self.assertEqual(runner.server.log(), ["begun", "signalled"])

    def test_a_stage_that_reports_while_it_is_killed_counts_as_begun(self) -> None:
        for report, begun in ((b'{"pid": 1}\n', True), (b"", False)):
            status_read, status = os.pipe()
            process = UserProcess(mock.Mock(sandbox=[]), mock.Mock())
            process._status_read = status_read

            def report_and_end(reap: object) -> int:
                os.write(status, report)
                os.close(status)
                return 1

            events = mock.Mock()
            events.next_or_readable.return_value = (signal.SIGTERM, False)
            with mock.patch("pumphouse_bootstrap.user_process.kill_descendants", report_and_end):
                if begun:
                    process.await_launcher(events)
                else:
                    with self.assertRaises(CannotStart):
                        process.await_launcher(events)

    def test_term_during_the_download(self) -> None:
        runner = self.attempt("print('never')")
        runner.server.hold_archives.clear()
        runner.begin()
        await_true(lambda: "code" in runner.server.calls, "the download")
        runner.signal(signal.SIGTERM)
        self.assertEqual(runner.wait(), 0)
        self.assertEqual(runner.server.exit()["reason"]["code"], "stopped_before_start")


def _handles_signals(pid: int) -> bool:
    """Whether SIGUSR1 is caught."""
    with open(f"/proc/{pid}/status") as file:
        caught = next(line.split()[1] for line in file if line.startswith("SigCgt"))
    return bool(int(caught, 16) >> (signal.SIGUSR1 - 1) & 1)
