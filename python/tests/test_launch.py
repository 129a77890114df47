"""Jobs started by the quick launch behave as under dlt's own launchers, which `python -m` runs here as the baseline."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

from attempt_runner import BOOTSTRAP, dlt_environment

RUN_ID = "00000000-0000-4000-8000-000000000001"
LAUNCHERS = "dlt._workspace.deployment.launchers"
JOB = "import os, sys, time\nfrom dlt.hub import run\n\n\n@run.job\ndef main():\n"

IDENTITY = """
import inspect, multiprocessing, os, pickle, sys


class Thing:
    def __init__(self, value):
        self.value = value


def double(thing):
    return thing.value * 2


if __name__ == "__main__":
    print(sys.argv, sys.path, sys.flags, sys.executable, sys.prefix, os.getcwd(), sorted(os.listdir(".")))
    print(__name__, __spec__.name, __file__, __package__, __doc__, type(__loader__).__name__)
    print(sorted(name for name in globals() if name.startswith("__")), len(os.listdir("/proc/self/fd")))
    print(pickle.loads(pickle.dumps(Thing(4))).value, Thing.__module__, inspect.getsource(Thing.__init__))
    for method in ("fork", "spawn"):
        with multiprocessing.get_context(method).Pool(2) as pool:
            print(method, pool.map(double, [Thing(1), Thing(2)]))
    print([name for name in sys.modules if "pumphouse" in name and name not in ("pumphouse_dlt_hub", "pumphouse_database_locks", "pumphouse_pipelines")])
    print({name: value for name, value in os.environ.items() if name != "_"})
"""

ENDS = """
import atexit, concurrent.futures, os, tempfile, threading, weakref


class Noted:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("deleted", self.name)


class Sized:
    def __init__(self, file):
        self.file, self.me = file, self

    def __del__(self):
        print("closed", self.file.closed)


atexit.register(print, "atexit 1")
atexit.register(print, "atexit 2")
kept = Noted("global")
weakref.finalize(kept, print, "finalizer")
file = open("unclosed.txt", "w")
file.write("unflushed")
cycle = open("cycle.txt", "w")
cycle.write("x" * 100)
sized = Sized(cycle)
folder = tempfile.TemporaryDirectory()
threading.Thread(target=lambda: (threading.main_thread().join(), print("late thread"))).start()
pool = concurrent.futures.ThreadPoolExecutor(2)
# The end of main calls this first, then awaits pools, and only then counts as the end of the main thread.
main_ended = threading.Event()
threading._register_atexit(main_ended.set)
pool.submit(lambda: (main_ended.wait(), print("late task")))
print("last words", end="")
"""

DAEMON = """
import threading, time

written = open("written.txt", "w")
written.write("unflushed")


def tick():
    while True:
        time.sleep(0.001)
        len(str(written))


threading.Thread(target=tick, daemon=True).start()
print("end of main")
"""

PIPELINE = """
import dlt


@dlt.resource
def rows():
    dlt.current.resource_state()["seen"] = 3
    yield [{"id": number} for number in range(50)]


@dlt.source
def shop(token=dlt.secrets.value, option=dlt.config.value):
    print(token, option, dlt.current.source_schema().name)
    return rows


pipeline = dlt.pipeline("p", destination="duckdb", dataset_name="d")
pipeline.run(shop())
with pipeline.sql_client() as client:
    print(client.execute_sql("select count(*), sum(id) from rows"))
print(pipeline.last_trace.last_normalize_info.row_counts, pipeline.default_schema.version)
"""

CONTEXT = """
import datetime, logging, time, warnings
import dlt
from dlt.common import logger
from dlt.hub import run


@run.job
def main(run_context: run.TJobRunContext):
    print({key: str(value) for key, value in run_context.items()})
    print(dlt.current.workspace().profile, dlt.config["x.a"], dlt.config["x.b"], dlt.secrets["token"], dlt.config.get("y.z"))
    print(time.tzname, datetime.datetime.fromtimestamp(1700000000), dlt.current.run_context().name)
    print(logging.getLogger().handlers, logging.getLogger().level, logging.lastResort)
    logging.warning("root warning")
    logger.warning("dlt warning")
    warnings.warn("plain warning")
    for number in range(3000):
        print("line", number)
"""

CASES = {
    "a script sees the same program": {"script": IDENTITY},
    "the end of a script": {"script": ENDS},
    "a script with a daemon thread": {"script": DAEMON},
    "a script that loads a pipeline": {"script": PIPELINE, "config": 'token = "secret"\noption = "o"\n'},
    "a job reads its context and configuration": {
        "job": CONTEXT,
        "config": '[x]\na = "a"\nb = "b"\n[y]\nz = 7\n',
        "secrets": 'token = "secret"\n',
        "variables": {"X__A": "from-variable", "TZ": "America/New_York", "RUNTIME__LOG_LEVEL": "WARNING"},
        "entry_point": {
            "interval_start": "2026-11-27T00:00:00+00:00",
            "interval_end": "2026-11-28T00:00:00+00:00",
            "interval_timezone": "Europe/Berlin",
        },
    },
    "an exception in a job": {
        "job": f"{JOB}    try:\n        1 / 0\n    except ZeroDivisionError as error:\n        raise RuntimeError('two\\nlines') from error\n"
    },
    "an exception in a script": {"script": "def fail(key):\n    return {}[key]\n\n\nfail('key')\n"},
    "an exception with a hook": {"script": "import sys\nsys.excepthook = lambda kind, *_: print('hook', kind.__name__)\n1 / 0\n"},
    "a syntax error": {"script": "x = = 1\n"},
    "a missing function": {"job": JOB.replace("main", "other") + "    pass\n"},
    "an exit code": {"script": "import sys\nprint('out', flush=False)\nsys.exit(7)\n"},
    "an exit message": {"script": "import sys\nsys.exit('a message')\n"},
    "an exit from a thread pool": {"script": "import os, atexit\natexit.register(print, 'not printed')\nos._exit(3)\n"},
    "SIGINT": {"script": "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(5)\n"},
    "SIGKILL": {"script": "import os\nos.kill(os.getpid(), 9)\n"},
    "a launcher that fails": {"script": "pass\n", "entry_point": {"interval_timezone": "No/Such"}},
    "a failing interval of a job": {
        "job": f"{JOB}    pass\n",
        "entry_point": {
            "interval_start": "2026-11-27T00:00:00+00:00",
            "interval_end": "2026-11-28T00:00:00+00:00",
            "interval_timezone": "No/Such",
        },
    },
}


class QuickLaunch(unittest.TestCase):
    maxDiff = None

    def test_behaves_like_the_launcher(self) -> None:
        for name, case in CASES.items():
            with self.subTest(name):
                self.assertEqual(launch(case, quick=True), launch(case, quick=False))

    def test_a_script_is_one_process_that_imports_dlt_once(self) -> None:
        script = "import os, sys, dlt\nprint(os.getpid() == int(os.environ['FIRST_PID']), 'dlt' in sys.modules)\n"
        code, out, _, _ = launch({"script": script}, quick=True, shell='FIRST_PID=$$ exec "$@"')
        self.assertEqual((code, out.strip()), (0, "True True"))

    def test_a_termination_reaches_the_script(self) -> None:
        script = (
            "import signal, sys, time\n"
            "signal.signal(signal.SIGTERM, lambda *_: (print('stopping', flush=True), sys.exit(5)))\n"
            "print('waiting', flush=True)\ntime.sleep(60)\n"
        )
        with tempfile.TemporaryDirectory() as root:
            process = start(root, {"script": script}, quick=True)
            self.assertEqual(process.stdout.readline(), "waiting\n")
            process.send_signal(signal.SIGTERM)
            out, _ = process.communicate()
        self.assertEqual((process.returncode, out), (5, "stopping\n"))

    def test_a_run_may_ask_for_a_plain_start(self) -> None:
        code, out, _, _ = launch({"script": "import gc\nprint(gc.get_freeze_count())\n"}, quick=None)
        self.assertEqual((code, out), (0, "0\n"))


def launch(case: dict, quick: bool | None, shell: str | None = None) -> tuple:
    """Return the exit code, both outputs and the files of a job."""
    with tempfile.TemporaryDirectory() as root:
        process = start(root, case, quick, shell)
        out, errors = process.communicate(timeout=120)
        files = sorted((path.name, path.read_text()) for path in Path(root, "work").glob("*.txt"))
        return process.returncode, normalize(out, root), sorted(normalize(errors, root).splitlines()), files


def start(root: str, case: dict, quick: bool | None, shell: str | None = None) -> subprocess.Popen:
    """`quick`: False runs dlt's launcher with `python -m`, None asks the quick launch for a plain start."""
    work = Path(root, "work")
    (work / ".dlt").mkdir(parents=True)
    (work / ".dlt/.workspace").touch()
    (work / ".dlt/config.toml").write_text(case.get("config", ""))
    (work / ".dlt/secrets.toml").write_text(case.get("secrets", ""))
    (work / "jobs.py").write_text(case.get("script") or case["job"])
    kind, entry_point = describe_entry_point(case)
    arguments = ["--run-id", RUN_ID, "--trigger", "manual:jobs.jobs", "--entry-point", entry_point]
    environment = dlt_environment()
    variables = {
        "PATH": f"{environment}/bin:/usr/bin:/bin",
        "HOME": f"{root}/home",
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "PYTHONHASHSEED": "0",
        "WORKSPACE__PROFILE": "prod",
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        **case.get("variables", {}),
    }
    command = [f"{environment}/bin/python", "-u"]
    passed = []
    if quick is False:
        command += ["-m", f"{LAUNCHERS}.{kind}", *arguments]
    else:
        request = {"launcher": f"{LAUNCHERS}.{kind}", "arguments": arguments, "quick": quick is True, "anew": False}
        passed.append(os.memfd_create("launch", 0))
        os.write(passed[0], json.dumps(request).encode())
        os.lseek(passed[0], 0, os.SEEK_SET)
        command += [str(BOOTSTRAP / "inside/launch/__main__.py"), str(passed[0])]
    try:
        return subprocess.Popen(
            ["/bin/sh", "-c", shell, "sh", *command] if shell else command,
            cwd=work,
            env=variables,
            pass_fds=passed,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        for descriptor in passed:
            os.close(descriptor)


def describe_entry_point(case: dict) -> tuple[str, str]:
    """Return the launcher's name, and the entry point of a case in `jobs.py`."""
    kind = "module" if "script" in case else "job"
    entry_point = {
        "module": "jobs",
        "function": None if kind == "module" else "main",
        "job_type": "batch",
        "launcher": f"{LAUNCHERS}.{kind}",
        "job_ref": "jobs.jobs" if kind == "module" else "jobs.jobs.main",
        "profile": "prod",
        "refresh": False,
        **case.get("entry_point", {}),
    }
    return kind, json.dumps(entry_point)


def normalize(output: str, root: str) -> str:
    output = output.replace(root, "<root>")
    output = re.sub(r"http://127.0.0.1:\d+/[0-9a-f]{32}", "<beacon>", output)
    output = re.sub(r"0x[0-9a-f]{6,}", "<address>", output)
    output = re.sub(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[.,]\d+", "<time>", output)
    return re.sub(r"\|\d+\|\d+\|", "|<process>|<thread>|", output)


if __name__ == "__main__":
    unittest.main()
