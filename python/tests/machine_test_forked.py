"""Runs that are forked from a template: the whole attempt, with the real bootstrap, keeper, bubblewrap and pasta."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import unittest
from pathlib import Path

from attempt_runner import PATIENCE_SECONDS, AttemptRunner, await_true, build_archive, dlt_environment, is_running
from attempt_server import AttemptServer
from template_runner import TemplateRunner
from test_launch import CASES, LAUNCHERS, describe_entry_point, normalize

SIBLINGS = 200
SIBLINGS_AT_ONCE = 20
NOTE = "started an interpreter of its own"


class ForkedCase(unittest.TestCase):
    maxDiff = None
    packages: tuple[str, ...] = ()
    template: TemplateRunner

    @classmethod
    def setUpClass(cls) -> None:
        cls.template = TemplateRunner(["duckdb"], dlt_environment(*cls.packages))
        cls.addClassCleanup(cls.template.end)
        if cls.template.report.get("ready"):
            return
        reason = f"no run can be forked here: {cls.template.report} {cls.template.log()}"
        if os.environ.get("CI") == "true":
            raise AssertionError(reason)
        raise unittest.SkipTest(reason)

    def attempt(self, program: str, forked: bool = True, launcher: str = "user_program", **begin: object) -> AttemptRunner:
        variables = {
            "WORKSPACE__PROFILE": "prod",
            "RUNTIME__DLTHUB_TELEMETRY": "false",
            "PYTHONUNBUFFERED": "1",
            **begin.pop("variables", {}),
        }
        configuration = begin.pop("configuration", {})
        files = begin.pop("files", {})
        server = AttemptServer(program=launcher, variables=variables, **begin)
        runner = AttemptRunner(server, environment=self.template.environment, sandboxed=True)
        fields = self.template.attempt_fields(str(runner.work), "/work/shop")
        if not forked:
            del fields["template"]
        runner.start.update(fields)
        if (user := runner.start["drop_to"]) is not None:
            os.chown(runner.work, user["uid"], user["gid"])
        name = "user_program" if launcher == "user_program" else "jobs"
        server.serve_archive("code", build_archive({f"{name}.py": program, **files}))
        server.serve_archive("configuration", build_archive(configuration))
        self.addCleanup(runner.clean)
        return runner

    def run_forked(self, program: str, **begin: object) -> list[str]:
        """Run a program to its successful end; return its output."""
        runner = self.attempt(program, **begin)
        exit_record = runner.run()
        self.assertEqual((exit_record["code"], exit_record["reason"]), (0, None), runner.server.log())
        self.assertTrue((runner.folder / "forked.json").exists(), runner.errors)
        return runner.server.log("stdout")


class Forked(ForkedCase):
    def test_behaves_like_a_cold_run(self) -> None:
        for name, case in CASES.items():
            with self.subTest(name):
                forked, cold = (self.observe(case, forked) for forked in (True, False))
                self.assertEqual(forked, cold)

    def observe(self, case: dict, forked: bool) -> tuple:
        kind, entry_point = describe_entry_point(case)
        arguments = ["--run-id", "run-1", "--trigger", "manual:jobs.jobs", "--entry-point", entry_point]
        configuration = {"config.toml": case.get("config", ""), "secrets.toml": case.get("secrets", "")}
        runner = self.attempt(
            case.get("script") or case["job"],
            forked,
            f"{LAUNCHERS}.{kind}",
            arguments=arguments,
            configuration=configuration,
            variables=case.get("variables", {}),
            files=case.get("files", {}),
        )
        exit_record = runner.run()
        self.assertEqual((runner.folder / "forked.json").exists(), forked, runner.errors)
        server = runner.server
        outputs = [[normalize_folders(line, runner) for line in server.log(io)] for io in ("stdout", "stderr")]
        files = sorted((path.name, path.read_text()) for path in runner.work.glob("*.txt"))
        return exit_record["code"], exit_record["signal"], exit_record["reason"], outputs[0], sorted(outputs[1]), files

    def test_modules_of_the_workspace_come_before_those_that_are_imported_ahead(self) -> None:
        own = "import sys\nWHOSE = 'own'\nprint('module', __name__, sys.argv)\n"
        cases = {
            "a dependency of dlt": ("import humanize\nprint(humanize.WHOSE)\n", {"humanize.py": own}, "jobs"),
            "a module of Python": ("import html\nprint(html.WHOSE)\n", {"html/__init__.py": own}, "jobs"),
            "the job itself": ("pass\n", {"semver.py": own}, "semver"),
            "a copy of dlt on the path": (
                "import sys\nsys.path.insert(0, 'vendor')\nimport dlt\nprint(dlt.WHOSE)\n",
                {"vendor/dlt/__init__.py": own},
                "jobs",
            ),
        }
        for name, (program, files, module) in cases.items():
            with self.subTest(name):
                case = {"script": program, "files": files, "entry_point": {"module": module, "job_ref": f"jobs.{module}"}}
                forked, cold = (self.observe(case, forked) for forked in (True, False))
                self.assertEqual(forked, cold)
                self.assertEqual(forked[0], 0, forked)
                self.assertIn("module __main__" if module == "semver" else "own", forked[3][-1])

    def test_a_run_of_a_workspace_with_such_a_module_says_so(self) -> None:
        for forked in (True, False):
            runner = self.attempt("import humanize\n", forked, files={"humanize.py": ""})
            self.assertEqual(runner.run()["code"], 0)
            notes = [line for line in runner.server.notes() if "has a module humanize of its own" in line]
            self.assertEqual(len(notes), 1)

    def test_has_the_process_state_of_a_cold_run(self) -> None:
        program = """
import dlt, gc, json, locale, os, resource, signal, sys, threading, time, warnings
print(json.dumps({
    "signals": {number.name: str(signal.getsignal(number)) for number in signal.valid_signals() if isinstance(number, signal.Signals)},
    "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "limits": {name: resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith("RLIMIT")},
    "umask": os.umask(0), "priority": os.getpriority(os.PRIO_PROCESS, 0), "cwd": os.getcwd(),
    "variables": {name: value for name, value in sorted(os.environ.items()) if "DSN" not in name and name not in ("HOME", "TMPDIR")},
    "flags": str(sys.flags), "arguments": sys.argv, "path": sys.path, "recursion": sys.getrecursionlimit(),
    "collector": [gc.isenabled(), gc.get_threshold()], "encodings": [sys.stdout.encoding, sys.getfilesystemencoding(), locale.getlocale()],
    "output": [sys.stdout.line_buffering, sys.stdout.write_through, sys.stderr.write_through, sys.stdin.read()],
    "time zone": time.tzname, "threads": threading.active_count(), "main": [__name__, __file__, threading.current_thread().name],
    "filters": str(warnings.filters), "groups": os.getgroups(), "uid": os.getuid(), "descriptors": sorted(os.listdir("/proc/self/fd")),
    "session leads": os.getsid(0) == os.getpid(), "group leads": os.getpgid(0) == os.getpid(),
}))
"""
        forked, cold = self.attempt(program), self.attempt(program, forked=False)
        states = []
        for runner in (forked, cold):
            self.assertEqual(runner.run()["code"], 0, runner.server.log())
            states.append(json.loads(runner.server.log("stdout")[0]))
        self.assertTrue((forked.folder / "forked.json").exists(), forked.errors)
        self.assertEqual(states[0], states[1])

    def test_siblings_share_no_random_number(self) -> None:
        program = (
            "import multiprocessing, os, random, secrets, ssl, tempfile, uuid\n"
            "print(ssl.RAND_bytes(8).hex(), uuid.uuid4(), random.random(), secrets.token_hex(8), os.urandom(8).hex(),\n"
            "      multiprocessing.current_process().authkey.hex(), os.path.basename(tempfile.mkdtemp()))\n"
        )
        runners: list[AttemptRunner] = []
        forked: list[AttemptRunner] = []
        deadline = time.monotonic() + PATIENCE_SECONDS
        # On a busy machine, some siblings do not wait for a slot and start cold.
        while len(forked) < SIBLINGS:
            self.assertLess(time.monotonic(), deadline, f"{len(forked)} of {len(runners)} were forked")
            siblings = [self.attempt(program).begin() for _ in range(SIBLINGS_AT_ONCE)]
            self.assertEqual([runner.wait() for runner in siblings], [0] * SIBLINGS_AT_ONCE)
            runners += siblings
            forked += [runner for runner in siblings if (runner.folder / "forked.json").exists()]
        drawn = [number for runner in runners for number in runner.server.log("stdout")[0].split()]
        self.assertEqual(len(drawn), 7 * len(runners))
        self.assertEqual(len(set(drawn)), len(drawn))

    def test_has_a_network_of_its_own(self) -> None:
        program = (
            "import socket, time, urllib.request\n"
            "with socket.create_server(('127.0.0.1', 8765)):\n"
            "    print('listening', flush=True)\n"
            "    try:\n        socket.create_connection(('127.0.0.1', PORT), 2)\n        print('reached the machine')\n"
            "    except OSError as error:\n        print(type(error).__name__)\n"
            "    try:\n        socket.create_connection(('198.18.0.1', 80), 2)\n    except OSError as error:\n        print(type(error).__name__)\n"
            "    print(sorted(name for _, name in socket.if_nameindex()))\n"
            "    time.sleep(WAIT)\n"
        )
        with socket.create_server(("127.0.0.1", 0)) as listener:
            program = program.replace("PORT", str(listener.getsockname()[1]))
            first = self.attempt(program.replace("WAIT", "60")).begin()
            first.server.await_log("listening")
            self.assertEqual(self.run_forked(program.replace("WAIT", "0")), ["listening", "ConnectionRefusedError", "PermissionError", "['eth0', 'lo']"])
        first.signal(signal.SIGUSR1)
        self.assertEqual(first.wait(), 0)

    def test_a_variable_that_python_reads_at_its_start_needs_a_cold_start(self) -> None:
        for name, value in {"PYTHONHASHSEED": "5", "LC_ALL": "C", "DLT_USE_JSON": "simplejson", "MALLOC_ARENA_MAX": "1"}.items():
            with self.subTest(name):
                runner = self.attempt("import os\nprint(os.getpid() == 2)\n", variables={name: value})
                self.assertEqual(runner.run()["code"], 0)
                self.assertIn(f"because {name} is", "\n".join(runner.server.notes()))

    def test_a_failing_unpack_is_reported_like_in_a_cold_run(self) -> None:
        runner = self.attempt("print(1)")
        runner.server.serve_archive("code", b"not an archive")
        self.assertEqual(runner.run()["reason"]["code"], "unpack_failed")

    def test_a_bootstrap_that_goes_away_leaves_nothing_at_the_keeper(self) -> None:
        descriptors = Path(f"/proc/{self.template.keeper.pid}/fd")
        self.assertEqual(self.run_forked("print('warm')"), ["warm"])
        await_true(lambda: self.count_slots() == 1, "the next slot")
        before = len(list(descriptors.iterdir()))
        for _ in range(3):
            with self.template.connect() as connection:
                connection.send(b"{}")
        self.assertEqual(self.run_forked("print('next')"), ["next"])
        # A slot that is being prepared takes up to three more, a lost one would take two.
        await_true(lambda: self.count_slots() == 1 and len(list(descriptors.iterdir())) <= before, "the end of the lost slots")

    def count_slots(self) -> int:
        """Count first processes of runs: their parent is that of the template."""
        template = self.template.report["pid"]
        return sum(1 for pid in list_pids() if pid != template and read_parent(pid) == read_parent(template))

    def test_a_fork_that_fails_starts_cold(self) -> None:
        runner = self.attempt("print('cold')")
        mounts = runner.start["template"]["mounts"]
        mounts.append({"source": str(runner.work), "target": "/nowhere/at/all"})
        self.assertEqual(runner.run()["code"], 0)
        self.assertEqual(runner.server.log("stdout"), ["cold"])
        self.assertIn("because the fork failed", "\n".join(runner.server.notes()))


class WithPandas(ForkedCase):
    """Packages with native threads and fork handlers of their own, which a template must not start."""

    packages = ("pandas", "pyarrow")
    PROGRAM = """
import dlt, pandas, pyarrow, pyarrow.compute

frame = pandas.DataFrame({"id": range(1000), "word": ["a", "b"] * 500})
pipeline = dlt.pipeline("frames", destination=dlt.destinations.duckdb("store.duckdb"), dataset_name="tables")
pipeline.run(frame, table_name="from_pandas")
pipeline.run(pyarrow.Table.from_pandas(frame), table_name="from_arrow")
with pipeline.sql_client() as client:
    print(client.execute_sql("select count(*), sum(id) from from_pandas union all select count(*), sum(id) from from_arrow"))
print(frame.groupby("word").id.sum().to_dict(), pyarrow.compute.sum(pyarrow.array(range(100_000))))
"""

    def test_runs_load_frames_and_arrow_tables(self) -> None:
        expected = ["[(1000, 499500), (1000, 499500)]", "{'a': 249500, 'b': 250000} 4999950000"]
        for _ in range(3):
            self.assertEqual(self.run_forked(self.PROGRAM), expected)
        cold = self.attempt(self.PROGRAM, forked=False)
        self.assertEqual(cold.run()["code"], 0)
        self.assertEqual(cold.server.log("stdout"), expected)


class Ends(ForkedCase):
    SLEEP = "import subprocess, time\nsubprocess.Popen(['sleep', '600'], start_new_session=True)\nprint('ready', flush=True)\ntime.sleep(600)\n"

    def begin(self, program: str = SLEEP) -> tuple[AttemptRunner, int]:
        """Begin a run and return the first process of its namespace."""
        runner = self.attempt(program).begin()
        runner.server.await_log("ready")
        return runner, json.loads((runner.folder / "forked.json").read_text())["pid"]

    def test_a_termination_reaches_user_code(self) -> None:
        runner, init = self.begin(
            "import signal, sys, time\n"
            "signal.signal(signal.SIGTERM, lambda *_: (print('stopping', flush=True), sys.exit(5)))\n"
            "print('ready', flush=True)\ntime.sleep(600)\n"
        )
        runner.signal(signal.SIGTERM)
        self.assertEqual(runner.wait(), 0)
        self.assertEqual((runner.server.exit()["code"], runner.server.log("stdout")), (5, ["ready", "stopping"]))
        await_true(lambda: not is_running(init), "the end of the run")

    def test_a_kill_ends_everything_and_is_reported(self) -> None:
        runner, init = self.begin()
        runner.signal(signal.SIGUSR1)
        self.assertEqual(runner.wait(), 0)
        self.assertEqual((runner.server.exit()["code"], runner.server.exit()["signal"]), (None, "SIGKILL"))
        self.assertFalse(is_running(init))

    def test_the_death_of_the_bootstrap_ends_user_code_and_its_network(self) -> None:
        runner, init = self.begin()
        network = os.readlink(f"/proc/{init}/ns/net")
        self.assertTrue(list_processes_in(network))
        os.kill(runner.pid, signal.SIGKILL)
        await_true(lambda: not is_running(init), "the end of the run")
        await_true(lambda: not list_processes_in(network), "the end of pasta")

    def test_user_code_survives_its_template_and_keeper(self) -> None:
        for name in ("template", "keeper"):
            with self.subTest(name):
                template = TemplateRunner()
                self.addCleanup(template.end)
                mine, type(self).template = self.template, template
                try:
                    runner, init = self.begin("import sys, time\nprint('ready', flush=True)\ntime.sleep(3)\nprint('end')\nsys.exit(4)\n")
                finally:
                    type(self).template = mine
                os.kill(template.report["pid"] if name == "template" else template.keeper.pid, signal.SIGKILL)
                await_true(lambda: not is_running(template.report["pid"]), "the end of the template")
                self.assertEqual(runner.wait(), 0)
                self.assertEqual((runner.server.exit()["code"], runner.server.log("stdout")), (4, ["ready", "end"]))
                await_true(lambda: template.keeper.poll() is not None, "the end of the keeper")

    def test_without_its_template_a_run_starts_cold(self) -> None:
        template = TemplateRunner()
        self.addCleanup(template.end)
        mine, type(self).template = self.template, template
        try:
            os.kill(template.report["pid"], signal.SIGKILL)
            template.keeper.wait()
            runner = self.attempt("print('cold')")
            self.assertEqual(runner.run()["code"], 0)
            self.assertEqual(runner.server.log("stdout"), ["cold"])
            self.assertFalse((runner.folder / "forked.json").exists())
        finally:
            type(self).template = mine


class Attacks(ForkedCase):
    def test_a_run_reaches_neither_its_template_nor_others(self) -> None:
        program = """
import ctypes, os, signal, socket
libc = ctypes.CDLL(None, use_errno=True)

def attempt(name, action):
    try:
        print(name, "did", action())
    except Exception as error:
        print(name, type(error).__name__)

print("processes", sorted(int(name) for name in os.listdir("/proc") if name.isdigit()))
attempt("environment of 1", lambda: open("/proc/1/environ").read())
attempt("memory of 1", lambda: open("/proc/1/mem", "rb").read(1))
attempt("descriptors of 1", lambda: os.listdir("/proc/1/fd"))
attempt("root of 1", lambda: os.listdir("/proc/1/root"))
for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGKILL):
    attempt("signal to 1", lambda: os.kill(1, number))
print("ptrace", libc.ptrace(16, 1, 0, 0))
attempt("write /", lambda: open("/left", "w"))
attempt("write /work", lambda: open("/work/left", "w"))
attempt("write /dev", lambda: open("/dev/left", "w"))
attempt("write the environment", lambda: open(os.path.join(os.path.dirname(os.__file__), "left"), "w"))
print("open descriptors", sorted(int(name) for name in os.listdir("/proc/self/fd"))[:-1])
print("capabilities", [line.split()[1] for line in open("/proc/self/status") if line.startswith("Cap")])
print("no new privileges", [line.split()[1] for line in open("/proc/self/status") if line.startswith("NoNewPrivs")])
open("/tmp/left", "w").close()
# A user namespace of its own gives no power over the mounts of the sandbox.
print("own namespaces", libc.unshare(0x10020000))
print("unmount", libc.umount2(b"/work", 0), libc.umount2(b"/proc", 0), libc.umount2(b"/usr", 0))
print("remount", libc.mount(None, b"/usr", None, 4096 | 32, None), libc.mount(None, b"/work", None, 4096 | 32, None))
"""
        self.assertEqual(
            self.run_forked(program),
            [
                "processes [1, 2]",
                "environment of 1 PermissionError",
                "memory of 1 PermissionError",
                "descriptors of 1 PermissionError",
                "root of 1 PermissionError",
                # The first process of a namespace ignores signals from inside.
                *["signal to 1 did None"] * 3,
                "ptrace -1",
                "write / OSError",
                "write /work OSError",
                "write /dev OSError",
                "write the environment OSError",
                "open descriptors [0, 1, 2]",
                f"capabilities {['0' * 16] * 5}",
                "no new privileges ['1']",
                "own namespaces 0",
                "unmount -1 -1 -1",
                "remount -1 -1",
            ],
        )
        self.assertEqual(self.run_forked("import os\nprint(os.path.exists('/tmp/left'))\n"), ["False"])

    def test_a_run_does_not_find_the_secret_of_a_sibling_in_its_memory(self) -> None:
        secret = f"secret-{os.urandom(12).hex()}"
        sibling = self.attempt(
            "import os, time\nkept = os.environ['TOKEN']\nprint('ready', flush=True)\ntime.sleep(600)\n",
            variables={"TOKEN": secret},
        ).begin()
        sibling.server.await_log("ready")
        # The secret is given in two halves, so that the program does not contain it.
        program = f"""
found = 0
wanted = bytes.fromhex("{secret[:16].encode().hex()}") + bytes.fromhex("{secret[16:].encode().hex()}")
del_me = wanted
for line in open("/proc/self/maps"):
    limits, rights = line.split()[:2]
    start, end = (int(part, 16) for part in limits.split("-"))
    if "r" not in rights or "[v" in line:
        continue
    with open("/proc/self/mem", "rb") as memory:
        memory.seek(start)
        try:
            found += memory.read(end - start).count(wanted[:-1] + b"%c" % wanted[-1])
        except OSError:
            continue
print("copies of my own", found < 20, "variable", "TOKEN" in __import__("os").environ)
"""
        self.assertEqual(self.run_forked(program), ["copies of my own True variable False"])
        sibling.signal(signal.SIGUSR1)
        self.assertEqual(sibling.wait(), 0)


def normalize_folders(line: str, runner: AttemptRunner) -> str:
    """A cold run without root has its home beside its work folder, a forked one in the sandbox's own /tmp, as with root."""
    return normalize(line, str(runner.folder)).replace("/work/.home", "/tmp/home").replace("/work/.tmp", "/tmp/tmp")


def list_pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def read_parent(pid: int) -> int:
    """Return the parent's pid; 0 for a process that has ended."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def list_processes_in(network: str) -> list[int]:
    """List the processes that keep a network, such as pasta."""
    found = []
    for pid in list_pids():
        try:
            if os.readlink(f"/proc/{pid}/ns/net") == network:
                found.append(pid)
        except OSError:
            continue
    return found


if __name__ == "__main__":
    unittest.main()
