"""The same programs forked, in an interpreter of their own, and by plain `python -m`."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from attempt_runner import REPOSITORY, AttemptRunner, build_sandbox
from awkward_ends import ENDS
from awkward_starts import STARTS
from awkward_states import STATES
from machine_test_forked import ForkedCase, normalize_folders
from template_runner import drop_to
from test_launch import LAUNCHERS, describe_entry_point, normalize

# Each is the module `jobs`.
PROGRAMS = {**STARTS, **STATES, **ENDS}
FILES = {
    "a module that acts": {"settings.py": "import os\nos.environ['DLT_DATA_DIR'] = '/tmp/elsewhere'\n"},
    "children": {"shop/__init__.py": "", "shop/__main__.py": "import sys\nprint(__name__, sys.argv[1:])\n"},
}
VARIABLES = {"a time zone of the job": {"TZ": "America/New_York"}}
STARTED_PLAINLY = set(STARTS) - {"a log that is set up before dlt", "a seed before dlt", "no dlt"}
# Programs that see that plain Python did not start them, each a row of docs/operate/performance.md.
ROWS = {
    "modules that are loaded": "loaded modules (`sys.modules`)",
    "the environment of the process": "`/proc/self/environ`",
    "the command line": "`/proc/self/cmdline`",
    "the stack": "the outermost frames",
    "a report of a fault": "reports of `faulthandler`",
    "objects that the collector knows": "`gc.get_freeze_count()`",
    "objects at the end": "objects that exist at the end",
}
SEED_ROW = "the seed of hashes"
_PLAIN_VARIABLES = {
    "LANG": "C.UTF-8",
    "PYTHONUNBUFFERED": "1",
    "WORKSPACE__PROFILE": "prod",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "HOME": "/tmp/home",
    "TMPDIR": "/tmp/tmp",
}


class Programs(ForkedCase):
    packages = ("pandas", "pyarrow")

    def test_run_as_plain_python_runs_them(self) -> None:
        self.documented = read_differences()
        self.assertEqual(sorted(self.documented), sorted([*ROWS.values(), SEED_ROW]))
        self.started_plainly: dict[bool, set[str]] = {True: set(), False: set()}
        ways = (self.run_forked_program, self.run_cold, self.run_plainly)
        with ThreadPoolExecutor(len(ways)) as pool:
            forked, cold, plain = pool.map(lambda run: {name: run(name) for name in PROGRAMS}, ways)
        for name in PROGRAMS:
            with self.subTest(name):
                seen = {"forked": forked[name], "cold": cold[name]}
                different = [way for way, result in seen.items() if result != plain[name]]
                self.assertEqual(different, self.documented.get(ROWS.get(name, ""), []), f"{seen}\nplain: {plain[name]}")
        self.assertEqual(self.started_plainly, {True: STARTED_PLAINLY, False: STARTED_PLAINLY})

    def test_runs_of_one_template_share_the_seed_of_hashes(self) -> None:
        self.assertEqual(read_differences()[SEED_ROW], ["forked"])
        program = "print(hash('text'))\n"
        forked = [self.run_forked(program) for _ in range(2)]
        cold = [self.attempt(program, forked=False) for _ in range(2)]
        self.assertEqual([runner.run()["code"] for runner in cold], [0, 0])
        self.assertEqual(forked[0], forked[1])
        self.assertNotEqual(*(runner.server.log("stdout") for runner in cold))

    def run_forked_program(self, name: str) -> tuple:
        runner, result = self.run_attempt(name, forked=True)
        self.assertTrue((runner.folder / "forked.json").exists(), runner.errors)
        return result

    def run_cold(self, name: str) -> tuple:
        return self.run_attempt(name, forked=False)[1]

    def run_attempt(self, name: str, forked: bool) -> tuple[AttemptRunner, tuple]:
        program = PROGRAMS[name]
        _, entry_point = describe_entry_point({"script": program})
        arguments = ["--run-id", "run-1", "--trigger", "manual:jobs.jobs", "--entry-point", entry_point]
        options = {"arguments": arguments, "files": FILES.get(name, {}), "variables": VARIABLES.get(name, {})}
        runner = self.attempt(program, forked, f"{LAUNCHERS}.module", **options)
        record = runner.run()
        self.assertIsNone(record["reason"], runner.server.log())
        if any("imported no modules ahead" in note for note in runner.server.notes()):
            self.started_plainly[forked].add(name)
        outputs = [[normalize_folders(line, runner) for line in runner.server.log(io)] for io in ("stdout", "stderr")]
        return runner, (record["code"], record["signal"], *map(simplify, outputs))

    def run_plainly(self, name: str) -> tuple:
        with tempfile.TemporaryDirectory() as root:
            os.chmod(root, 0o755)
            work = Path(root, "work")
            for path, text in {"jobs.py": PROGRAMS[name], ".dlt/.workspace": "", **FILES.get(name, {})}.items():
                Path(work, path).parent.mkdir(parents=True, exist_ok=True)
                Path(work, path).write_text(text)
            become = []
            if (user := drop_to()) is not None:
                subprocess.run(["chown", "-R", f"{user['uid']}:{user['gid']}", work], check=True)
                become = ["setpriv", f"--reuid={user['uid']}", f"--regid={user['gid']}", "--clear-groups"]
            environment = self.template.environment
            prepare = 'mkdir -p "$HOME" "$TMPDIR" && umask 077 && cd /work/shop && exec setsid env -u PWD -u OLDPWD "$@"'
            sandbox = build_sandbox(str(work), environment, "/work/shop")
            command = [*sandbox, *become, "sh", "-c", prepare, "sh", f"{environment}/bin/python", "-u", "-m", "jobs"]
            variables = {**_PLAIN_VARIABLES, "PATH": f"{environment}/bin:/usr/local/bin:/usr/bin:/bin", **VARIABLES.get(name, {})}
            done = subprocess.run(command, env=variables, stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False)
            lines = [stream.decode(errors="replace").splitlines() for stream in (done.stdout, done.stderr)]
            return *describe_end(done.returncode), *(simplify([normalize(line, root) for line in one]) for one in lines)


def read_differences() -> dict[str, list[str]]:
    """Return for each row of the documentation the ways of starting that differ from `python -m`."""
    page = (REPOSITORY / "docs/operate/performance.md").read_text()
    table = page.split("### What stays different")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("|")][2:]
    return {name: [way for way, text in (("forked", forked), ("cold", cold)) if text != "the same"] for name, forked, cold, _ in rows}


def describe_end(code: int) -> tuple[int | None, str | None]:
    """Bubblewrap ends with 128 and the number of the signal."""
    number = code - 128
    return (None, signal.Signals(number).name) if number in set(signal.Signals) else (code, None)


def simplify(lines: list[str]) -> list[str]:
    return [re.sub(r"\d+\.\d+ seconds", "<time>", line) for line in lines]


if __name__ == "__main__":
    unittest.main()
