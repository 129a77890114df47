"""A run waits for the pipelines that other runs write with: what it asks the server, what it tells, and what ends a wait."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import textwrap
import time
import unittest

from attempt_runner import AttemptRunner, await_true, dlt_environment
from attempt_server import AttemptServer

PIPELINE = """
import dlt, os, sys
pipeline = dlt.pipeline("orders", destination=dlt.destinations.duckdb(os.environ["DATABASE"]), dataset_name="shop")
print("starts", flush=True)
print(pipeline.run([{"id": 1}], table_name="rows").has_failed_jobs, flush=True)
"""
INTERCEPTED = "from dlt.common.runtime.signals import intercepted_signals\nwith intercepted_signals():\n"
WAITING = "Waiting for the pipeline orders: run 12 of jobs.load has held it since 2026-03-10 10:03:12 UTC."


class HoldingServer(AttemptServer):
    """Answers `waiting` until a test lets the run go on, or with what a test sets."""

    def __init__(self, exclusive: str | None = "pipeline", **variables: str) -> None:
        super().__init__(
            pipelines=exclusive and {"exclusive": exclusive},
            variables={"RUNTIME__RUN_ID": "1", "WORKSPACE__PROFILE": "prod", **variables},
        )
        self.questions: list[dict] = []
        self.withdrawn: list[dict] = []
        self.answer: tuple[int, dict] = (200, {"state": "waiting", "detail": WAITING, "pause_seconds": 0.1})
        self.routes["POST -hold-pipeline"] = self._hold
        self.routes["POST -stop-waiting-for-pipeline"] = self._withdraw

    def let_go_on(self) -> None:
        self.answer = (200, {"state": "held"})

    def _hold(self, _query: str, body: bytes) -> tuple[int, bytes]:
        self.questions.append(json.loads(body))
        status, answer = self.answer
        return status, json.dumps(answer).encode()

    def _withdraw(self, _query: str, body: bytes) -> tuple[int, bytes]:
        self.withdrawn.append(json.loads(body))
        return 200, b"{}"


class PipelineHoldsTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.database = f"{folder.name}/data.duckdb"

    def start(self, program: str = PIPELINE, exclusive: str | None = "pipeline", **variables: str) -> HoldingServer:
        self.server = HoldingServer(exclusive, DATABASE=self.database, **variables)
        self.attempt = AttemptRunner(self.server, program, environment=dlt_environment())
        self.addCleanup(self.attempt.clean)
        self.attempt.begin()
        return self.server

    def finish(self) -> dict:
        self.assertEqual(self.attempt.wait(), 0, self.attempt.errors)
        return self.server.exit()

    def await_wait(self) -> None:
        await_true(lambda: WAITING in self.server.notes(), "the report of the wait")

    def list_waits(self) -> list[bool]:
        return [record["begun"] for record in self.server.records() if record["kind"] == "waiting"]

    def test_a_run_waits_until_it_has_the_pipeline_and_tells_it(self) -> None:
        server = self.start()
        self.await_wait()
        await_true(lambda: len(server.questions) > 2, "more questions")
        self.assertEqual(server.log("stdout"), ["starts"])
        self.assertFalse(os.path.exists(self.database))
        server.let_go_on()
        self.assertEqual(self.finish()["code"], 0)
        self.assertEqual(server.log("stdout"), ["starts", "False"])
        self.assertEqual(server.questions[0], {"pipeline": "orders", "dataset": None})
        self.assertEqual(server.notes()[0], WAITING)
        self.assertRegex(server.notes()[1], r"^Got the pipeline orders after \d+\.\d s\.$")
        self.assertEqual(self.list_waits(), [True, False])
        self.assertEqual(server.withdrawn, [])

    def test_a_run_asks_once_for_what_it_has(self) -> None:
        server = self.start(
            """
            import dlt, os, subprocess, sys
            from multiprocessing import Process
            def load(name):
                pipeline = dlt.pipeline(name, destination=dlt.destinations.duckdb(os.environ["DATABASE"]), dataset_name="shop")
                pipeline.run([{"id": 1}], table_name="rows")
            if __name__ == "__main__":
                for name in ("orders", "orders", "customers"):
                    load(name)
                child = Process(target=load, args=("orders",))
                child.start()
                child.join()
                code = "import dlt; dlt.pipeline('orders', destination='duckdb').drop()"
                print(child.exitcode, subprocess.run([sys.executable, "-c", code]).returncode)
            """
        )
        server.let_go_on()
        self.assertEqual(self.finish()["code"], 0, server.log("stderr"))
        self.assertEqual(server.log("stdout"), ["0 0"])
        self.assertEqual([question["pipeline"] for question in server.questions], ["orders", "customers"])
        self.assertEqual(server.notes(), [])

    def test_a_refusal_is_an_error_of_the_call(self) -> None:
        server = self.start()
        self.await_wait()
        server.answer = (409, {"code": "pipeline_deadlock", "detail": "Waiting would never end: run 7 of jobs.other."})
        self.assertEqual(self.finish()["code"], 1)
        self.assertIn("pipeline_deadlock: Waiting would never end: run 7 of jobs.other.", server.log("stderr")[-1])
        self.assertIn("Waiting would never end: run 7 of jobs.other.", server.notes())
        self.assertEqual(self.list_waits(), [True, False])

    def test_a_run_does_not_write_while_no_server_answers(self) -> None:
        program = "import os, time\nwhile not os.path.exists(os.environ['DATABASE'] + '.go'): time.sleep(0.05)\n" + PIPELINE
        server = self.start(program)
        await_true(lambda: any(record["kind"] == "started" for record in server.records()), "the start")
        server.let_go_on()
        server.stop()
        open(self.database + ".go", "w").close()
        # The log tells it after a while, and no server has the log yet.
        silence = b"Waiting for the server, which does not answer"
        await_true(lambda: any(silence in spool.read_bytes() for spool in self.attempt.folder.rglob("spool")), "the line in the log")
        self.assertFalse(os.path.exists(self.database))
        server.start()
        self.assertEqual(self.finish()["code"], 0)
        self.assertRegex(server.notes()[0], r"^Waiting for the server, which does not answer: the pipeline orders is written only")
        self.assertEqual(self.list_waits(), [True, False])

    def test_a_stop_signal_ends_the_wait(self) -> None:
        server = self.start(INTERCEPTED + textwrap.indent(PIPELINE, "    "))
        self.await_wait()
        began_at = time.monotonic()
        self.attempt.signal(signal.SIGTERM)
        # dlt's exception is a KeyboardInterrupt, by which Python ends itself.
        self.assertEqual(self.finish()["signal"], "SIGINT")
        self.assertLess(time.monotonic() - began_at, 20)
        self.assertIn("SignalReceivedException", "\n".join(server.log("stderr")))
        self.assertRegex(server.notes()[1], r"^Stopped waiting for the pipeline orders after")
        self.assertEqual(self.list_waits(), [True, False])

    def test_a_caller_that_leaves_gives_up_its_place(self) -> None:
        server = self.start(
            """
            import multiprocessing, os, sys
            def load():
                import dlt
                dlt.pipeline("orders", destination="duckdb").run([{"id": 1}], table_name="rows")
            if __name__ == "__main__":
                child = multiprocessing.get_context("spawn").Process(target=load)
                child.start()
                while not os.path.exists(os.environ["DATABASE"]):
                    child.join(0.05)
                child.kill()
                child.join()
                while os.path.exists(os.environ["DATABASE"]):
                    child.join(0.05)
            """
        )
        self.await_wait()
        open(self.database, "w").close()
        await_true(lambda: server.withdrawn, "the withdrawal")
        os.unlink(self.database)
        self.assertEqual(self.finish()["code"], 0)
        self.assertEqual(server.withdrawn, [{"pipeline": "orders", "dataset": None}])

    def test_asks_for_the_dataset_where_the_call_loads(self) -> None:
        server = self.start(
            """
            import dlt, os
            def create(name, **settings):
                return dlt.pipeline(name, destination=dlt.destinations.duckdb(os.environ["DATABASE"]), **settings)
            rows = [{"id": 1}]
            first = create("first", dataset_name="shop")
            first.extract(rows, table_name="rows"); first.normalize(); first.load()
            create("second").run(rows, table_name="rows", dataset_name="shop")
            create("third").run(rows, table_name="rows")
            """,
            exclusive="dataset",
        )
        server.let_go_on()
        self.assertEqual(self.finish()["code"], 0, server.log("stderr"))
        first, of_load, second, third = server.questions
        self.assertEqual(first, {"pipeline": "first", "dataset": None})
        self.assertEqual((of_load["pipeline"], of_load["dataset"]["name"]), ("first", "shop"))
        self.assertEqual(second, {"pipeline": "second", "dataset": of_load["dataset"]})
        self.assertEqual(third["dataset"], {**of_load["dataset"], "name": "third_dataset"})
        self.assertRegex(third["dataset"]["destination"], r"^duckdb [0-9a-f]{32}$")

    def test_without_the_setting_nothing_is_asked(self) -> None:
        server = self.start(exclusive=None)
        self.assertEqual(self.finish()["code"], 0)
        self.assertEqual(server.questions, [])

    def test_questions_of_hostile_code_are_bounded(self) -> None:
        server = self.start(
            """
            import json, os, threading, urllib.error, urllib.request
            def ask(body):
                address = os.environ["RUNTIME__DLTHUB_DSN"] + "/pipeline_hold"
                request = urllib.request.Request(address, body, method="PUT")
                try:
                    return json.loads(urllib.request.urlopen(request).read())["state"]
                except urllib.error.HTTPError as error:
                    return error.code
            name = json.dumps({"pipeline": "x", "dataset": None}).encode()
            for body in (b"", b"[]", b"[" * 4000, b'{"pipeline": 1, "dataset": null}', b'{"pipeline": "", "dataset": null}',
                         b'{"pipeline": "a", "dataset": {"name": "b"}}', json.dumps({"pipeline": "x" * 501, "dataset": None}).encode()):
                print(ask(body))
            print(ask(b" " * 20000))
            states = []
            threads = [threading.Thread(target=lambda: states.append(ask(name)), daemon=True) for _ in range(24)]
            for thread in threads: thread.start()
            while len(states) < 8: pass
            print(states)
            os.open(os.environ["DATABASE"], os.O_CREAT)
            for thread in threads: thread.join()
            print(states.count("held"))
            """
        )
        await_true(lambda: os.path.exists(self.database), "the busy answers")
        server.let_go_on()
        self.assertEqual(self.finish()["code"], 0, server.log("stderr"))
        self.assertEqual(server.log("stdout"), ["failed"] * 7 + ["413", str(["busy"] * 8), "16"])


if __name__ == "__main__":
    unittest.main()
