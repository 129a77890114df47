"""Whole attempts: the real bootstrap and real user code, with and without bubblewrap."""

import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from attempt_runner import BOOTSTRAP, PATIENCE_SECONDS, AttemptRunner, await_true, build_archive
from attempt_server import AttemptServer
from pumphouse_bootstrap.start_file import take_attempt

SECRET = "s3cret-of-this-run"


class AttemptCase(unittest.TestCase):
    def attempt(self, program: str = "", begin: dict | None = None, **start) -> AttemptRunner:
        runner = AttemptRunner(AttemptServer(**(begin or {})), program, **start)
        self.addCleanup(runner.clean)
        return runner


class HappyPath(AttemptCase):
    PROGRAM = """
    import json, os, sys
    print("out", *sys.argv[1:], flush=True)
    print("err", os.environ["NAME"], file=sys.stderr, flush=True)
    details = {
        "cwd": os.getcwd(), "home": os.environ["HOME"], "tmp": os.environ["TMPDIR"], "path": os.environ["PATH"],
        "uid": os.getuid(), "groups": os.getgroups(), "descriptors": sorted(os.listdir("/proc/self/fd")),
        "variables": sorted(os.environ), "umask": os.umask(0), "unbuffered": sys.stdout.line_buffering or sys.stdout.write_through,
        "marker": os.path.getsize(".dlt/.workspace"), "secrets": open(".dlt/prod.secrets.toml").read(),
        "environment": os.path.dirname(os.path.dirname(sys.executable)),
        "no_new_privileges": [line.split()[1] for line in open("/proc/self/status") if line.startswith("NoNewPrivs")],
    }
    open(os.path.join(os.environ["HOME"], "x"), "w").close()
    open(os.path.join(os.environ["TMPDIR"], "x"), "w").close()
    print(json.dumps(details))
    """

    def run_program(self, **start) -> tuple[AttemptRunner, dict]:
        begin = {"arguments": ["--run-id", "run-1"], "variables": {"NAME": SECRET, "PYTHONDONTWRITEBYTECODE": "1"}, "masked_values": [SECRET]}
        runner = self.attempt(self.PROGRAM, begin, **start)
        runner.server.serve_archive("configuration", build_archive({"secrets.prod.toml": f'key = "{SECRET}"'}))
        exit_record = runner.run()
        self.assertEqual((exit_record["code"], exit_record["signal"], exit_record["reason"]), (0, None, None))
        self.assertGreater(exit_record["peak_memory_bytes"], 1_000_000)
        self.assertIsNone(exit_record["out_of_memory"])
        self.assertEqual(exit_record["killed_descendants"], 0)
        records = runner.server.records()
        self.assertEqual([record["n"] for record in records], list(range(len(records))))
        self.assertEqual([record["kind"] for record in records], ["started", "log", "log", "log", "exit"])
        self.assertEqual(runner.server.log("stderr"), ["err ***"])
        out = runner.server.log("stdout")
        self.assertEqual(out[0], "out --run-id run-1")
        details = json.loads(out[1])
        self.assertEqual(details["secrets"], 'key = "***"')
        self.assertEqual(details["marker"], 0)
        self.assertEqual(details["cwd"], runner.start["inside_work_folder"])
        self.assertEqual(details["path"], f"{runner.start['environment']}/bin:/usr/local/bin:/usr/bin:/bin")
        self.assertEqual(details["environment"], runner.start["environment"])
        self.assertEqual((details["umask"], details["unbuffered"], details["no_new_privileges"]), (0o077, True, ["1"]))
        # 0 to 2, and the descriptor of the listing itself.
        self.assertEqual(len(details["descriptors"]), 4)
        expected = {"NAME", "PATH", "HOME", "TMPDIR", "LANG", "RUNTIME__DLTHUB_DSN", "PUMPHOUSE_ATTEMPT_ID"}
        self.assertEqual(set(details["variables"]) - {"LC_CTYPE"}, expected)
        self.assertEqual(runner.server.spool, (runner.folder / "spool").read_bytes())
        self.assertNotIn(SECRET.encode(), runner.server.spool)
        return runner, details

    def test_without_a_sandbox(self) -> None:
        runner, details = self.run_program()
        self.assertEqual(details["home"], str(runner.folder / "work/.home"))
        self.assertEqual(sorted(os.listdir(runner.folder)), ["bootstrap.log", "process.json", "reserve", "spool", "work"])
        self.assertEqual(stat.S_IMODE((runner.folder / "spool").stat().st_mode), 0o600)
        self.assertEqual(runner.errors, "")

    def test_in_bubblewrap(self) -> None:
        self.run_program(sandboxed=True)

    def test_in_bubblewrap_as_another_user(self) -> None:
        if os.geteuid() != 0:
            # Only root can switch to another user; without it there is nothing to observe.
            self.assertEqual(self.run_program(sandboxed=True)[1]["uid"], os.geteuid())
            return
        _, details = self.run_program(sandboxed=True, drop_to={"uid": 60_906, "gid": 60_907})
        self.assertEqual((details["uid"], details["groups"]), (60_906, []))

    def test_private_arguments_longer_than_the_limit_of_a_process(self) -> None:
        program = """
        import os, sys
        with open("/proc/self/cmdline", "rb") as file:
            shown = file.read()
        print(sys.argv[1:3], len(sys.argv[3]), sys.argv[3][:7] in shown.decode(), __name__, __spec__.name)
        print(os.path.basename(sys.argv[0]), sys.path[0] == os.getcwd(), sorted(os.listdir("/proc/self/fd")))
        """
        begin = {"arguments": ["--run-id", "run-1"], "private_arguments": ["private" * 40_000]}
        runner = self.attempt(program, begin, sandboxed=True)
        self.assertEqual(runner.run()["reason"], None)
        out = runner.server.log("stdout")
        self.assertEqual(out[0], "['--run-id', 'run-1'] 280000 False __main__ user_program")
        self.assertEqual(out[1], "user_program.py True ['0', '1', '2', '3']")

    def test_local_data_that_is_not_mounted(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        program = "open('.dlt/data/prod/x.duckdb', 'w').write('1')"
        runner = self.attempt(program, local_data={"path": folder.name, "source": folder.name, "mounted": False, "written_as": "prod"})
        self.assertEqual(runner.run()["code"], 0)
        self.assertEqual(Path(folder.name, "x.duckdb").read_text(), "1")

    def test_neither_token_nor_secrets_can_be_read_from_processes_or_files(self) -> None:
        program = """
        import glob, os
        observed = b""
        for path in glob.glob("/proc/[0-9]*/cmdline") + glob.glob("/proc/[0-9]*/environ"):
            if path.split("/")[2] == str(os.getpid()):
                continue
            try:
                observed += open(path, "rb").read()
            except OSError:
                pass
        print(b"secret-in-variables" in observed, b"bootstrap-token" in observed)
        os.system(f"grep -rqs bootstrap-token-'1' {os.path.dirname(os.path.dirname(os.getcwd()))}; echo grep $?")
        """
        runner = self.attempt(program, {"variables": {"PASSWORD": "secret-in-variables"}})
        runner.run()
        self.assertEqual(runner.server.log(), ["False False", "grep 1"])
        self.assertFalse(runner.start_path.exists())

    def test_exit_codes_and_tracebacks(self) -> None:
        for sandboxed in (False, True):
            runner = self.attempt("import sys; sys.exit(7)", sandboxed=sandboxed)
            self.assertEqual(runner.run()["code"], 7)
        runner = self.attempt("raise ValueError('x')")
        self.assertEqual(runner.run()["code"], 1)
        self.assertEqual(runner.server.log("stderr")[-1], "ValueError: x")
        for sandboxed in (False, True):
            runner = self.attempt("import os; os.kill(os.getpid(), 11)", sandboxed=sandboxed)
            exit_record = runner.run()
            self.assertEqual((exit_record["code"], exit_record["signal"]), (None, "SIGSEGV"))

    def test_peak_memory_is_user_codes(self) -> None:
        for sandboxed in (False, True):
            runner = self.attempt("len(bytearray(150_000_000))", sandboxed=sandboxed)
            peak = runner.run()["peak_memory_bytes"]
            self.assertGreater(peak, 150_000_000)
            self.assertLess(peak, 250_000_000)

    def test_counts_of_control_groups_are_in_the_exit_record(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            memory, pids = Path(folder, "memory.events"), Path(folder, "pids.events")
            for count, expected in ((3, (None, False)), (4, ("limit", True))):
                memory.write_text("oom 3\noom_kill 3\n")
                pids.write_text("max 3\n")
                program = f"""
                open({str(memory)!r}, "w").write("oom {count}\\noom_kill {count}\\n")
                open({str(pids)!r}, "w").write("max {count}\\n")
                """
                runner = self.attempt(program, control_groups={"memory": folder, "pids": folder})
                record = runner.run()
                self.assertEqual((record["out_of_memory"], record["process_limit_reached"]), expected)

    def test_user_code_enters_its_groups_and_the_bootstrap_does_not(self) -> None:
        for sandboxed in (False, True):
            with tempfile.TemporaryDirectory() as folder:
                # A process joins a real group by writing 0 to its file; this fake file records the writer's
                # pid instead.
                group = f"{folder}/cgroup.procs"
                join = ["/bin/sh", "-c", f'echo $$ >>{group}; exec "$@"', "sh"]
                runner = self.attempt("raise SystemExit(7)", sandboxed=sandboxed, join_groups=join)
                self.assertEqual(runner.run()["code"], 7)
                joined = Path(group).read_text().split()
                self.assertEqual(len(joined), 1)
                self.assertNotEqual(joined, [str(runner.pid)])

    def test_a_group_that_cannot_be_entered_fails_the_start(self) -> None:
        join = ["/bin/sh", "-c", 'echo 0 >/nonexistent/cgroup.procs || exit 1; exec "$@"', "sh"]
        for sandboxed in (False, True):
            runner = self.attempt("print('never')", sandboxed=sandboxed, join_groups=join)
            reason = runner.run()["reason"]
            self.assertEqual(reason["code"], "sandbox_failed")
            self.assertIn("/nonexistent/cgroup.procs", reason["detail"])
            self.assertEqual(runner.server.log(), [])


class Beginning(AttemptCase):
    def test_a_lost_claim_leaves_and_writes_nothing(self) -> None:
        runner = self.attempt("print('never')")
        runner.server.begin_status = 409
        self.assertEqual(runner.begin().wait(), 0)
        self.assertEqual(runner.server.calls, ["-begin"])
        self.assertEqual(sorted(os.listdir(runner.folder)), ["bootstrap.log", "process.json", "work"])
        self.assertEqual(list(runner.work.iterdir()), [])

    def test_any_other_refusal_leaves_too(self) -> None:
        for status in (401, 404, 410, 422):
            runner = self.attempt("print('never')")
            runner.server.begin_status = status
            self.assertEqual(runner.begin().wait(), 0)
            self.assertFalse((runner.folder / "spool").exists())

    def test_waits_while_no_server_responds(self) -> None:
        runner = self.attempt("print('now')")
        runner.server.stop()
        port = int(runner.server.url.rpartition(":")[2])
        with socket.create_server(("127.0.0.1", port)) as mute:
            runner.begin()
            for _ in range(3):
                mute.accept()[0].close()
        runner.server.start()
        self.assertEqual(runner.wait(), 0)
        self.assertEqual(runner.server.log(), ["now"])

    def test_process_json_identifies_the_bootstrap_and_start_json_is_deleted(self) -> None:
        runner = self.attempt("import time; time.sleep(600)").begin()
        await_true(lambda: runner.server.spool, "the start")
        self.assertFalse(runner.start_path.exists())
        record = json.loads((runner.folder / "process.json").read_text())
        fields = Path(f"/proc/{runner.pid}/stat").read_text().rpartition(")")[2].split()
        boot_id = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        machine_id = Path("/etc/machine-id")
        expected = {
            "pid": runner.pid,
            "start_time": int(fields[19]),
            "boot_id": boot_id,
            "pid_namespace": os.readlink("/proc/self/ns/pid"),
            "machine_id": machine_id.read_text().strip() if machine_id.exists() else "",
        }
        self.assertEqual(record, expected)

    def test_process_json_is_written_atomically(self) -> None:
        runner = self.attempt()
        runner.start_path.write_text(json.dumps(runner.start))
        record = runner.folder / "process.json"
        observed: list[bool] = []
        write = os.write

        def observe_and_write(descriptor: int, data: bytes) -> int:
            observed.append(record.exists())
            return write(descriptor, data)

        with mock.patch.object(os, "write", observe_and_write):
            self.assertIsNotNone(take_attempt(str(runner.start_path)))
        self.assertEqual(observed, [False])
        self.assertEqual(json.loads(record.read_text())["pid"], os.getpid())
        self.assertEqual(sorted(os.listdir(runner.folder)), ["process.json", "work"])

    def test_only_one_of_several_bootstraps_begins(self) -> None:
        runner = self.attempt("print('once')")
        runner.start_path.write_text(json.dumps(runner.start))
        processes = [runner.spawn() for _ in range(4)]
        self.assertEqual([process.wait(PATIENCE_SECONDS) for process in processes], [0] * 4)
        self.assertEqual(runner.server.calls.count("-begin"), 1)
        self.assertEqual(runner.server.log(), ["once"])
        # And a bootstrap that starts after the end.
        self.assertEqual(runner.spawn().wait(PATIENCE_SECONDS), 0)

    def test_the_folder_itself_can_be_run(self) -> None:
        runner = self.attempt("print('from the folder')")
        runner.start_path.write_text(json.dumps(runner.start))
        subprocess.run([sys.executable, "-I", "-S", str(BOOTSTRAP), str(runner.start_path)], check=True, timeout=PATIENCE_SECONDS)
        self.assertEqual(runner.server.log(), ["from the folder"])


class CannotStart(AttemptCase):
    def assert_reason(self, runner: AttemptRunner, code: str, text: str) -> None:
        exit_record = runner.run()
        self.assertEqual(exit_record["reason"]["code"], code, exit_record)
        self.assertIn(text, exit_record["reason"]["detail"])
        self.assertIsNone(exit_record["code"])
        self.assertNotIn("started", [record["kind"] for record in runner.server.records()])

    def test_no_environment(self) -> None:
        self.assert_reason(self.attempt("1", environment="/nonexistent"), "environment_missing", "No such file")
        runner = self.attempt("1", sandboxed=True)
        runner.start["environment"] = "/nonexistent"
        self.assert_reason(runner, "environment_missing", "/nonexistent/bin/python")

    def test_no_sandbox(self) -> None:
        self.assert_reason(self.attempt("1", sandbox=["/nonexistent/bwrap"]), "sandbox_failed", "/nonexistent/bwrap")
        self.assert_reason(self.attempt("1", sandbox=["/bin/sh", "-c", "echo no room >&2; exit 3"]), "sandbox_failed", "no room")

    def test_an_environment_whose_python_reports_nonsense(self) -> None:
        report = "import os, sys\nfor name in os.listdir('/proc/self/fd'):\n  if int(name) > 2:\n    try: os.write(int(name), sys.argv[1].encode())\n    except OSError: pass"
        for text in ("garbage\n", "[1]\n", '{"pid": "x", "code": 1}', '{"code": 1}\n', "x" * 100_000):
            runner = self.attempt("1", sandbox=[sys.executable, "-c", report, text])
            runner.run()
            kinds = [record["kind"] for record in runner.server.records()]
            self.assertIn(kinds, (["exit"], ["started", "exit"]), text[:20])

    def test_no_work_folder(self) -> None:
        self.assert_reason(self.attempt("1", inside_work_folder="/proc/nothing"), "work_folder_failed", "/proc/nothing")

    def test_unsafe_archive(self) -> None:
        import tarfile

        for sandboxed in (False, True):
            runner = self.attempt(sandboxed=sandboxed)
            runner.server.serve_archive("code", build_archive({"a.py": "1"}, [tarfile.TarInfo("files/../../x")]))
            self.assert_reason(runner, "unpack_failed", "'..'")
            self.assertFalse((runner.folder / "x").exists())

    def test_archives_that_come_with_the_admission_are_not_downloaded(self) -> None:
        runner = self.attempt()
        program = 'print(open(".dlt/config.toml").read(), flush=True)'
        runner.server.serve_archive("code", build_archive({"user_program.py": program}), inline=True)
        runner.server.serve_archive("configuration", build_archive({"config.toml": "a = 1"}), inline=True)
        self.assertEqual(runner.run()["code"], 0)
        self.assertEqual(runner.server.log("stdout"), ["a = 1"])
        self.assertEqual([call for call in runner.server.calls if "code" in call or "configuration" in call], [])

    def test_an_archive_that_came_damaged_is_downloaded(self) -> None:
        runner = self.attempt("print('right')")
        runner.server.begin["archives"] = {"code": "d3Jvbmc="}
        self.assertEqual(runner.run()["code"], 0)
        self.assertEqual(runner.server.log("stdout"), ["right"])

    def test_an_archive_with_another_hash_or_none(self) -> None:
        runner = self.attempt("1")
        runner.server.begin["code_sha256"] = "0" * 64
        self.assert_reason(runner, "download_failed", "damaged")
        runner = self.attempt("1")
        del runner.server.archives["code"]
        self.assert_reason(runner, "download_failed", "404")

    def test_variables_and_arguments_that_the_kernel_rejects(self) -> None:
        runner = self.attempt("1", {"variables": {"BAD": "nul\0value-of-it"}})
        self.assert_reason(runner, "launcher_failed", "NUL")
        self.assertNotIn("value-of-it", runner.server.exit()["reason"]["detail"])
        self.assert_reason(self.attempt("1", {"variables": {"LONG": "x" * 200_000}}), "launcher_failed", "too long")

    def test_a_response_of_the_server_without_a_field(self) -> None:
        runner = self.attempt("1")
        del runner.server.begin["launcher"]
        self.assertEqual(runner.begin().wait(), 1)
        self.assertIn("launcher", runner.errors)
