"""Attempts whose local data and working folders a server keeps: with the real bootstrap and real dlt, and a pod that may be lost."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import threading
import unittest
from pathlib import Path

from attempt_runner import AttemptRunner, build_archive, dlt_environment, find_processes
from attempt_server import PATIENCE_SECONDS, AttemptServer
from local_data_server import LocalDataServer
from pipeline_folder_server import PipelineFolderServer


class StoredAttemptsCase(unittest.TestCase):
    """`program`: what attempts run, unless they are given code of their own. It reads `settings.json`."""

    program = ""

    def setUp(self) -> None:
        self.local_data = LocalDataServer()
        self.folders = self.local_data.folders = PipelineFolderServer()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.remote = Path(folder.name, "remote.jsonl")
        # The most memory that the bootstrap of the last attempt has used.
        self.peak_bytes = 0

    def begin(self, code: str | None = None, pending: dict | None = None, **settings: object) -> tuple[AttemptRunner, AttemptServer]:
        """Begin an attempt, whose disk is new."""
        disk = tempfile.TemporaryDirectory()
        self.addCleanup(disk.cleanup)
        self.folders.owner += 1
        self.folders.calls = []
        entry = {"module": "shop", "function": None, "job_type": "batch", "job_ref": "jobs.shop.shop", "profile": "prod"}
        launcher = "dlt._workspace.deployment.launchers.module"
        entry |= {"launcher": launcher, "refresh": False}
        keeps = {"max_bytes": 10_000_000, "max_days": 30, "run": self.folders.owner, "job": "jobs.shop.shop", "stores_folders": True}
        server = AttemptServer(
            program=launcher,
            arguments=["--run-id", "run-1", "--trigger", "manual:", "--entry-point", json.dumps(entry)],
            variables={"WORKSPACE__PROFILE": "prod", "RUNTIME__DLTHUB_TELEMETRY": "false", "PYTHONUNBUFFERED": "1"},
            pipelines={"pending": {**keeps, **(pending or {})}},
        )
        self.folders.serve(self.local_data.serve(server))
        local_data = {"path": disk.name, "source": disk.name, "mounted": False, "written_as": "prod", "objects": "read-write"}
        runner = AttemptRunner(server, environment=dlt_environment(), local_data=local_data, grace_seconds=2)
        self.addCleanup(runner.clean)
        self.peak_bytes = 0
        server.on_call = lambda: self._note_peak(runner)
        server.serve_archive("code", build_archive({"shop.py": code or self.program, "settings.json": json.dumps(settings)}))
        return runner, server

    def _note_peak(self, runner: AttemptRunner) -> None:
        self.peak_bytes = max(self.peak_bytes, runner.read_peak_bytes())

    def run_attempt(self, code: str | None = None, ends: tuple = (0, None), **settings: object) -> list[str]:
        """Run an attempt to its end; return its log."""
        runner, server = self.begin(code, **settings)
        end = runner.run()
        self.assertEqual((end["code"], end["signal"]), ends, server.log())
        self.records = [record for record in server.records() if record["kind"] == "pending"]
        self.notes = server.notes()
        return server.log()

    def lose(self, expected, **settings: object) -> None:
        """Run an attempt until its code has stopped and the server has what is expected; then lose its pod."""
        runner, server = self.begin(how="hang", **settings)
        runner.begin()
        server.await_log("STOPPED")
        try:
            self.folders.await_described(expected, PATIENCE_SECONDS)
        except AssertionError as error:
            raise AssertionError(f"{error}; {server.log()}; {server.notes()}; {runner.read_log()}") from error
        _kill_all(runner)
        runner.wait()
        self.notes = [*server.notes(), runner.errors]

    def lose_during(self, call: str, count: int, **settings: object) -> None:
        """Run an attempt until it makes a call of its working folders the nth time; then lose its pod, before the server answers."""
        runner, _ = self.begin(how="hang", **settings)
        lost = threading.Event()

        def watch(name: str) -> None:
            if not lost.is_set() and self.folders.calls.count(call) == count:
                _kill_all(runner)
                lost.set()

        self.folders.on_call = watch
        runner.begin()
        self.assertTrue(lost.wait(PATIENCE_SECONDS), self.folders.calls)
        runner.wait()
        self.folders.on_call = lambda name: None


def _kill_all(runner: AttemptRunner) -> None:
    os.kill(runner.pid, signal.SIGKILL)
    for pid in find_processes(str(runner.folder)):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            # It has ended with the bootstrap.
            continue
