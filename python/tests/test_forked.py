"""Runs that are forked from a template: the whole attempt, with the real bootstrap."""

from __future__ import annotations

import json
import os
import unittest

from attempt_runner import AttemptRunner, build_archive
from attempt_server import AttemptServer
from template_runner import TemplateRunner

LAUNCHERS = "dlt._workspace.deployment.launchers"


class ForkedCase(unittest.TestCase):
    template: TemplateRunner

    @classmethod
    def setUpClass(cls) -> None:
        cls.template = TemplateRunner()
        cls.addClassCleanup(cls.template.end)
        if not cls.template.report.get("ready"):
            raise AssertionError(f"{cls.template.report} {cls.template.log()}")

    def attempt(self, program: str, launcher: str = "module", **begin: object) -> AttemptRunner:
        function = None if launcher == "module" else "main"
        entry_point = {
            "module": "program",
            "function": function,
            "job_type": "batch",
            "launcher": f"{LAUNCHERS}.{launcher}",
            "job_ref": "jobs.program.main",
            "profile": "prod",
            "refresh": False,
        }
        arguments = ["--run-id", "run-1", "--trigger", "manual:", "--entry-point", json.dumps(entry_point)]
        variables = {
            "WORKSPACE__PROFILE": "prod",
            "RUNTIME__RUN_ID": "run-1",
            "RUNTIME__DLTHUB_TELEMETRY": "false",
            "PYTHONUNBUFFERED": "1",
            **begin.pop("variables", {}),
        }
        server = AttemptServer(program=f"{LAUNCHERS}.{launcher}", arguments=arguments, variables=variables, **begin)
        runner = AttemptRunner(server, environment=self.template.environment, sandboxed=True)
        runner.start.update(self.template.attempt_fields(str(runner.work), "/work/shop"))
        if (user := runner.start["drop_to"]) is not None:
            os.chown(runner.work, user["uid"], user["gid"])
        server.serve_archive("code", build_archive({"program.py": program}))
        self.addCleanup(runner.clean)
        return runner


class Forked(ForkedCase):
    def test_a_script_is_forked(self) -> None:
        runner = self.attempt("import os, sys\nprint(os.getpid(), sys.argv, os.getcwd())\n")
        exit_record = runner.run()
        self.assertEqual((exit_record["code"], exit_record["reason"]), (0, None), runner.server.log())
        self.assertEqual(runner.server.log(), ["2 ['/work/shop/program.py'] /work/shop"])


if __name__ == "__main__":
    unittest.main()
