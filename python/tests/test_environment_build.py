"""
The commands of an environment build: in order, masked, with an exit code that identifies the failed one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from attempt_server import PATIENCE_SECONDS

SCRIPT = Path(__file__).parent.parent / "pumphouse_bootstrap" / "environment_build.py"


class EnvironmentBuild(unittest.TestCase):
    def build(
        self,
        *programs: str,
        masked: list[str] | None = None,
        retry: tuple[str, str] | None = None,
        **variables: str,
    ):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        plan = Path(folder.name) / "build.json"
        steps = [{"command": [sys.executable, "-I", "-c", program]} for program in programs]
        if retry is not None:
            pattern, program = retry
            command = [sys.executable, "-I", "-c", program]
            steps[-1]["retry"] = {"pattern": pattern, "notice": "Again", "command": command}
        plan.write_text(json.dumps({"steps": steps, "variables": variables, "masked_values": masked or []}))
        ended = subprocess.run(
            [sys.executable, "-I", "-S", str(SCRIPT), str(plan)], capture_output=True, text=True, timeout=PATIENCE_SECONDS
        )
        self.assertFalse(plan.exists())
        return ended

    def test_commands_run_in_order_with_only_the_variables_of_the_plan(self) -> None:
        os.environ["PUMPHOUSE_TEST_LEAK"] = "leaked"
        self.addCleanup(os.environ.pop, "PUMPHOUSE_TEST_LEAK")
        show = "import os; print(os.environ.get('COLOUR'), os.environ.get('PUMPHOUSE_TEST_LEAK'))"
        ended = self.build("print('first')", show, COLOUR="blue")
        self.assertEqual((ended.returncode, ended.stdout), (0, "first\nblue None\n"))

    def test_the_exit_code_identifies_the_failed_step_and_no_later_one_runs(self) -> None:
        ended = self.build("print('first')", "import sys; sys.exit('no such package')", "print('third')")
        self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (11, "first\n", "no such package\n"))

    def test_a_killed_command_has_failed(self) -> None:
        self.assertEqual(self.build("import os, signal; os.kill(os.getpid(), signal.SIGKILL)").returncode, 10)

    def test_a_command_whose_error_matches_is_retried_once(self) -> None:
        fail = "import sys; sys.exit('there is no\\n  │ version of it')"
        ended = self.build(fail, retry=("no version of", "print('found')"))
        self.assertEqual((ended.returncode, ended.stdout), (0, "Again\nfound\n"))
        ended = self.build(fail, retry=("no version of", fail))
        self.assertEqual((ended.returncode, ended.stdout), (10, "Again\n"))

    def test_a_command_with_another_error_is_not_retried(self) -> None:
        fail = "import sys; print('no version of'); sys.exit('no such package')"
        ended = self.build(fail, retry=("no version of", "print('found')"))
        self.assertEqual((ended.returncode, ended.stdout), (10, "no version of\n"))

    def test_secrets_are_masked_on_both_streams_and_in_truncated_lines(self) -> None:
        secret = "tr0ub4dor-and-three"
        program = f"import sys; print('x' * 8180 + {secret!r}); print({secret!r}, file=sys.stderr)"
        ended = self.build(program, masked=[secret])
        self.assertEqual(ended.stderr, "***\n")
        self.assertNotIn(secret[:6], ended.stdout)


if __name__ == "__main__":
    unittest.main()
