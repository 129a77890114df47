"""A real dlt job, from its launcher to its telemetry."""

import json
import subprocess
import tempfile
import unittest
from pathlib import Path

from attempt_runner import AttemptRunner, build_archive, dlt_environment
from attempt_server import AttemptServer

SHOP = """
import dlt
from dlt.hub import run


@dlt.resource(table_name="orders")
def orders():
    yield [{"id": number, "token": dlt.secrets["api_token"]} for number in range(3)]


if __name__ == "__main__":
    pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="raw")
    print(pipeline.run(orders()))
"""

JOBS = """
import dlt
from dlt.hub import run


@run.job
def load():
    print("profile", dlt.current.workspace().profile)
    run.result({"rows": 3, "token": dlt.secrets["api_token"]})
"""


def entry_point(module: str, function: str | None, launcher: str) -> str:
    return json.dumps(
        {
            "module": module,
            "function": function,
            "job_type": "batch",
            "launcher": f"dlt._workspace.deployment.launchers.{launcher}",
            "job_ref": f"jobs.{module}.{function or module}",
            "profile": "prod",
            "refresh": False,
        }
    )


class DltRun(unittest.TestCase):
    def run_dlt(self, launcher: str, files: dict, module: str, function: str | None = None, **options) -> AttemptRunner:
        arguments = ["--run-id", "run-1", "--trigger", "manual:", "--entry-point", entry_point(module, function, launcher)]
        server = AttemptServer(
            program=f"dlt._workspace.deployment.launchers.{launcher}",
            arguments=arguments,
            masked_values=["token-of-the-shop"],
            artifacts={"use": "send", "folder": ".artifacts"},
            variables={
                "WORKSPACE__PROFILE": "prod",
                "RUNTIME__RUN_ID": "run-1",
                "RUNTIME__DLTHUB_TELEMETRY": "false",
                "PYTHONUNBUFFERED": "1",
                # Telemetry of the attempt must bypass the proxy.
                "HTTP_PROXY": "http://127.0.0.1:9",
            },
        )
        runner = AttemptRunner(server, environment=dlt_environment(), **options)
        self.addCleanup(runner.clean)
        server.serve_archive("code", build_archive(files))
        server.serve_archive("configuration", build_archive({"secrets.prod.toml": 'api_token = "token-of-the-shop"'}))
        exit_record = runner.run()
        self.assertEqual((exit_record["code"], exit_record["reason"]), (0, None), server.log())
        return runner

    def test_a_pipeline_in_bubblewrap_with_the_module_launcher(self) -> None:
        runner = self.run_dlt("module", {"shop.py": SHOP}, "shop", sandboxed=True)
        beacons = dict(runner.server.beacons())
        self.assertEqual(set(beacons), {"state", "trace"})
        trace = json.loads(beacons["trace"])
        self.assertEqual(trace["pipeline_name"], "shop")
        self.assertEqual(trace["execution_context"]["run_context"], {"name": "shop", "profile": "prod"})
        self.assertIn("1 load package(s) were loaded", "\n".join(runner.server.log()))
        self.assertNotIn(b"token-of-the-shop", runner.server.spool)
        self.assertTrue((runner.work / ".dlt/data/prod").is_dir())

    def test_a_pipeline_leaves_its_artifacts_with_the_local_data(self) -> None:
        data = tempfile.TemporaryDirectory()
        self.addCleanup(data.cleanup)
        local_data = {"path": data.name, "source": data.name, "mounted": False, "written_as": "prod"}
        runner = self.run_dlt("module", {"shop.py": SHOP}, "shop", local_data=local_data)
        left = Path(data.name, ".artifacts", "pipelines", "shop")
        files = sorted(str(path.relative_to(left)) for path in left.rglob("*") if path.is_file())
        self.assertEqual(files, ["schemas/shop.schema.json", "state.json", "trace.pickle"])
        state = json.loads((left / "state.json").read_text())
        self.assertEqual((state["pipeline_name"], state["dataset_name"]), ("shop", "raw"))
        # An app finds the data by the path in the state, under the profile that wrote it.
        self.assertEqual(state["_local"]["initial_cwd"], f"{runner.work}/.dlt/data/prod")
        self.assertNotIn(b"token-of-the-shop", b"".join(path.read_bytes() for path in left.rglob("*") if path.is_file()))

    def test_a_job_function_that_needs_the_hub(self) -> None:
        runner = self.run_dlt("job", {"jobs.py": JOBS}, "jobs", "load")
        self.assertIn("profile prod", runner.server.log())
        [(kind, body)] = runner.server.beacons()
        self.assertEqual((kind, json.loads(body)["result"]), ("job_result", {"rows": 3, "token": "***"}))


class EnvironmentHook(unittest.TestCase):
    def run_python(self, code: str, *options: str) -> str:
        command = [f"{dlt_environment()}/bin/python", *options, "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/")
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def test_run_comes_from_the_hub_in_any_process(self) -> None:
        for code in (
            "from dlt.hub import run; print(run.__name__)",
            "import dlt; print(dlt.hub.run.__name__)",
            "import dlt.hub.run as run; print(run.__name__)",
            "from dlt import hub; print(hub.run.job and hub.run.__name__)",
        ):
            self.assertEqual(self.run_python(code), "dlt.hub.run", code)
            self.assertEqual(self.run_python(code, "-I"), "dlt.hub.run", code)
        child = "import os, sys; os.execv(sys.executable, [sys.executable, '-c', 'from dlt.hub import run; print(run.__name__)'])"
        self.assertEqual(self.run_python(child), "dlt.hub.run")

    def test_other_attributes_are_refused_with_what_to_use_instead(self) -> None:
        code = """
import dlt
from dlt.common.exceptions import MissingDependencyException
try:
    dlt.hub.transformation
except MissingDependencyException as error:
    print(error)
"""
        explained = (
            "dlt.hub.transformation belongs to the proprietary package dlthub, which Pumphouse does not have. "
            "docs/move/hosted.md lists what to use instead."
        )
        self.assertEqual(self.run_python(code), explained)
        self.assertEqual(self.run_python(code.replace("dlt.hub.tr", "from dlt.hub import tr")), explained)

    def test_importing_dlt_loads_no_more_than_before(self) -> None:
        self.assertEqual(self.run_python("import dlt, sys; print('dlt.hub.run' in sys.modules)"), "False")

    def test_a_package_without_the_submodule_and_none_at_all(self) -> None:
        folder = Path(tempfile.mkdtemp())
        (folder / "dlt" / "hub").mkdir(parents=True)
        (folder / "dlt" / "__init__.py").touch()
        hub = folder / "dlt" / "hub" / "__init__.py"
        look = f"""
import sys
sys.path[:] = [{str(folder)!r}, *[path for path in sys.path if "site-packages" not in path]]
import importlib
try:
    from dlt.hub import run
    print(run.__name__)
except ImportError as error:
    print(type(error).__name__, error.name)
except LookupError as error:
    print("hub:", error)
"""
        hub.write_text("")
        self.assertEqual(self.run_python(look), "ImportError dlt.hub")
        hub.write_text("def __getattr__(name): raise LookupError(name)")
        self.assertEqual(self.run_python(look), "hub: run")
        (hub.parent / "run.py").touch()
        self.assertEqual(self.run_python(look), "dlt.hub.run")
        (hub.parent / "run.py").write_text("import not_there")
        self.assertEqual(self.run_python(look), "ModuleNotFoundError not_there")
        self.assertEqual(self.run_python(look.replace(str(folder), "/nonexistent")), "ModuleNotFoundError dlt")

    def test_it_imports_nothing(self) -> None:
        code = """
import sys
sys.modules.pop("pumphouse_dlt_hub")
before = set(sys.modules)
import pumphouse_dlt_hub
print(*(set(sys.modules) - before))
"""
        self.assertEqual(self.run_python(code), "pumphouse_dlt_hub")
