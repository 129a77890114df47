"""Runs share the database files of a workspace: who waits for whom, in which order, and what ends a wait."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest import mock

from attempt_runner import BOOTSTRAP, AttemptRunner, await_true, dlt_environment
from attempt_server import AttemptServer
from pumphouse_bootstrap.inside.database_locks.deadlocks import list_file_waits

FOLDER = BOOTSTRAP / "inside" / "database_locks"

# Opens a database: says that it waits, when it has it, and closes it at a line of input.
OPENER = """
import sys, time
sys.path.insert(0, {python!r})
from pumphouse_bootstrap.inside.database_locks.locks import DatabaseLocks
locks = DatabaseLocks({root!r}, {{"run": int(sys.argv[1]), "job": "jobs.load", "attempt": sys.argv[1]}})
hold = locks.acquire({root!r} + "/" + sys.argv[2], sys.argv[3] == "shared")
print("has it", flush=True)
sys.stdin.readline()
hold.release()
print("released", flush=True)
"""


class Opener:
    def __init__(self, root: str, run: int, file: str = "a.duckdb", mode: str = "alone") -> None:
        code = OPENER.format(python=str(BOOTSTRAP.parent), root=root)
        self.root = root
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, str(run), file, mode], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def await_open(self) -> None:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line == "has it\n", line

    def close(self) -> None:
        self.process.communicate("close\n")

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


class _Listener(ThreadingHTTPServer):
    """Collects what openers send to the bootstrap."""

    daemon_threads = True
    request_queue_size = 100

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Collecting)
        self.messages: list[dict] = []
        self.address = f"http://127.0.0.1:{self.server_address[1]}/secret"
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class _Collecting(BaseHTTPRequestHandler):
    def do_PUT(self) -> None:
        assert self.path == "/secret/database_wait"
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.messages.append(json.loads(body))  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Print nothing."""


class TicketTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = os.path.realpath(folder.name)
        self.openers: list[Opener] = []
        self.addCleanup(lambda: [opener.kill() for opener in self.openers])

    def start(self, *args: object, **kwargs: object) -> Opener:
        opener = Opener(self.root, *args, **kwargs)  # type: ignore[arg-type]
        self.openers.append(opener)
        return opener

    def open(self, *args: object, **kwargs: object) -> Opener:
        opener = self.start(*args, **kwargs)
        opener.await_open()
        return opener

    def count_tickets(self) -> int:
        files = list(Path(self.root, ".locks").glob("*"))
        return int.from_bytes(files[0].read_bytes()[:8], "little") - 1 if files else 0

    def queue(self, count: int, **kwargs: object) -> list[Opener]:
        """Start openers that draw their tickets one after the other."""
        queue = []
        for _ in range(count):
            drawn = self.count_tickets()
            queue.append(self.start(len(self.openers), **kwargs))
            await_true(lambda: self.count_tickets() == drawn + 1, "a ticket was drawn")
        return queue

    def list_open(self, openers: list[Opener]) -> list[int]:
        """List the openers that have printed something."""
        import select

        pipes = [opener.process.stdout for opener in openers]
        readable = select.select(pipes, [], [], 0)[0]
        return [index for index, pipe in enumerate(pipes) if pipe in readable]

    def test_first_come_first_served(self) -> None:
        listener = _Listener()
        self.addCleanup(listener.close)
        with mock.patch.dict(os.environ, RUNTIME__DLTHUB_DSN=listener.address):
            queue = self.queue(50)
        await_true(lambda: len(listener.messages) == 49, "all but the first tell that they wait")
        for index, opener in enumerate(queue):
            opener.await_open()
            self.assertEqual(self.list_open(queue[index + 1 :]), [])
            opener.close()
            self.assertEqual(opener.process.returncode, 0)
        begun, ended = listener.messages[:49], listener.messages[49:]
        self.assertEqual({message["state"] for message in begun}, {"begun"})
        self.assertEqual({message["holder"]["run"] for message in begun}, {0})
        self.assertEqual({message["state"] for message in ended}, {"opened"})
        names = [f"{opener.process.pid}-1" for opener in queue[1:]]
        self.assertEqual([message["wait"] for message in ended], names)
        self.assertCountEqual([message["wait"] for message in begun], names)

    def test_a_killed_holder_frees_the_database(self) -> None:
        first, second = self.queue(2)
        first.await_open()
        first.kill()
        began_at = time.monotonic()
        second.await_open()
        # Long before the ten seconds after which a waiter looks for a deadlock.
        self.assertLess(time.monotonic() - began_at, 9)

    def test_a_killed_waiter_leaves_its_place(self) -> None:
        first, second, third = self.queue(3)
        first.await_open()
        second.kill()
        first.close()
        third.await_open()

    def test_two_databases_never_wait_for_each_other(self) -> None:
        for number in range(10):
            self.open(number, f"{number}.duckdb")

    def test_readers_share_and_a_writer_waits_for_all_of_them(self) -> None:
        readers = [self.open(number, mode="shared") for number in (1, 2, 3)]
        writer = self.queue(1)[0]
        late = self.queue(1, mode="shared")[0]
        for reader in readers:
            self.assertEqual(self.list_open([writer, late]), [])
            reader.close()
        writer.await_open()
        # A reader that comes after a writer waits for it, so that readers cannot keep it waiting forever.
        self.assertEqual(self.list_open([late]), [])
        writer.close()
        late.await_open()

    def test_a_damaged_lock_file_is_used_all_the_same(self) -> None:
        self.open(1).close()
        lock_file = next(Path(self.root, ".locks").glob("*"))
        lock_file.write_bytes(b"\xff" * 10000)
        self.open(2).close()

    def test_long_waits_are_listed_by_attempt(self) -> None:
        holder, *_ = self.queue(3)
        holder.await_open()
        folder = os.open(f"{self.root}/.locks", os.O_RDONLY)
        self.addCleanup(os.close, folder)
        pid = holder.process.pid
        self.assertEqual(list_file_waits(folder, "other", None, 0), [["1", "0"], ["2", "0"], ["2", "1"]])
        self.assertEqual(list_file_waits(folder, "0", pid, 0), [["1", "0"], ["2", "0"], ["2", "1"]])
        self.assertEqual(list_file_waits(folder, "0", pid + 1, 0), [["2", "1"]])
        self.assertEqual(list_file_waits(folder, "2", None, 0), [["1", "0"]])
        self.assertEqual(list_file_waits(folder, "0", pid, 600), [])

    def test_opens_without_a_lock_where_there_can_be_none(self) -> None:
        Path(self.root, ".locks").write_text("a file")
        self.open(1)
        self.open(2)

    def test_one_of_two_that_wait_for_each_other_gives_up(self) -> None:
        code = """
        import sys, time
        sys.path.insert(0, sys.argv[1])
        from pumphouse_bootstrap.inside.database_locks import locks as module
        module._DEADLOCK_SECONDS = module._DEADLOCK_CHECK_SECONDS = 0.2
        locks = module.DatabaseLocks(sys.argv[2], {"run": 1, "job": "jobs.load", "attempt": sys.argv[3]})
        first = locks.acquire(sys.argv[2] + "/" + sys.argv[3], False)
        print("has one", flush=True)
        sys.stdin.readline()
        second = locks.acquire(sys.argv[2] + "/" + sys.argv[4], False)
        print("gave up" if second.gave_up else "has both", flush=True)
        """
        both = [
            subprocess.Popen(
                [sys.executable, "-c", textwrap.dedent(code), str(BOOTSTRAP.parent), self.root, *names],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )
            for names in (("a", "b"), ("b", "a"))
        ]
        for process in both:
            self.assertEqual(process.stdout.readline(), "has one\n")
        for process in both:
            process.stdin.write("\n")
            process.stdin.flush()
        self.assertEqual(sorted(process.communicate()[0] for process in both), ["gave up\n", "has both\n"])


class DuckdbTest(unittest.TestCase):
    """The hook in the interpreter of an environment."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = os.path.realpath(folder.name)
        Path(self.root, "data").mkdir()

    def start(self, code: str, attempt: str = "a", run: int = 1) -> subprocess.Popen[str]:
        description = {"folder": f"{self.root}/data", "run": run, "job": "jobs.load", "attempt": attempt}
        variables = {
            "PATH": os.environ["PATH"],
            "PUMPHOUSE_DATABASE_LOCKS": str(FOLDER),
            "PUMPHOUSE_LOCAL_DATA": json.dumps(description),
            "PUMPHOUSE_ATTEMPT_ID": attempt,
        }
        process = subprocess.Popen(
            [f"{dlt_environment()}/bin/python", "-u", "-c", textwrap.dedent(code)],
            cwd=self.root, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def run_code(self, code: str) -> list[str]:
        process = self.start(code)
        output, _ = process.communicate()
        self.assertEqual(process.returncode, 0, output)
        return output.splitlines()

    def test_many_runs_write_to_one_database(self) -> None:
        code = """
        import duckdb
        with duckdb.connect("data/a.duckdb") as connection:
            connection.execute("create table if not exists t (i int)")
            connection.execute("insert into t select count(*) from t")
        """
        processes = [self.start(code, str(number), number) for number in range(20)]
        outputs = [process.communicate()[0] for process in processes]
        self.assertEqual([process.returncode for process in processes], [0] * 20, outputs)
        counted = self.run_code("""
        import duckdb
        print(duckdb.connect("data/a.duckdb", read_only=True).sql("select count(*), max(i) from t").fetchall())
        """)
        self.assertEqual(counted, ["[(20, 19)]"])

    def test_the_lock_lasts_as_long_as_a_connection(self) -> None:
        lines = self.run_code("""
        import duckdb, gc, sys
        locks = sys.modules["_pumphouse_database_locks.locks"]
        [found] = [item for item in gc.get_objects() if type(item) is locks.DatabaseLocks]
        def show():
            print(len(found._entries))
        first = duckdb.connect("data/a.duckdb"); show()
        second = duckdb.connect(database="data/a.duckdb"); cursor = first.cursor(); duplicate = second.duplicate(); show()
        first.close(); show()
        second.close(); show()
        with duckdb.connect("data/a.duckdb"): show()
        show()
        third = duckdb.connect("data/a.duckdb"); cursor = third.cursor(); del third; show()
        del cursor; show()
        for _ in range(3):
            duckdb.connect("data/b.duckdb")
        show()
        try:
            duckdb.connect("data/a.duckdb/impossible")
        except duckdb.IOException:
            show()
        """)
        self.assertEqual(lines, ["1", "1", "1", "0", "1", "0", "1", "0", "0", "0"])

    def test_takes_no_lock_outside_the_local_data(self) -> None:
        lines = self.run_code("""
        import duckdb, os
        kept = [duckdb.connect(), duckdb.connect(":memory:"), duckdb.connect(":memory:named"), duckdb.connect("outside.duckdb")]
        kept[0].execute("select 1")
        print(os.path.exists("data/.locks"))
        os.symlink(os.path.abspath("data"), "link")
        kept.append(duckdb.connect("link/inside.duckdb"))
        print(os.path.exists("data/.locks"))
        """)
        self.assertEqual(lines, ["False", "True"])

    def test_waits_for_a_process_that_takes_no_lock(self) -> None:
        holder = self.start("""
        import duckdb
        # No single statement, so it is not recognized.
        connection = duckdb.connect()
        connection.execute("select 1; attach 'data/a.duckdb'")
        print("attached")
        input()
        """, "other", 2)
        self.assertEqual(holder.stdout.readline(), "attached\n")
        waiter = self.start("""
        import duckdb
        print("connects")
        duckdb.connect("data/a.duckdb")
        print("connected")
        """)
        self.assertEqual(waiter.stdout.readline(), "connects\n")
        holder.communicate("end\n")
        self.assertEqual(waiter.communicate()[0], "connected\n")

    def test_attached_databases_are_locked_until_their_connection_is_closed(self) -> None:
        lines = self.run_code("""
        import duckdb, gc, sys
        locks = sys.modules["_pumphouse_database_locks.locks"]
        [found] = [item for item in gc.get_objects() if type(item) is locks.DatabaseLocks]
        def show():
            print(*sorted(path.rpartition("/")[2] for path in found._entries))
        duckdb.connect("data/'e.duckdb").close()
        first = duckdb.connect()
        first.execute("attach 'data/a.duckdb'"); show()
        first.sql(" ATTACH IF NOT EXISTS 'data/b.duckdb' AS other;"); show()
        first.execute("select 'ATTACH ''data/c.duckdb'' '"); show()
        cursor = first.cursor()
        first.close(); show()
        second = duckdb.connect("data/a.duckdb")
        second.execute("ATTACH 'data/''e.duckdb' AS e (READ_ONLY)"); show()
        try:
            second.execute("ATTACH 'data/missing/d.duckdb'")
        except duckdb.IOException:
            show()
        del second; show()
        """)
        both, quoted = "a.duckdb b.duckdb", "'e.duckdb a.duckdb"
        self.assertEqual(lines, ["a.duckdb", both, both, "", quoted, quoted, ""])

    def test_runs_attach_one_database_one_after_the_other(self) -> None:
        code = """
        import duckdb
        connection = duckdb.connect()
        connection.execute("attach 'data/a.duckdb' as a")
        connection.execute("create table if not exists a.t (i int)")
        connection.execute("insert into a.t select count(*) from a.t")
        connection.close()
        """
        processes = [self.start(code, str(number), number) for number in range(6)]
        outputs = [process.communicate()[0] for process in processes]
        self.assertEqual([process.returncode for process in processes], [0] * 6, outputs)

    def test_a_child_process_does_not_wait_for_its_parent_forever(self) -> None:
        lines = self.run_code("""
        import duckdb, subprocess, sys
        code = '''
        import duckdb, sys
        locks = sys.modules["_pumphouse_database_locks.locks"]
        locks._DEADLOCK_SECONDS = locks._DEADLOCK_CHECK_SECONDS = 0.2
        try:
            duckdb.connect("data/a.duckdb")
        except duckdb.IOException as error:
            print("Could not set lock" in str(error))
        '''
        connection = duckdb.connect("data/a.duckdb")
        print(subprocess.run([sys.executable, "-c", __import__("textwrap").dedent(code)], capture_output=True, text=True).stdout.strip())
        """)
        self.assertEqual(lines, ["True"])

    def test_a_fork_leaves_the_lock_to_its_parent(self) -> None:
        lines = self.run_code("""
        import duckdb, gc, os
        connection = duckdb.connect("data/a.duckdb")
        pid = os.fork()
        if pid == 0:
            connection = None
            gc.collect()
            os._exit(0)
        os.waitpid(pid, 0)
        import fcntl, sys
        ticket_lock = sys.modules["_pumphouse_database_locks.ticket_lock"]
        [name] = os.listdir("data/.locks")
        descriptor = os.open("data/.locks/" + name, os.O_RDWR)
        print(list(ticket_lock.list_locks(descriptor, fcntl.F_WRLCK, 10)))
        """)
        self.assertEqual(lines[-1], "[1]")


PIPELINE = """
import dlt, os, sys

pipeline = dlt.pipeline("p" + os.environ["RUNTIME__RUN_ID"], destination="duckdb", dataset_name="d")
pipeline.destination = dlt.destinations.duckdb(os.environ["DATABASE"])
print("starts", flush=True)
print(pipeline.run([{"id": 1}], table_name="rows").has_failed_jobs)
"""


class RunTest(unittest.TestCase):
    """The whole way of a run: dlt opens the database, and the bootstrap tells what it waits for."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.data = os.path.realpath(folder.name)
        os.chmod(self.data, 0o777)

    def start(self, number: int, program: str = PIPELINE) -> AttemptRunner:
        server = AttemptServer(
            database_locks={"run": number, "job": "jobs.load"},
            variables={"RUNTIME__RUN_ID": str(number), "DATABASE": f"{self.data}/shop.duckdb", "WORKSPACE__PROFILE": "prod"},
        )
        local_data = {"path": self.data, "source": self.data, "mounted": False, "written_as": "prod"}
        attempt = AttemptRunner(server, program, environment=dlt_environment(), local_data=local_data)
        self.addCleanup(attempt.clean)
        return attempt.begin()

    def hold(self) -> Opener:
        opener = Opener(self.data, 12, "shop.duckdb")
        self.addCleanup(opener.kill)
        opener.await_open()
        return opener

    def test_a_pipeline_waits_and_tells_it(self) -> None:
        holder = self.hold()
        attempt = self.start(1)
        await_true(lambda: attempt.server.notes(), "the report of the wait")
        holder.close()
        self.assertEqual(attempt.wait(), 0)
        self.assertEqual(attempt.server.log("stdout"), ["starts", "False"])
        begun, ended = attempt.server.notes()[:2]
        self.assertRegex(
            begun, r"^Waiting for the database shop.duckdb: run 12 of jobs.load has had it open since .* UTC\.$"
        )
        self.assertRegex(ended, r"^Opened the database shop.duckdb after \d+\.\d s\.$")
        waits = [record["begun"] for record in attempt.server.records() if record["kind"] == "waiting"]
        self.assertEqual(waits[:2], [True, False])

    def test_a_stop_signal_ends_the_wait(self) -> None:
        self.hold()
        program = "from dlt.common.runtime.signals import intercepted_signals\nwith intercepted_signals():\n" + textwrap.indent(PIPELINE, "    ")
        attempt = self.start(1, program)
        await_true(lambda: attempt.server.notes(), "the report of the wait")
        began_at = time.monotonic()
        attempt.signal(signal.SIGTERM)
        self.assertEqual(attempt.wait(), 0)
        self.assertLess(time.monotonic() - began_at, 20)
        self.assertEqual(attempt.server.exit()["code"], 1)
        self.assertIn("SignalReceivedException", "\n".join(attempt.server.log("stderr")))
        self.assertRegex(attempt.server.notes()[1], r"^Stopped waiting for the database shop.duckdb after")

    def test_a_stop_signal_ends_the_wait_of_a_thread(self) -> None:
        self.hold()
        program = """
        import os, threading, duckdb
        from dlt.common.runtime.signals import intercepted_signals

        def connect():
            try:
                duckdb.connect(os.environ["DATABASE"])
            except BaseException as error:
                print(type(error).__name__)

        with intercepted_signals():
            thread = threading.Thread(target=connect)
            thread.start()
            thread.join()
        """
        attempt = self.start(1, program)
        await_true(lambda: attempt.server.notes(), "the report of the wait")
        attempt.signal(signal.SIGTERM)
        self.assertEqual(attempt.wait(), 0)
        self.assertEqual(attempt.server.exit()["code"], 0)
        self.assertEqual(attempt.server.log("stdout"), ["SignalReceivedException"])

    def test_messages_of_hostile_code_are_bounded(self) -> None:
        program = """
        import json, os, urllib.request
        def send(body):
            address = os.environ["RUNTIME__DLTHUB_DSN"] + "/database_wait"
            try:
                urllib.request.urlopen(urllib.request.Request(address, body, method="PUT")).read()
            except urllib.error.HTTPError as error:
                print(error.code)
        for body in (b"", b"[]", b"{", b"[" * 4000, b"\\xff", b'{"wait": 1, "state": "begun"}', b'{"wait": "x", "state": []}'):
            send(body)
        send(b" " * 5000)
        holder = {"run": 10 ** 30, "job": "a\\nb", "held": 1e300}
        for number in range(1200):
            send(json.dumps({"wait": str(number), "state": "begun", "file": "f\\n" + "x" * 3000, "holder": holder}).encode())
            send(json.dumps({"wait": str(number), "state": "opened"}).encode())
        """
        server = AttemptServer(database_locks=None)
        attempt = AttemptRunner(server, program)
        self.addCleanup(attempt.clean)
        self.assertEqual(attempt.run()["code"], 0)
        self.assertEqual(server.log("stdout"), ["413"])
        notes = server.notes()
        self.assertEqual(len(notes), 2001)
        self.assertLess(max(map(len, notes)), 700)
        self.assertFalse([note for note in notes if "\n" in note])


if __name__ == "__main__":
    unittest.main()
