"""Inputs of a start reach the job's function, converted by its annotations, and become options of a script."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from attempt_runner import BOOTSTRAP, dlt_environment

LAUNCHERS = "dlt._workspace.deployment.launchers"
JOB = """
from __future__ import annotations
import datetime as dt
from typing import Literal, Optional
import dlt
from dlt.hub import run


@run.job
def other(day: str = "other"):
    print("other", day)


@run.job
def main(
    day: dt.date,
    at: Optional[dt.datetime] = None,
    name: str = "none",
    count: int = 1,
    rate: float = 0.5,
    dry: bool = False,
    mode: Literal["full", "new"] = "new",
    days: list[dt.date] = None,
    kind=3,
    token: str = dlt.secrets.value,
    *,
    run_context=None,
):
    other()
    print([day, at, name, count, rate, dry, mode, days, kind, token])
    print(run_context["run_args"]["input"]["day"])
"""
FREE = """
import dlt
from dlt.hub import run


@run.job
def main(run_context, token=dlt.config.value):
    print(run_context["run_args"]["input"], token)
"""


class Inputs(unittest.TestCase):
    def test_a_function_gets_them_converted(self) -> None:
        inputs = {
            "day": "2026-11-29",
            "at": "2026-11-29T06:00:00Z",
            "name": 7,
            "count": "3",
            "rate": 2,
            "dry": "true",
            "mode": "full",
            "days": ["2026-11-28", "2026-11-29"],
            "kind": "4",
        }
        expected = (
            "[datetime.date(2026, 11, 29), datetime.datetime(2026, 11, 29, 6, 0, tzinfo=datetime.timezone.utc), '7', 3, 2.0, True,"
            " 'full', [datetime.date(2026, 11, 28), datetime.date(2026, 11, 29)], 4, 'configured']"
        )
        for quick in (True, False):
            with self.subTest(quick=quick):
                code, output = launch("job", JOB, inputs, quick)
                self.assertEqual((code, output.splitlines()), (0, ["other other", expected, "2026-11-29"]))

    def test_what_is_not_named_stays_with_dlt(self) -> None:
        code, output = launch("job", JOB, {"day": "2026-11-29"})
        self.assertEqual(code, 0, output)
        self.assertIn("[datetime.date(2026, 11, 29), None, 'none', 1, 0.5, False, 'new', None, 3, 'configured']", output)

    def test_refuses_unknown_names_and_wrong_values(self) -> None:
        for inputs, message in (
            ({"dya": "2026-11-29"}, "main has no input dya. Its inputs: day, at, name,"),
            ({"day": "today"}, "The value of the input day is not date."),
            ({"day": "2026-11-29", "count": 1.5}, "The value of the input count is not int."),
            ({"day": "2026-11-29", "dry": 1}, "The value of the input dry is not bool."),
            ({"day": "2026-11-29", "mode": "half"}, "The value of the input mode is not Literal['full', 'new']."),
            ({"day": "2026-11-29", "token": "x"}, "The input token is a secret"),
            ({"day": "2026-11-29", "days": ["x"]}, "The value of the input days is not list[datetime.date]."),
        ):
            with self.subTest(message):
                code, output = launch("job", JOB, inputs)
                self.assertEqual(code, 1)
                self.assertIn(message, output)
                self.assertNotIn("other", output.replace("other day", ""))

    def test_a_function_with_only_a_run_context_takes_any_input(self) -> None:
        code, output = launch("job", FREE, {"order": 1})
        self.assertEqual((code, output), (0, "{'order': 1} configured\n"))

    def test_a_script_gets_options(self) -> None:
        script = "import sys\n\nif __name__ == '__main__':\n    print(sys.argv[1:])\n"
        inputs = {"day": "2026-11-29", "count": 3, "dry-run": True, "all": False, "id": ["a", "b"]}
        expected = "['--day', '2026-11-29', '--count', '3', '--dry-run', '--id', 'a', '--id', 'b']\n"
        for quick in (True, False):
            with self.subTest(quick=quick):
                self.assertEqual(launch("module", script, inputs, quick), (0, expected))


def launch(launcher: str, code: str, inputs: dict, quick: bool = True) -> tuple[int, str]:
    entry_point = {
        "module": "work",
        "function": "main" if launcher == "job" else None,
        "job_type": "batch",
        "launcher": f"{LAUNCHERS}.{launcher}",
        "job_ref": "jobs.work.main",
        "refresh": False,
        "run_args": {"input": inputs},
        "pumphouse_inputs": inputs,
    }
    request = {
        "launcher": entry_point["launcher"],
        "arguments": ["--run-id", "1", "--trigger", "manual:jobs.work.main", "--entry-point", json.dumps(entry_point)],
        "quick": quick,
        "anew": False,
    }
    environment = dlt_environment()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as file:
        Path(folder, "work.py").write_text(code)
        file.write(json.dumps(request).encode())
        file.seek(0)
        variables = {"PATH": os.environ["PATH"], "HOME": folder, "TOKEN": "configured", "RUNTIME__DLTHUB_TELEMETRY": "false"}
        program = Path(BOOTSTRAP) / "inside" / "launch" / "__main__.py"
        ended = subprocess.run(
            [f"{environment}/bin/python", "-u", str(program), str(file.fileno())],
            cwd=folder,
            env=variables,
            pass_fds=[file.fileno()],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    return ended.returncode, ended.stdout


if __name__ == "__main__":
    unittest.main()
