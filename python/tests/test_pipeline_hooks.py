"""Steps before a pipeline of dlt writes: which calls they precede, in which processes, and what a step may do."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import textwrap
import unittest
from pathlib import Path

from attempt_runner import BOOTSTRAP, dlt_environment

# Notes each call of a step, and lets a test replace the step.
PREAMBLE = """
import os, sys
import dlt
steps = sys.modules["_pumphouse_pipelines.steps"].STEPS
noted = []
steps[:] = [lambda call: noted.append(f"{call.pipeline.pipeline_name}.{call.method_name}")]
folder = os.getcwd() + "/pipelines"
def create(name="orders", **settings):
    return dlt.pipeline(name, pipelines_dir=folder, destination="duckdb", dataset_name="shop", **settings)
rows = [{"id": 1}]
"""


class PipelineHooksTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_code(self, code: str, is_run: bool = True) -> list[str]:
        program = self.folder / "program.py"
        program.write_text((PREAMBLE if is_run else "") + textwrap.dedent(code))
        variables = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "RUNTIME__DLTHUB_TELEMETRY": "false"}
        if is_run:
            variables["PUMPHOUSE_PIPELINE_HOOKS"] = str(BOOTSTRAP / "inside" / "pipeline_hooks")
        python = f"{dlt_environment()}/bin/python"
        result = subprocess.run(
            [python, str(program)], cwd=self.folder, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout.splitlines()

    def test_a_step_precedes_only_the_outermost_call(self) -> None:
        lines = self.run_code("""
        pipeline = create()
        pipeline.run(rows, table_name="rows")
        print(noted); noted.clear()
        pipeline.extract(rows, table_name="rows"); pipeline.normalize(); pipeline.load()
        print(noted); noted.clear()
        pipeline.sync_destination(); pipeline.sync_schema(); pipeline.drop()
        print(noted); noted.clear()
        dlt.run(rows, table_name="rows")
        print(noted)
        """)
        self.assertEqual(
            lines,
            [
                "['orders.run']",
                "['orders.extract', 'orders.normalize', 'orders.load']",
                "['orders.sync_destination', 'orders.sync_schema', 'orders.drop']",
                "['orders.run']",
            ],
        )

    def test_a_pipeline_within_a_pipeline_has_its_own_steps(self) -> None:
        lines = self.run_code("""
        import threading
        outer, inner = create("outer"), create("inner")

        @dlt.resource
        def numbers():
            # dlt has one active pipeline for each thread.
            thread = threading.Thread(target=lambda: inner.run(rows, table_name="rows"))
            thread.start()
            thread.join()
            yield rows

        outer.run(numbers)
        print(noted)
        """)
        self.assertEqual(lines, ["['outer.run', 'inner.run']"])

    def test_calls_that_read_have_no_step(self) -> None:
        lines = self.run_code("""
        create().run(rows, table_name="rows")
        noted.clear()
        dlt.attach("orders", pipelines_dir=folder)
        pipeline = create()
        print(pipeline.dataset().dataset_name)
        with pipeline.sql_client() as client:
            print(client.execute_sql("select count(*) from rows"))
        # Not found locally: `attach` synchronizes it from the destination.
        import shutil
        shutil.rmtree(folder)
        print(dlt.attach("orders", pipelines_dir=folder, destination="duckdb", dataset_name="shop").schema_names)
        print(noted)
        """)
        self.assertEqual(lines, ["shop", "[(1,)]", "['orders']", "[]"])

    def test_a_step_that_raises_prevents_the_call(self) -> None:
        lines = self.run_code("""
        def refuse(call):
            raise RuntimeError("refused " + call.method_name)
        steps.append(refuse)
        pipeline = create()
        for _ in range(2):
            try:
                pipeline.run(rows, table_name="rows")
            except RuntimeError as error:
                print(error)
        print(noted, pipeline.first_run)
        """)
        self.assertEqual(lines, ["refused run", "refused run", "['orders.run', 'orders.run'] True"])

    def test_a_step_reads_the_arguments_of_the_call(self) -> None:
        lines = self.run_code("""
        steps[:] = [lambda call: print(call.read_argument("dataset_name"), call.read_argument("table_name"), call.read_argument("other"))]
        pipeline = create()
        pipeline.extract(rows, table_name="rows"); pipeline.normalize(); pipeline.load(None, "positional")
        pipeline.run(rows, table_name="rows", dataset_name="named")
        """)
        self.assertEqual(lines, ["None rows None", "None None None", "positional None None", "named rows None"])

    def test_a_step_puts_a_working_folder_there(self) -> None:
        lines = self.run_code("""
        import shutil
        constructor = __import__("_pumphouse_pipelines.constructor", fromlist=["constructor"])

        class Special(dlt.Pipeline):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                self.special = True

        settings = {"_impl_cls": Special, "refresh": "drop_data"}
        first = create(**settings)
        first.run(rows, table_name="rows")
        first.set_local_state_val("kept", 12)
        os.rename(folder + "/orders", folder + "/kept")
        pipeline = create(**settings)
        print(pipeline.first_run, pipeline.schema_names)

        def take_over(call):
            shutil.rmtree(call.pipeline.working_dir)
            shutil.copytree(folder + "/kept", call.pipeline.working_dir)
            print(constructor.construct_again(call.pipeline))

        steps.append(take_over)
        pipeline.sync_destination()
        print(pipeline.first_run, pipeline.schema_names, pipeline.is_active, pipeline.special, pipeline.get_local_state_val("kept"))
        print(pipeline.refresh)
        """)
        self.assertEqual(lines, ["True []", "True", "False ['orders'] True True 12", "drop_data"])

    def test_what_user_code_has_set_stays(self) -> None:
        lines = self.run_code("""
        constructor = __import__("_pumphouse_pipelines.constructor", fromlist=["constructor"])
        pipeline = create()
        pipeline.destination = dlt.destinations.duckdb("other.duckdb")
        pipeline.dataset_name = "renamed"
        pipeline.refresh = "drop_data"
        for _ in range(2):
            constructor.construct_again(pipeline)
        print(pipeline.destination.config_params["credentials"], pipeline.dataset_name, pipeline.refresh)
        del pipeline.__dict__["_pumphouse_construction"]
        print(constructor.construct_again(pipeline))
        """)
        self.assertEqual(lines, ["other.duckdb renamed drop_data", "False"])

    def test_the_dashboard_opens_at_the_table_of_its_address(self) -> None:
        # A stub of the dashboard's module: dlt's own needs marimo, and the end-to-end tests use it.
        lines = self.run_code("""
        import importlib.abc, importlib.machinery, importlib.util, types
        name = "dlt._workspace.helpers.dashboard.utils.ui"
        query = {"table": "orders"}

        class Stub(importlib.abc.Loader):
            def exec_module(self, module):
                module.mo = types.SimpleNamespace(query_params=lambda: query)
                module.dlt_table = lambda data, *, selection=None, initial_selection=None: initial_selection

        class Finder:
            @staticmethod
            def find_spec(wanted, path=None, target=None):
                return importlib.machinery.ModuleSpec(wanted, Stub()) if wanted == name else None

        sys.meta_path.append(Finder)
        spec = next(spec for finder in sys.meta_path if (spec := finder.find_spec(name, None, None)))
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        tables = [{"name": "items"}, {"name": "orders"}]
        show = lambda data, **options: print(module.dlt_table(data, **options))
        show(tables, selection="single", initial_selection=[0])
        # The other lists stay as they are.
        show(tables, selection="multi", initial_selection=[0])
        show(tables, selection="single")
        for wrong in ({"table": "none"}, {}, None):
            query = wrong
            show(tables, selection="single", initial_selection=[0])
        query = {"table": "orders"}
        show([], selection="single", initial_selection=[0])
        show(object(), selection="single", initial_selection=[0])
        """)
        self.assertEqual(lines, ["[1]", "[0]", "None", "[0]", "[0]", "[0]", "[0]", "[0]"])

    def test_child_processes_have_the_steps(self) -> None:
        lines = self.run_code("""
        import subprocess
        code = "import dlt, sys; print(sys.modules['_pumphouse_pipelines.steps'].STEPS, dlt.Pipeline.run._pumphouse_writes)"
        print(subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True).stdout.strip()[-4:])
        """)
        self.assertEqual(lines, ["True"])

    def test_changes_nothing_outside_a_run(self) -> None:
        lines = self.run_code(
            """
            import dlt, sys
            print(hasattr(dlt.Pipeline.run, "_pumphouse_writes"), "_pumphouse_pipelines" in sys.modules)
            """,
            is_run=False,
        )
        self.assertEqual(lines, ["False False"])

    def test_dlt_is_not_imported_for_the_hook(self) -> None:
        lines = self.run_code(
            """
            import sys
            print([name for name in sys.modules if name.startswith("dlt") or name.startswith("_pumphouse")])
            """,
            is_run=False,
        )
        self.assertEqual(lines, ["[]"])


if __name__ == "__main__":
    unittest.main()
