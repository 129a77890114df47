"""Manifest builds report what dlt's own worker prints, or the exception, whatever user code does with its output."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from attempt_runner import BOOTSTRAP, dlt_environment

LAUNCHER = "pumphouse_bootstrap.inside.launch.manifest_launcher"
FORGED = """os.write(1, b'{"manifest": "forged"}\\n')"""
JOBS = """
import os, sys
from dlt.hub import run

print("printed at import")
os.write(1, b'{"manifest": "forged"}\\n')
sys.stderr.write("error output at import\\n")


@run.job(trigger="0 6 * * *", require={"timezone": "Europe/Berlin"})
def load_orders(limit: int = 5):
    "Load the orders"


@run.job(trigger=load_orders.success)
def report():
    ...
""".replace("FORGED", FORGED)
DEPLOYMENT = '"""The shop"""\nfrom jobs import load_orders, report\n\n__all__ = ["load_orders", "report", "missing"]\n__tags__ = ["a", "b"]\n'
WORKSPACE = {"__deployment__.py": DEPLOYMENT, "jobs.py": JOBS}


class ManifestLauncher(unittest.TestCase):
    maxDiff = None

    def test_reports_what_the_worker_of_dlt_prints(self) -> None:
        for module, use_all in (("__deployment__", True), ("jobs.py", False)):
            with self.subTest(module):
                code, result, _ = build(WORKSPACE, module, use_all)
                expected = run_worker(WORKSPACE, module, use_all)
                self.assertEqual(code, 0)
                for each in (result, expected):
                    each["manifest"].pop("created_at")
                self.assertEqual(result, expected)
                self.assertEqual(result["manifest"]["jobs"][0]["job_ref"], "jobs.jobs.load_orders")

    def test_output_of_user_code_is_in_the_log_and_not_in_the_result(self) -> None:
        _, result, output = build(WORKSPACE)
        self.assertIn('{"manifest": "forged"}', output)
        self.assertEqual(result["warnings"], ["name 'missing' listed in __all__ but not found in module"])

    def test_reports_an_exception_with_the_frames_of_the_workspace(self) -> None:
        files = {"__deployment__.py": "import shop.jobs\n", "shop/jobs.py": "def fail():\n    return {}['key']\n\n\nfail()\n"}
        code, result, output = build(files)
        frames = [
            '  File "__deployment__.py", line 1, in <module>',
            "    import shop.jobs",
            '  File "shop/jobs.py", line 5, in <module>',
            "    fail()",
            '  File "shop/jobs.py", line 2, in fail',
            "    return {}['key']",
        ]
        self.assertEqual((code, result), (1, {"error": {"type": "KeyError", "message": "'key'", "traceback": "\n".join(frames)}}))
        self.assertIn("KeyError: 'key'", output)
        self.assertNotIn("manifest_launcher", output)

    def test_reports_file_and_line_of_a_syntax_error(self) -> None:
        _, result, _ = build({"__deployment__.py": "import jobs\n", "jobs.py": "\n\nx = = 1\n"})
        self.assertEqual(result["error"]["type"], "SyntaxError")
        self.assertTrue(result["error"]["traceback"].endswith('  File "jobs.py", line 3\n    x = = 1'), result)

    def test_reports_what_dlt_rejects(self) -> None:
        bad = "from dlt.hub import run\n\n\n@run.job(trigger='job.success:jobs.no.such')\ndef load():\n    ...\n"
        code, result, _ = build({"__deployment__.py": bad})
        self.assertEqual((code, result["error"]["type"], result["error"]["traceback"]), (1, "InvalidManifest", None))
        self.assertIn("jobs.no.such", result["error"]["message"])

    def test_reports_code_that_ends_the_process(self) -> None:
        for status in ("0", "3", "'text'"):
            with self.subTest(status):
                code, result, _ = build({"__deployment__.py": f"import sys\nsys.exit({status})\n"})
                message = f"The code called sys.exit({status}) while it was imported."
                self.assertEqual((code, result["error"]["type"], result["error"]["message"]), (1, "SystemExit", message))
        code, result, _ = build({"__deployment__.py": "import os\nos._exit(0)\n"})
        self.assertEqual((code, result), (0, None))

    def test_reports_an_exception_that_has_no_text(self) -> None:
        bad = "class Odd(Exception):\n    def __str__(self):\n        raise ValueError('no text')\n\n\nraise Odd()\n"
        _, result, _ = build({"__deployment__.py": bad})
        self.assertEqual(result["error"]["message"], "Odd without a message")

    def test_bounds_an_exception(self) -> None:
        deep = "def deep(depth):\n    return deep(depth + 1)\n\n\ntry:\n    deep(0)\nexcept RecursionError:\n    pass\nraise ValueError('x' * 1_000_000)\n"
        for files in ({"__deployment__.py": deep}, {"__deployment__.py": deep.split("try")[0] + "deep(0)\n"}):
            _, result, _ = build(files)
            self.assertLess(len(json.dumps(result)), 60_000)

    def test_rejects_a_manifest_that_is_too_large(self) -> None:
        large = "from dlt.hub import run\n\n\n@run.job(expose={'display_name': 'x' * 9_000_000})\ndef load():\n    ...\n"
        _, result, _ = build({"__deployment__.py": large})
        self.assertEqual(result["error"]["type"], "ManifestError")
        self.assertIn("at most 8388608", result["error"]["message"])

    def test_files_of_the_workspace_replace_no_module_of_the_launcher(self) -> None:
        files = {**WORKSPACE, "argparse.py": "raise ValueError('argparse')\n", "http.py": "x = 1\n", "json.py": "x = 1\n"}
        code, result, output = build(files)
        self.assertEqual((code, len(result["manifest"]["jobs"])), (0, 3), output)


def build(files: dict[str, str], module: str = "__deployment__", use_all: bool = True) -> tuple[int, dict | None, str]:
    """Return the exit code, the result that was sent, and the output."""
    with tempfile.TemporaryDirectory() as root, Receiver() as receiver:
        entry_point = {
            "module": "__deployment__",
            "job_ref": "jobs.manifest-build",
            "run_args": {"input": {"module": module, "use_all": use_all}},
        }
        arguments = ["--run-id", "r", "--trigger", "manual:jobs.manifest-build", "--entry-point", json.dumps(entry_point)]
        request = os.memfd_create("launch", 0)
        os.write(request, json.dumps({"launcher": LAUNCHER, "arguments": arguments, "quick": True, "anew": False}).encode())
        os.lseek(request, 0, os.SEEK_SET)
        program = [str(BOOTSTRAP / "inside/launch/__main__.py"), str(request)]
        try:
            done = run_python(root, files, program, {"RUNTIME__DLTHUB_DSN": receiver.address}, (request,))
        finally:
            os.close(request)
        if not receiver.bodies:
            return done.returncode, None, done.stdout + done.stderr
        [(path, body)] = receiver.bodies
        document = json.loads(body)
        assert path == "/secret/job_result", path
        result = document.pop("result")
        assert document == {"engine_version": 1, "type": "job.manifest-build", "job_ref": "jobs.manifest-build"}, document
        return done.returncode, result, done.stdout + done.stderr


def run_worker(files: dict[str, str], module: str, use_all: bool) -> dict:
    """Return what dlt's own worker prints."""
    # The worker fails on it: its own result is on that descriptor.
    quiet = {**files, "jobs.py": files["jobs.py"].replace(FORGED, "")}
    arguments = ["-m", "dlt._workspace.deployment._manifest_worker", module, *([] if use_all else ["--no-use-all"])]
    with tempfile.TemporaryDirectory() as root:
        return json.loads(run_python(root, quiet, arguments, {}, ()).stdout)


def run_python(root: str, files: dict[str, str], arguments: list[str], variables: dict[str, str], passed: tuple[int, ...]):
    work = Path(root, "work")
    (work / ".dlt").mkdir(parents=True)
    (work / ".dlt/.workspace").touch()
    for name, text in files.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_text(text)
    environment = dlt_environment()
    return subprocess.run(
        [f"{environment}/bin/python", "-u", *arguments],
        cwd=work,
        env={
            "PATH": f"{environment}/bin:/usr/bin:/bin",
            "HOME": f"{root}/home",
            "LANG": "C.UTF-8",
            "WORKSPACE__PROFILE": "prod",
            "RUNTIME__DLTHUB_TELEMETRY": "false",
            **variables,
        },
        pass_fds=passed,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


class Receiver:
    """A server in place of the beacon."""

    def __enter__(self) -> Receiver:
        bodies: list[tuple[str, bytes]] = []
        self.bodies = bodies

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                bodies.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}/secret"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_arguments: object) -> None:
        self._server.shutdown()
        self._server.server_close()


if __name__ == "__main__":
    unittest.main()
