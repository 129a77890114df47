"""Delivery to the server: everything, once, in order, through all interruptions."""

import json
import socket
import unittest
from datetime import datetime, timedelta

from attempt_runner import AttemptRunner, await_true, is_running
from attempt_server import AttemptServer
from sealed_server import write_redirect

# It prints half of its lines, and the rest once it is allowed to.
COUNTING = """
import os, time
for number in range(600):
    print("line", number)
    while number == 299 and not os.path.exists("go"):
        time.sleep(0.01)
"""


class DeliveryCase(unittest.TestCase):
    def attempt(self, program: str, **begin) -> AttemptRunner:
        runner = AttemptRunner(AttemptServer(**begin), program)
        self.addCleanup(runner.clean)
        return runner

    def begin_counting(self) -> AttemptRunner:
        """Start an attempt and wait for half of its lines."""
        runner = self.attempt(COUNTING).begin()
        runner.server.await_log("line 299")
        return runner

    def go_on(self, runner: AttemptRunner) -> None:
        (runner.work / "go").touch()

    def assert_whole(self, runner: AttemptRunner) -> None:
        self.assertEqual(runner.server.log(), [f"line {number}" for number in range(600)])
        self.assertEqual(runner.server.spool, (runner.folder / "spool").read_bytes())
        records = runner.server.records()
        self.assertEqual([record["n"] for record in records], list(range(len(records))))
        self.assertEqual([record["kind"] for record in records].count("exit"), 1)


class Delivery(DeliveryCase):
    def test_a_server_that_is_down_for_a_while(self) -> None:
        runner = self.begin_counting()
        runner.server.stop()
        self.go_on(runner)
        spool = runner.folder / "spool"
        await_true(lambda: b"line 300" in spool.read_bytes(), "the spool goes on")
        self.assertNotIn(b"line 300", runner.server.spool)
        runner.server.start()
        self.assertEqual(runner.wait(), 0)
        self.assert_whole(runner)

    def test_a_server_that_comes_back_after_the_end(self) -> None:
        runner = self.begin_counting()
        runner.server.stop()
        self.go_on(runner)
        spool = runner.folder / "spool"
        await_true(lambda: b'"kind":"exit"' in spool.read_bytes(), "the exit record")
        self.assertTrue(is_running(runner.pid))
        runner.server.start()
        self.assertEqual(runner.wait(), 0)
        self.assert_whole(runner)

    def test_the_start_is_sent_with_the_first_output(self) -> None:
        runner = self.attempt("print('first', flush=True)").begin()
        self.assertEqual(runner.wait(), 0)
        started, printed = runner.server.records()[:2]
        self.assertEqual([started["kind"], printed["kind"]], ["started", "log"])
        times = [datetime.fromisoformat(record["at"].rstrip("Z")) for record in (started, printed)]
        # The start waits for a second. On a busy machine, the program may print later.
        if times[1] - times[0] < timedelta(seconds=0.9):
            first = [json.loads(record) for record in runner.server.chunks[0].splitlines()]
            self.assertEqual(first[:2], [started, printed])

    def test_the_start_of_a_silent_run_is_sent(self) -> None:
        runner = self.attempt("import os, time\nwhile not os.path.exists('go'): time.sleep(0.01)").begin()
        await_true(lambda: b'"started"' in runner.server.spool, "the start is stored")
        self.go_on(runner)
        self.assertEqual(runner.wait(), 0)

    def test_a_server_that_takes_over_at_another_address(self) -> None:
        runner = self.begin_counting()
        runner.server.move()
        self.go_on(runner)
        write_redirect(runner.folder, runner.server.url)
        self.assertEqual(runner.wait(), 0)
        self.assert_whole(runner)

    def test_a_server_that_takes_over_from_a_suspended_one(self) -> None:
        runner = self.begin_counting()
        port = int(runner.server.url.rpartition(":")[2])
        runner.server.stop()
        self.go_on(runner)
        with socket.create_server(("127.0.0.1", port)) as silent:
            # The server has accepted the connection and will never respond.
            connection, _ = silent.accept()
            self.addCleanup(connection.close)
            runner.server.move()
            write_redirect(runner.folder, runner.server.url)
            self.assertEqual(runner.wait(), 0)
        self.assert_whole(runner)

    def test_lost_responses_and_temporary_errors(self) -> None:
        runner = self.attempt(COUNTING)
        runner.server.drop_answers = 1
        runner.server.fail_next = [500, 503, 429]
        runner.begin()
        runner.server.await_log("line 299")
        self.go_on(runner)
        self.assertEqual(runner.wait(), 0)
        self.assert_whole(runner)

    def test_lost_records_are_sent_again(self) -> None:
        runner = self.begin_counting()
        lines = runner.server.spool.splitlines(keepends=True)
        runner.server.forget_bytes = len(b"".join(lines[-20:]))
        self.go_on(runner)
        self.assertEqual(runner.wait(), 0)
        self.assert_whole(runner)

    def test_a_run_that_the_server_gave_up_ends(self) -> None:
        runner = self.attempt("import os, time\nwhile True:\n    print(os.getpid())\n    time.sleep(0.02)").begin()
        await_true(lambda: runner.server.log(), "the pid")
        pid = int(runner.server.log()[0])
        runner.server.fail_next = [410]
        self.assertEqual(runner.wait(), 1)
        self.assertFalse(is_running(pid))
        last = json.loads((runner.folder / "spool").read_bytes().splitlines()[-1])
        self.assertEqual((last["kind"], last["signal"]), ("exit", "SIGKILL"))
        self.assertIn("410", runner.errors)


class Output(DeliveryCase):
    def test_a_line_of_ten_megabytes(self) -> None:
        program = """
        import sys
        sys.stdout.write("x" * 5_000_000 + "the-secret-value" + "y" * 5_000_000 + "\\nafter\\n")
        """
        runner = self.attempt(program, masked_values=["the-secret-value"])
        runner.run()
        lines = runner.server.log()
        self.assertEqual("".join(lines[:-1]), "x" * 5_000_000 + "***" + "y" * 5_000_000)
        self.assertEqual(lines[-1], "after")
        self.assertLessEqual(max(map(len, lines)), 65539)

    def test_a_secret_at_every_position_around_a_cut(self) -> None:
        program = """
        import sys
        for padding in range(65500, 65560):
            sys.stdout.write("x" * padding + "the-secret-value" + "\\n")
        """
        runner = self.attempt(program, masked_values=["the-secret-value"])
        runner.run()
        text = "".join(runner.server.log())
        self.assertEqual(text.count("***"), 60)
        self.assertEqual(text.replace("x", ""), "***" * 60)

    def test_a_secret_written_in_two_parts(self) -> None:
        program = """
        import sys, time
        sys.stdout.write("value the-sec"); sys.stdout.flush(); time.sleep(1.5)
        sys.stdout.write("ret-value end\\n")
        """
        runner = self.attempt(program, masked_values=["the-secret-value"])
        runner.run()
        self.assertEqual("".join(runner.server.log()), "value *** end")

    def test_bytes_that_are_not_text(self) -> None:
        program = """
        import os
        os.write(1, b"\\xff\\xfe bad\\n" + b"nul \\0 here\\n" + b"half \\xe2\\x82\\n" + "sep \\u2028 \\u0085 end\\n".encode() + b"\\xed\\xa0\\x80\\n")
        os.write(2, b"no newline at the end")
        """
        runner = self.attempt(program)
        runner.run()
        self.assertEqual(
            runner.server.log("stdout"),
            ["\\xff\\xfe bad", "nul \0 here", "half \\xe2\\x82", "sep \u2028 \u0085 end", "\\xed\\xa0\\x80"],
        )
        self.assertEqual(runner.server.log("stderr"), ["no newline at the end"])

    def test_progress_without_a_newline_is_shown(self) -> None:
        program = """
        import sys, time
        sys.stdout.write("50%"); sys.stdout.flush()
        while not __import__("os").path.exists("go"):
            time.sleep(0.01)
        print(" done")
        """
        runner = self.attempt(program).begin()
        runner.server.await_log("50%")
        (runner.work / "go").touch()
        self.assertEqual(runner.wait(), 0)
        self.assertEqual(runner.server.log(), ["50%", " done"])

    def test_the_log_limit_of_an_attempt(self) -> None:
        program = """
        for number in range(100_000):
            print("x" * 99)
        """
        runner = self.attempt(program, log_limit_bytes=1_000_000)
        self.assertEqual(runner.run()["code"], 0)
        kept = len(runner.server.log())
        first, last = runner.server.notes()
        self.assertIn("1000000 bytes", first)
        self.assertIn(f"{100_000 - kept} more lines ({(100_000 - kept) * 100} bytes)", last)

    def test_the_log_limit_counts_bytes_on_disk(self) -> None:
        for text in ("x" * 99, "", "\x01" * 50, "é漢😀", "\u2028" * 50, '"' * 50):
            program = f"""
            for number in range(20_000):
                print({text!r})
            """
            runner = self.attempt(program, log_limit_bytes=200_000)
            self.assertEqual(runner.run()["code"], 0)
            stored = sum(len(format_stored_line(number, record)) for number, record in enumerate(runner.server.records()))
            self.assertLess(max(stored, len(runner.server.spool)), 202_000, text[:1])
            self.assertGreater(stored, 180_000, text[:1])
            self.assertEqual(len(runner.server.notes()), 2, text[:1])

    def test_much_output_keeps_its_order(self) -> None:
        program = "for number in range(200_000):\n    print(number)"
        runner = self.attempt(program)
        runner.run()
        self.assertEqual(runner.server.log(), [str(number) for number in range(200_000)])
        self.assertLess(runner.server.calls.count("-spool"), 2000)


def format_stored_line(number: int, record: dict) -> bytes:
    """Convert a log record to its line in the server's log file."""
    line = {
        "line_num": number,
        "content": record.get("text", ""),
        "source": "user",
        "stage": "run",
        "io_stream": record.get("io", "other"),
        "reported_at": record["at"],
    }
    text = json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"
    for breaker in "\u0085\u2028\u2029":
        text = text.replace(breaker, f"\\u{ord(breaker):04x}")
    return text.encode("utf-8", "backslashreplace")
